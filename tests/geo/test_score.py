"""A score one can take apart."""

import copy
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geo.candidate import Candidate
from geo.errors import InputError, ModelError
from geo.evidence import EVIDENCE
from geo.score import Scorer
from geo.term import Term

CALM = settings(deadline=None)
"""A busy machine is no failure."""

SHIPPED = Scorer.from_card()
PARK = {
    "enclosure": 0.7,
    "closure": 0.97,
    "largest_gap_m": 5.0,
    "gates": 1.0,
    "double_perimeter": 0.3,
    "cut_by_edge": 0.0,
    "area_ha": 8.0,
    "buildings": 30.0,
    "built_share": 0.25,
    "roof_size_cv": 0.4,
    "row_parallelism": 0.95,
    "spacing_cv": 0.2,
    "long_block_share": 0.6,
    "courtyard_share": 0.02,
    "isolation_m": 120.0,
}
"""A walled park as it is described: one gate, rows of long blocks."""

RANGES = {
    "enclosure": (0, 1),
    "closure": (0, 1),
    "largest_gap_m": (0, 80),
    "gates": (0, 9),
    "double_perimeter": (0, 1),
    "cut_by_edge": (0, 0),
    "area_ha": (0.1, 200),
    "buildings": (0, 600),
    "built_share": (0, 1),
    "roof_size_cv": (0, 5),
    "row_parallelism": (0, 1),
    "spacing_cv": (0, 3),
    "long_block_share": (0, 1),
    "courtyard_share": (0, 1),
    "isolation_m": (0, 500),
}
"""What each piece of evidence may be."""


def candidate(**changes) -> Candidate:
    return Candidate(id="c-0123456789", outline=box(0, 0, 200, 400), evidence=PARK | changes)


def evidences():
    """Any evidence, some of it missing."""
    known = {n: st.floats(*r) | st.just(math.nan) for n, r in RANGES.items()}
    return st.fixed_dictionaries(known)


def card(**changes) -> dict:
    return copy.deepcopy(SHIPPED.to_card()) | changes


def test_a_park_as_described_scores_high_and_an_open_field_low():
    field = candidate(closure=0.5, largest_gap_m=60.0, enclosure=0.1, buildings=1.0, gates=6.0)
    assert SHIPPED.judge(candidate()).score > 0.6
    assert SHIPPED.judge(field).score < 0.1


@CALM
@given(evidence=evidences())
def test_base_and_contributions_add_up_to_the_score(evidence):
    judged = SHIPPED.judge(candidate(**evidence))
    total = SHIPPED.base + sum(SHIPPED.contributions(evidence).values())
    assert SHIPPED.log_odds(evidence) == pytest.approx(total)
    assert judged.score == pytest.approx(0.01 + 0.98 / (1 + math.exp(-total)))


@CALM
@given(evidence=evidences())
def test_reasons_are_the_contributions_strongest_first(evidence):
    parts = SHIPPED.contributions(evidence)
    reasons = SHIPPED.judge(candidate(**evidence)).reasons
    assert len(reasons) <= SHIPPED.limits.most_reasons
    sizes = [abs(reason.weight) for reason in reasons]
    assert sizes == sorted(sizes, reverse=True)
    for reason in reasons:
        assert reason.weight == parts[reason.name]
        assert str(reason).endswith(": +" if parts[reason.name] > 0 else ": -")
        assert abs(reason.weight) >= SHIPPED.limits.least_weight
    untold = [abs(w) for n, w in parts.items() if n not in {r.name for r in reasons}]
    told_all = len(reasons) < SHIPPED.limits.most_reasons
    bar = SHIPPED.limits.least_weight if told_all else min(sizes)
    assert all(w <= bar for w in untold)


@pytest.mark.parametrize(
    ("straight", "words"),
    [
        (0.82, "eighteen buildings, not all in one direction: -"),
        (0.94, "eighteen buildings, not all in one direction: -"),
        (1.0, "eighteen buildings in parallel rows: +"),
    ],
)
def test_rows_are_named_as_rows_only_where_they_speak_for_a_park(straight, words):
    all_told = replace(SHIPPED, limits=replace(SHIPPED.limits, most_reasons=len(EVIDENCE)))
    told = all_told.judge(candidate(buildings=18.0, row_parallelism=straight)).reasons
    assert words in [str(reason) for reason in told]


@pytest.mark.parametrize("term", SHIPPED.terms, ids=lambda term: term.name)
@CALM
@given(one=st.floats(0, 1), other=st.floats(0, 1))
def test_each_line_runs_one_way_or_up_and_down_once(term, one, other):
    low, high = sorted((one, other))
    span = 1.2 * (term.knots[-1] - term.knots[0])
    start = term.knots[0] - 0.1 * span
    left, middle, right = (term.at(start + s * span) for s in (low, (low + high) / 2, high))
    if term.shape == "rising":
        assert left <= right
    elif term.shape == "falling":
        assert left >= right
    else:
        assert middle >= min(left, right)


@CALM
@given(evidence=evidences(), more=st.floats(0, 1))
def test_more_wall_never_lowers_a_score(evidence, more):
    for name in ("closure", "enclosure", "double_perimeter"):
        if not math.isnan(evidence[name]):
            better = evidence | {name: max(evidence[name], more)}
            assert SHIPPED.log_odds(better) >= SHIPPED.log_odds(evidence)


@CALM
@given(evidence=evidences(), less=st.floats(0, 1))
def test_closing_a_gap_or_a_gate_beyond_the_first_never_lowers_a_score(evidence, less):
    gap = evidence | {"largest_gap_m": less * evidence["largest_gap_m"]}
    gates = evidence | {"gates": max(1.0, less * evidence["gates"])}
    if not math.isnan(evidence["largest_gap_m"]):
        assert SHIPPED.log_odds(gap) >= SHIPPED.log_odds(evidence)
    if evidence["gates"] >= 1:
        assert SHIPPED.log_odds(gates) >= SHIPPED.log_odds(evidence)


def test_the_shipped_card_keeps_the_directions_we_promise():
    shapes = {term.name: term.shape for term in SHIPPED.terms}
    promised = {
        "closure": "rising",
        "enclosure": "rising",
        "double_perimeter": "rising",
        "row_parallelism": "rising",
        "isolation_m": "rising",
        "largest_gap_m": "falling",
        "gates": "falling",
    }
    assert promised.items() <= shapes.items()


@CALM
@given(evidence=evidences(), name=st.sampled_from(sorted(EVIDENCE)))
def test_what_was_not_measured_contributes_nothing(evidence, name):
    assert SHIPPED.contributions(evidence | {name: math.nan}).get(name, 0.0) == 0.0


def test_nothing_measured_is_an_average_candidate_nobody_can_judge():
    nothing = SHIPPED.judge(candidate(**dict.fromkeys(EVIDENCE, math.nan)))
    assert nothing.score == pytest.approx(0.01 + 0.98 / (1 + math.exp(-SHIPPED.base)))
    assert nothing.reasons == ()
    assert nothing.cannot_tell == "Nobody measured its closure or enclosure."


def test_a_cut_perimeter_says_nothing_for_or_against():
    cut = candidate(cut_by_edge=1.0, closure=1.0, area_ha=8.0)
    judged = SHIPPED.judge(cut)
    assert "picture ends inside its perimeter" in judged.cannot_tell
    parts = SHIPPED.contributions(cut.evidence)
    assert {parts[name] for name in SHIPPED.limits.cut_hides if name in parts} == {0.0}
    assert not {"closure", "area_ha"} & {reason.name for reason in judged.reasons}


def test_a_coarse_picture_shows_no_wall():
    assert "10 m wide" in SHIPPED.judge(candidate(), gsd_m=10).cannot_tell
    assert SHIPPED.judge(candidate(), gsd_m=SHIPPED.limits.coarsest_gsd_m).cannot_tell == ""
    assert SHIPPED.judge(candidate(), gsd_m=0.5).cannot_tell == ""


def test_cloud_hides_what_it_covers():
    assert "Cloud hides 35 %" in SHIPPED.judge(candidate(), cloud_share=0.35).cannot_tell
    share = SHIPPED.limits.cloud_share
    assert SHIPPED.judge(candidate(), cloud_share=share).cannot_tell == ""


def test_one_measured_perimeter_is_enough_to_judge():
    assert SHIPPED.judge(candidate(closure=math.nan)).cannot_tell == ""
    assert SHIPPED.judge(candidate(enclosure=math.nan)).cannot_tell == ""


@pytest.mark.parametrize(
    "wrong", [{"gsd_m": 0.0}, {"gsd_m": math.nan}, {"cloud_share": 1.5}, {"cloud_share": -0.1}]
)
def test_impossible_pictures_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        SHIPPED.judge(candidate(), **wrong)


def test_a_card_written_and_read_again_is_the_same_scorer():
    assert Scorer.from_card(SHIPPED.to_card()) == SHIPPED


def test_a_term_beyond_the_last_knot_stays_flat():
    line = Term(name="gates", shape="falling", knots=(1.0, 3.0), values=(1.0, -1.0))
    assert [line.at(v) for v in (0.0, 1.0, 2.0, 3.0, 9.0)] == [1.0, 1.0, 0.0, -1.0, -1.0]


def with_term(**changes) -> dict:
    whole = card()
    return whole | {"terms": [{**whole["terms"][0], **changes}, *whole["terms"][1:]]}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({}, "no 'limits'"),
        (card(base="high"), "must be a number"),
        (card(base=math.nan), "must be a number"),
        (card(extra=1), "cannot be read"),
        (card(terms=7), "cannot be read"),
        (with_term(name="mood"), "nobody measures"),
        (with_term(shape="wavy"), "rising, falling, peaked"),
        (with_term(knots=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)), "as many values"),
        (with_term(knots=(1.0, 0.0), values=(0.0, 1.0)), "must increase"),
        (with_term(knots=(0.0, 1.0), values=(1.0, 0.0)), "is not rising"),
        (
            with_term(shape="peaked", knots=(0.0, 1.0, 2.0), values=(1.0, 0.0, 1.0)),
            "not peaked",
        ),
        (with_term(knots=(0.0, 1.0), values=(0.0, math.inf)), "finite"),
        (with_term(knots=(0.0, "x"), values=(0.0, 1.0)), "cannot be read"),
        (with_term(name=SHIPPED.terms[1].name), "twice"),
        (card(limits={"coarsest_gsd_m": 1.0}), "cannot be read"),
        (card(limits=SHIPPED.to_card()["limits"] | {"needs": ("mood",)}), "Nobody measures"),
    ],
)
def test_a_broken_card_is_refused_with_a_sentence(broken, words):
    with pytest.raises(ModelError, match=words):
        Scorer.from_card(broken)


def test_a_torn_file_is_refused_with_a_sentence():
    with pytest.raises(ModelError, match="no TOML"):
        Scorer.from_text("name = ")
