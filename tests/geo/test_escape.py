"""What it costs to leave, against two oracles: scikit-image and a plain shortest path."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import grey_dilation
from skimage.morphology import reconstruction

from geo.errors import ShapeError
from geo.escape import drive, escape_cost, half_widths, narrow, widen

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])

pictures = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 254))
)


def filled(heights):
    """Greyscale hole filling by scikit-image."""
    seed = np.full_like(heights, 255)
    seed[[0, -1]], seed[:, [0, -1]] = heights[[0, -1]], heights[:, [0, -1]]
    return reconstruction(seed, heights, method="erosion", footprint=CROSS)


def cheapest(heights, exits):
    """The least highest barrier from every pixel to an exit, by Dijkstra."""
    best = np.full(heights.shape, 255)
    queue = [(int(heights[place]), place) for place in zip(*np.nonzero(exits), strict=True)]
    heapq.heapify(queue)
    while queue:
        cost, (row, col) = heapq.heappop(queue)
        if cost >= best[row, col]:
            continue
        best[row, col] = cost
        for near in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)):
            if 0 <= near[0] < heights.shape[0] and 0 <= near[1] < heights.shape[1]:
                heapq.heappush(queue, (max(cost, int(heights[near])), near))
    return best


@settings(deadline=None)  # the first call compiles
@given(pictures)
def test_escape_cost_is_greyscale_hole_filling(heights):
    assert np.array_equal(escape_cost(heights), filled(heights))


def test_escape_cost_is_greyscale_hole_filling_on_a_large_noisy_picture():
    heights = np.random.default_rng(7).integers(0, 255, (300, 217), dtype=np.uint8)
    assert np.array_equal(escape_cost(heights), filled(heights))


@settings(deadline=None)
@given(pictures, st.randoms(use_true_random=False))
def test_escape_cost_is_the_least_highest_barrier_on_any_way_to_an_exit(heights, random):
    exits = np.zeros(heights.shape, bool)
    exits[[0, -1]] = exits[:, [0, -1]] = True
    exits[random.randrange(heights.shape[0]), random.randrange(heights.shape[1])] = True
    assert np.array_equal(escape_cost(heights, exits), cheapest(heights, exits))


@settings(deadline=None)
@given(pictures, st.integers(0, 3), st.booleans())
def test_turning_the_picture_turns_the_cost(heights, turns, flip):
    def turn(picture):
        return np.rot90(picture[:, ::-1] if flip else picture, turns)

    turned = escape_cost(np.ascontiguousarray(turn(heights)))
    assert np.array_equal(turned, turn(escape_cost(heights)))


@settings(deadline=None)
@given(pictures, st.data())
def test_more_wall_never_lowers_the_cost_of_leaving(heights, data):
    more = data.draw(arrays(np.uint8, heights.shape, elements=st.integers(0, 254)))
    seen = np.ones(heights.shape, bool)
    for before, after in zip(
        drive(heights, seen, 1.5), drive(np.maximum(heights, more), seen, 1.5), strict=True
    ):
        assert (after >= before).all()


def test_a_diagonal_line_one_pixel_wide_is_a_wall():
    diamond = np.zeros((9, 9), np.uint8)
    for step in range(4):
        diamond[[4 - step, 4 + step], 1 + step] = diamond[[4 - step, 4 + step], 7 - step] = 200
    assert escape_cost(diamond)[4, 4] == 200


@pytest.mark.parametrize("reach", [0.5, 1.0, 1.5, 2.3, 3.5, 6.5])
def test_widening_takes_the_highest_within_a_disc(reach):
    picture = np.random.default_rng(3).integers(0, 255, (20, 31), dtype=np.uint8)
    side = np.arange(-7, 8)
    disc = np.hypot(side[:, None], side) < reach
    wide = grey_dilation(np.pad(picture, 7), footprint=disc)[7:-7, 7:-7]
    assert np.array_equal(widen(picture, reach), wide)
    assert np.array_equal(narrow(255 - picture, reach), 255 - wide)
    assert disc.sum() == 2 * sum(2 * w + 1 for w in half_widths(reach)) - (
        2 * half_widths(reach)[0] + 1
    )


def test_a_vehicle_leaves_through_a_gap_as_wide_as_itself_and_no_narrower():
    court = np.zeros((40, 40), np.uint8)
    court[10:31, [10, 30]] = court[[10, 30], 10:31] = 200
    seen = np.ones(court.shape, bool)
    for width, cost in ((0, 200), (4, 200), (6, 200), (7, 0)):
        court[30, 17 : 17 + width] = 0
        assert drive(court, seen, 3.5)[2][20, 20] == cost


def test_ground_between_a_wall_and_the_edge_is_not_held():
    wall = np.zeros((40, 40), np.uint8)
    wall[2] = 200
    assert (drive(wall, np.ones(wall.shape, bool), 3.5)[2][:2] == 0).all()


def test_what_is_unseen_is_a_way_out():
    court = np.zeros((40, 40), np.uint8)
    court[10:31, [10, 30]] = court[[10, 30], 10:31] = 200
    seen = np.ones(court.shape, bool)
    seen[20, 20] = False
    assert drive(court, seen, 3.5)[2][25, 25] == 0


def test_nothing_costs_nothing():
    assert escape_cost(np.zeros((0, 5), np.uint8)).shape == (0, 5)
    assert escape_cost(np.full((1, 1), 9, np.uint8)).item() == 9


@pytest.mark.parametrize("bad", [np.zeros((3, 3)), np.zeros((1, 3, 3), np.uint8)])
def test_wrong_heights_are_named_in_the_error(bad):
    with pytest.raises(ShapeError, match=r"\(H, W\) uint8"):
        escape_cost(bad)


def test_exits_must_lie_on_the_heights():
    with pytest.raises(ShapeError, match="exits"):
        escape_cost(np.zeros((3, 3), np.uint8), np.zeros((3, 4), bool))
