"""How much two circles share, by a formula and by drawing them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from aoi.sites.meet import lens_share


@pytest.mark.parametrize(
    ("radii", "apart", "share"),
    [((1, 1), 0, 1), ((1, 3), 1.9, 1), ((3, 1), 2, 1), ((1, 1), 2, 0), ((1, 1), 5, 0)],
)
def test_of_two_circles_the_smaller_is_shared(radii, apart, share):
    first, second = (np.array([float(r)]) for r in radii)
    assert lens_share(first, second, np.array([float(apart)])) == pytest.approx(
        [share], abs=1e-5
    )


@settings(deadline=None)
@given(first=st.floats(1, 50), second=st.floats(1, 50), apart=st.floats(0.1, 110))
def test_the_formula_of_the_lens_agrees_with_drawn_circles(first, second, apart):
    share = lens_share(np.array([first]), np.array([second]), np.array([apart]))[0]
    a, b = Point(0, 0).buffer(first, 64), Point(apart, 0).buffer(second, 64)
    assert share == pytest.approx(a.intersection(b).area / min(a.area, b.area), abs=0.01)
