"""What real QGIS makes of a run: each layer valid, styled, listed and drawn, and no warning."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aoi.outputs.schema import LAYERS
from tests.aoi.outputs import drawn
from tests.conftest import needs

CHECK = Path(__file__).with_name("qgis_check.py")
PYTHON = "/usr/bin/python3"
CATEGORISED = {"compounds", "changes", "sites", "coverage"}


@pytest.fixture(scope="module", autouse=True)
def _qgis():
    """Skip on a laptop without QGIS; fail in CI."""
    there = (
        Path(PYTHON).exists()
        and not subprocess.run(
            [PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
        ).returncode
    )
    needs(there, "QGIS with its Python (Debian: python3-qgis qgis-providers)")


def look(folder, tmp_path):
    """Let QGIS open a run in a process of its own."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    answer = subprocess.run(
        [PYTHON, CHECK, folder, tmp_path / "map.png"],
        env={
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen",
            "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8",
        },
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A run with everything in it, moved after it was written, as QGIS sees it."""
    home = tmp_path_factory.mktemp("full")
    (home / "first" / "run").mkdir(parents=True)
    drawn.write_run(home / "first" / "run")
    shutil.move(home / "first", home / "moved & renamed")
    return look(home / "moved & renamed" / "run", home), home


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A run that found nothing."""
    home = tmp_path_factory.mktemp("empty")
    (home / "run").mkdir()
    drawn.write_run(home / "run", empty=True)
    return look(home / "run", home)


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A run without a CRS."""
    home = tmp_path_factory.mktemp("local")
    (home / "run").mkdir()
    drawn.write_run(home / "run", None)
    return look(home / "run", home)


def test_qgis_has_nothing_to_complain_about(full, empty, local):
    assert full[0]["messages"] == empty["messages"] == local["messages"] == []


def test_every_layer_of_the_package_is_valid_and_styled_by_itself(full, empty, local):
    for answer in (full[0], empty, local):
        assert set(answer["package"]) == set(LAYERS)
        for name, layer in answer["package"].items():
            assert layer["valid"], name
            assert layer["styled"], name
            wanted = "categorizedSymbol" if name in CATEGORISED else "singleSymbol"
            assert layer["renderer"] == wanted, name
            assert layer["geometry"] == LAYERS[name].geometry
            assert list(layer["fields"]) == ["fid", *LAYERS[name].names]


def test_ranks_and_names_are_written_on_the_map(full):
    labelled = {name for name, layer in full[0]["package"].items() if layer["labels"]}
    assert labelled == {"compounds", "sites"}


def test_columns_have_titles_with_units_and_the_verdict_a_list(full):
    compounds = full[0]["package"]["compounds"]
    assert compounds["fields"]["largest_gap_m"] == ["Real", "widest gap (m)"]
    assert compounds["fields"]["gates"][0] == "Integer64"
    assert compounds["fields"]["cut_by_edge"][0] == "Boolean"
    assert compounds["verdict"] == "ValueMap"


def test_what_was_measured_is_locked_and_the_verdict_is_not(full):
    locked = set(full[0]["package"]["compounds"]["locked"])
    free = {"verdict", "kind", "corroboration", "note"}
    assert locked == set(LAYERS["compounds"].names) - free


def test_values_arrive_whole(full):
    row = full[0]["package"]["compounds"]["rows"][0]
    assert row["site_name"] == drawn.HOSTILE
    assert row["observed_at"] == "2025-11-03T03:20:00Z"
    assert row["score"] == 0.93
    assert full[0]["package"]["compounds"]["rows"][3]["largest_gap_m"] is None


def test_the_project_opens_with_every_layer_listed_in_its_tree(full, empty, local):
    for answer in (full[0], empty, local):
        project = answer["project"]
        assert project["read"]
        assert project["unlisted"] == 0
        assert len(project["layers"]) == 7 + len(drawn.HEADS) + 1
        assert all(layer["valid"] for layer in project["layers"].values())
        assert project["order"][0] == "compounds"
        assert project["title"] == drawn.HOSTILE


def test_the_project_has_the_crs_of_the_run(full, local):
    assert full[0]["project"]["crs"] == "EPSG:32648"
    assert {layer["crs"] for layer in full[0]["project"]["layers"].values()} == {"EPSG:32648"}
    assert not local["project"]["crs_valid"]
    assert {layer["crs"] for layer in local["project"]["layers"].values()} == {""}


def test_scores_fade_in_and_the_picture_is_in_colour(full):
    layers = full[0]["project"]["layers"]
    assert layers["score: wall"]["renderer"] == "singlebandpseudocolor"
    assert layers[drawn.HOSTILE]["renderer"] == "multibandcolor"


def test_every_layer_that_holds_something_is_drawn(full, local):
    blank = {"score: building", "score: building edge", "score: ground"}  # drawn as zeros
    for answer, void in ((full[0], blank), (local, blank | {"sites"})):
        bare = {name for name, layer in answer["project"]["layers"].items() if layer["bare"]}
        assert bare == void
        assert answer["project"]["drawn"]["errors"] == []
        assert answer["project"]["drawn"]["colours"] > 100


def test_the_map_is_saved_as_a_picture(full):
    assert (full[1] / "map.png").stat().st_size > 20_000


def test_only_layers_with_something_in_them_are_ticked(full, empty):
    assert empty["project"]["visible"] == [drawn.HOSTILE]
    assert full[0]["project"]["visible"][:5] == [
        "compounds",
        "sites",
        "changes",
        "walls",
        "coverage",
    ]


def test_a_run_in_a_frame_without_a_number_keeps_its_frame(tmp_path):
    home = tmp_path / "run"
    home.mkdir()
    frame = "+proj=laea +lat_0=11.5 +lon_0=104.8 +x_0=480000 +y_0=1280000 +datum=WGS84 +units=m"
    drawn.write_run(home, frame)
    answer = look(home, tmp_path)
    assert answer["project"]["crs_valid"]
    assert answer["project"]["unlisted"] == 0
    assert answer["project"]["drawn"]["colours"] > 100
    assert answer["messages"] == []


def test_the_time_slider_has_its_range_and_the_layers_their_time(full, empty):
    assert full[0]["project"]["times"] == ["2024-01-01", "2025-11-03"]
    assert empty["project"]["times"] == ["", ""]
    timed = {n for n, layer in full[0]["project"]["layers"].items() if layer["timed"]}
    assert timed >= {"compounds", "buildings", "changes", "coverage"}
    assert not timed & {"sites", "walls", "yards"}


def test_there_is_a_page_to_print_and_it_prints(full):
    [page] = full[0]["project"]["layouts"]
    assert page["ok"] == 0
    assert page["items"] == ["legend", "made", "map", "north", "notice", "scale", "title"]
    assert (full[1] / "map-page.png").stat().st_size > 20_000


def test_reviewers_choose_from_lists_and_write_notes(full):
    compounds = full[0]["package"]["compounds"]
    assert compounds["widgets"]["kind"] == compounds["widgets"]["corroboration"] == "ValueMap"
    assert compounds["widgets"]["note"] == "TextEdit"
