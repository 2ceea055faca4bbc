"""Bands that lie in files of their own are one acquisition, as people download them."""

import numpy as np
import pytest
from shapely.geometry import shape

from geo.errors import StockadeError
from geo.read import open_image
from geo.sources.bundles import bundles
from geo.sources.choose import choose
from geo.sources.globe import mend
from geo.sources.local import LocalSource
from tests.geo.sources.drawn import BAVET, wish

SAFE = (
    "S2B_MSIL2A_20251130T033239_N0511_R018_T48PXT_20251130T060000.SAFE/GRANULE/"
    "L2A_T48PXT_A1_20251130T0332/IMG_DATA"
)
FLAT = {
    "copernicus browser": "2025-11-30-00:00_2025-11-30-23:59_Sentinel-2_L2A_{}_(Raw).tiff",
    "aws": "S2B_48PXT_20251130_0_L2A_{}.tif",
    "safe's own": "T48PXT_20251130T033239_{}_10m.jp2.tif",
}


@pytest.fixture
def put(tif, tmp_path):
    """Write a band of its own at a path, with one number everywhere."""

    def make(name, value=200, *, count=1, dtype="uint16", **profile):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return tif(np.full((count, 20, 30), value, dtype), name, **profile)

    return make


@pytest.fixture
def found(tmp_path):
    """A function that lists what the folder holds."""

    def find():
        pictures = [p for p in tmp_path.rglob("*") if p.suffix in (".tif", ".tiff")]
        extent = open_image(pictures[0]).grid.extent.to_crs("EPSG:4326")
        ground = mend(shape(extent.json))
        told = LocalSource(tmp_path).find(wish(outline=ground))
        return told, choose(told.scenes, ground, "EPSG:32648")

    return find


@pytest.mark.parametrize("pattern", FLAT.values(), ids=FLAT)
def test_bands_side_by_side_are_one_acquisition(put, found, pattern):
    for band in ("B02", "B03", "B04", "B08", "SCL"):
        put(pattern.format(band))
    told, passes = found()
    [scene] = told.scenes
    assert told.gaps == ()
    assert scene.sensor == "sentinel-2"
    assert f"{scene.time:%Y-%m-%d}" == "2025-11-30"
    assert set(scene.assets) == {"blue", "green", "red", "nir", "scl"}
    assert {a.kind for a in scene.assets.values()} == {"reflectance", "classes"}
    assert len(passes) == 1
    assert passes[0].losers == ()


def test_a_folder_a_date_is_an_acquisition_a_folder(put, found):
    for day in ("2025-11-05", "2025-11-10"):
        for band in ("B02", "B04", "B08"):
            put(f"{day}/{band}.tif")
    told, passes = found()
    assert [s.id for s in told.scenes] == ["2025-11-05", "2025-11-10"]
    assert [s.time.day for s in told.scenes] == [5, 10]
    assert len(passes) == 2


def test_folders_of_one_name_at_two_sites_are_two_scenes_named_after_both(put, found):
    for site in ("site_a", "site_b"):
        for band in ("B02", "B04", "B08"):
            put(f"{site}/2025-11-05/{band}.tif")
            put(f"{site}/2025-11-1{site[-1] == 'a':d}/{band}.tif")
    told, _ = found()
    assert told.gaps == ()
    assert [s.id for s in told.scenes] == [
        "2025-11-05_site_a", "2025-11-05_site_b", "2025-11-10", "2025-11-11",
    ]  # fmt: skip
    assert {s.time.day for s in told.scenes[:2]} == {5}
    for scene, site in zip(told.scenes, ("site_a", "site_b"), strict=False):
        assert all(f"/{site}/" in file.href for file in scene.assets.values())


def test_files_that_differ_in_their_suffix_only_are_both_taken(put, found):
    put("camp_20251105.tif", count=3, dtype="uint8")
    put("camp_20251105.tiff", count=3, dtype="uint8")
    assert [s.id for s in found()[0].scenes] == ["camp_20251105_tif", "camp_20251105_tiff"]


def test_of_two_that_nothing_tells_apart_one_is_taken_and_the_other_named(put, found):
    for folder in ("a/b", "b/a"):
        put(f"{folder}/20251105_B02.tif")
        put(f"{folder}/20251105_B04.tif")
    told, _ = found()
    [scene] = told.scenes
    [gap] = told.gaps
    assert scene.id == "20251105"
    assert "a/b/20251105_B0" in gap
    assert "b/a/20251105_B0" in gap


def test_a_safe_product_tells_baseline_orbit_and_tile_and_the_finest_band_counts(put, found):
    for band, gsd in (("B02", 10), ("B04", 10), ("B08", 10), ("B02", 20), ("SCL", 20)):
        put(f"{SAFE}/R{gsd}m/T48PXT_20251130T033239_{band}_{gsd}m.tif")
    put(f"{SAFE}/R10m/T48PXT_20251130T033239_AOT_10m.tif")
    [scene] = found()[0].scenes
    assert (scene.baseline, scene.orbit, scene.tile) == ("05.11", 18, "48PXT")
    assert set(scene.assets) == {"blue", "red", "nir", "scl"}
    assert scene.assets["blue"].href.endswith("B02_10m.tif")
    red = scene.assets["red"]
    assert (red.scale, red.offset, red.offset_from) == (1e-4, -0.1, "baseline 05.11")


def test_two_polarisations_of_one_date_are_one_scene_and_none_is_dropped(put, found):
    for day in ("20251105", "20251117"):
        for way in ("VV", "VH"):
            put(f"S1A_IW_{day}T224500_DVP_RTC10_G_gpuned_1A2B_{way}.tif", 0.1, dtype="float32")
    told, passes = found()
    assert [set(s.assets) for s in told.scenes] == [{"vv", "vh"}] * 2
    assert {a.kind for a in told.scenes[0].assets.values()} == {"power"}
    assert [p.losers for p in passes] == [(), ()]


def test_radar_below_zero_is_decibels_already(put, found):
    put("S1_20251105_VV.tif", -11.0, dtype="float32")
    put("S1_20251105_VH.tif", -17.0, dtype="float32")
    [scene] = found()[0].scenes
    assert {a.kind for a in scene.assets.values()} == {"decibel"}


def test_landsat_bands_keep_their_scale_and_their_quality(put, found):
    for band in ("SR_B2", "SR_B3", "SR_B4", "SR_B5", "QA_PIXEL", "ST_B10"):
        put(f"LC08_L2SP_126051_20251130_20251203_02_T1_{band}.TIF".replace(".TIF", ".tif"))
    [scene] = found()[0].scenes
    assert scene.sensor == "landsat"
    assert set(scene.assets) == {"blue", "green", "red", "nir08", "qa_pixel"}
    assert (scene.assets["red"].scale, scene.assets["red"].offset) == (2.75e-5, -0.2)


def test_colours_and_their_panchromatic_band_are_one_scene(put, found):
    put("bavet_20251130_MS.tif", count=4)
    put("bavet_20251130_PAN.tif")
    [scene] = found()[0].scenes
    assert scene.id == "bavet_20251130"
    assert scene.assets["pan"].bands == ("pan",)
    assert {"red", "green", "blue"} <= set(scene.assets["many"].bands)


def test_pictures_named_after_colours_stay_pictures(put, found):
    put("camp_red_20251105.tif", count=3, dtype="uint8")
    put("camp_blue_20251105.tif", count=3, dtype="uint8")
    assert {s.id for s in found()[0].scenes} == {"camp_red_20251105", "camp_blue_20251105"}


def test_one_band_alone_keeps_its_name_and_pictures_of_several_days_stay_apart(put, found):
    put("bavet_20251105_B04.tif")
    put("bavet_20251110.tif", count=3)
    put("bavet_20251115.tif", count=3)
    assert [s.id for s in found()[0].scenes] == [
        "bavet_20251105_B04", "bavet_20251110", "bavet_20251115",
    ]  # fmt: skip


def test_a_table_joins_what_names_do_not(put, found, tmp_path):
    put("IMG_1.tif", count=3)
    put("IMG_2.tif")
    (tmp_path / "index.csv").write_text(
        "file,scene,datetime,bands\nIMG_1.tif,bavet,2025-11-30,red green blue\n"
        "IMG_2.tif,bavet,2025-11-30,pan\n"
    )
    [scene] = found()[0].scenes
    assert scene.id == "bavet"
    assert {a.bands for a in scene.assets.values()} == {("red", "green", "blue"), ("pan",)}


def test_what_lies_in_folders_inside_is_read_only_if_it_is_bands(put, tmp_path):
    put("one_20251105.tif")
    put("older/two_20251106.tif")
    put("older/B02.tif")
    put("older/B03.tif")
    assert [b.id for b in bundles(tmp_path, {})] == ["one_20251105", "older"]


def test_a_folder_without_any_picture_says_so(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(StockadeError, match="no picture"):
        LocalSource(tmp_path).find(wish())


def test_zero_is_nothing_in_bands_that_leave_it_unsaid(put, found, tmp_path):
    for band in ("B02", "B04", "B08"):
        path = put(f"T48PXT_20251130T033239_{band}.tif", 0)
    told = found()[0].scenes[0]
    grid = open_image(path).grid
    raster = LocalSource(tmp_path).read(told, told.assets["red"], grid)
    assert not raster.valid.any()


@pytest.mark.parametrize("hide", [False, True], ids=["plain", "with a mask"])
def test_unsaid_zero_is_nothing_on_a_finer_frame_too_and_does_not_bleed(
    put, found, tif, tmp_path, hide
):
    half = np.zeros((1, 20, 30), np.uint16)
    half[..., 15:] = 3000
    mask = np.where(half[0] > 0, 255, 0).astype(np.uint8) if hide else None
    for band in ("B04", "B08", "B11"):
        path = tif(half, f"T48PXT_20251130T033239_{band}.tif", mask=mask)
    told = found()[0].scenes[0]
    finer = open_image(path).grid.zoom_out(0.5)
    raster = LocalSource(tmp_path).read(told, told.assets["swir16"], finer)
    assert set(raster.bands[0][raster.valid]) == {3000}
    assert raster.valid[:, 30:].all()
    assert not raster.valid[:, :30].any()


def test_zero_within_a_mask_is_nothing_still(put, found, tif, tmp_path):
    half = np.zeros((1, 20, 30), np.uint16)
    half[..., 15:] = 3000
    everywhere = np.full((20, 30), 255, np.uint8)
    everywhere[:5] = 0
    for band in ("B04", "B08", "B11"):
        path = tif(half, f"T48PXT_20251130T033239_{band}.tif", mask=everywhere)
    told = found()[0].scenes[0]
    raster = LocalSource(tmp_path).read(told, told.assets["red"], open_image(path).grid)
    assert raster.valid[5:, 15:].all()
    assert np.count_nonzero(raster.valid) == 15 * 15


def test_a_damaged_band_costs_itself_and_is_named(put, found, tmp_path):
    for band in ("B02", "B04", "B08"):
        path = put(f"T48PXT_20251130T033239_{band}.tif")
    path.write_bytes(b"cut off")
    told = LocalSource(tmp_path).find(wish(outline=BAVET.buffer(90)))
    assert [set(s.assets) for s in told.scenes] == [{"blue", "red"}]
    assert "B08" in told.gaps[0]


def test_real_products_as_downloaded_are_an_acquisition_a_folder(data_dir):
    folder = data_dir / "s2/mapchete-s2-stac/full_products_cog/sentinel-2-l2a"
    told = bundles(folder, {})
    assert len(told) == 4
    assert {tuple(sorted(p.band for p in b.parts)) for b in told} == {
        ("blue", "green", "nir", "red", "scl")
    }
