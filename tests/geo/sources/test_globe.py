"""Outlines on a round Earth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from geo.errors import InputError
from geo.sources.globe import boxes, cut, frame, mend, middle, to_crs, unroll

FIJI = MultiPolygon([box(179.9, -17.1, 180, -17.0), box(-180, -17.1, -179.9, -17.0)])


def test_a_ring_that_jumps_over_the_meridian_goes_the_short_way():
    ring = Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    ground = mend(ring)
    assert ground.area == pytest.approx(2)
    assert sorted(part.bounds for part in ground.geoms) == [
        (-180, 0, -179, 1),
        (179, 0, 180, 1),
    ]


def test_a_ring_told_past_180_is_the_same_ground():
    assert mend(box(179, 0, 181, 1)).equals(
        mend(Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)]))
    )


@given(west=st.floats(-179, 178), width=st.floats(0.1, 1))
def test_ground_away_from_the_meridian_stays_as_it_is(west, width):
    ground = box(west, 10, west + width, 11)
    assert mend(ground).symmetric_difference(ground).area < 1e-9
    assert unroll(ground) is ground


def test_two_boxes_where_an_area_crosses_and_one_where_it_does_not():
    assert sorted(boxes(FIJI)) == [(-180, -17.1, -179.9, -17.0), (179.9, -17.1, 180, -17.0)]
    assert len(boxes(box(0, 0, 1, 1))) == 1


def test_the_middle_of_an_area_over_the_meridian_lies_in_it():
    lon, lat = middle(FIJI)
    assert abs(lon) == pytest.approx(180)
    assert lat == pytest.approx(-17.05)


def test_cutting_and_unrolling_undo_each_other():
    assert unroll(cut(box(179.5, 0, 180.5, 1))).area == pytest.approx(1)


def test_a_frame_over_the_meridian_is_one_small_grid():
    grid = frame(FIJI, 10)
    assert grid.crs.epsg in (32701, 32760)
    assert grid.width == pytest.approx(21300 / 10, rel=0.02)
    assert grid.height == pytest.approx(1107 + 33, rel=0.01)  # the zone leans by 0.9 degrees


def test_frames_lie_on_whole_pixels_of_the_scenes():
    grid = frame(box(106.1, 11.05, 106.14, 11.09), 10)
    assert grid.crs.epsg == 32648
    assert grid.affine.c % 10 == 0
    assert grid.affine.f % 10 == 0
    shifted = frame(box(106.1, 11.05, 106.14, 11.09), 30, origin=(15, 15))
    assert shifted.affine.c % 30 == 15
    assert shifted.affine.f % 30 == 15


def test_a_frame_holds_the_whole_area():
    area = box(105.9, 11.0, 106.1, 11.1)  # zones 47 to 49 meet nowhere near: all in 48
    grid = frame(area, 10)
    assert grid.extent.geom.covers(to_crs(area, grid.crs))


def test_an_area_over_two_zones_takes_that_of_its_middle():
    assert frame(box(107.9, 11, 108.2, 11.1), 10).crs.epsg == 32649
    assert frame(box(107.8, 11, 108.1, 11.1), 10).crs.epsg == 32648


def test_too_large_an_area_is_refused_before_anything_is_asked_for():
    with pytest.raises(InputError, match="smaller area"):
        frame(box(100, 10, 110, 20), 1)


def test_a_line_is_no_footprint():
    with pytest.raises(InputError, match="polygon"):
        mend({"type": "LineString", "coordinates": [[0, 0], [1, 1]]})
