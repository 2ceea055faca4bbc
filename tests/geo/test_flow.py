"""Three hands at once: order kept, failures told, nobody left waiting."""

import threading

import pytest

from geo.flow import flow


def test_everything_arrives_once_and_in_order():
    out = []
    flow(lambda: range(100), lambda n: n * n, out.append)
    assert out == [n * n for n in range(100)]


def bad(at):
    def work(n):
        if n == at:
            raise ValueError(f"dropped {n}")
        return n

    return work


@pytest.mark.parametrize("place", ["source", "middle", "sink"])
def test_a_failure_of_any_hand_reaches_the_caller_and_stops_the_others(place):
    before = threading.active_count()
    source = (lambda: map(bad(5), range(50))) if place == "source" else (lambda: range(50))
    with pytest.raises(ValueError, match="dropped 5"):
        flow(
            source,
            bad(5) if place == "middle" else (lambda n: n),
            bad(5) if place == "sink" else (lambda _: None),
        )
    assert threading.active_count() == before


@pytest.mark.parametrize("place", ["middle", "sink"])
def test_nothing_more_is_fetched_once_another_hand_has_failed(place):
    fetched, failed = [], threading.Event()

    def source():
        """Give three items; wait for the failure; offer many more."""
        for n in range(200):
            if n == 3:
                assert failed.wait(10)
            fetched.append(n)
            yield n

    def drop(_):
        failed.set()
        raise ValueError("dropped")

    with pytest.raises(ValueError, match="dropped"):
        flow(
            source,
            drop if place == "middle" else (lambda n: n),
            drop if place == "sink" else (lambda _: None),
        )
    assert len(fetched) < 10


def test_the_fetching_hand_does_not_run_far_ahead():
    fetched, lead = [], []

    def source():
        for n in range(50):
            fetched.append(n)
            yield n

    flow(source, lambda n: lead.append(len(fetched) - n) or n, lambda _: None, ahead=2)
    assert max(lead) <= 6
