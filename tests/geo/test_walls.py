"""Walls as lines."""

import numpy as np
import pytest

from geo.errors import ShapeError
from geo.grid import local_grid
from geo.walls import wall_lines
from geo.yards import find_yards

GSD = 0.5


def court(*gaps, side=40.0):
    """Walls three pixels wide round a court; gaps (start, width) in metres in the south."""
    n, m = round(side / GSD), 40
    scores = np.zeros((n + 2 * m, n + 2 * m), np.uint8)
    scores[m - 1 : m + n + 2, m - 1 : m + n + 2] = 200
    scores[m + 2 : m + n - 1, m + 2 : m + n - 1] = 0
    for start, width in gaps:
        a = m + round(start / GSD)
        scores[m + n - 1 : m + n + 2, a : a + round(width / GSD)] = 0
    return scores


def lines(scores, **asked):
    return wall_lines(scores, local_grid(*scores.shape, GSD), **asked)


def test_a_court_is_drawn_once_around_along_the_middle_of_its_walls():
    drawn = lines(court())
    assert drawn.length_m.sum() == pytest.approx(160, rel=0.02)
    assert drawn.length.sum() == pytest.approx(drawn.length_m.sum())
    left, bottom, right, top = drawn.total_bounds
    assert (left, top) == (pytest.approx(20.25, abs=0.6), pytest.approx(-20.25, abs=0.6))
    assert (right, bottom) == (pytest.approx(60.25, abs=0.6), pytest.approx(-60.25, abs=0.6))
    assert not drawn.bridged.any()
    assert drawn.score.to_numpy() == pytest.approx(200 / 254)


def test_straight_walls_have_few_corners():
    assert sum(len(line.coords) for line in lines(court()).geometry) <= 12


def test_a_gate_is_bridged_only_where_a_yard_says_so_and_the_bridge_is_marked():
    scores = court((15, 5))
    assert not lines(scores).bridged.any()
    yards = find_yards(scores, np.zeros_like(scores), GSD)
    [bridge] = lines(scores, yards=yards).query("bridged").itertuples()
    assert bridge.length_m == pytest.approx(5, abs=2.1)
    assert bridge.score < 0.3


def test_a_wide_opening_is_not_bridged():
    scores = court((10, 14))
    yards = find_yards(scores, np.zeros_like(scores), GSD)
    assert not lines(scores, yards=yards).bridged.any()


def test_ends_that_do_not_face_each_other_are_not_bridged():
    scores = court()
    scores[118:124, 40:60] = 0  # a corner is missing
    scores[108:124, 36:46] = 0
    yards = find_yards(scores, np.zeros_like(scores), GSD)
    assert not lines(scores, yards=yards).bridged.any()


def test_hairs_and_specks_are_not_walls():
    scores = court()
    scores[60, 35:40] = 200  # a hair of two metres on the west wall
    scores[10:12, 10:14] = 200  # a speck
    assert lines(scores).length_m.sum() == pytest.approx(160, rel=0.03)


def test_a_faint_wall_is_followed_from_a_firm_one_and_not_alone():
    scores = np.zeros((60, 120), np.uint8)
    scores[30:33, 10:60] = 200
    scores[30:33, 60:110] = 90
    scores[10:13, 10:110] = 90
    assert lines(scores).length_m.sum() == pytest.approx(50, rel=0.05)


def test_walls_look_the_same_across_blocks():
    scores = np.zeros((40, 1200), np.uint8)
    scores[20:23, 20:1180] = 200
    [line] = lines(scores).itertuples()
    assert line.length_m == pytest.approx(580, rel=0.01)


@pytest.mark.parametrize("scores", [np.zeros((30, 30)), np.full((30, 30), 255)])
def test_no_wall_gives_no_line(scores):
    drawn = lines(scores.astype(np.uint8))
    assert len(drawn) == 0
    assert {"score", "length_m", "bridged", "geometry"} <= set(drawn.columns)


def test_scores_that_do_not_lie_on_the_grid_are_refused():
    with pytest.raises(ShapeError, match="lie on the grid"):
        wall_lines(np.zeros((5, 5), np.uint8), local_grid(6, 5, GSD))
