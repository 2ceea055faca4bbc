"""Outlines of two dates, drawn small enough to count by eye, and the buildings they become."""

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geo.change.units import union_footprints
from geo.errors import InputError


def frame(*shapes, crs=32648):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def areas(units):
    return sorted(round(a) for a in units.area)


def test_one_roof_drawn_twice_is_one_building():
    units = union_footprints(frame(box(0, 0, 10, 10)), frame(box(1, 0, 11, 10)))
    assert areas(units) == [110]


def test_roofs_apart_are_apart():
    units = union_footprints(frame(box(0, 0, 10, 10)), frame(box(30, 0, 40, 12)))
    assert areas(units) == [100, 120]
    assert units["lean_m"].tolist() == [0, 0]


def test_a_block_that_the_other_date_parts_is_its_parts():
    parts = [box(0, 0, 10, 10), box(11, 0, 21, 10)]
    units = union_footprints(frame(box(0, 0, 21, 10)), frame(*parts))
    assert areas(units) == [100, 100]


def test_what_was_added_to_a_house_is_a_unit_of_its_own():
    units = union_footprints(frame(box(0, 0, 10, 10)), frame(box(0, 0, 30, 10)))
    assert len(units) == 2
    assert areas(units)[0] == 100
    assert areas(units)[1] == pytest.approx(185, abs=10)


def test_a_rim_is_no_addition():
    units = union_footprints(frame(box(0, 0, 20, 20)), frame(box(-1, -1, 21, 21)))
    assert len(units) == 1


def test_a_tall_roof_beside_itself_is_one_building_that_leans():
    units = union_footprints(frame(box(0, 0, 12, 5)), frame(box(0, 6, 12, 11)))
    assert len(units) == 1
    assert units["lean_m"][0] == pytest.approx(6)


def test_a_new_house_beside_a_lost_one_of_another_shape_is_no_lean():
    units = union_footprints(frame(box(0, 0, 12, 5)), frame(box(0, 6, 5, 25)))
    assert len(units) == 2


def test_nothing_on_either_date_is_no_building():
    assert len(union_footprints(frame(), frame())) == 0
    assert len(union_footprints(frame(box(0, 0, 9, 9)), frame())) == 1


BOXES = st.lists(
    st.builds(lambda x, y, w, h: box(x, y, x + w, y + h),
              st.integers(0, 60), st.integers(0, 60), st.integers(4, 25), st.integers(4, 25)),
    max_size=6,
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(BOXES, BOXES)
def test_exchanged_dates_give_the_same_units_in_the_same_order(one, other):
    there, back = (
        union_footprints(frame(*one), frame(*other)),
        union_footprints(frame(*other), frame(*one)),
    )
    assert len(there) == len(back)
    assert there["lean_m"].tolist() == pytest.approx(back["lean_m"].tolist())
    for a, b in zip(there.geometry, back.geometry, strict=True):
        assert shapely.symmetric_difference(a, b).area < 1e-6


def test_two_outlines_of_one_size_are_parted_alike_whichever_came_first():
    a, b = frame(box(0, 0, 11, 18)), frame(box(4, 0, 13, 22))
    there, back = union_footprints(a, b), union_footprints(b, a)
    assert [s.area for s in there.geometry] == [s.area for s in back.geometry]


def test_outlines_in_two_frames_are_refused():
    with pytest.raises(InputError, match="one CRS"):
        union_footprints(frame(box(0, 0, 9, 9)), frame(box(0, 0, 9, 9), crs=32647))
