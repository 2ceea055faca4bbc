"""A run started again: what changed since is seen, what was lost is made anew."""

import json
import os
import shutil
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.transform import from_origin

from aoi.runs.fingerprint import BESIDE
from aoi.runs.folder import HOME, claim
from aoi.runs.folder_hold import LOCK
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request
from aoi.runs.verify import State, verify
from geo.errors import InputError, OutputError, UsageError
from tests.aoi.runs.conftest import court


def scan(*sources, out, **more):
    return run_scan(Request(sources=tuple(map(str, sources)), out=out, **more))


def layer(folder, name):
    return gpd.read_file(folder / "stockade.gpkg", layer=name)


def inputs(run):
    return json.loads((run / "manifest.json").read_text())["inputs"]


@pytest.fixture
def mosaic(save, tmp_path):
    """A virtual picture over another."""
    rasterio.shutil.copy(save(court(), "under.tif"), tmp_path / "over.vrt", driver="VRT")
    return tmp_path / "over.vrt"


def test_a_virtual_picture_is_another_when_what_lies_under_it_is(mosaic, save, tmp_path):
    run = tmp_path / "run"
    assert len(scan(mosaic, out=run).compounds) == 1
    assert [one["path"] for one in inputs(run) if one["role"] == BESIDE] == [
        str(tmp_path / "under.tif")
    ]
    save(np.full_like(court(), 128), "under.tif")
    assert "input under.tif" in {c.what for c in verify(run).checks if c.state is State.BROKEN}
    with pytest.raises(UsageError, match="another run"):
        scan(mosaic, out=run)
    assert not scan(mosaic, out=run, overwrite=True).compounds


def test_a_mask_in_a_file_of_its_own_makes_another_picture(save, tmp_path):
    path, run = save(court()), tmp_path / "run"
    scan(path, out=run)
    seen = np.zeros((400, 400), np.bool_)
    seen[:100] = True
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(seen)
    assert (tmp_path / "scene.tif.msk").exists()
    with pytest.raises(UsageError, match="another run"):
        scan(path, out=run)
    scan(path, out=run, overwrite=True)
    [area] = json.loads((run / "manifest.json").read_text())["areas"]
    assert (area["asked_ha"], area["seen_ha"]) == pytest.approx((4, 1), rel=0.02)


@pytest.mark.parametrize("harm", ["cut", "altered", "gone", "steps gone", "step cut"])
def test_what_was_damaged_since_is_made_anew(harm, save, tmp_path):
    path, run = save(court()), tmp_path / "run"
    scan(path, out=run)
    scores = run / "rasters/scene_scores.tif"
    whole = scores.read_bytes()
    [step] = (run / HOME / "steps").iterdir()
    match harm:
        case "cut":
            scores.write_bytes(whole[: len(whole) // 2])
        case "altered":
            scores.write_bytes(whole[:-9] + b"different")
        case "gone":
            scores.unlink()
        case "steps gone":
            shutil.rmtree(step)
        case "step cut":
            (step / "compounds.parquet").write_bytes(b"P")
    assert len(scan(path, out=run).compounds) == 1
    assert scores.read_bytes() == whole
    assert not verify(run).broken


def test_two_starts_of_one_run_do_not_disturb_each_other(tmp_path):
    run = tmp_path / "run"
    claim(run, "one", {}, overwrite=False)
    code = (
        "import sys; from aoi.runs.folder_hold import hold; from pathlib import Path\n"
        "kept = hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, run / HOME],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match="Another run is at work in"):
            claim(run, "one", {}, overwrite=True)
        other.kill()
    assert claim(run, "one", {}, overwrite=True).key == "one"
    assert (run / HOME / LOCK).exists()


def test_a_run_never_throws_away_what_it_is_to_read(save, tmp_path):
    run = tmp_path / "run"
    scan(save(court()), out=run)
    copy = run / "rasters/copy.tif"
    shutil.copyfile(tmp_path / "scene.tif", copy)
    with pytest.raises(UsageError, match="is to be read now"):
        scan(copy, out=run, overwrite=True)
    assert copy.exists()


def test_statistics_of_8_bit_pictures_are_refused_for_others_and_8_bits_take_none(
    save, tmp_path
):
    deep = save((court().astype(np.uint16) * 11) + 300, "deep.tif")
    plain = save(court(), "plain.tif")
    scan(deep, out=tmp_path / "deep")
    scan(plain, out=tmp_path / "plain")
    with pytest.raises(InputError, match="8-bit pictures as they are"):
        scan(deep, out=tmp_path / "a", stats=tmp_path / "plain/manifest.json")
    again = scan(plain, out=tmp_path / "b", stats=tmp_path / "deep/manifest.json")
    assert len(again.compounds) == 1


def test_of_two_pictures_of_one_place_roofs_walls_and_hectares_are_told_once(save, tmp_path):
    one = save(court(), "one.tif")
    place = from_origin(450_010, 1_250_000, 0.5, 0.5)
    scan(one, save(court()[:, :, 20:], "two.tif", transform=place), out=tmp_path / "two")
    scan(one, out=tmp_path / "one")
    for name in ("buildings", "walls", "yards", "compounds"):
        told = [layer(tmp_path / run, name) for run in ("one", "two")]
        assert len(told[0]) == len(told[1]) > 0, name
    assert layer(tmp_path / "two", "buildings")["compound_id"].notna().all()
    [area] = json.loads((tmp_path / "two/manifest.json").read_text())["areas"]
    assert (area["asked_ha"], area["seen_ha"]) == pytest.approx((4, 4), rel=0.01)


def test_a_picture_across_the_180th_meridian_is_told_where_it_lies(save, tmp_path):
    # In zone 1 south, its left edge lies west of the meridian.
    path = save(court(), crs="EPSG:32701", transform=from_origin(176_600, 8_100_000, 0.5, 0.5))
    scan(path, out=tmp_path / "run")
    rows = layer(tmp_path / "run", "compounds")
    assert rows.crs.to_epsg() in {32701, 32760}
    assert abs(abs(rows.to_crs(4326).geometry.iloc[0].centroid.x) - 180) < 0.1


def test_two_pictures_whose_scenes_would_have_one_name_are_both_named(save, tmp_path):
    one, two = save(court(), "a b.tif"), save(court(), "a_b.tif")
    with pytest.raises(InputError, match=r"a b\.tif and .*a_b\.tif would both be"):
        scan(one, two, out=tmp_path / "run")
