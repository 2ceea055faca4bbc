"""``stockade compare`` in a place of nine roofs."""

import json
import re
import sqlite3
import sys
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning

from aoi.cli import main
from aoi.outputs.schema import LAYERS
from aoi.runs.compare import PairRun
from geo.change.observe import Hidden
from tests.aoi.runs.pair_world import (
    LEFT,
    ROOFS,
    TOP,
    cloud,
    footprints,
    ground,
    place,
    shifted,
)

EARLY, LATE = "abcdefg", "abcefgh"
"""Roofs that stand: d is demolished, h is built, i never was."""


@pytest.fixture(autouse=True)
def _pair_net(monkeypatch, colour_net):
    monkeypatch.setattr("aoi.runs.compare.load_net", lambda _path=None: colour_net)


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


@pytest.fixture
def pair(save):
    """Both dates on disk; the later one lies 3 px lower and 2 px left."""
    return (
        save(place(*EARLY), "place_20250301.tif"),
        save(shifted(place(*LATE, gain=0.9), 3, -2), "place_20251209.tif"),
    )


def ledger(tmp_path, run="run"):
    return pd.read_csv(tmp_path / run / "ledger.csv").set_index("building_id")


def test_what_went_and_what_came_is_told_between_two_dates(stockade, pair, tmp_path):
    code, out, err = stockade("compare", *pair, "--out", "run")
    assert code == 0, err
    assert "6 unchanged, 1 built, 1 demolished" in out
    changes = gpd.read_file(tmp_path / "run" / "stockade.gpkg", layer="changes")
    assert list(changes.columns) == [*LAYERS["changes"].names, "geometry"]
    [gone] = changes[changes["kind"] == "demolished"].itertuples()
    assert (gone.last_without, gone.first_with) == (
        "2025-03-01T00:00:00Z",
        "2025-12-09T00:00:00Z",
    )
    assert (gone.before_scene, gone.after_scene) == ("place_20250301", "place_20251209")
    assert gone.geometry.intersection(footprints("d").geometry[0]).area > 200
    assert changes["shift_m"].to_numpy() == pytest.approx(np.hypot(3, 2) / 2, abs=0.3)
    assert changes[changes["kind"] == "unchanged"]["first_with"].isna().all()


def test_all_files_are_there_and_the_manifest_knows_the_shift(stockade, pair, tmp_path):
    stockade("compare", *pair, "--out", "run", "--credit", "Maker One,Maker Two")
    run = tmp_path / "run"
    manifest = json.loads((run / "manifest.json").read_text())
    moved = manifest["parameters"]["registration"]
    assert np.hypot(*moved["shift_px"]) == pytest.approx(np.hypot(3, 2), abs=0.3)
    assert moved["quality"] > 0.7
    assert {"report.html", "stockade.gpkg", "stockade.qgz", "ledger.csv"} <= {
        o["path"] for o in manifest["outputs"]
    }
    assert [i["credit"] for i in manifest["inputs"]] == ["Maker One", "Maker Two"]
    page = (run / "report.html").read_text()
    assert page.count("data:image/jpeg") >= 6
    assert "http" not in page.replace("http-equiv", "")
    with sqlite3.connect(run / "stockade.gpkg") as db:
        assert (
            db.execute(
                "SELECT count(*) FROM layer_styles WHERE f_table_name='changes'"
            ).fetchone()[0]
            == 1
        )


def test_exchanged_dates_exchange_the_kinds_and_keep_the_numbers(stockade, pair, tmp_path):
    one, other = pair
    stockade("compare", *pair, "--out", "there")
    words = ("--before-date", "2025-01-01", "--after-date", "2025-02-01")
    stockade("compare", other, one, *words, "--out", "back")
    twin = {"built": "demolished", "demolished": "built"}
    there, back = (ledger(tmp_path, run).reset_index() for run in ("there", "back"))
    assert [twin.get(k, k) for k in there["kind"]] == back["kind"].tolist()
    assert there["confidence"].tolist() == back["confidence"].tolist()
    assert there["p_built"].tolist() == back["p_demolished"].tolist()
    assert there["shift_m"].tolist() == back["shift_m"].tolist()


def test_the_place_is_summed_up_with_how_much_of_it_was_seen(stockade, pair, save, tmp_path):
    stockade("compare", *pair, "--out", "run")
    [place_] = pd.read_csv(tmp_path / "run" / "places.csv").to_dict("records")
    assert place_["place"] == "The whole place"
    assert (place_["roofs_before"], place_["roofs_after"]) == (7, 7)
    assert place_["roofs_m2_before"] == pytest.approx(7 * 20 * 14, rel=0.15)
    assert (place_["built"], place_["demolished"], place_["unchanged"]) == (1, 1, 6)
    assert place_["seen_before"] > 0.98
    clouded = save(cloud(place(*LATE), 174, 180), "clouded_20251209.tif")
    stockade("compare", pair[0], clouded, "--out", "clouded")
    [hidden] = pd.read_csv(tmp_path / "clouded" / "places.csv").to_dict("records")
    assert hidden["seen_after"] < 0.97 < hidden["seen_before"]
    assert hidden["roofs_after"] < hidden["roofs_before"]
    page = (tmp_path / "clouded" / "report.html").read_text()
    assert f"{hidden['seen_before']:.0%} → {hidden['seen_after']:.0%}" in page


def test_a_list_in_degrees_is_asked_name_by_name(stockade, pair, tmp_path):
    footprints(crs=4326).to_file(tmp_path / "list.geojson")
    code, _, err = stockade("compare", *pair, "--buildings", "list.geojson", "--out", "run")
    assert code == 0, err
    told = ledger(tmp_path)
    assert told.loc["d", "kind"] == "demolished"
    assert told.loc["h", "kind"] == "built"
    assert set(told.loc[list("abcefg"), "kind"]) == {"unchanged"}
    assert "No roof is seen on either date" in told.loc["i", "note"]


def test_a_house_cut_in_half_is_altered_and_the_note_says_how_much_went(
    stockade, save, tmp_path
):
    footprints().to_file(tmp_path / "list.gpkg")
    late = place(*EARLY)
    half = np.s_[:, 160:196, 180:200]
    late[half] = place(*"abcdfg")[half]
    pair = save(place(*EARLY), "a_20250301.tif"), save(late, "b_20251209.tif")
    code, _, err = stockade("compare", *pair, "--buildings", "list.gpkg", "--out", "run")
    assert code == 3, err
    told = ledger(tmp_path)
    assert told.loc["h", "kind"] == "not_observable"  # it never stood, and is on the list
    assert "No roof is seen on either date" in told.loc["h", "note"]
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "1 of 9: no roof seen on either date" in page
    assert told.loc["e", "kind"] == "altered"
    assert set(told.loc[list("abcdfg"), "kind"]) == {"unchanged"}
    share = int(re.search(r"About (\d+) % of it is roof before only", told.loc["e", "note"])[1])
    assert share == pytest.approx(50, abs=12)


def test_a_list_may_have_records_without_shapes_and_the_page_says_so(stockade, pair, tmp_path):
    listed = footprints("a", "d", "h", "i", crs=3857)
    listed.loc[1, "geometry"] = None
    listed.loc[2, "geometry"] = shapely.Polygon()
    listed.to_file(tmp_path / "list.gpkg")
    code, _, _ = stockade("compare", *pair, "--buildings", "list.gpkg", "--out", "run")
    assert code == 0
    assert len(ledger(tmp_path)) == 2
    assert "2 records of list.gpkg are no outlines" in (
        tmp_path / "run" / "report.html"
    ).read_text("utf-8")


def test_an_outline_that_stands_twice_in_a_list_is_one_building(stockade, pair, tmp_path):
    listed = footprints(*"adead")
    listed.loc[3, "geometry"] = listed.geometry[3].reverse()
    listed.to_file(tmp_path / "list.gpkg")
    code, out, _ = stockade("compare", *pair, "--buildings", "list.gpkg", "--out", "run")
    assert code == 0
    assert "3 buildings: 2 unchanged, 1 demolished" in out
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "2 outlines of list.gpkg stood there twice; counted once." in page


def test_two_outlines_a_hair_apart_keep_names_of_their_own(stockade, pair, tmp_path):
    listed = footprints(*"add")
    listed.loc[2, "geometry"] = listed.geometry[2].buffer(0.0001)
    listed.to_file(tmp_path / "list.gpkg")
    stockade("compare", *pair, "--buildings", "list.gpkg", "--out", "run")
    told = pd.read_csv(tmp_path / "run" / "ledger.csv")
    assert len(told) == 3
    assert told["id"].is_unique


def test_a_district_left_among_the_houses_costs_the_others_nothing(stockade, pair, tmp_path):
    listed = footprints("a", "d")
    district = shapely.box(LEFT - 2e5, TOP - 2e5, LEFT + 2e5, TOP + 2e5)
    listed.loc[2] = {"osm_id": "district", "geometry": district}
    listed.to_file(tmp_path / "list.gpkg")
    code, out, _ = stockade("compare", *pair, "--buildings", "list.gpkg", "--out", "run")
    assert code == 3
    assert "1 of 3 buildings could not be seen" in out
    assert list(ledger(tmp_path)["kind"]) == ["unchanged", "demolished", "not_observable"]


def test_numbers_of_eight_and_of_sixteen_bits_are_compared_alike(
    stockade, pair, save, tmp_path
):
    deep = save(place(*LATE).astype(np.uint16) * 11, "deep_20251209.tif")
    stockade("compare", *pair, "--out", "run")
    stockade("compare", pair[0], deep, "--out", "deep")
    kinds = [sorted(ledger(tmp_path, run)["kind"]) for run in ("run", "deep")]
    assert kinds[0] == kinds[1]
    assert {"built", "demolished"} < set(kinds[0])


def test_what_lay_under_cloud_is_not_observable_and_the_exit_code_is_3(
    stockade, save, tmp_path
):
    footprints().to_file(tmp_path / "list.gpkg")
    one = save(place(*EARLY), "place_20250301.tif")
    other = save(cloud(place(*LATE), 174, 180), "place_20251209.tif")
    code, out, _ = stockade("compare", one, other, "--buildings", "list.gpkg", "--out", "run")
    told = ledger(tmp_path)
    assert code == 3
    assert told.loc["e", "kind"] == "not_observable"
    assert told.loc["e", "hidden_after"] == "cloud"
    assert told.loc["a", "kind"] == "unchanged"
    assert "could not be seen" in out
    coverage = gpd.read_file(tmp_path / "run" / "stockade.gpkg", layer="coverage")
    assert (
        coverage[coverage["scene_id"] == "place_20251209"]["reason"].str.contains("cloud").any()
    )


def test_a_building_without_pixels_of_its_own_is_told_as_a_gap(stockade, save, tmp_path):
    shed = shapely.box(LEFT + 10.25, TOP - 40, LEFT + 12.0, TOP - 20)  # half of its cells
    listed = footprints("a", "d")
    listed.loc[2] = {"osm_id": "shed", "geometry": shed}
    listed.to_file(tmp_path / "list.gpkg")
    late = place(*LATE).clip(1)
    late[:, 40:80, 20:25] = 0
    pair = save(place(*EARLY), "a_20250301.tif"), save(late, "b_20251209.tif", nodata=0)
    code, out, _ = stockade(
        "compare", *pair, "--no-move", "--buildings", "list.gpkg", "--out", "run"
    )
    assert ledger(tmp_path).loc["shed", "kind"] == "not_observable"
    assert code == 3
    assert "1 of 3 buildings could not be seen; nothing is said of it." in out
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "Every building could be seen" not in page


def test_the_gaps_are_counted_among_what_the_ledger_has():
    decisions = SimpleNamespace(
        kinds=("unchanged", "not_observable", "unchanged"), nothing=(False, False, True)
    )
    hid = (Hidden(), Hidden("cloud"), Hidden())
    compared = SimpleNamespace(units=["lean_m"], hidden=hid, decisions=decisions)
    [gap] = PairRun.gaps.fget(SimpleNamespace(compared=compared))
    assert gap.startswith("1 of 2 buildings could not be seen")
    compared.units = ["ref", "lean_m"]
    [gap] = PairRun.gaps.fget(SimpleNamespace(compared=compared))
    assert gap.startswith("1 of 3 buildings could not be seen")


def test_a_picture_of_another_name_is_another_run(stockade, pair, tmp_path):
    stockade("compare", *pair, "--out", "run")
    renamed = pair[1].rename(tmp_path / "other_20251209.tif")
    code, _, err = stockade("compare", pair[0], renamed, "--out", "run")
    assert code != 0
    assert "--overwrite" in err
    assert stockade("compare", pair[0], renamed, "--out", "run", "--overwrite")[0] == 0
    rasters = [file.name for file in (tmp_path / "run" / "rasters").glob("*_scores.tif")]
    assert sorted(rasters) == ["other_20251209_scores.tif", "place_20250301_scores.tif"]


def test_null_pairs_show_no_change(stockade, save, tmp_path):
    one = save(place(*EARLY), "place_20250301.tif")
    other = save(shifted(place(*EARLY, gain=0.8), -2, 4), "place_20251209.tif")
    stockade("compare", one, other, "--out", "run")
    assert set(ledger(tmp_path)["kind"]) == {"unchanged"}


def test_the_same_command_takes_up_what_is_there(stockade, pair, tmp_path, monkeypatch):
    stockade("compare", *pair, "--out", "run")
    before = (tmp_path / "run" / "ledger.csv").read_bytes()
    monkeypatch.setattr("aoi.runs.compare_judge.predict", None)  # not judged again
    code, _, _ = stockade("compare", *pair, "--out", "run")
    assert code == 0
    assert (tmp_path / "run" / "ledger.csv").read_bytes() == before


def test_a_command_is_written_down_without_what_is_secret_in_it(stockade, pair, tmp_path):
    credit = "--credit=https://a.example/c?token=SECRET"
    assert stockade("compare", *pair, "--out", "run", credit)[0] == 0
    command = json.loads((tmp_path / "run" / "manifest.json").read_text())["command"]
    assert command.endswith("--credit=https://a.example/c")


def test_pictures_without_a_place_are_compared_in_local_metres(stockade, save, tmp_path):
    with pytest.warns(NotGeoreferencedWarning):
        one = save(place(*EARLY), "place_20250301.tif", crs=None, transform=Affine.identity())
    with pytest.warns(NotGeoreferencedWarning):
        other = save(place(*LATE), "place_20251209.tif", crs=None, transform=Affine.identity())
    code, out, err = stockade("compare", one, other, "--gsd", "0.5", "--out", "run")
    assert code == 0, err
    assert "1 built, 1 demolished" in out


def test_json_is_json_and_nothing_else(stockade, pair):
    _, out, _ = stockade("compare", *pair, "--out", "run", "--json")
    told = json.loads(out)
    assert told["kinds"]["demolished"] == 1
    assert told["quality"] > 0.7


def test_the_ground_itself_is_the_same_in_every_test():
    assert (ground() == ground()).all()
    assert len(ROOFS) == 9
