"""A walk round a court, with a tape."""

import numpy as np
import pytest

from geo.perimeter import walk

SIDE, MARGIN = 40, 20


def court(*openings, fence=0):
    """A court of 40 x 40 pixels in a wall of one pixel; openings (start, width) in the south.

    Returns the ground inside and the barrier.  ``fence`` pixels outside stands a second one.
    """
    n = SIDE + 2 * MARGIN
    a, b = MARGIN, MARGIN + SIDE
    region = np.zeros((n, n), bool)
    region[a:b, a:b] = True
    barrier = np.zeros((n, n), np.uint8)
    for away in {0, fence}:
        low, high = a - 1 - away, b + away
        barrier[low : high + 1, [low, high]] = barrier[[low, high], low : high + 1] = 200
    for start, width in openings:
        barrier[b, a + start : a + start + width] = 0
    return region, barrier


def test_a_closed_court_is_barred_all_round():
    walked = walk(*court(), 1.0, bar=100)
    assert walked.closure == 1
    assert walked.gaps == ()
    assert walked.largest_gap == 0
    assert walked.length == pytest.approx(160, rel=0.05)
    assert walked.unseen == 0


@pytest.mark.parametrize("width", [3, 5, 8, 20])
def test_a_gap_is_as_wide_as_the_tape_says(width):
    walked = walk(*court((10, width)), 1.0, bar=100)
    assert walked.largest_gap == pytest.approx(width)
    assert walked.closure == pytest.approx(1 - width / 160, abs=0.025)


def test_lengths_are_metres_whatever_the_pixel():
    half, whole = (walk(*court((10, 8)), gsd, bar=100) for gsd in (0.5, 1.0))
    assert half.largest_gap == pytest.approx(whole.largest_gap / 2)
    assert half.length == pytest.approx(whole.length / 2)
    assert half.closure == whole.closure


def test_gates_are_counted_and_placed_and_wider_gaps_are_not_gates():
    walked = walk(*court((4, 4), (20, 12)), 1.0, bar=100)
    [gate] = walked.gates(6.0)
    assert gate.width == pytest.approx(4)
    assert (gate.row, gate.col) == (pytest.approx(MARGIN + SIDE, abs=1), pytest.approx(25.5))
    assert [gap.width for gap in walked.gaps] == pytest.approx([12, 4])


def test_ground_without_any_barrier_is_open_all_round():
    region, barrier = court()
    walked = walk(region, barrier * 0, 1.0, bar=100)
    assert walked.closure == 0
    assert walked.largest_gap == pytest.approx(40, rel=0.05)


def test_a_second_fence_around_is_a_double_perimeter():
    walked = walk(*court(fence=6), 1.0, bar=100)
    assert walked.double > 0.85
    assert walked.strip == pytest.approx(5, abs=0.6)
    assert walk(*court(), 1.0, bar=100).double == 0
    assert walk(*court(fence=16), 1.0, bar=100).double == 0


def test_what_nobody_saw_neither_bars_nor_opens():
    region, barrier = (picture[: MARGIN + SIDE // 2] for picture in court((10, 8)))
    walked = walk(region, barrier, 1.0, bar=100)
    assert walked.closure == 1
    assert walked.unseen == pytest.approx(1 / 3, abs=0.03)
    assert walked.unseen_runs == 1


def test_ground_nobody_saw_at_all_is_not_closed():
    region, barrier = court()
    walked = walk(region, barrier, 1.0, bar=100, seen=np.zeros_like(region))
    assert walked.closure == 0
    assert walked.unseen == 1


@pytest.mark.parametrize("turns", range(4))
def test_turning_the_court_changes_nothing(turns):
    still = walk(*court((10, 5), fence=6), 1.0, bar=100)
    turned = walk(*(np.rot90(p, turns) for p in court((10, 5), fence=6)), 1.0, bar=100)
    assert turned.closure == pytest.approx(still.closure, abs=0.01)
    assert turned.largest_gap == pytest.approx(still.largest_gap, abs=0.6)
    assert turned.double == pytest.approx(still.double, abs=0.03)


def test_one_pixel_of_ground_can_be_walked_round():
    region = np.zeros((5, 5), bool)
    region[2, 2] = True
    assert walk(region, np.where(region, 0, 200).astype(np.uint8), 1.0, bar=100).closure == 1
