"""What is set aside before the search, and what must never be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.islands import COARSE, find_islands


def islands(barrier, span=100):
    return find_islands(barrier, 6.0, faintest=50, span=span, margin=24)


def covered(found, shape):
    """How many islands claim each pixel."""
    count = np.zeros(shape, int)
    for one in found:
        count[one.window] += 1 if one.mine is None else one.mine
    return count


def box(barrier, row, col, side, score=200):
    barrier[row : row + side, [col, col + side - 1]] = score
    barrier[[row, row + side - 1], col : col + side] = score


def test_open_country_holds_no_island():
    assert islands(np.zeros((300, 300), np.uint8)) == []


def test_two_courts_far_apart_are_two_islands_and_fields_between_are_nobodys():
    barrier = np.zeros((400, 400), np.uint8)
    box(barrier, 40, 40, 40)
    box(barrier, 300, 300, 40)
    found = islands(barrier)
    assert len(found) == 2
    count = covered(found, barrier.shape)
    assert (count[barrier > 0] == 1).all()
    assert count[50:70, 50:70].all()
    assert count[200, 200] == 0


@pytest.mark.parametrize(("side", "kept"), [(80, True), (180, False)])
def test_ground_inside_walls_is_set_aside_only_where_it_reaches_too_far(side, kept):
    barrier = np.zeros((400, 400), np.uint8)
    box(barrier, 100, 100, side)
    middle = 100 + side // 2
    assert (covered(islands(barrier), barrier.shape)[middle, middle] > 0) == kept


def test_what_is_fainter_than_the_faintest_height_stops_nobody():
    barrier = np.zeros((300, 300), np.uint8)
    box(barrier, 100, 100, 60, score=49)
    assert islands(barrier) == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_barrier_lies_on_one_island_with_room_around(seed):
    rng = np.random.default_rng(seed)
    barrier = np.zeros((260, 330), np.uint8)
    for _ in range(rng.integers(1, 12)):
        row, col, side = rng.integers(0, 200), rng.integers(0, 270), rng.integers(3, 60)
        box(barrier, row, col, min(side, 259 - row, 329 - col))
    found = islands(barrier)
    assert (covered(found, barrier.shape)[barrier >= 50] == 1).all()
    for one in found:
        rows, cols = one.window
        assert rows.start % COARSE == cols.start % COARSE == 0
        mine = np.ones((1, 1), bool) if one.mine is None else one.mine
        held = np.argwhere(mine & (barrier[one.window] >= 50))
        assert held[:, 0].min() >= min(24, rows.start + held[:, 0].min())
        assert len(held)


def test_a_court_that_opens_by_less_than_the_widest_vehicle_stays_on_its_island():
    barrier = np.zeros((400, 400), np.uint8)
    box(barrier, 120, 120, 90)
    barrier[209, 160:170] = 0  # 10 m, for a vehicle of 12
    assert covered(islands(barrier), barrier.shape)[165, 165] == 1
