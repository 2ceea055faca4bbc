"""A compound drawn into ground that somebody else saw: the truth is what the pictures show."""

import numpy as np
import pytest

from models.synthetic.site import SitePlan, build_site

DAYS = 18_000.0 + np.arange(0, 1500, 50)
GROUND = np.full((len(DAYS), 3, 40, 44), 0.1, np.float32)
CLEAR = {"cloudy": 0.0, "snow": 0.0}
"""Weather of pictures that show the ground."""


def drawn(seed=3, **plan):
    return build_site(GROUND, DAYS, SitePlan(**{**CLEAR, **plan}), seed)


def inside(series):
    """Mean of the site on each look, (T, 3)."""
    return series.colours[:, :, series.site].mean(axis=2)


def test_the_site_is_as_it_was_until_it_is_cleared_and_another_from_then_on():
    series = drawn()
    red = inside(series)[:, 0]
    before, after = series.cleared > DAYS, series.cleared + 70 < DAYS
    assert before.sum() > 5
    assert abs(red[before] - 0.1).max() < 0.03
    assert red[after].min() > 0.12


def test_things_happen_in_their_order():
    series = drawn()
    assert series.cleared < series.roofed < series.finished < series.painted


def test_nothing_built_leaves_the_ground_as_it_was():
    series = drawn(cleared=None, painted=None)
    assert series.cleared is series.painted is None
    usual = np.median(series.colours, axis=0)  # without sun, haze and noise
    assert abs(usual / 0.1 - 1).max() < 0.3


def test_paint_alone_changes_a_standing_compound_and_nothing_around_it():
    series = drawn(cleared=None, standing=True, painted=0.5)
    late = series.painted <= DAYS
    blue = series.colours[:, 2]
    assert blue[late][:, series.site].mean() < 0.9 * blue[~late][:, series.site].mean()
    assert series.cleared is None


@pytest.mark.parametrize("weather", [{"cloudy": 1.0}, {"snow": 1.0}])
def test_what_hides_the_site_is_told(weather):
    series = drawn(**{**CLEAR, **weather})
    light = inside(series).mean(axis=1)
    assert series.hidden.max() > 0.9
    assert light[series.hidden > 0.95].min() > 1.5 * light[series.hidden == 0].min()


def test_the_same_seed_gives_the_same_series():
    assert (drawn(5).colours == drawn(5).colours).all()
    assert (drawn(5).colours != drawn(6).colours).any()
