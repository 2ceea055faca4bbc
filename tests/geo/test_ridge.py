"""Ground climbs fat walls to their crest, and no further."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.ridge import climb


def row(*numbers):
    return np.array([numbers])


def test_two_grounds_meet_on_the_crest_which_stays_nobodys():
    wall = row(0, 60, 120, 200, 120, 60, 0).astype(np.uint8)
    ground = row(1, 0, 0, 0, 0, 0, 2).astype(np.int32)
    climbed = climb(ground, wall, wall > 0, steps=5)
    assert climbed.tolist() == [[1, 1, 1, 0, 2, 2, 2]]


def test_the_outside_climbs_too():
    wall = row(0, 60, 120, 60, 0).astype(np.uint8)
    ground = row(1, 0, 0, 0, 0).astype(np.int32)
    assert climb(ground, wall, wall > 0, steps=5).tolist() == [[1, 1, 0, 0, 0]]


def test_nobody_climbs_down():
    wall = row(0, 200, 90, 200, 0).astype(np.uint8)
    ground = row(1, 0, 0, 0, 0).astype(np.int32)
    assert climb(ground, wall, wall > 0, steps=5).tolist() == [[1, 1, 0, 0, 0]]


def test_a_wall_of_one_pixel_is_nobodys():
    wall = row(0, 200, 0).astype(np.uint8)
    assert climb(row(1, 0, 2).astype(np.int32), wall, wall > 0, steps=5).tolist() == [[1, 0, 2]]


def test_a_front_climbs_no_further_than_asked():
    wall = row(0, 10, 20, 30, 40, 50).astype(np.uint8)
    ground = row(1, 0, 0, 0, 0, 0).astype(np.int32)
    assert climb(ground, wall, wall > 0, steps=2).tolist() == [[1, 1, 1, 0, 0, 0]]


@given(
    arrays(np.uint8, (7, 8), elements=st.integers(0, 9)),
    arrays(np.int32, (7, 8), elements=st.integers(0, 2)),
    st.integers(0, 3),
)
def test_turning_changes_nothing_and_owned_ground_stays(wall, ground, turns):
    ground = np.where(wall > 4, 0, ground).astype(np.int32)
    climbed = climb(ground, wall, wall > 4, steps=3)
    assert (climbed[ground > 0] == ground[ground > 0]).all()
    assert (climbed[(ground == 0) & (wall <= 4)] == 0).all()
    turned = [np.ascontiguousarray(np.rot90(one, turns)) for one in (ground, wall, wall > 4)]
    assert np.array_equal(climb(*turned, steps=3), np.rot90(climbed, turns))
