"""Two fields of edge directions, and the shift at which they agree."""

import numpy as np
import pytest

from geo.correlate import brightness, directions, find_peak, usual_slope
from geo.errors import ShapeError

BOXES = np.full((96, 128), 100, np.float32)
for top, left, height, width in (
    (10, 12, 20, 30),
    (50, 20, 30, 18),
    (30, 70, 40, 40),
    (8, 60, 12, 50),
):
    BOXES[top : top + height, left : left + width] += 60
ALL = np.ones(BOXES.shape, bool)


def peak(one, other, valid=ALL, reach=12):
    return find_peak(directions(one, ALL), directions(other, valid), reach)


def test_a_whole_shift_is_found_exactly():
    found = peak(BOXES, np.roll(BOXES, (3, -5), (0, 1)))
    assert (found.row, found.col) == pytest.approx((3, -5), abs=0.06)
    assert found.stands > 2.5


def test_contrast_may_be_turned_round():
    found = peak(BOXES, 255 - np.roll(BOXES, (3, -5), (0, 1)))
    assert (found.row, found.col) == pytest.approx((3, -5), abs=0.06)


def test_what_is_hidden_has_no_say():
    other, valid = np.roll(BOXES, (3, -5), (0, 1)), ALL.copy()
    other[40:, 60:], valid[40:, 60:] = 255, False
    found = peak(BOXES, other, valid)
    assert (found.row, found.col) == pytest.approx((3, -5), abs=0.1)


def test_a_peak_at_the_rim_of_the_search_is_not_believed():
    assert peak(BOXES, np.roll(BOXES, (0, 9), (0, 1)), reach=5).stands < 2.5


def test_directions_tell_where_an_edge_runs_and_not_which_side_is_bright():
    step = np.zeros((20, 20), np.float32)
    step[:, 10:] = 100
    across, down = (
        directions(step, np.ones((20, 20), bool)),
        directions(step.T, np.ones((20, 20), bool)),
    )
    assert across[10, 10].real > 0.3
    assert down[10, 10].real < -0.3
    assert directions(100 - step, np.ones((20, 20), bool))[10, 10] == pytest.approx(
        across[10, 10], abs=1e-4
    )


def test_nothing_is_said_next_to_what_is_not_valid():
    valid = ALL.copy()
    valid[:, 64:] = False
    field = directions(BOXES, valid)
    assert not field[:, 61:].any()
    assert not directions(BOXES, ~ALL).any()


def test_the_usual_slope_is_that_of_the_valid_ground():
    ramp = np.tile(np.arange(40, dtype=np.float32), (40, 1))
    assert usual_slope(ramp, np.ones((40, 40), bool)) == pytest.approx(1, abs=0.01)
    assert usual_slope(ramp, np.zeros((40, 40), bool)) == 0


def test_brightness_is_the_mean_of_the_colours():
    assert brightness(np.array([[[30]], [[60]], [[90]]], np.uint8)).tolist() == [[60.0]]


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"\(H, W\) alike"):
        directions(BOXES, ALL[:5])
