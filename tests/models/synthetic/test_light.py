"""Light falls as it must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.synthetic.sun import Light, blocked_height


def tower(height=10.0):
    """A column of one metre in the middle of an empty square, 0.5 m pixels."""
    ground = np.zeros((161, 161), np.float32)
    ground[79:82, 79:82] = height
    return ground


@settings(max_examples=25, deadline=None)
@given(azimuth=st.floats(0, 359), elevation=st.floats(30, 70))
def test_a_shadow_falls_opposite_to_the_sun_and_as_long_as_it_should(azimuth, elevation):
    light = Light(azimuth=azimuth, elevation=elevation)
    blocked = blocked_height(tower(), light, 0.5)
    rows, cols = np.nonzero((blocked > 0.05) & (tower() == 0))
    east, north = (cols - 80) * 0.5, -(rows - 80) * 0.5
    turn = np.radians(azimuth)
    away = -(east * np.sin(turn) + north * np.cos(turn))
    assert away.min() > -1.6
    assert away.max() == pytest.approx(10 / np.tan(np.radians(elevation)), abs=1.6)
    aside = np.abs(east * np.cos(turn) - north * np.sin(turn))
    assert aside.max() < 2.2


def test_blocked_height_falls_away_from_the_wall_by_the_slope_of_the_light():
    ground = np.zeros((40, 101), np.float32)
    ground[20] = 4.0  # a wall from west to east
    blocked = blocked_height(ground, Light(azimuth=180, elevation=45), 0.5)
    north = blocked[20::-1, 50]
    assert north[:9] == pytest.approx(4 - 0.5 * np.arange(9))
    assert not (blocked[21:] > 0).any()


def test_a_wall_along_the_sun_throws_almost_no_shadow():
    ground = np.zeros((80, 80), np.float32)
    ground[:, 40] = 3.0
    blocked = blocked_height(ground, Light(azimuth=180, elevation=40), 0.5)
    assert (blocked > 0.3).sum(1).max() == 1


def test_a_slope_to_the_sun_is_brighter_than_one_away_from_it():
    light = Light(azimuth=120, elevation=45)
    assert light.on_slope(20, 120) > light.on_slope(0, 0) == pytest.approx(1)
    assert light.on_slope(20, 300) < 1
    assert light.on_slope(90, 300) == pytest.approx(light.ambient)
