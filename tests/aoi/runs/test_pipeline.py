"""From a picture to a folder, in a world that can be worked out by hand."""

import json
import shutil

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from PIL import Image
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

from aoi.outputs.tables import LAYERS
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request
from geo.errors import InputError, UsageError
from tests.aoi.runs.conftest import court

HECTARES = 1.37  # 117 m x 117 m inside the wall


def scan(*sources, out, **more):
    return run_scan(Request(sources=tuple(map(str, sources)), out=out, **more))


def layer(folder, name):
    return gpd.read_file(folder / "stockade.gpkg", layer=name)


def test_a_walled_court_becomes_one_explained_compound(save, tmp_path):
    outcome = scan(save(court()), out=tmp_path / "run")
    assert outcome.code == 0
    [row] = layer(tmp_path / "run", "compounds").to_dict("records")
    assert row["rank"] == 1
    assert row["area_ha"] == pytest.approx(HECTARES, rel=0.05)
    assert row["buildings"] == 6
    assert row["gates"] == 1
    assert row["closure"] > 0.95
    assert not row["cut_by_edge"]
    assert row["reasons"].splitlines()
    assert row["outcome"] == "new"
    assert row["scene_id"] == "scene"


def test_everything_of_the_contract_is_left_behind(save, tmp_path):
    scan(save(court()), out=tmp_path / "run")
    left = {p.relative_to(tmp_path / "run").as_posix() for p in (tmp_path / "run").rglob("*")}
    assert {"stockade.gpkg", "stockade.qgz", "report.html", "manifest.json"} <= left
    assert "rasters/scene_scores.tif" in left
    for name, table in LAYERS.items():
        assert set(table.names) <= set(layer(tmp_path / "run", name).columns)


def test_scores_lie_on_the_pixels_of_the_picture(save, tmp_path):
    path = save(court())
    scan(path, out=tmp_path / "run")
    with (
        rasterio.open(path) as a,
        rasterio.open(tmp_path / "run/rasters/scene_scores.tif") as b,
    ):
        assert (a.shape, a.transform, a.crs) == (b.shape, b.transform, b.crs)
        assert b.nodata == 255
        assert b.descriptions == ("building", "building_edge", "wall", "yard", "ground")
        wall = b.read(3)
        assert wall[80:82, 150:250].min() > 250
        assert np.median(wall) < 5


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32649", "rotated"])
def test_hectares_do_not_depend_on_the_frame_of_the_picture(save, tmp_path, crs):
    pixels = court()
    source = from_origin(450_000, 1_250_000, 0.5, 0.5)
    if crs == "rotated":
        turned = source @ Affine.rotation(20, (200, 200))
        path = save(pixels, transform=turned)
    else:
        affine, width, height = calculate_default_transform(
            "EPSG:32648",
            crs,
            400,
            400,
            left=450_000,
            bottom=1_249_800,
            right=450_200,
            top=1_250_000,
        )
        warped = np.zeros((3, height, width), np.uint8)
        reproject(
            pixels, warped, src_transform=source, src_crs="EPSG:32648", dst_transform=affine,
            dst_crs=crs, resampling=Resampling.bilinear,
        )  # fmt: skip
        path = save(warped, crs=crs, transform=affine, nodata=0)
    scan(path, out=tmp_path / "run")
    rows = layer(tmp_path / "run", "compounds")
    assert rows.crs.to_epsg() == 32648
    assert rows["area_ha"].tolist() == pytest.approx([HECTARES], rel=0.06)


def test_a_picture_without_a_crs_gets_local_metres(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(court().transpose(1, 2, 0)).save(path)
    with pytest.raises(InputError, match="--gsd"):
        scan(path, out=tmp_path / "none")
    scan(path, out=tmp_path / "run", gsd=0.5)
    rows = layer(tmp_path / "run", "compounds")
    left, bottom, right, top = rows.total_bounds
    assert (left, top) == pytest.approx((40, -40), abs=2)
    assert (right, bottom) == pytest.approx((160, -160), abs=2)
    with rasterio.open(tmp_path / "run/rasters/photo_picture.tif") as copy:
        assert (copy.transform.c, copy.transform.f, copy.res) == (0, 0, (0.5, 0.5))
        np.testing.assert_array_equal(copy.read(), court())


def test_only_the_area_is_judged(save, tmp_path):
    path = save(np.concatenate([court(), court()], axis=2))
    outline = tmp_path / "west.geojson"
    gpd.GeoSeries([shapely.box(450_000, 1_249_800, 450_195, 1_250_000)], crs=32648).to_crs(
        4326
    ).to_file(outline)
    assert len(scan(path, out=tmp_path / "all").compounds) == 2
    assert len(scan(path, out=tmp_path / "west", area=str(outline)).compounds) == 1
    with pytest.raises(InputError, match="do not overlap"):
        scan(path, out=tmp_path / "off", area="10,10,10.1,10.1")


def test_a_court_cut_by_the_picture_is_never_called_enclosed(save, tmp_path):
    scan(save(court()[:, :, 120:]), out=tmp_path / "run")
    rows = layer(tmp_path / "run", "compounds")
    assert not len(rows) or (rows["cut_by_edge"].all() and (rows["cannot_tell"] != "").all())


def test_sites_are_tied_and_missed_ones_are_told(save, tmp_path):
    here = gpd.GeoSeries.from_xy([450_100, 450_020], [1_249_900, 1_249_990], crs=32648).to_crs(
        4326
    )
    source = [{"publisher": "A desk", "url": "https://example.org/a"}]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [point.x, point.y]},
            "properties": {
                "id": name, "name": name.title(), "status_class": "reported",
                "precision": "source", "precision_m": metres, "sources": source,
            },
        }
        for name, point, metres in zip(("court", "corner"), here, (60, 8), strict=True)
    ]  # fmt: skip
    register = tmp_path / "sites.geojson"
    register.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    scan(save(court()), out=tmp_path / "run", sites=register)
    [row] = layer(tmp_path / "run", "compounds").to_dict("records")
    assert (row["outcome"], row["site_id"]) == ("known_seen", "court")
    outcomes = layer(tmp_path / "run", "sites").set_index("id")["outcome"].to_dict()
    assert outcomes == {"court": "known_seen", "corner": "known_not_detected"}


def test_the_same_words_find_the_same_folder_and_do_nothing_twice(save, tmp_path, monkeypatch):
    path = save(court())
    first = scan(path, out=tmp_path / "run")
    before = (tmp_path / "run/stockade.gpkg").read_bytes()
    monkeypatch.setattr("aoi.runs.scenes.look", lambda *_: pytest.fail("judged twice"))
    again = scan(path, out=tmp_path / "run")
    assert again.run_id == first.run_id
    assert (tmp_path / "run/stockade.gpkg").read_bytes() == before


def test_another_run_is_not_overwritten_by_a_slip(save, tmp_path):
    path = save(court())
    scan(path, out=tmp_path / "run")
    with pytest.raises(UsageError, match="already holds another run"):
        scan(path, out=tmp_path / "run", tile=1024)
    assert scan(path, out=tmp_path / "run", tile=1024, overwrite=True).code == 0


def test_a_folder_with_other_peoples_files_is_left_alone(save, tmp_path):
    path = save(court())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="not empty"):
            scan(path, out=tmp_path / "mine", overwrite=overwrite)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_broken_picture_beside_good_ones_is_a_gap(save, tmp_path):
    good = save(court(), "good.tif")
    bad = tmp_path / "bad.tif"
    bad.write_bytes(good.read_bytes()[:200])
    outcome = scan(good, bad, out=tmp_path / "run")
    assert outcome.code == 3
    assert any("bad.tif" in gap for gap in outcome.gaps)
    assert len(outcome.compounds) == 1


def test_two_pictures_of_one_place_tell_it_once(save, tmp_path):
    paths = [save(court(), name) for name in ("may.tif", "june.tif")]
    assert len(scan(*paths, out=tmp_path / "run").compounds) == 1


def test_pictures_of_two_zones_share_one_map(save, tmp_path):
    west = save(court(), "west.tif", transform=from_origin(830_000, 1_250_000, 0.5, 0.5))
    east = save(
        court(),
        "east.tif",
        crs="EPSG:32649",
        transform=from_origin(170_000, 1_250_000, 0.5, 0.5),
    )
    outcome = scan(west, east, out=tmp_path / "run")
    rows = layer(tmp_path / "run", "compounds")
    assert len(rows) == 2
    assert rows.crs.to_epsg() in (32648, 32649)
    assert rows["area_ha"].tolist() == pytest.approx([HECTARES] * 2, rel=0.06)
    assert outcome.code == 0


def test_16_bit_pictures_give_the_same_things_and_their_statistics_can_be_used_again(
    save, tmp_path
):
    deep = (court().astype(np.uint16) * 11) + 300
    outcome = scan(save(deep, "deep.tif"), out=tmp_path / "run")
    assert len(outcome.compounds) == 1
    crop = save(
        deep[:, 60:340, 60:340], "crop.tif", transform=from_origin(450_030, 1_249_970, 0.5, 0.5)
    )
    manifest = tmp_path / "run/manifest.json"
    scan(crop, out=tmp_path / "crop", stats=manifest)
    with (
        rasterio.open(tmp_path / "run/rasters/deep_scores.tif") as a,
        rasterio.open(tmp_path / "crop/rasters/crop_scores.tif") as b,
    ):
        np.testing.assert_array_equal(a.read()[:, 60:340, 60:340], b.read())


def test_what_is_found_does_not_depend_on_the_tiling(save, tmp_path):
    path = save(court())
    shapes = []
    for tile in (256, 2048):
        scan(path, out=tmp_path / str(tile), tile=tile)
        shapes.append(layer(tmp_path / str(tile), "compounds").geometry[0])
    both = shapes[0].intersection(shapes[1]).area / shapes[0].union(shapes[1]).area
    assert both >= 0.98


def test_a_picture_too_coarse_names_the_command_that_suits(save, tmp_path):
    coarse = save(court(), transform=from_origin(450_000, 1_250_000, 10, 10))
    with pytest.raises(InputError, match="stockade monitor"):
        scan(coarse, out=tmp_path / "run")


def test_a_picture_of_nothing_says_so(save, tmp_path):
    with pytest.raises(InputError, match="valid"):
        scan(save(np.zeros((3, 300, 300), np.uint8), nodata=0), out=tmp_path / "run")


def test_a_torn_ledger_is_never_replaced_in_silence(save, tmp_path):
    path = save(court())
    scan(path, out=tmp_path / "run")
    ledger = tmp_path / "run/.stockade/ledger.sqlite"
    ledger.write_bytes(b"not a ledger" * 100)
    with pytest.raises(OSError, match="cannot be used"):
        scan(path, out=tmp_path / "run")
    ledger.unlink()
    assert scan(path, out=tmp_path / "run").code == 0


def test_the_manifest_knows_every_byte(save, tmp_path):
    path = save(court())
    scan(path, out=tmp_path / "run")
    shutil.copy(tmp_path / "run/manifest.json", tmp_path / "kept.json")
    told = json.loads((tmp_path / "kept.json").read_text())
    assert {entry["path"] for entry in told["outputs"]} >= {"stockade.gpkg", "report.html"}
    assert told["inputs"][0]["scene_id"] == "scene"
    assert told["model"]["name"] == "colours"
    assert told["counts"]["compounds"] == 1
