"""Reading onto other grids: nothing moves, nothing bleeds, and windows do not matter."""

from functools import lru_cache

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo.grid import Grid, local_grid, work_grid
from geo.read import Stretch, open_image

IDENTITY = Stretch.identity()


def hills(height, width, gsd=0.5, left=600_000.0, top=1_200_000.0):
    """A smooth scene that is a function of the ground, 20 to 220, in metres."""
    x = left + (np.arange(width) + 0.5) * gsd
    y = top - (np.arange(height) + 0.5) * gsd
    return ground(*np.meshgrid(x, y))


def ground(x, y):
    return 120 + 50 * np.sin((x - 600_000) / 9.0) + 50 * np.cos((y - 1_200_000) / 7.0)


def centres(grid):
    col, row = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    a = grid.affine
    return a.a * col + a.b * row + a.c, a.d * col + a.e * row + a.f


@lru_cache(maxsize=1)
def whole(path):
    image = open_image(path)
    return image, image.read().bands


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """(3, 90, 110) uint8 noise in small blocks."""
    path = tmp_path_factory.mktemp("warp") / "noise.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=90, width=110, count=3, dtype="uint8", tiled=True,
        blockxsize=32, blockysize=32, crs="EPSG:32648",
        transform=Affine(0.5, 0, 600_000, 0, -0.5, 1_200_000),
    ) as file:  # fmt: skip
        file.write(np.random.default_rng(1).integers(0, 255, (3, 90, 110), np.uint8))
    return path


@given(
    row=st.integers(-40, 110), col=st.integers(-40, 130),
    height=st.integers(1, 60), width=st.integers(1, 60),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_window_equals_the_same_slice_of_the_whole_padded_with_nothing(
    scene, row, col, height, width
):
    image, bands = whole(scene)
    pad = 200
    padded = np.pad(bands, ((0, 0), (pad, pad), (pad, pad)))
    inside = np.pad(np.ones(bands.shape[1:], bool), pad)
    rows, cols = slice(row, row + height), slice(col, col + width)
    with image.reader() as reader:
        got, valid = reader.read(rows, cols)
    there = slice(row + pad, row + pad + height), slice(col + pad, col + pad + width)
    np.testing.assert_array_equal(valid, inside[there])
    np.testing.assert_array_equal(np.where(valid, got, 0), padded[:, *there])


@given(row=st.integers(0, 80), col=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_a_grid_that_is_a_window_of_the_pictures_own_is_read_exactly(scene, row, col):
    image, bands = whole(scene)
    crop = image.grid[row : row + 10, col : col + 10]
    raster = image.read(crop)
    assert raster.grid == crop
    np.testing.assert_array_equal(raster.bands, bands[:, row : row + 10, col : col + 10])


def test_a_grid_shifted_by_part_of_a_pixel_is_not_the_pictures_own(tif):
    slope = np.arange(0, 200, 4, dtype=np.uint8)[None, None].repeat(50, axis=1)
    image = open_image(tif(slope))
    shifted = Grid((50, 40), image.grid.affine @ Affine.translation(0.25, 0), "EPSG:32648")
    np.testing.assert_array_equal(image.read(shifted).bands[0, 9], np.arange(40) * 4 + 1)


def test_a_window_of_a_cropped_grid_may_look_beyond_the_crop(scene):
    image, bands = whole(scene)
    with image.reader(image.grid[20:40, 30:50]) as reader:
        got, valid = reader.read(slice(-5, 25), slice(-5, 25))
    assert valid.all()
    np.testing.assert_array_equal(got, bands[:, 15:45, 25:55])


@pytest.mark.parametrize(("gsd", "atol"), [(0.37, 3), (0.8, 4), (0.5, 3), (1.4, 8)])
def test_the_ground_stays_where_it_is_at_any_pixel_size(tif, gsd, atol):
    image = open_image(tif(hills(200, 200)[None].round().astype(np.uint8)))
    rows = int(90 / gsd)
    grid = Grid((rows, rows), Affine(gsd, 0, 600_003.21, 0, -gsd, 1_199_996.54), "EPSG:32648")
    raster = image.read(grid)
    assert raster.valid.all()
    np.testing.assert_allclose(raster.bands[0], ground(*centres(grid)), atol=atol)


def test_a_picture_in_degrees_lands_on_the_right_metres(tif):
    step = 0.5 / 111_000
    degrees = Grid((240, 240), Affine(step, 0, 105.9, 0, -step, 10.8), "EPSG:4326")
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    x, y = to_utm.transform(*centres(degrees))
    origin = x.min() - 600_000, y.max() - 1_200_000
    values = ground(x - origin[0], y - origin[1])
    image = open_image(
        tif(values[None].astype(np.float32), crs="EPSG:4326", transform=degrees.affine)
    )
    raster = image.read(work_grid(image.grid, 0.5))
    x, y = centres(raster.grid)
    expected = ground(x - origin[0], y - origin[1])
    assert raster.valid.mean() > 0.95
    np.testing.assert_allclose(raster.bands[0][raster.valid], expected[raster.valid], atol=3)


def test_web_mercator_is_measured_on_the_ground_not_in_its_own_metres(tif, ramp):
    mercator = Affine(1.0, 0, 11_700_000, 0, -1.0, 6_446_276)  # 50 degrees north
    image = open_image(tif(ramp, crs="EPSG:3857", transform=mercator))
    assert image.gsd_m == pytest.approx(0.643, abs=0.01)
    assert image.read(work_grid(image.grid, 0.6)).valid.mean() > 0.9


def test_a_rotated_picture_is_turned_upright(tif):
    turned = Affine.translation(600_050, 1_199_960) @ Affine.rotation(30)
    turned = turned @ Affine.scale(0.5, -0.5)
    own = Grid((120, 140), turned, "EPSG:32648")
    image = open_image(tif(ground(*centres(own))[None].astype(np.float32), transform=turned))
    assert image.gsd_m == pytest.approx(0.5)
    raster = image.read(work_grid(image.grid, 0.5))
    corners = raster.valid[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert not corners.any()
    assert raster.valid.sum() == pytest.approx(120 * 140, rel=0.02)
    expected = ground(*centres(raster.grid))
    np.testing.assert_allclose(raster.bands[0][raster.valid], expected[raster.valid], atol=3)


def test_a_picture_stored_south_up_is_read_north_up(tif, ramp):
    flipped = Affine(0.5, 0, 600_000, 0, 0.5, 1_199_980)
    image = open_image(tif(ramp, transform=flipped))
    raster = image.read(work_grid(image.grid, 0.5))
    np.testing.assert_array_equal(raster.bands, ramp[:, ::-1])


def test_local_metres_warp_like_any_others(tif, ramp):
    image = open_image(tif(ramp, crs=None), gsd=0.5)
    raster = image.read(work_grid(image.grid, 1.0))
    assert raster.grid == local_grid(20, 30, 1.0)
    np.testing.assert_allclose(raster.bands[0, 10], np.arange(30) * 2 + 1.5, atol=1)


@pytest.mark.parametrize("gsd", [0.3, 0.7, 1.7])
@pytest.mark.parametrize("how", ["nodata", "mask", "alpha", "nan"])
def test_nodata_never_bleeds_into_what_is_valid(tif, how, gsd):
    seen = np.ones((60, 60), bool)
    seen[20:40, 20:40] = False
    bands = np.where(seen, 200, 0)[None].repeat(3, axis=0).astype(np.uint8)
    if how == "nodata":
        path = tif(bands, nodata=0)
    elif how == "mask":
        path = tif(bands, mask=np.where(seen, 255, 0).astype(np.uint8))
    elif how == "alpha":
        bands = np.concatenate([bands, np.where(seen, 255, 0)[None].astype(np.uint8)])
        path = tif(bands, photometric="RGB", alpha="yes")
    else:
        path = tif(np.where(seen, bands, np.nan).astype(np.float32))
    image = open_image(path)
    assert image.count == 3
    side = int(28 / gsd)
    grid = Grid((side, side), Affine(gsd, 0, 600_000.6, 0, -gsd, 1_199_999.3), "EPSG:32648")
    raster = image.read(grid)
    np.testing.assert_allclose(raster.bands[:, raster.valid], 200, atol=0.5)
    x, y = centres(grid)
    gone = (abs(x - 600_015) < 5 - gsd) & (abs(y - 1_199_985) < 5 - gsd)
    there = (abs(x - 600_015) > 5 + gsd) | (abs(y - 1_199_985) > 5 + gsd)
    assert not raster.valid[gone].any()
    assert raster.valid[there].all()


def test_a_dark_roof_in_one_band_is_not_mistaken_for_nodata(tif):
    bands = np.full((3, 40, 40), 100, np.uint8)
    bands[0, 10:30, 10:30] = 0
    image = open_image(tif(bands, nodata=0))
    raster = image.read(image.grid.zoom_out(1.5))
    assert raster.valid.all()
    assert raster.bands[0].min() == 0
    assert ((raster.bands[0] > 10) & (raster.bands[0] < 90)).any()  # its edge is blended


@pytest.mark.parametrize("gsd", [0.4, 0.83, 1.9])
def test_a_warped_pixel_does_not_depend_on_the_window_it_is_read_through(tif, gsd):
    noise = np.random.default_rng(2).integers(0, 255, (3, 300, 300), np.uint8)
    mercator = Affine(0.5, 0, 11_700_000, 0, -0.5, 1_200_000)
    image = open_image(tif(noise, crs="EPSG:3857", transform=mercator))
    grid = work_grid(image.grid, gsd)
    picture, valid = image.picture(grid, IDENTITY)
    with image.reader(grid, IDENTITY) as reader:
        for row, col in [(0, 0), (7, 13), (31, 5)]:
            rows, cols = slice(row, row + 40), slice(col, col + 30)
            part, seen = reader.picture(rows, cols)
            np.testing.assert_array_equal(seen, valid[rows, cols])
            off = np.abs(part.astype(int) - picture[:, rows, cols])
            assert off.max() <= 3


def test_a_warped_crop_gives_the_pixels_of_the_whole_away_from_its_edge(tif):
    noise = np.random.default_rng(3).integers(0, 255, (3, 200, 200), np.uint8)
    image = open_image(tif(noise))
    corner = Affine(0.5, 0, 600_030, 0, -0.5, 1_199_975)
    part = open_image(tif(noise[:, 50:150, 60:160], "part.tif", transform=corner))
    grid = work_grid(part.grid, 0.8)[4:-4, 4:-4]
    np.testing.assert_array_equal(part.read(grid).bands, image.read(grid).bands)


def test_labels_are_read_with_the_nearest_value(tif):
    labels = np.random.default_rng(0).choice(np.array([3, 90, 250], np.uint8), (1, 50, 50))
    image = open_image(tif(labels))
    raster = image.read(image.grid.zoom_out(0.7), resampling="nearest")
    assert set(np.unique(raster.bands[:, raster.valid])) == {3, 90, 250}


def test_far_away_is_simply_not_valid(tif, ramp):
    image = open_image(tif(ramp))
    far = Grid((10, 10), Affine(0.7, 0, 700_000, 0, -0.7, 1_300_000), "EPSG:32648")
    assert not image.read(far).valid.any()
    with image.reader() as reader:
        assert not reader.read(slice(5000, 5010), slice(0, 10))[1].any()


def test_a_window_tells_its_own_grid(tif, ramp):
    image = open_image(tif(ramp))
    raster = image.read(window=(slice(10, 20), slice(5, 30)))
    assert raster.grid == image.grid[10:20, 5:30]
    np.testing.assert_array_equal(raster.bands, ramp[:, 10:20, 5:30])
