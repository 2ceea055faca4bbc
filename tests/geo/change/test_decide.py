"""Evidence by hand, and what is made of it; exchanged dates exchange the kinds."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.change.decide import SEEN, Kind, chances, decide
from geo.change.evidence import Evidence
from geo.change.observe import Hidden
from geo.change.weights import shipped
from geo.errors import ShapeError

SAME = {"edges": 0.9, "light": 0.95, "colour": 0.02}
OTHER = {"edges": 0.05, "light": 0.1, "colour": 0.25}


def evidence(**known):
    usual = {"roof_one": 0.9, "roof_other": 0.9, "painted": 0.02, "odd": 0.5,
             "part_one": 0.0, "part_other": 0.0, "square": 0.9, "size": 2.3,
             "stands_out_one": 0.6, "stands_out_other": 0.6, "rim_one": 0.5,
             "rim_other": 0.5, "form_one": 0.8, "form_other": 0.8, "turned_one": np.nan,
             "turned_other": np.nan, **SAME}  # fmt: skip
    return Evidence(
        **{name: np.atleast_1d(np.array(v, float)) for name, v in {**usual, **known}.items()}
    )


def kind(**known):
    return decide(evidence(**known), [Hidden()], listed=True).kinds[0]


def test_a_roof_that_looks_the_same_is_unchanged():
    assert kind() == Kind.UNCHANGED


def test_a_roof_that_came_was_built_and_one_that_went_was_demolished():
    gone = {"roof_other": 0.03, "stands_out_other": 0.0, "rim_other": 0.1, "form_other": 0.0}
    come = {"roof_one": 0.03, "stands_out_one": 0.0, "rim_one": 0.1, "form_one": 0.0}
    assert kind(**gone, **OTHER) == Kind.DEMOLISHED
    assert kind(**come, **OTHER) == Kind.BUILT


def test_a_net_that_falters_changes_nothing_where_the_pictures_agree():
    faltering = decide(evidence(roof_other=0.3), [Hidden()], listed=True)
    assert faltering.kinds[0] != Kind.DEMOLISHED
    assert faltering.chance[0, SEEN.index(Kind.DEMOLISHED)] < 0.3


@pytest.mark.parametrize("part", ["part_one", "part_other"])
def test_a_roof_that_lost_or_won_a_half_is_altered(part):
    assert kind(**{part: 0.45}, light=0.4) == Kind.ALTERED
    assert kind(**{part: 0.05}, light=0.4) == Kind.UNCHANGED


def test_a_roof_painted_anew_is_altered_and_one_in_other_light_is_not():
    assert kind(painted=0.3, odd=4, light=0.2, colour=0.3) == Kind.ALTERED
    assert kind(painted=0.04, odd=1, light=0.2, colour=0.3) == Kind.UNCHANGED


def test_a_roof_seen_on_neither_date_is_no_guess_at_built_or_demolished():
    bare = {"stands_out_one": 0.0, "stands_out_other": 0.0, "form_one": 0.0, "form_other": 0.0,
            "edges": 0.3, "light": 0.3, "colour": 0.1}  # fmt: skip
    told = decide(
        evidence(roof_one=0.04, roof_other=0.05, rim_one=0.33, rim_other=0.35, **bare),
        [Hidden()], listed=True,
    )  # fmt: skip
    assert told.chance[0].argmax() == SEEN.index(Kind.BUILT)
    assert told.chance[0].max() < 0.5
    assert told.kinds == (Kind.NOT_OBSERVABLE,)
    assert np.isnan(told.confidence[0])
    surely = {**bare, "rim_one": 0.0, "rim_other": 0.9}
    assert kind(roof_one=0.03, roof_other=0.15, **surely) == Kind.BUILT


def test_altered_is_said_only_where_it_is_likelier_than_not():
    told = decide(evidence(painted=np.linspace(0.02, 0.4, 200), odd=np.full(200, 1.5),
                           **{name: np.full(200, getattr(evidence(), name)[0])
                              for name in LIMITS if name not in {"painted", "odd"}}),
                  [Hidden()] * 200, listed=True)  # fmt: skip
    chance = told.chance[:, SEEN.index(Kind.ALTERED)]
    assert chance.min() < 0.3
    assert chance.max() > 0.7
    assert [kind == Kind.ALTERED for kind in told.kinds] == list(chance > 0.5)


def test_what_nobody_knows_to_stand_is_not_altered():
    gone = {"roof_other": 0.03, "stands_out_other": 0.0, "rim_other": 0.1, "form_other": 0.0}
    told = decide(evidence(painted=0.3, odd=4, **gone, **OTHER), [Hidden()], listed=True)
    assert told.kinds[0] == Kind.DEMOLISHED


def test_what_was_hidden_is_not_decided():
    told = decide(evidence(roof_other=0.02, **OTHER), [Hidden("", "cloud")])
    assert told.kinds == (Kind.NOT_OBSERVABLE,)
    assert np.isnan(told.confidence[0])
    assert np.isnan(told.chance).all()


def test_what_was_never_measured_is_not_decided():
    assert decide(evidence(roof_one=np.nan), [Hidden()]).kinds == (Kind.NOT_OBSERVABLE,)


def test_a_list_says_that_there_was_a_building():
    faint = evidence(roof_one=0.2, roof_other=0.2, stands_out_one=0.1, stands_out_other=0.1)
    same = shipped().sets["outlined"]
    drawn, listed = (chances(faint, same, listed=way)[0, 0] for way in (False, True))
    assert listed < drawn - 0.2


def test_a_head_that_sees_a_roof_come_speaks_for_built_and_not_for_demolished():
    headed = replace(shipped().sets["outlined"], head=(1.0, 0.0))
    unsure = {"roof_one": 0.5, "roof_other": 0.5, **OTHER}
    plain = chances(evidence(**unsure), headed)[0]
    came = chances(evidence(turned_one=0.03, turned_other=0.97, **unsure), headed)[0]
    went = chances(evidence(turned_one=0.97, turned_other=0.03, **unsure), headed)[0]
    assert came[2] > plain[2] > went[2]
    assert went[1] > plain[1] > came[1]
    assert went[[0, 2, 1, 3]] == pytest.approx(came)


def numbers(low, high):
    return arrays(float, 5, elements=st.floats(low, high))


LIMITS = {"roof_one": (0, 1), "roof_other": (0, 1), "edges": (-1, 1), "light": (-1, 1),
          "colour": (0, 1), "painted": (0, 1), "odd": (0, 20), "part_one": (0, 0.5),
          "part_other": (0, 0.5), "stands_out_one": (-1, 1),
          "stands_out_other": (-1, 1), "square": (0, 1), "size": (1, 4),
          "rim_one": (-1, 1), "rim_other": (-1, 1), "form_one": (0, 1), "form_other": (0, 1),
          "turned_one": (0, 1), "turned_other": (0, 1)}  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries({f.name: numbers(*LIMITS[f.name]) for f in fields(Evidence)}),
    st.booleans(),
)
def test_exchanged_dates_exchange_built_and_demolished_with_the_same_numbers(columns, listed):
    seen = Evidence(**columns)
    there = decide(seen, [Hidden()] * 5, listed=listed)
    back = decide(seen.exchanged(), [Hidden()] * 5, listed=listed)
    assert back.chance == pytest.approx(there.exchanged().chance)
    assert there.chance.sum(1) == pytest.approx(1)
    twin = {Kind.BUILT: Kind.DEMOLISHED, Kind.DEMOLISHED: Kind.BUILT}
    clear = np.abs(there.chance[:, 1] - there.chance[:, 2]) > 1e-9  # else both are as likely
    for sure, one, other in zip(clear, there.kinds, back.kinds, strict=True):
        assert not sure or other == twin.get(one, one)


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries({f.name: numbers(*LIMITS[f.name]) for f in fields(Evidence)}),
    st.booleans(),
)
def test_what_tells_altered_takes_nothing_from_built_and_demolished(columns, listed):
    seen, told = Evidence(**columns), shipped().weights(listed=listed, headed=True)
    never = replace(told, altered=(-50.0, 0.0, 0.0, 0.0, 0.0))
    with_it, without = (
        decide(seen, [Hidden()] * 5, weights, listed=listed) for weights in (told, never)
    )
    for one, other in zip(with_it.kinds, without.kinds, strict=True):
        assert one == other or (one, other) == (Kind.ALTERED, Kind.UNCHANGED)


def test_rows_of_two_lists_are_refused():
    with pytest.raises(ShapeError, match="1 units"):
        decide(evidence(), [])
    with pytest.raises(ShapeError, match="one value a unit"):
        evidence(roof_one=[0.1, 0.2])
