"""Ten buildings by hand, what they add up to, and what that says of a claim."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.change.bounds import Claim, Tally, Verdict, judge, tally
from geo.change.decide import SEEN, Decisions, Kind
from geo.errors import InputError

DAY = date(2025, 12, 13)


def decisions(*rows):
    """Rows of probabilities: unchanged, built, demolished, altered; None is unseen."""
    chance = np.array([row or (np.nan,) * 4 for row in rows], float)
    kinds = tuple(
        Kind.NOT_OBSERVABLE if row is None else SEEN[int(np.argmax(row))] for row in rows
    )
    return Decisions(chance=chance, roofless=np.zeros(len(rows)),
                     nothing=np.zeros(len(rows), bool), kinds=kinds,
                     confidence=np.nan_to_num(chance).max(1))  # fmt: skip


SURE, LIKELY, HARDLY = (0.05, 0, 0.95, 0), (0.4, 0, 0.6, 0), (0.85, 0, 0.15, 0)
TEN = decisions(SURE, SURE, SURE, LIKELY, HARDLY, (0.1, 0, 0, 0.9), None, None, (1, 0, 0, 0),
                (0, 0.99, 0.01, 0))  # fmt: skip


def counted(sure, doubtful=0, unseen=0, buildings=100, stood=0):
    return Tally(buildings=buildings, sure=sure, doubtful=doubtful, unseen=unseen, stood=stood)


def test_three_are_sure_three_doubtful_and_two_unseen():
    found = tally(TEN, Kind.DEMOLISHED)
    assert (found.at_least, found.probably, found.at_most) == (3, 6, 8)
    assert (found.buildings, found.altered) == (10, 1)


def test_what_stood_on_the_first_picture_is_counted_whatever_became_of_it():
    assert tally(TEN, Kind.DEMOLISHED).stood == 7  # two unseen, one built between the two
    gone_on_both = replace(TEN, roofless=np.array([0, 0, 0, 0, 0, 0, 0, 0, 0.9, 0]))
    assert tally(gone_on_both, Kind.DEMOLISHED).stood == 6


def test_a_zone_counts_its_own_buildings_only():
    assert tally(TEN, Kind.DEMOLISHED, [0, 1, 6]).at_most == 3
    assert tally(TEN, Kind.BUILT, [9]).at_least == 1
    assert tally(TEN, Kind.DEMOLISHED, []).buildings == 0


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (19, "supported"),
        (20, "supported"),
        (21, "cannot tell"),
        (30, "cannot tell"),
        (31, "not supported"),
    ],
)
def test_a_claim_is_held_against_both_bounds(number, verdict):
    found = judge(Claim(number=number, by=DAY), counted(20, 4, 6), seen_until=DAY)
    assert found.verdict == verdict


def test_a_picture_before_the_claimed_day_cannot_refute():
    early = judge(Claim(number=50, by=DAY), counted(20), seen_until=date(2025, 12, 1))
    assert early.verdict == Verdict.CANNOT_TELL
    assert "2025-12-01" in early.why
    assert (
        judge(Claim(number=20, by=DAY), counted(20), seen_until=date(2025, 12, 1)).verdict
        == "supported"
    )


def test_a_picture_long_after_cannot_confirm_and_still_refutes():
    late = date(2026, 2, 1)
    assert (
        judge(Claim(number=20, by=DAY), counted(20), seen_until=late).verdict == "cannot tell"
    )
    assert (
        judge(Claim(number=50, by=DAY), counted(20), seen_until=late).verdict == "not supported"
    )
    assert (
        judge(Claim(number=20, by=DAY), counted(20), seen_until=date(2025, 12, 20)).verdict
        == "supported"
    )


@pytest.mark.parametrize(
    ("seen", "until", "verdict"),
    [
        (counted(0), DAY, "supported"),
        (counted(4), DAY, "not supported"),
        (counted(0, 1), DAY, "cannot tell"),
        (counted(0, 0, 1), DAY, "cannot tell"),
        (counted(0), date(2025, 12, 1), "cannot tell"),
        (counted(4), date(2025, 12, 1), "not supported"),
        (counted(0), date(2026, 2, 1), "supported"),
        (counted(4), date(2026, 2, 1), "cannot tell"),
    ],
)
def test_none_is_true_only_where_none_can_be_and_false_once_one_is_sure(seen, until, verdict):
    assert judge(Claim(number=0, by=DAY), seen, seen_until=until).verdict == verdict


def before_both(number, of, stood, kind=Kind.DEMOLISHED):
    """Four of nine changed between pictures taken after the claimed day, two days and six."""
    return judge(
        Claim(number=number, of=of, by=DAY, kind=kind),
        counted(4, buildings=9, stood=stood),
        seen_from=date(2025, 12, 15),
        seen_until=date(2025, 12, 19),
    )


@pytest.mark.parametrize(
    ("number", "of", "stood", "verdict"),
    [
        (4, 9, 9, "not supported"),
        (1, 9, 8, "cannot tell"),
        (2, 9, 8, "not supported"),
        (9, 9, 0, "cannot tell"),
        (0, 9, 9, "supported"),
        (0, 9, 8, "cannot tell"),
        (1, 5, 9, "not supported"),  # at most four of those that stand are not of the five
        (1, 5, 8, "cannot tell"),
        (11, 20, 9, "cannot tell"),
        (12, 20, 9, "not supported"),
        (4, None, 9, "cannot tell"),
        (0, None, 9, "cannot tell"),
    ],
)
def test_what_stood_after_the_claimed_day_was_not_demolished_by_it(number, of, stood, verdict):
    found = before_both(number, of, stood)
    assert found.verdict == verdict
    assert "The earlier picture is of 2025-12-15, after 2025-12-13" in found.why


@pytest.mark.parametrize(("number", "verdict"), [(5, "cannot tell"), (6, "not supported")])
def test_what_did_not_stand_after_the_claimed_day_was_not_built_by_it(number, verdict):
    assert before_both(number, None, 5, Kind.BUILT).verdict == verdict


def test_a_first_picture_of_the_claimed_day_itself_begins_the_count():
    found = judge(Claim(number=4, of=9, by=DAY), counted(4), seen_from=DAY, seen_until=DAY)
    assert found.verdict == Verdict.SUPPORTED


def test_a_picture_of_an_unknown_day_is_told_of():
    found = judge(Claim(number=4, by=DAY), counted(4), seen_until=DAY)
    assert any("earlier picture" in note for note in found.notes)
    found = judge(Claim(number=4, by=DAY), counted(4), seen_from=DAY, seen_until=None)
    assert any("later picture" in note for note in found.notes)


def test_a_reader_is_told_what_the_claim_and_the_ledger_do_not_share():
    found = judge(Claim(number=5, of=635), counted(20), seen_until=None)
    assert any("635" in note and "100" in note for note in found.notes)
    assert any("no date" in note for note in found.notes)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 120))
def test_a_true_number_is_never_called_false(sure, doubtful, unseen, number):
    seen = counted(sure, doubtful, unseen, 120)
    found = judge(Claim(number=number, by=DAY), seen, seen_until=DAY)
    if seen.at_least <= number <= seen.at_most:
        assert found.verdict != Verdict.NOT_SUPPORTED
    sure = number <= seen.at_least if number else seen.at_most == 0
    assert (found.verdict == Verdict.SUPPORTED) == sure


@pytest.mark.parametrize(
    "wrong", [{"number": -1}, {"number": 9, "of": 8}, {"number": 1, "kind": Kind.ALTERED}]
)
def test_a_claim_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(InputError, match=r"claim|Claim"):
        Claim(**wrong)
