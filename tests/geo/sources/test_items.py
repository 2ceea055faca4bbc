"""What real items of real archives say, and what is made of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo.errors import SourceError
from geo.sources.http import Client
from geo.sources.items import scene_of
from geo.sources.tokens import Doors

ITEMS = {
    "tayninh": "s2/stac-earthsearch-48PXT-tayninh/S2B_T48PXT_20251130T033239_L2A.json",
    "meridian": "s2/mapchete-s2-stac/stac_items/"
    "S2A_OPER_MSI_L2A_TL_2APS_20230602T025701_A041483_T01WCR.json",
    "earth-search": "s2/mapchete-s2-stac/stac_items/"
    "S2A_12RWT_20240106_0_L2A/S2A_12RWT_20240106_0_L2A.json",
    "v0": "s2/stac-items-misc/odc-stac/S2A_28QCH_20200714_0_L2A.json",
    "pc-old": "s2/stac-items-misc/odc-stac/"
    "S2B_MSIL2A_20190629T212529_R043_T06VVN_20201006T080531.json",
}


@pytest.fixture
def item(data_dir: Path):
    """A function that reads one of the recorded items."""

    def read(name: str) -> dict:
        return json.loads((data_dir / ITEMS[name]).read_text())

    return read


def first(path: Path) -> dict:
    told = json.loads(path.read_text())
    return told["features"][0] if isinstance(told, dict) else told[0]


def test_an_item_over_the_border_says_all_that_is_needed(item):
    scene = scene_of(item("tayninh"), source="stac:earth-search")
    assert scene.id == "S2B_T48PXT_20251130T033239_L2A"
    assert scene.time == datetime(2025, 11, 30, 3, 34, 50, 914000, tzinfo=UTC)
    assert (scene.sensor, scene.platform, scene.tile) == ("sentinel-2", "sentinel-2b", "48PXT")
    assert (scene.baseline, scene.orbit) == ("05.11", 118)
    assert scene.cloud == pytest.approx(0.00017494)
    assert scene.footprint.bounds == pytest.approx(
        (105.9146, 10.7631, 106.9252, 11.7586), abs=1e-3
    )
    assert "Sentinel" in scene.licence
    assert scene.credit == "Contains modified Copernicus Sentinel data 2025"
    red = scene.asset_of("red")
    assert (red.scale, red.offset, red.offset_from) == (1e-4, -0.1, "raster offset")
    assert (red.nodata, red.crs, red.gsd) == (0.0, "EPSG:32648", 10.0)
    assert red.extent == (600000, 1190220, 709800, 1300020)
    assert red.size == 206987582
    assert scene.asset_of("scl").kind == "classes"
    assert scene.asset_of("rededge2").href.endswith("B06.tif")
    assert scene.asset_of("preview") is None


def test_a_flag_that_the_offset_is_gone_outweighs_the_offset_told_beside_it(item):
    red = scene_of(item("earth-search")).asset_of("red")
    assert (red.offset, red.offset_from) == (0.0, "earthsearch:boa_offset_applied")


def test_without_any_word_the_baseline_tells(item, data_dir):
    old = scene_of(item("pc-old")).asset_of("red")
    assert old.offset == 0.0
    new = scene_of(
        first(data_dir / "s2/stac-items-misc/stac-geoparquet-pc/sentinel-2-l2a-pc.json")
    )
    assert new.baseline == "05.10"
    assert (new.asset_of("red").offset, new.asset_of("red").scale) == (-0.1, 1e-4)
    assert new.asset_of("red").offset_from == "baseline 05.10"


def test_the_first_items_without_baseline_are_read_as_they_are(item):
    scene = scene_of(item("v0"))
    assert scene.asset_of("nir").offset == 0.0
    assert scene.asset_of("nir").crs == "EPSG:32628"
    assert scene.tile == "28QCH"


def test_of_tif_and_jp2_the_tif_is_read(item):
    assert scene_of(item("earth-search")).asset_of("blue").href.endswith("B02.tif")


def test_a_footprint_over_the_meridian_is_cut_there_and_does_not_span_the_earth(item):
    scene = scene_of(item("meridian"))
    parts = sorted(part.bounds[0] for part in scene.footprint.geoms)
    assert parts == [-180, pytest.approx(178.03, abs=0.2)]
    assert scene.footprint.area < 5
    assert (scene.baseline, scene.orbit, scene.tile) == ("05.09", 16, "01WCR")


def test_copernicus_items_with_the_newest_words_are_understood(data_dir):
    path = data_dir / "s2/stac-cdse-xcube-cassettes"
    told = json.loads(
        (path / "StacDataStoreTest.test_search_data_cdse_sentinel_2__02.json").read_text()
    )
    scenes = [scene_of(f, source="stac:cdse") for f in told["response"]["json"]["features"]]
    assert {s.tile for s in scenes} == {"32TMT", "32TNT"}
    red = scenes[0].asset_of("red")
    assert red.href.startswith("s3://eodata/Sentinel-2/")
    assert red.href.endswith("_B04_10m.jp2")  # the finest of three
    assert (red.crs, red.offset, red.nodata, red.gsd) == ("EPSG:32632", -0.1, 0.0, 10.0)
    assert scenes[0].baseline == "05.00"


def test_radar_is_power_and_keeps_its_orbit(data_dir):
    scene = scene_of(
        first(data_dir / "s2/stac-items-misc/stac-geoparquet-pc/sentinel-1-rtc-pc.json")
    )
    assert (scene.sensor, scene.orbit, scene.direction) == ("sentinel-1", 51, "descending")
    vv = scene.asset_of("vv")
    assert (vv.kind, vv.nodata, vv.crs) == ("power", -32768.0, "EPSG:32633")


def test_landsat_scales_as_its_collection_says(data_dir):
    scene = scene_of(
        first(data_dir / "s2/stac-items-misc/stac-geoparquet-pc/landsat-c2-l2-pc.json")
    )
    assert scene.sensor == "landsat"
    red = scene.asset_of("red")
    assert (red.scale, red.offset, red.nodata) == (2.75e-5, -0.2, 0.0)
    assert scene.asset_of("qa_pixel").kind == "bits"
    assert scene.tile == "089/090"


def test_a_scene_without_datetime_takes_its_beginning(data_dir):
    told = json.loads(
        (data_dir / "s2/stac-items-misc/stac-geoparquet-pc/umbra-sar.json").read_text()
    )
    told = (
        first(data_dir / "s2/stac-items-misc/stac-geoparquet-pc/umbra-sar.json")
        if "id" not in told
        else told
    )
    told["assets"]["GEC"] = {
        "href": "https://host/x_GEC.tif",
        "type": "image/tiff",
        "roles": ["data"],
    }
    scene = scene_of(told)
    assert scene.time == datetime(2024, 9, 10, 3, 32, 23, tzinfo=UTC)
    assert scene.sensor == "vhr"
    assert not scene.footprint.has_z


def recorded(folder: Path):
    """Every item in every recorded answer."""
    for path in sorted(folder.glob("*/**/*.json")):
        told = json.loads(path.read_text())
        if isinstance(told, dict):
            told = told.get("response", {}).get("json") or told
            told = told.get("features", [told])
        for item in told:
            if isinstance(item, dict) and item.get("type") == "Feature" and "assets" in item:
                yield item


def test_every_recorded_item_becomes_a_scene_and_survives_being_written_down(data_dir):
    count, without = 0, []
    for item in recorded(data_dir / "s2"):
        try:
            scene = scene_of(item)
        except SourceError as error:
            without.append(str(error))
            continue
        again = type(scene).from_dict(json.loads(json.dumps(scene.to_dict())))
        assert again.assets == scene.assets
        assert scene.footprint.is_valid
        count += 1
    assert count > 120
    assert all("no picture that can be read" in sentence for sentence in without)


def test_secrets_in_addresses_are_cut_off_and_never_shown():
    item = {
        "id": "x", "properties": {"datetime": "2025-01-01T00:00:00Z"}, "bbox": [0, 0, 1, 1],
        "assets": {"red": {"href": "https://me:pw@host/red.tif?v=2&sig=SECRET&se=2025"}},
    }  # fmt: skip
    scene = scene_of(item)
    red = scene.asset_of("red")
    assert red.href == "https://host/red.tif?v=2"
    assert red.secret.startswith("sig=SECRET")
    for text in (repr(scene), str(scene), json.dumps(scene.to_dict())):
        assert "SECRET" not in text
        assert "pw" not in text


def small(**properties) -> dict:
    """An item with one file."""
    return {
        "id": "x", "properties": {"datetime": "2025-01-01T00:00:00Z"} | properties,
        "bbox": [0, 0, 1, 1], "assets": {"red": {"href": "red.tif"}},
    }  # fmt: skip


def test_files_that_differ_by_a_key_alone_stay_apart_and_the_key_stays_hidden():
    files = {
        name: {"href": f"https://host/get?v=1&key={name}-SECRET", "type": "image/tiff"}
        for name in ("red", "nir")
    }
    scene = scene_of(small() | {"assets": files})
    red, nir = scene.asset_of("red"), scene.asset_of("nir")
    assert red.href != nir.href
    assert "SECRET" not in json.dumps(scene.to_dict())
    doors = Doors(Client())
    doors.remember([scene])
    assert doors.sign(red.href) == "https://host/get?v=1&key=red-SECRET"
    assert doors.sign(nir.href) == "https://host/get?v=1&key=nir-SECRET"


def test_a_file_is_the_same_under_every_signature():
    first, second = (
        scene_of(small() | {"assets": {"red": {"href": f"https://host/red.tif?{signed}"}}})
        for signed in ("sig=A&se=2025&token=1", "sig=B&se=2026&token=2")
    )
    assert first.asset_of("red").href == second.asset_of("red").href


def test_of_tif_and_jp2_the_tif_is_read_behind_a_key_as_well():
    files = {
        "B04": {"href": "https://host/a.jp2?key=1", "eo:bands": [{"common_name": "red"}]},
        "red": {"href": "https://host/a.tif?key=1", "eo:bands": [{"common_name": "red"}]},
    }
    scene = scene_of(small(platform="sentinel-2a") | {"assets": files})
    assert list(scene.assets) == ["red"]


@pytest.mark.parametrize(
    "change",
    [
        {"properties": small(**{"eo:cloud_cover": "n/a"})["properties"]},
        {"properties": small(**{"sat:relative_orbit": "R104"})["properties"]},
        {"properties": small(gsd="0.5 m")["properties"]},
        {"properties": small(providers=["ESA"])["properties"]},
        {"properties": "none"},
        {"links": ["https://host"]},
        {"assets": {"red": {"href": "red.tif", "raster:bands": [{"nodata": "none"}]}}},
        {"assets": {"red": {"href": "red.tif", "proj:shape": [9], "proj:transform": [1] * 6}}},
        {
            "assets": {
                "red": {
                    "href": "red.tif",
                    "proj:shape": [9, 9],
                    "proj:transform": [10, 0, None, 0, -10, 0],
                }
            }
        },
        {"assets": {"red": {"href": "red.tif", "file:size": float("inf")}}},
        {"assets": {"red": "red.tif"}},
    ],
)
def test_an_item_with_one_malformed_word_is_named_with_it(change):
    scene_of(small())
    with pytest.raises(SourceError, match=r"Item x cannot be understood \(.+\)"):
        scene_of(small() | change)


def test_what_is_no_item_at_all_is_refused():
    with pytest.raises(SourceError, match="without an id"):
        scene_of(None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": ""}, "without an id"),
        ({"properties": {}}, "when it was taken"),
        ({"bbox": None}, "where it lies"),
        ({"assets": {}}, "no picture"),
    ],
)
def test_an_item_that_lacks_something_is_named(change, words):
    with pytest.raises(SourceError, match=words):
        scene_of(small() | change)
