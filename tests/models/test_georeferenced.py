"""Outlines of a user's own file become labels on its picture, or are refused by name."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from shapely import GeometryCollection, LineString, Point, Polygon, box
from shapely.affinity import translate

from geo.errors import InputError
from geo.grid import Grid
from models.georeferenced import Placed, from_vectors

EAST, NORTH = 500_000, 1_200_000


@pytest.fixture
def placed():
    """A picture of 40 x 40 pixels of one metre."""
    return Placed(
        picture=np.zeros((3, 40, 40), np.uint8),
        valid=np.ones((40, 40), np.bool_),
        grid=Grid((40, 40), Affine(1, 0, EAST, 0, -1, NORTH), "EPSG:32648"),
        gsd=1.0,
    )


def saved(folder, *shapes):
    """Write shapes given in metres right of and below the picture's upper left corner."""
    there = [
        shapely.transform(shape, lambda xy: xy * [1, -1] + [EAST, NORTH]) for shape in shapes
    ]
    frame = gpd.GeoDataFrame(geometry=there, crs="EPSG:32648")
    frame.to_file(folder / "houses.gpkg")
    return folder / "houses.gpkg"


def drawn(*shapes):
    """Labels of the picture that say yes in boxes of its pixels."""
    labels = np.zeros((40, 40), np.uint8)
    for left, top, right, bottom in shapes:
        labels[top:bottom, left:right] = 1
    return labels


def test_a_roof_with_a_spike_is_a_roof_without_its_spike(tmp_path, placed):
    roof = Polygon([(10, 10), (20, 10), (20, 15), (32, 15), (20, 15), (20, 20), (10, 20)])
    assert not roof.is_valid
    labels = from_vectors(saved(tmp_path, roof), placed)
    np.testing.assert_array_equal(labels, drawn((10, 10, 20, 20)))


def test_houses_and_walls_of_one_record_are_both_drawn(tmp_path, placed):
    wall = LineString([(0, 30), (40, 30)])
    record = GeometryCollection([box(10, 10, 20, 20), GeometryCollection([wall])])
    labels = from_vectors(saved(tmp_path, record), placed)
    np.testing.assert_array_equal(labels, drawn((10, 10, 20, 20), (0, 29, 40, 31)))


def test_points_are_no_outlines_and_are_named(tmp_path, placed):
    path = saved(tmp_path, box(10, 10, 20, 20), Point(30, 30), Point(32, 32))
    with pytest.raises(InputError, match=r"houses\.gpkg, record 2 is a point.*1 more: it"):
        from_vectors(path, placed)


def test_a_picture_without_a_house_of_a_file_for_many_says_there_is_none(tmp_path, placed):
    town = saved(tmp_path, box(-900, 5, -890, 15), box(900, 5, 910, 15))
    assert not from_vectors(town, placed).any()


def test_a_picture_just_beside_a_files_only_house_says_there_is_none(tmp_path, placed):
    assert not from_vectors(saved(tmp_path, box(50, 10, 60, 20)), placed).any()


@pytest.mark.parametrize("way", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_outlines_farther_off_than_a_diagonal_are_refused(tmp_path, placed, way):
    near, far = (
        translate(box(15, 15, 25, 25), *np.multiply(way, metres)) for metres in (80, 83)
    )
    assert not from_vectors(saved(tmp_path, near), placed).any()
    with pytest.raises(InputError, match=r"None of the 1 outlines .* A CRS is wrong"):
        from_vectors(saved(tmp_path, far), placed)


def test_records_without_a_geometry_say_nothing(tmp_path, placed):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[None], crs="EPSG:32648")
    frame.to_file(tmp_path / "houses.gpkg")
    assert not from_vectors(tmp_path / "houses.gpkg", placed).any()


def test_outlines_beyond_what_the_pictures_crs_can_say_are_refused(tmp_path, placed):
    far = gpd.GeoDataFrame(geometry=[box(15, -1, 15.2, 1)], crs="EPSG:4326")
    far.to_file(tmp_path / "houses.gpkg")
    with pytest.raises(InputError, match="A CRS is wrong"):
        from_vectors(tmp_path / "houses.gpkg", placed)
