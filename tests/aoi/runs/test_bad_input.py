"""What bad input gets: a sentence, an exit code, no traceback, nothing under a final name."""

import json
import sys

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import torch
from rasterio.rpc import RPC

from aoi.cli import main
from models.card import Card
from models.checkpoint import load_net, save_net
from models.zoo import build_net
from tests.aoi.runs.conftest import court


@pytest.fixture
def stockade(monkeypatch, capsys, tmp_path):
    """Run the command line in this process; return exit code, stdout and stderr."""

    def run(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["stockade", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return run


def nothing_final(folder):
    names = ("stockade.gpkg", "stockade.qgz", "report.html", "manifest.json")
    return not any((folder / name).exists() for name in names)


def test_a_scan_ends_with_0_and_says_what_to_open(stockade, save, tmp_path):
    code, out, err = stockade("scan", save(court()), "--out", "run")
    assert code == 0
    assert out.startswith("1 enclosed layout (likeness to a walled compound: 1 ")
    assert "report.html" in out
    assert err == ""


def test_json_is_json_and_nothing_else(stockade, save):
    code, out, _ = stockade("scan", save(court()), "--out", "run", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["counts"]["compounds"] == 1
    assert told["compounds"][0]["rank"] == 1


def missing(save, tmp_path):
    return ["nowhere.tif"], "nowhere.tif"


def not_an_image(save, tmp_path):
    (tmp_path / "letter.tif").write_text("Dear Sir or Madam")
    return ["letter.tif"], "letter.tif"


def cut_in_the_header(save, tmp_path):
    whole = save(court()).read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[:60])
    return ["cut.tif"], "cut.tif"


def no_valid_pixel(save, tmp_path):
    return [save(np.zeros((3, 200, 200), np.uint8), nodata=0)], "valid"


def nothing_in_the_area(save, tmp_path):
    picture = court()
    picture[:, :, :200] = 0
    ground = shapely.box(450_010, 1_249_850, 450_060, 1_249_950)
    gpd.GeoSeries([ground], crs=32648).to_crs(4326).to_file(tmp_path / "west.geojson")
    return [save(picture, nodata=0), "--area", "west.geojson"], "Nothing to see"


def area_outside(save, tmp_path):
    return [save(court()), "--area", "10,10,10.1,10.1"], "do not overlap"


def unknown_area(save, tmp_path):
    return [save(court()), "--area", "atlantis"], "atlantis"


def no_crs_and_no_gsd(save, tmp_path):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = save(court(), crs=None, transform=rasterio.Affine.identity())
    return [path], "--gsd"


def too_coarse(save, tmp_path):
    return [save(court(), transform=rasterio.transform.from_origin(0, 1e6, 10, 10))], "monitor"


def rpc_only(save, tmp_path):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = save(court(), crs=None, transform=rasterio.Affine.identity())
    with rasterio.open(path, "r+") as file:
        file.rpcs = RPC(
            height_off=0, height_scale=1, lat_off=10, lat_scale=1, line_den_coeff=[1.0] * 20,
            line_num_coeff=[1.0] * 20, line_off=0, line_scale=1, long_off=104, long_scale=1,
            samp_den_coeff=[1.0] * 20, samp_num_coeff=[1.0] * 20, samp_off=0, samp_scale=1,
        )  # fmt: skip
    return [path, "--gsd", "0.5"], "gdalwarp"


def sites_with_a_column_missing(save, tmp_path):
    (tmp_path / "sites.geojson").write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "geometry": None, "properties": {"id": "x"}}],
            }
        )
    )
    return [save(court()), "--sites", "sites.geojson"], "name"


def an_odd_tile(save, tmp_path):
    return [save(court()), "--tile", "40"], "room"


def bands_that_are_not_there(save, tmp_path):
    return [save(court()), "--bands", "4,3,2"], "--bands"


def an_archive_without_ground_and_days(save, tmp_path):
    return ["stac:earth-search"], "--area and --from and --to"


def an_archive_without_a_last_day(save, tmp_path):
    return ["stac:earth-search", "--area", "bavet", "--from", "2025-11-01"], "Add --to"


def an_archive_without_credentials(save, tmp_path):
    days = ["--from", "2025-11-01", "--to", "2025-11-03"]
    return ["hub:cdse", "--area", "bavet", *days], "SH_CLIENT_ID"


def an_archive_nobody_knows(save, tmp_path):
    days = ["--from", "2025-11-01", "--to", "2025-11-03"]
    return ["stac:earth-serch", "--area", "bavet", *days], "Did you mean stac:earth-search"


def a_licence_for_what_an_archive_sends(save, tmp_path):
    return ["stac:earth-search", "--licence", "CC BY 4.0"], "brings its own"


def days_the_wrong_way_round(save, tmp_path):
    return [save(court()), "--from", "2025-05-02", "--to", "2025-05-01"], "--from"


def no_day(save, tmp_path):
    return [save(court()), "--from", "May"], "2025-12-13"


CASES = [
    missing, not_an_image, cut_in_the_header, no_valid_pixel, nothing_in_the_area, area_outside,
    unknown_area, no_crs_and_no_gsd, too_coarse, rpc_only, sites_with_a_column_missing,
    an_odd_tile, bands_that_are_not_there, days_the_wrong_way_round, no_day,
    an_archive_without_ground_and_days, an_archive_without_a_last_day,
    an_archive_without_credentials, an_archive_nobody_knows,
    a_licence_for_what_an_archive_sends,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_bad_input_gets_a_sentence_and_leaves_nothing(stockade, save, tmp_path, case):
    words, said = case(save, tmp_path)
    code, out, err = stockade("scan", *words, "--out", "run")
    assert code == 2
    assert err.startswith("stockade: ")
    assert said in err
    assert "Traceback" not in err
    assert out == ""
    assert nothing_final(tmp_path / "run")


def cut_in_a_tile(save, name="cut.tif"):
    noise = np.random.default_rng(0).integers(0, 255, (3, 900, 900), np.uint8)
    path = save(noise, name, compress="deflate")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def test_a_picture_cut_off_in_a_tile_is_told(stockade, save, tmp_path):
    code, _, err = stockade("scan", cut_in_a_tile(save), "--out", "run", "--tile", "256")
    assert code == 1
    assert "cut.tif" in err
    assert "Traceback" not in err
    assert nothing_final(tmp_path / "run")


def test_beside_a_good_picture_it_is_a_gap(stockade, save):
    code, out, err = stockade("scan", cut_in_a_tile(save), save(court()), "--out", "run")
    assert code == 3
    assert "Gap: " in out
    assert "cut.tif" in out
    assert "Traceback" not in err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_gpu_that_is_not_there_is_told(stockade, save, tmp_path):
    code, _, err = stockade("scan", save(court()), "--out", "run", "--device", "cuda")
    assert code == 1
    assert "--device cpu" in err
    assert nothing_final(tmp_path / "run")


def test_weights_that_do_not_fit_their_card_are_refused(stockade, save, tmp_path, monkeypatch):
    monkeypatch.setattr("aoi.runs.pipeline.load_net", load_net)
    path = tmp_path / "any.safetensors"
    save_net(
        path,
        build_net(decoder=(8, 8, 8)).state_dict(),
        Card(name="a", version="1", decoder=(8, 8, 8)),
    )
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, _, err = stockade("scan", save(court()), "--out", "run", "--weights", path)
    assert code == 1
    assert "any" in err
    assert nothing_final(tmp_path / "run")


def test_a_folder_that_cannot_be_written_is_told(stockade, save):
    code, _, err = stockade("scan", save(court()), "--out", "/proc/run")
    assert code == 1
    assert "Choose another --out" in err
