"""Trying again, and stopping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InputError, SourceError
from geo.retry import PassingError, Patience, persist


def failing(times: int, *, after: float | None = None):
    """An attempt that fails so often, then answers with how often it was called."""
    calls = []

    def attempt() -> int:
        calls.append(None)
        if len(calls) <= times:
            raise PassingError("The archive is asleep.", after=after)
        return len(calls)

    return attempt


def test_what_passes_is_tried_again_until_it_answers():
    waits: list[float] = []
    answer = persist(failing(3), Patience(), sleep=waits.append, draw=lambda: 1.0)
    assert answer == 4
    assert waits == [0.5, 1.0, 2.0]


def test_patience_ends_with_the_last_failure_in_words():
    with pytest.raises(SourceError, match=r"asleep\. It was tried 3 times"):
        persist(failing(9), Patience(tries=3), sleep=lambda _: None)


def test_a_server_that_says_how_long_is_obeyed():
    waits: list[float] = []
    persist(failing(1, after=7), Patience(), sleep=waits.append)
    assert waits == [7]


def test_a_server_that_asks_for_an_hour_is_not_waited_for():
    with pytest.raises(SourceError, match="3600 seconds"):
        persist(failing(1, after=3600), Patience(), sleep=pytest.fail)


def test_anything_else_is_not_tried_again():
    def attempt() -> int:
        raise SourceError("There is no such file.")

    with pytest.raises(SourceError, match="no such file"):
        persist(attempt, Patience(), sleep=pytest.fail)


@given(attempt=st.integers(1, 60), draw=st.floats(0, 1))
def test_waits_lie_in_the_upper_half_and_never_exceed_the_longest(attempt, draw):
    patience = Patience(first=0.5, longest=30)
    full = min(30, 0.5 * 2 ** (attempt - 1))
    assert full / 2 <= patience.wait(attempt, draw) <= full


@pytest.mark.parametrize("bad", [{"tries": 0}, {"first": -1}, {"factor": 0.5}])
def test_patience_that_makes_no_sense_is_refused(bad):
    with pytest.raises(InputError):
        Patience(**bad)
