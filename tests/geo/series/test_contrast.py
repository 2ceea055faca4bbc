"""Pictures of many dates on one contrast: what is left alone, carried over, or left out."""

import numpy as np
import pytest

from geo.errors import ShapeError
from geo.series.contrast import find_contrasts

SIDE = 64
GROUND = (
    np.random.default_rng(0).normal(0, 1, (3, SIDE // 8, SIDE // 8)).repeat(8, 1).repeat(8, 2)
)
GROUND = (np.array([90, 85, 70])[:, None, None] + 22 * GROUND).astype(np.float32)
"""Sixty-four patches of 80 m."""


def series(count=12, noise=1.5):
    """Draw looks at one ground, (T, 3, H, W)."""
    rng = np.random.default_rng(1)
    looks = GROUND + rng.normal(0, noise, (count, *GROUND.shape))
    return looks.astype(np.float32)


def contrasts(pictures):
    pictures = np.clip(np.rint(pictures), 0, 255).astype(np.float32)
    return find_contrasts(pictures, np.ones((len(pictures), SIDE, SIDE), bool))


def is_left_alone(line):
    return (line.gain == 1).all() and (line.offset == 0).all()


def test_pictures_of_one_contrast_are_left_alone():
    told = contrasts(series())
    assert all(is_left_alone(line) for line in told.lines)
    assert not told.differ


def test_fields_that_ripen_do_not_pull_a_picture_off_its_scale():
    pictures = series()
    pictures[7:9, :, : SIDE // 2] = GROUND[:, : SIDE // 2] * 1.5 + 30
    told = contrasts(pictures)
    assert is_left_alone(told.lines[7])
    assert is_left_alone(told.lines[8])


def test_a_stretched_picture_is_carried_back():
    pictures = series()
    gains, offsets = np.array([1.7, 1.5, 1.8]), np.array([-45.0, -30.0, -40.0])
    pictures[5] = pictures[5] * gains[:, None, None] + offsets[:, None, None]
    told = contrasts(pictures)
    assert told.lines[5].gain == pytest.approx(1 / gains, rel=0.08)
    back = told.lines[5].apply(np.clip(np.rint(pictures[5]), 0, 255))
    seen = pictures[5].min(axis=0) > 3
    assert np.abs(back - GROUND)[:, seen].mean() < 4
    assert not told.lines[5].weather
    assert not told.differ  # one of twelve


def test_numbers_beyond_the_scale_are_not_cut_off():
    pictures = series()
    pictures[4] = pictures[4] * 0.5
    white = np.full((3, 1, 1), 250, np.float32)
    assert contrasts(pictures).lines[4].apply(white).max() > 400


@pytest.mark.parametrize("drawn_otherwise", [False, True])
def test_snow_is_left_out_where_every_picture_has_its_own_contrast(drawn_otherwise):
    rng = np.random.default_rng(2)
    pictures = series()
    if drawn_otherwise:
        pictures *= np.linspace(0.6, 1.8, len(pictures))[:, None, None, None].astype(np.float32)
    pictures[6] = 200 + rng.normal(0, 12, GROUND.shape)
    told = contrasts(pictures)
    assert told.lines[6] is None
    assert told.differ is drawn_otherwise
    assert told.comparable(6) is not drawn_otherwise
    assert all(told.comparable(look) for look in (0, 5, 11))


DESERT = 180 + (GROUND - GROUND.mean(axis=(1, 2), keepdims=True)) * 0.3
"""Dry ground has little contrast: drawn flat enough, anything would agree with it."""


@pytest.mark.parametrize("noise", [2, 60])
def test_snow_is_not_taken_for_even_ground(noise):
    rng = np.random.default_rng(3)
    pictures = DESERT + rng.normal(0, 1, (12, *GROUND.shape))
    pictures[6] = 205 + rng.normal(0, noise, GROUND.shape)
    assert contrasts(pictures).lines[6] is None


def test_a_picture_of_ten_times_the_contrast_is_not_believed():
    pictures = np.repeat(DESERT[None], 12, axis=0)
    pictures[6] = 128 + 10 * (DESERT - 180)
    assert contrasts(pictures).lines[6] is None


def test_white_ground_is_not_carried_onto_brown_by_brightness():
    """Snow that shows the relief beneath: brighter in blue by far more than in red."""
    pictures = np.repeat(GROUND[None], 12, axis=0)
    pictures *= np.linspace(0.6, 1.8, 12, dtype=np.float32)[:, None, None, None]
    brown = np.array([1.2, 1.0, 0.5], np.float32)[:, None, None]
    pictures *= brown
    pictures[6] = GROUND * 1.6
    line = contrasts(pictures).lines[6]
    assert line is None or (line.offset != 0).any()


def test_a_cloud_over_half_of_it_does_not_hide_what_the_rest_says():
    pictures = series()
    pictures[3] = pictures[3] * 1.4
    pictures[3, :, : SIDE // 2] = 255
    assert contrasts(pictures).lines[3].gain == pytest.approx(1 / 1.4, rel=0.06)


def test_pictures_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="seen"):
        find_contrasts(series(), np.ones((3, SIDE, SIDE), bool))
