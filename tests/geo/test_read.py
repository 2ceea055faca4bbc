"""What is known of a picture once it is open, format by format."""

import hashlib
import os
import pickle
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp

from geo.errors import InputError, SourceError
from geo.grid import work_grid
from geo.read import Stretch, gdal_version, open_image

ROOT = Path(__file__).resolve().parents[2]

WORLD = "0.5\n0\n0\n-0.5\n600000.25\n1199999.75\n"
"""A world file: half a metre a pixel; it speaks of the centre of the first one."""

AUX = """<PAMDataset><SRS>EPSG:32648</SRS>
<GeoTransform>600000, 0.5, 0, 1200000, 0, -0.5</GeoTransform></PAMDataset>"""


def test_a_geotiff_tells_its_frame_bands_and_pixels(tif, ramp):
    image = open_image(tif(ramp, "kk_park.tif"))
    assert image.id == "kk_park"
    assert (image.count, image.dtype, image.nodata) == (3, "uint8", None)
    assert image.grid.crs.epsg == 32648
    assert image.gsd_m == pytest.approx(0.5)
    raster = image.read()
    assert raster.grid == image.grid
    np.testing.assert_array_equal(raster.bands, ramp)
    assert raster.valid.all()


def test_the_hash_is_that_of_the_bytes(tif, ramp):
    path = tif(ramp)
    assert open_image(path).sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_cog_with_blocks_and_overviews_reads_like_any_geotiff(tmp_path, tif, ramp):
    cog = tmp_path / "cog.tif"
    rasterio.shutil.copy(tif(ramp), cog, driver="COG", blocksize=128)
    np.testing.assert_array_equal(open_image(cog).read().bands, ramp)


def test_a_vrt_beside_its_picture_reads_like_the_picture(tmp_path, tif, ramp):
    tif(ramp, "a.tif")
    vrt = tmp_path / "all.vrt"
    rasterio.shutil.copy(tmp_path / "a.tif", vrt, driver="VRT")
    image = open_image(vrt)
    assert image.grid == open_image(tmp_path / "a.tif").grid
    np.testing.assert_array_equal(image.read().bands, ramp)


def test_jpeg_2000_keeps_its_crs_and_without_loss_its_pixels(tmp_path, tif, ramp):
    path = tmp_path / "a.jp2"
    rasterio.shutil.copy(
        tif(ramp), path, driver="JP2OpenJPEG", quality="100", reversible="YES", ycbcr420="NO"
    )
    image = open_image(path)
    assert image.grid.crs.epsg == 32648
    np.testing.assert_array_equal(image.read().bands, ramp)


@pytest.mark.parametrize(("name", "driver"), [("a.png", "PNG"), ("a.jpg", "JPEG")])
def test_a_crs_in_aux_xml_places_a_plain_picture(tmp_path, tif, ramp, name, driver):
    path = tmp_path / name
    rasterio.shutil.copy(tif(ramp), path, driver=driver)
    Path(f"{path}.aux.xml").write_text(AUX)
    image = open_image(path)
    assert image.grid.crs.epsg == 32648
    assert image.grid.affine == Affine(0.5, 0, 600_000, 0, -0.5, 1_200_000)


def test_a_world_file_without_a_crs_needs_the_pixel_size_and_gives_local_metres(tmp_path):
    path = tmp_path / "a.png"
    _plain_png(path)
    path.with_suffix(".pgw").write_text(WORLD)
    with pytest.raises(InputError, match="--gsd METRES"):
        open_image(path)
    image = open_image(path, gsd=0.5)
    assert image.grid.crs is None
    assert image.grid.affine == Affine(0.5, 0, 0, 0, -0.5, 0)


def test_local_metres_run_right_and_up_from_the_top_left_corner(tmp_path):
    path = tmp_path / "a.png"
    _plain_png(path)
    image = open_image(path, gsd=2.0)
    assert image.grid.boundingbox.bbox == (0.0, -20.0, 30.0, 0.0)
    assert image.read().valid.all()


def test_a_pixel_size_is_ignored_where_the_file_knows_better(tif, ramp):
    assert open_image(tif(ramp), gsd=7.0).gsd_m == pytest.approx(0.5)


def test_a_local_crs_counts_as_none(tif, ramp):
    path = tif(ramp, crs='LOCAL_CS["site plan",UNIT["metre",1]]')
    with pytest.raises(InputError, match="--gsd METRES"):
        open_image(path)
    assert open_image(path, gsd=0.25).grid.crs is None


def test_a_crs_without_a_place_counts_as_none(tif, ramp):
    with pytest.raises(InputError, match="--gsd METRES"):
        open_image(tif(ramp, transform=Affine.identity()))


@pytest.mark.parametrize("name", ["a b.tif", "Bavet & <Poipet>.tif", "ស្រុក.tif", "50%#1'.tif"])
def test_a_file_may_have_any_name(tif, ramp, name):
    np.testing.assert_array_equal(open_image(tif(ramp, name)).read().bands, ramp)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("uint8", "uint8"),
        ("uint16", "uint16"),
        ("int16", "float32"),
        ("int32", "float32"),
        ("float32", "float32"),
        ("float64", "float32"),
    ],
)
def test_numbers_keep_their_value_in_one_of_three_types(tif, dtype, kept):
    bands = np.array([[[1, 2], [3, 120]]], dtype)
    image = open_image(tif(bands))
    raster = image.read()
    assert (image.dtype, raster.bands.dtype) == (dtype, kept)
    np.testing.assert_array_equal(raster.bands, bands)


def test_negative_heights_and_fractions_survive(tif):
    bands = np.array([[[-5, 300]]], np.int16)
    np.testing.assert_array_equal(open_image(tif(bands)).read().bands, bands)
    bands = np.array([[[-0.25, 1e6]]], np.float64)
    np.testing.assert_array_equal(open_image(tif(bands)).read().bands, bands)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8])
def test_any_number_of_bands_is_read_whole(tif, count):
    bands = np.arange(count * 6, dtype=np.uint16).reshape(count, 2, 3)
    image = open_image(tif(bands))
    assert image.count == count
    np.testing.assert_array_equal(image.read().bands, bands)


def test_one_band_serves_for_red_green_and_blue(tif):
    image = open_image(tif(np.array([[[0, 100, 255]]], np.uint8)))
    picture, _ = image.picture(None, Stretch.identity())
    np.testing.assert_array_equal(picture, [[[0, 100, 255]]] * 3)


def test_bands_named_by_colour_are_found_wherever_they_stand(tif):
    bands = np.arange(4, dtype=np.uint8)[:, None, None] + np.zeros((4, 2, 2), np.uint8)
    image = open_image(tif(bands, describe=("B02", "B03", "B04", "B08")))
    assert image.names == ("B02", "B03", "B04", "B08")
    picture, _ = image.picture(None, Stretch.identity())
    np.testing.assert_array_equal(picture[:, 0, 0], [2, 1, 0])


def test_bands_asked_for_win_even_twice_the_same(tif):
    bands = np.array([10, 20, 30, 40], np.uint8)[:, None, None] + np.zeros((4, 2, 2), np.uint8)
    path = tif(bands, photometric="minisblack")
    picture, _ = open_image(path, bands=(4, 4, 1)).picture(None, Stretch.identity())
    np.testing.assert_array_equal(picture[:, 0, 0], [40, 40, 10])
    with pytest.raises(InputError, match="from 1 to 4"):
        open_image(path, bands=(4, 5, 1))


def test_colours_of_an_indexed_picture_are_looked_up(tmp_path):
    path = tmp_path / "map.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=1, width=2, count=1, dtype="uint8",
        crs="EPSG:32648", transform=Affine(1, 0, 600_000, 0, -1, 1_200_000), nodata=9,
    ) as file:  # fmt: skip
        file.write(np.array([[[1, 9]]], np.uint8))
        file.write_colormap(1, {1: (200, 100, 50), 9: (0, 0, 0)})
    image = open_image(path)
    raster = image.read()
    assert image.names == ("red", "green", "blue")
    np.testing.assert_array_equal(raster.bands[:, 0, 0], [200, 100, 50])
    np.testing.assert_array_equal(raster.valid, [[True, False]])


def test_alpha_is_no_band_but_a_mask(tif, ramp):
    alpha = np.full((1, 40, 60), 255, np.uint8)
    alpha[0, :5] = 0
    image = open_image(
        tif(
            np.concatenate([ramp, alpha]),
            colours=(ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha),
        )
    )
    raster = image.read()
    assert image.count == 3
    np.testing.assert_array_equal(raster.valid, alpha[0] > 0)


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.float32])
@pytest.mark.parametrize("seen", [1, 255, 30_000])
def test_beside_an_alpha_deep_pixels_keep_their_values(tif, kind, seen):
    deep = np.full((4, 40, 60), 3000, kind)
    deep[1] = kind(0.25) if kind is np.float32 else 700
    deep[3], deep[3, :5] = seen, 0
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
    image = open_image(tif(deep, colours=colours))
    for grid in (None, work_grid(image.grid, 0.8)):
        raster = image.read(grid)
        inner = raster.bands[:, raster.valid]
        np.testing.assert_allclose(inner, np.broadcast_to(deep[:3, 20, :1], inner.shape))
    np.testing.assert_array_equal(image.read().valid, deep[3] > 0)


@pytest.mark.parametrize("nodata", [0, 7, 255])
@pytest.mark.parametrize("kind", [np.uint8, np.int16])
@pytest.mark.parametrize("way", ["alpha", "mask"])
def test_nodata_and_alpha_hide_together(tif, nodata, kind, way):
    pixels, seen = np.full((4, 60, 60), 100, kind), np.full((60, 60), 255, np.uint8)
    pixels[:3, :, :30], seen[:20] = nodata, 0
    if way == "alpha":
        pixels[3] = seen
        colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
        image = open_image(tif(pixels, colours=colours, nodata=nodata))
    else:
        image = open_image(tif(pixels[:3], mask=seen, nodata=nodata))
    for grid in (None, work_grid(image.grid, 0.8)):
        raster = image.read(grid)
        rows, cols = raster.valid.shape
        top, left = round(rows / 3), round(cols / 2)
        assert not raster.valid[: top - 1].any()
        assert not raster.valid[:, : left - 1].any()
        inner = slice(top + 2, -2), slice(left + 2, -2)
        assert raster.valid[inner].all()
        np.testing.assert_array_equal(raster.bands[:, *inner], 100)
        np.testing.assert_array_equal(raster.bands[:, raster.valid], 100)


def test_a_mask_band_hides_what_it_hides(tif, ramp):
    mask = np.full((40, 60), 255, np.uint8)
    mask[10:20, 30:] = 0
    np.testing.assert_array_equal(open_image(tif(ramp, mask=mask)).read().valid, mask > 0)


def test_a_picture_is_black_where_nothing_is_valid(tif, ramp):
    mask = np.full((40, 60), 255, np.uint8)
    mask[10:20, 30:] = 0
    picture, valid = open_image(tif(ramp, mask=mask)).picture(None, Stretch.identity())
    assert not picture[:, ~valid].any()
    np.testing.assert_array_equal(picture[:, valid], ramp[:, valid])


def test_a_pixel_is_nodata_only_if_all_its_bands_are(tif):
    bands = np.array([[[0, 0, 5]], [[0, 9, 5]], [[0, 0, 5]]], np.uint8)
    image = open_image(tif(bands, nodata=0))
    assert image.nodata == 0
    np.testing.assert_array_equal(image.read().valid, [[False, True, True]])


def test_of_a_picture_only_the_chosen_bands_decide(tif):
    bands = np.array([[[0, 1]], [[0, 1]], [[0, 1]], [[77, 77]]], np.uint8)
    image = open_image(tif(bands, nodata=0, photometric="minisblack"))
    _, valid = image.picture(None, Stretch.identity())
    np.testing.assert_array_equal(valid, [[False, True]])
    assert image.read().valid.all()


def test_black_borders_are_not_guessed_to_be_nodata(tif):
    assert open_image(tif(np.zeros((3, 4, 4), np.uint8))).read().valid.all()


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_a_pixel_is_invalid_if_any_band_is_no_number(tif, hole):
    bands = np.ones((3, 1, 3), np.float32)
    bands[1, 0, 1] = hole
    np.testing.assert_array_equal(open_image(tif(bands)).read().valid, [[True, False, True]])


@pytest.mark.parametrize(
    ("dtype", "nodata"),
    [("float32", np.nan), ("float32", -9999), ("int16", -32768), ("float64", -1.797e308)],
)
def test_nodata_of_every_type_is_seen(tif, dtype, nodata):
    bands = np.array([[[1, nodata]]], dtype)
    np.testing.assert_array_equal(
        open_image(tif(bands, nodata=nodata)).read().valid, [[True, False]]
    )


@pytest.mark.parametrize("value", ["-9999", "256", "3.5", "nan"])
def test_nodata_that_no_byte_can_hold_hides_nothing(tmp_path, tif, value):
    tif(np.array([[[1, 3, 255, 0]]], np.uint8), "a.tif")
    vrt = tmp_path / "a.vrt"
    rasterio.shutil.copy(tmp_path / "a.tif", vrt, driver="VRT")
    word = f"<NoDataValue>{value}</NoDataValue>"
    vrt.write_text(vrt.read_text().replace("<ColorInterp>", word + "<ColorInterp>"))
    image = open_image(vrt)
    assert image.nodata is None
    assert image.read().valid.all()


def test_ground_control_points_place_a_picture_in_utm(tif, ramp):
    corners = [(0, 0, 105.0, 11.0), (0, 60, 105.0006, 11.0), (40, 0, 105.0, 10.9996),
               (40, 60, 105.0006, 10.9996)]  # fmt: skip
    points = [GroundControlPoint(row=r, col=c, x=x, y=y) for r, c, x, y in corners]
    path = tif(ramp, gcps=points, crs="EPSG:4326", transform=None)
    image = open_image(path)
    assert image.grid.crs.epsg == 32648
    assert image.gsd_m == pytest.approx(1.1, rel=0.05)
    raster = image.read()
    assert raster.valid.mean() > 0.9
    middle = raster.bands[:, raster.grid.height // 2, raster.grid.width // 2]
    np.testing.assert_allclose(middle, [30.5, 20.5, 7], atol=1.5)
    shifted = image.read(image.grid.zoom_out(0.9))
    assert shifted.valid.mean() > 0.9
    middle = shifted.bands[:, shifted.grid.height // 2, shifted.grid.width // 2]
    np.testing.assert_allclose(middle, [30.5, 20.5, 7], atol=1.5)


@pytest.mark.parametrize(
    ("tags", "name", "time"),
    [
        ({}, "bavet.tif", None),
        ({"TIFFTAG_DATETIME": "2024:05:17 03:15:45"}, "a.tif", (2024, 5, 17, 3, 15, 45)),
        ({"TIFFTAG_DATETIME": "2025:01:01 00:00:00"}, "a_20240517.tif", (2024, 5, 17)),
        ({"ACQUISITIONDATETIME": "2023-02-01 04:05:06"}, "20240517.tif", (2023, 2, 1, 4, 5, 6)),
    ],
)
def test_the_time_is_taken_from_the_best_witness(tif, ramp, tags, name, time):
    assert open_image(tif(ramp, name, tags=tags)).time == (time and datetime(*time, tzinfo=UTC))


def test_an_image_survives_being_sent_to_another_process(tif, ramp):
    image = open_image(tif(ramp))
    again = pickle.loads(pickle.dumps(image))  # noqa: S301
    assert again == image
    np.testing.assert_array_equal(again.read().bands, ramp)


def test_memory_for_blocks_does_not_depend_on_the_machine():
    asked = "import os, geo.read; print(os.environ['GDAL_CACHEMAX'])"
    for own, wanted in ({}, "64"), ({"GDAL_CACHEMAX": "500"}, "500"):
        env = {k: v for k, v in os.environ.items() if k != "GDAL_CACHEMAX"} | own
        told = subprocess.run(
            [sys.executable, "-c", asked], env=env, cwd=ROOT, capture_output=True, check=True
        )
        assert told.stdout.decode().strip() == wanted


def test_gdal_tells_its_version():
    assert int(gdal_version().split(".")[0]) >= 3


def _plain_png(path):
    with rasterio.MemoryFile() as memory:
        with memory.open(driver="GTiff", height=10, width=15, count=1, dtype="uint8",
                         transform=Affine(1, 0, 5, 0, -1, 5)) as file:  # fmt: skip
            file.write(np.ones((1, 10, 15), np.uint8))
        with memory.open() as file:
            rasterio.shutil.copy(file, path, driver="PNG")
    Path(f"{path}.aux.xml").unlink(missing_ok=True)
    for world in (".wld", ".pgw"):
        path.with_suffix(world).unlink(missing_ok=True)


def test_a_picture_moved_to_another_folder_is_refused_by_the_old_record(tmp_path, tif, ramp):
    image = open_image(tif(ramp))
    shutil.move(image.path, tmp_path / "elsewhere.tif")
    with pytest.raises(SourceError, match=r"scene\.tif"):
        image.read()
