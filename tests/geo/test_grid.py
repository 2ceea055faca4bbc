"""Frames, metres, and where a net's blocks fall on them."""

import math

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError, UnitsError
from geo.grid import (
    Grid,
    crs_name,
    ground_gsd,
    gsd_of,
    is_metric,
    is_north_up,
    local_grid,
    phase_of,
    utm_at,
    utm_of,
    work_grid,
)

UTM = Grid((100, 120), Affine(0.5, 0, 600_000, 0, -0.5, 1_200_000), "EPSG:32648")
DEGREES = Grid((100, 120), Affine(5e-6, 0, 105.9, 0, -5e-6, 10.8), "EPSG:4326")
MERCATOR = Grid((100, 120), Affine(0.6, 0, 11_700_000, 0, -0.6, 1_200_000), "EPSG:3857")
TURNED = Grid((100, 120), UTM.affine @ Affine.rotation(20), "EPSG:32648")


def covers(outer, inner):
    """Whether every corner of one grid lies in another, within a hundredth of a pixel."""
    shape = inner.extent if outer.crs == inner.crs else inner.extent.to_crs(outer.crs)
    return outer.extent.buffer(0.01).contains(shape)


def test_local_metres_start_at_the_top_left_and_run_down_into_the_negative():
    grid = local_grid(10, 20, 0.5)
    assert grid.boundingbox.bbox == (0, -5, 10, 0)
    assert grid.crs is None
    assert is_metric(grid)
    assert is_north_up(grid)


@pytest.mark.parametrize("gsd", [0, -1, math.nan, math.inf])
def test_a_pixel_size_is_a_positive_number(gsd):
    with pytest.raises(UnitsError, match="--gsd"):
        local_grid(10, 10, gsd)


@pytest.mark.parametrize(
    ("grid", "metric"),
    [
        (UTM, True),
        (TURNED, True),
        (DEGREES, False),
        (MERCATOR, False),
        (Grid((10, 10), Affine(1, 0, 2_600_000, 0, -1, 1_200_000), "EPSG:2056"), True),
        (Grid((10, 10), Affine(1, 0, 985_000, 0, -1, 200_000), "EPSG:2263"), False),  # feet
        (Grid((10, 10), Affine(1, 0, 2_000_000, 0, -1, 1_200_000), "EPSG:32648"), False),
    ],
)  # the last lies 13 degrees outside its zone
def test_metres_are_metres_only_where_the_projection_keeps_lengths(grid, metric):
    assert is_metric(grid) is metric


def test_pixels_are_measured_in_metres_or_refused():
    assert gsd_of(UTM) == pytest.approx(0.5)
    assert gsd_of(TURNED) == pytest.approx(0.5)
    with pytest.raises(UnitsError, match="EPSG:4326"):
        gsd_of(DEGREES)


def test_on_the_ground_a_mercator_metre_shrinks_with_latitude():
    assert ground_gsd(UTM) == pytest.approx(0.5)
    latitude = math.degrees(2 * math.atan(math.exp(1_200_000 / 6_378_137)) - math.pi / 2)
    assert ground_gsd(MERCATOR) == pytest.approx(
        0.6 * math.cos(math.radians(latitude)), rel=0.01
    )
    assert ground_gsd(DEGREES) == pytest.approx(
        math.sqrt(5e-6 * 111_320 * math.cos(math.radians(10.8)) * 5e-6 * 110_600), rel=0.01
    )


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (104.9, 11.5, 32648), (102.0, 11.5, 32648), (101.99, 11.5, 32647),
        (-180, 0, 32601), (180, 0, 32660), (32.6, -0.1, 32736), (0, 85, 5041), (0, -85, 5042),
    ],
)  # fmt: skip
def test_every_place_has_its_zone(lon, lat, epsg):
    assert utm_at(lon, lat).epsg == epsg


@pytest.mark.parametrize(("lon", "lat"), [(181, 0), (0, 91), (math.nan, 0), (math.inf, 0)])
def test_what_is_no_place_has_none(lon, lat):
    with pytest.raises(InputError):
        utm_at(lon, lat)


def test_local_metres_lie_in_no_zone():
    with pytest.raises(UnitsError, match="nowhere on Earth"):
        utm_of(local_grid(4, 4, 1))
    assert utm_of(DEGREES).epsg == 32648


def test_a_scene_near_the_nets_own_pixel_size_is_taken_as_it_is():
    assert work_grid(UTM, 0.5) is UTM
    for gsd in (0.44, 0.58):
        assert work_grid(UTM, gsd) is UTM
    for gsd in (0.42, 0.6):
        assert gsd_of(work_grid(UTM, gsd)) == pytest.approx(gsd)


@pytest.mark.parametrize("grid", [UTM, DEGREES, MERCATOR, TURNED, local_grid(90, 70, 0.3)])
@pytest.mark.parametrize("gsd", [0.3, 0.5, 1.0])
def test_a_work_grid_is_metric_upright_square_and_covers_the_scene(grid, gsd):
    work = work_grid(grid, gsd)
    assert is_metric(work)
    assert is_north_up(work)
    assert gsd_of(work) == pytest.approx(gsd, rel=0.15)
    assert covers(work, grid)
    extra = max(work.shape[i] * gsd for i in (0, 1)) - max(grid.shape) * ground_gsd(grid)
    assert extra < 40  # metres: turned corners and meridians that converge, but not more


def test_oblong_pixels_are_made_square():
    oblong = Grid((50, 50), Affine(0.5, 0, 600_000, 0, -0.6, 1_200_000), "EPSG:32648")
    work = work_grid(oblong, 0.5)
    assert work.affine.a == -work.affine.e == 0.5


def test_south_up_is_turned_upright():
    flipped = Grid((50, 50), Affine(0.5, 0, 600_000, 0, 0.5, 1_200_000), "EPSG:32648")
    assert not is_north_up(flipped)
    assert is_north_up(work_grid(flipped, 0.5))


@given(
    row=st.integers(0, 60), col=st.integers(0, 60), gsd=st.sampled_from([0.3, 0.8, 1.0]),
    where=st.sampled_from([UTM, DEGREES, MERCATOR, TURNED]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_a_crop_is_cut_along_the_same_lines_as_the_whole(row, col, gsd, where):
    whole, crop = work_grid(where, gsd), work_grid(where[row : row + 30, col : col + 30], gsd)
    between = ~whole.affine @ crop.affine
    assert abs(between.c - round(between.c)) < 1e-4
    assert abs(between.f - round(between.f)) < 1e-4


@given(
    east=st.integers(-50, 50), south=st.integers(-50, 50), stride=st.sampled_from([8, 16, 32])
)
def test_a_pixel_lies_on_the_worlds_lattice_wherever_the_crop_starts(east, south, stride):
    moved = Grid((40, 40), UTM.affine @ Affine.translation(east, south), UTM.crs)
    row, col = phase_of(UTM, stride)
    assert phase_of(moved, stride) == ((row + south) % stride, (col + east) % stride)


def test_local_metres_start_on_a_lattice_line():
    assert phase_of(local_grid(10, 10, 0.5), 16) == (0, 0)


def test_frames_have_names_that_a_sentence_can_carry():
    assert crs_name(UTM) == "EPSG:32648"
    assert "without a CRS" in crs_name(local_grid(2, 2, 1))
    odd = Grid((2, 2), Affine.identity(), "+proj=laea +lat_0=11 +lon_0=105 +units=m")
    assert crs_name(odd)


def test_shapes_are_rows_then_columns():
    assert np.array_equal(UTM.shape, (100, 120))
