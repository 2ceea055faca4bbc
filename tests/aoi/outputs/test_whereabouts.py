"""A picture is found from anywhere, or somebody says where it is, or a sentence does."""

import shutil
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from aoi.cli import app
from aoi.outputs.manifest import write_manifest
from aoi.outputs.manifest_read import is_as_sealed, read_manifest
from aoi.outputs.whereabouts import find_again
from geo.errors import InputError
from tests.aoi.outputs import drawn

SCORES = "drawn-2025-11-03_scores.tif"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run begun beside its picture, whose path was given as the picture's bare name."""
    folder = tmp_path / "desk" / "run"
    folder.mkdir(parents=True)
    drawn.write_run(folder)
    monkeypatch.chdir(folder.parent)
    manifest = read_manifest(folder / "manifest.json")
    given = replace(manifest.inputs[0], path="drawn scene.tif", absolute="", from_run="")
    write_manifest(folder / "manifest.json", replace(manifest, inputs=(given,)))
    return folder


def picture(run):
    [one] = read_manifest(run / "manifest.json").inputs
    return one


def test_the_manifest_notes_the_place_and_stays_sealed(run):
    one = picture(run)
    assert one.path == "drawn scene.tif"
    assert one.absolute == str(run.parent / "drawn scene.tif")
    assert one.from_run == "../drawn scene.tif"
    assert is_as_sealed(run / "manifest.json")


def test_a_picture_is_found_from_any_folder(run, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert find_again(run, picture(run)).samefile(tmp_path / "desk" / "drawn scene.tif")


def test_run_and_picture_moved_together_are_found_together(run, tmp_path):
    shutil.move(run.parent, tmp_path / "moved")
    moved = tmp_path / "moved" / "run"
    assert find_again(moved, picture(moved)).samefile(tmp_path / "moved" / "drawn scene.tif")


def test_a_run_that_moved_alone_finds_its_picture_where_that_was(run, tmp_path):
    away = shutil.move(run, tmp_path / "run")
    assert find_again(away, picture(away)).samefile(tmp_path / "desk" / "drawn scene.tif")


@pytest.mark.parametrize("name", ["drawn scene.tif", "deep/down/renamed.tif"])
def test_where_a_picture_is_now_can_be_said(run, tmp_path, name):
    there = tmp_path / "disk" / name
    there.parent.mkdir(parents=True)
    (run.parent / "drawn scene.tif").rename(there)
    one = picture(run)
    assert find_again(run, one, places=[tmp_path / "disk"]) == there
    assert find_again(run, one, places=[there]) == there
    with pytest.raises(InputError, match=r"is not where it was \(.*--pictures FOLDER"):
        find_again(run, one)


def test_another_file_of_the_same_name_and_size_is_not_taken_where_one_says_it_is(
    run, tmp_path
):
    (tmp_path / "disk").mkdir()
    body = (run.parent / "drawn scene.tif").read_bytes()
    (tmp_path / "disk" / "drawn scene.tif").write_bytes(body[:-1] + b"x")
    (run.parent / "drawn scene.tif").unlink()
    with pytest.raises(InputError, match="and not in"):
        find_again(run, picture(run), places=[tmp_path / "disk"])


def test_another_file_where_it_was_is_told_apart_by_its_size(run):
    (run.parent / "drawn scene.tif").write_bytes(b"short")
    with pytest.raises(InputError, match="another file than the one the run saw"):
        find_again(run, picture(run))


def test_explain_draws_from_any_folder_and_says_what_it_did_not_find(
    run, tmp_path, monkeypatch
):
    (run / "rasters" / "scores.tif").rename(run / "rasters" / SCORES)
    drawn.rasterio.open(run / "rasters" / SCORES, "r+").descriptions = drawn.HEADS
    monkeypatch.chdir(tmp_path)
    words = ["explain", str(run), "1", "--out", str(tmp_path / "one.png")]
    assert "Without the picture" not in CliRunner().invoke(app, words).stderr
    (tmp_path / "disk").mkdir()
    (run.parent / "drawn scene.tif").rename(tmp_path / "disk" / "x.tif")
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0
    assert "Without the picture. drawn scene.tif is not where it was" in answer.stderr
    said = CliRunner().invoke(app, [*words, "--pictures", str(tmp_path / "disk")])
    assert "Without the picture" not in said.stderr
