"""Run lengths hold all that a picture of kinds says, and what each stretch touches."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.runlengths import NOWHERE, OWNED, cut_runs

WHOLE, TORN = (True,) * 4, (False,) * 4

kinds = st.tuples(st.integers(1, 8), st.integers(1, 9)).flatmap(
    lambda size: arrays(np.uint8, size, elements=st.sampled_from([0, 1, OWNED + 1, NOWHERE]))
)


@settings(max_examples=60, deadline=None)
@given(kinds)
def test_runs_painted_back_are_the_picture(picture):
    runs = cut_runs(picture, np.ones(picture.shape, bool), WHOLE)
    again = np.full_like(picture, NOWHERE)
    for run, (row, start, stop) in enumerate(zip(runs.row, runs.start, runs.stop, strict=True)):
        again[row, start:stop] = runs.step[run] + OWNED * runs.owned[run]
    assert np.array_equal(again, picture)
    assert np.array_equal(np.diff(runs.first), np.bincount(runs.row, minlength=len(picture)))


def test_a_run_counts_its_pixels_at_the_end_of_sight():
    seen = np.ones((4, 6), bool)
    seen[2, 2:4] = False
    picture = np.full((4, 6), NOWHERE, np.uint8)
    picture[1, 1:5] = 0  # above two pixels that nobody saw
    picture[3, 4:6] = 0  # in the corner below: two pixels by one edge, one by the other
    runs = cut_runs(picture, seen, WHOLE)
    assert runs.rim.tolist() == [2, 3]
    assert not runs.torn.any()


def test_where_the_picture_goes_on_beyond_the_sheet_a_run_is_torn():
    picture = np.zeros((1, 3), np.uint8)
    runs = cut_runs(picture, np.ones((1, 3), bool), TORN)
    assert (runs.torn.tolist(), runs.rim.tolist()) == ([True], [0])
