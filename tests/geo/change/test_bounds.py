"""Ten buildings by hand, what they add up to, and what that says of a claim."""

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


def counted(sure, doubtful=0, unseen=0, buildings=100):
    return Tally(buildings=buildings, sure=sure, doubtful=doubtful, unseen=unseen)


def test_three_are_sure_three_doubtful_and_two_unseen():
    found = tally(TEN, Kind.DEMOLISHED)
    assert (found.at_least, found.probably, found.at_most) == (3, 6, 8)
    assert (found.buildings, found.altered) == (10, 1)


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
