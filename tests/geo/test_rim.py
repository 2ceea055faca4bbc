"""The end of a picture is no wall."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import ShapeError, UnitsError
from geo.rim import without_rim

EVERYWHERE = np.full((40, 40), 200, np.uint8)


def test_walls_within_two_and_a_half_metres_of_the_end_are_taken_back():
    wall = without_rim(EVERYWHERE, np.ones((40, 40), bool), 0.5)
    assert not wall[:5].any()
    assert not wall[:, -5:].any()
    assert (wall[5:-5, 5:-5] == 200).all()
    assert EVERYWHERE.all()  # a copy


def test_the_end_of_valid_pixels_is_an_end_too_and_what_was_not_seen_stays_unseen():
    seen = np.ones((40, 40), bool)
    seen[:, 20:] = False
    scores = np.where(seen, np.uint8(200), np.uint8(255))
    wall = without_rim(scores, seen, 0.5)
    assert (wall[:, 20:] == 255).all()
    assert not wall[:, 15:20].any()
    assert (wall[5:-5, 5:15] == 200).all()


@pytest.mark.parametrize(("gsd", "depth"), [(0.25, 10), (0.5, 5), (1.0, 2), (10.0, 1)])
def test_the_rim_is_in_metres_and_at_least_a_pixel(gsd, depth):
    wall = without_rim(EVERYWHERE, np.ones((40, 40), bool), gsd)
    assert (wall[20] == 0).sum() == 2 * depth


@given(turns=st.integers(0, 3), flip=st.booleans())
def test_turning_the_picture_turns_the_rim(turns, flip):
    seen = np.ones((30, 30), bool)
    seen[3:9, 12:20] = False
    wall = np.arange(900, dtype=np.float32).reshape(30, 30)

    def turned(a):
        return np.rot90(a[:, ::-1] if flip else a, turns)

    once = without_rim(turned(wall), turned(seen), 0.5)
    np.testing.assert_array_equal(once, turned(without_rim(wall, seen, 0.5)))


def test_what_does_not_fit_is_named():
    with pytest.raises(ShapeError, match="do not match"):
        without_rim(EVERYWHERE, np.ones((40, 39), bool), 0.5)
    with pytest.raises(UnitsError, match="metres per pixel"):
        without_rim(EVERYWHERE, np.ones((40, 40), bool), 0.0)
