"""A glance shows the picture, and lines where they lie."""

import io

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from PIL import Image

from aoi.outputs.glance import glance, glance_at
from geo.errors import InputError
from geo.grid import Grid
from geo.write import write_cog

GRID = Grid((40, 60), Affine(10, 0, 500_000, 0, -10, 1_200_000), "EPSG:32648")
RED = "#ff0000"


@pytest.fixture
def grey(tmp_path):
    """A grey picture of 600 m by 400 m."""
    pixels = np.full((3, 40, 60), 128, np.uint8)
    return write_cog(tmp_path / "grey.tif", pixels, grid=GRID, band_names=("r", "g", "b"))


def pixels_of(shown):
    return np.asarray(Image.open(io.BytesIO(shown.jpeg))).astype(int)


def test_an_outline_in_degrees_is_drawn_where_it_lies_on_the_ground(grey):
    square = gpd.GeoSeries([shapely.box(500_100, 1_199_700, 500_300, 1_199_900)], crs=32648)
    seen = pixels_of(glance(grey, square.to_crs(4326), colour=RED, longest=600))
    red = seen[..., 0] - seen[..., 2] > 60
    rows, cols = np.nonzero(red)
    assert (rows.min(), rows.max()) == pytest.approx((100, 300), abs=8)
    assert (cols.min(), cols.max()) == pytest.approx((100, 300), abs=8)
    assert not red[200, 200]


def test_few_large_pixels_are_shown_as_squares_and_many_small_ones_reduced(grey):
    assert pixels_of(glance(grey, longest=180)).shape == (120, 180, 3)
    assert pixels_of(glance(grey, longest=30)).shape == (20, 30, 3)


def test_a_glance_without_outlines_is_the_picture(grey, tmp_path):
    shown = glance(grey, gpd.GeoSeries([], crs=32648), longest=60)
    assert np.ptp(pixels_of(shown)) <= 2
    assert shown.save(tmp_path / "a.jpg").read_bytes() == shown._repr_jpeg_()


def test_a_drawing_that_is_none_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.png cannot be shown"):
        glance_at(tmp_path / "none.png")
