"""Pieces of small masks are those that SciPy finds, drawn or random."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_dilation, binary_fill_holes, label

from geo.fill import count_pieces, fill, keep_largest, spread

CORNERS = np.ones((3, 3), bool)

masks = st.tuples(st.integers(1, 9), st.integers(1, 10)).flatmap(
    lambda size: arrays(bool, size)
)


@settings(max_examples=60, deadline=None)
@given(masks)
def test_holes_are_those_that_cannot_be_reached_from_the_rim_by_sides(mask):
    assert np.array_equal(fill(mask), binary_fill_holes(mask))


@settings(max_examples=60, deadline=None)
@given(masks)
def test_pieces_are_counted_with_their_corners(mask):
    assert count_pieces(mask) == label(mask, CORNERS)[1]


@settings(max_examples=60, deadline=None)
@given(masks)
def test_the_largest_piece_stays_and_of_equals_the_first(mask):
    pieces, count = label(mask)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    wanted = pieces == 1 + np.argmax(sizes) if count else mask.copy()
    keep_largest(mask)
    assert np.array_equal(mask, wanted)


@settings(max_examples=60, deadline=None)
@given(masks, st.integers(0, 3), st.randoms(use_true_random=False))
def test_ground_spreads_so_many_steps_over_what_is_allowed(allowed, steps, lots):
    ground = np.array([[lots.random() < 0.2 for _ in row] for row in allowed])
    wanted = ground.copy()
    for _ in range(steps):
        wanted |= binary_dilation(wanted, CORNERS) & allowed
    spread(ground, allowed, steps)
    assert np.array_equal(ground, wanted)
