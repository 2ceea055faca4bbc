"""Cloud, shadow, haze and the edge of a scene over a town; and what is none of them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from geo.change.glance import glance
from geo.change.sight import CLEAR, CLOUD, HAZE, SHADOW, UNSEEN, tell_sight
from geo.errors import ShapeError

SIDE = 400
"""Pixels of half a metre: 200 m."""


def town():
    rng = np.random.default_rng(5)
    grey = np.full((SIDE, SIDE), 105.0)
    for _ in range(160):
        r, c = rng.integers(0, SIDE, 2)
        grey[r : r + rng.integers(10, 30), c : c + rng.integers(10, 40)] = rng.uniform(50, 200)
    return np.stack([grey * 1.05, grey, grey * 0.85]).clip(0, 255).astype(np.uint8)


def blob(soft, radius=60):
    rows, cols = np.mgrid[:SIDE, :SIDE]
    disc = (np.hypot(rows - 200, cols - 200) < radius).astype(float)
    return gaussian_filter(disc, soft)


def codes(one, other=None, valid=None):
    seen = np.ones((SIDE, SIDE), bool)
    first = glance(one, seen if valid is None else valid, 8)
    return tell_sight(first, glance(town() if other is None else other, seen, 8), 4.0)


def under(thick, colour):
    return (town() * (1 - thick) + np.array(colour)[:, None, None] * thick).astype(np.uint8)


def test_two_clear_days_are_clear():
    one, other = codes(town())
    assert (one == CLEAR).all()
    assert (other == CLEAR).all()


def test_cloud_is_cloud_on_its_own_day_only():
    one, other = codes(under(blob(12), (238, 240, 244)))
    assert (one[22:28, 22:28] == CLOUD).all()
    assert (one == CLOUD).mean() > 0.05
    assert (one[:8] == CLEAR).all()
    assert (other == CLEAR).all()


def test_a_new_white_hall_is_no_cloud():
    picture = town()
    picture[:, 150:250, 140:270] = 238
    assert (codes(picture)[0] == CLEAR).all()


def test_the_shadow_of_a_cloud_is_dark_and_soft():
    picture = (town() * (1 - 0.6 * blob(12))).astype(np.uint8)
    assert (codes(picture)[0][23:27, 23:27] == SHADOW).all()


def test_a_new_dark_roof_is_no_shadow():
    picture = town()
    picture[:, 150:250, 140:270] = 40
    assert (codes(picture)[0] == CLEAR).all()


def test_haze_over_everything_is_haze():
    picture = (town() * 0.2 + 0.8 * np.array([160, 164, 168])[:, None, None]).astype(np.uint8)
    assert (codes(picture)[0] == HAZE).mean() > 0.8


def test_bare_ground_on_which_a_town_rose_is_not_haze():
    field = np.stack([np.full((SIDE, SIDE), v) for v in (150, 120, 90)]).astype(np.uint8)
    one, other = codes(field)
    assert (one == CLEAR).all()
    assert (other == CLEAR).all()


def test_off_the_scene_is_unseen():
    valid = np.ones((SIDE, SIDE), bool)
    valid[:, :80] = False
    one, _ = codes(town(), valid=valid)
    assert (one[:, :10] == UNSEEN).all()
    assert (one[:, 11:] == CLEAR).all()


def test_exchanged_days_exchange_their_answers():
    cloudy = glance(under(blob(12), (238, 240, 244)), np.ones((SIDE, SIDE), bool), 8)
    clear = glance(town(), np.ones((SIDE, SIDE), bool), 8)
    one, other = tell_sight(cloudy, clear, 4.0)
    back, there = tell_sight(clear, cloudy, 4.0)
    assert (one == there).all()
    assert (other == back).all()


def test_cells_of_a_rest_are_averaged_over_what_is_there():
    found = glance(np.full((3, 10, 10), 50, np.uint8), np.ones((10, 10), bool), 8)
    assert found.seen.shape == (2, 2)
    assert found.light == pytest.approx(50)
    assert found.spread == pytest.approx(0, abs=0.01)


def test_cells_that_do_not_lie_on_each_other_are_refused():
    one, other = (
        glance(np.zeros((3, n, n), np.uint8), np.ones((n, n), bool), 8) for n in (16, 32)
    )
    with pytest.raises(ShapeError, match="must match"):
        tell_sight(one, other, 4.0)
    with pytest.raises(ShapeError, match="valid must be"):
        glance(np.zeros((3, 8, 8), np.uint8), np.ones((9, 9), bool), 8)


def test_bands_of_rows_do_not_show_in_the_cells(monkeypatch):
    picture, seen = town()[:, :90, :70], np.random.default_rng(2).random((90, 70)) > 0.05
    whole = glance(picture, seen, 8)
    monkeypatch.setattr("geo.change.glance.BAND", 16)
    banded = glance(picture, seen, 8)
    for name in ("colour", "spread", "steep", "seen"):
        assert (getattr(whole, name) == getattr(banded, name)).all()
