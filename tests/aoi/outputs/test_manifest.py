"""The record of a run: complete, readable by people and machines, and never half true."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from aoi.outputs.manifest import (
    Manifest,
    hash_file,
    input_of,
    outputs_of,
    utc,
    versions_of,
    write_manifest,
)
from aoi.outputs.manifest_read import read_manifest
from geo.errors import InputError

PLAIN = Manifest(run_id="r", command="stockade scan", started="2026-01-05T08:00:00Z",
                 finished="2026-01-05T08:01:00Z")  # fmt: skip


def full(tmp_path):
    """A manifest with something in every part."""
    scene = tmp_path / "scene ទី.tif"
    scene.write_bytes(b"pixels")
    (tmp_path / "run" / "rasters").mkdir(parents=True)
    (tmp_path / "run" / "report.html").write_text("page")
    (tmp_path / "run" / "rasters" / "scores.tif").write_bytes(b"scores")
    (tmp_path / "run" / "manifest.json").write_text("old")
    (tmp_path / "run" / ".part").write_text("half")
    return replace(
        PLAIN,
        inputs=(input_of(scene, licence="CC0-1.0", stretch={"low": [1.0, 2.0, 3.0]}),),
        outputs=outputs_of(tmp_path / "run"),
        areas=({"name": "drawn", "seen_ha": 8.5},),
        timings={"predict": 1.25},
        counts={"compounds": 4},
        model={"name": "net", "card_sha256": "ab"},
        notes=("One tile was clouded.",),
    )


def test_what_was_written_is_read_back(tmp_path):
    manifest = full(tmp_path)
    path = write_manifest(tmp_path / "manifest.json", manifest)
    back = read_manifest(path)
    [noted] = back.inputs
    assert noted.absolute.endswith(noted.path.rpartition("/")[2])  # where it lies, beside it
    assert replace(back, inputs=(replace(noted, absolute="", from_run=""),)) == manifest


def test_keys_are_sorted_and_text_stays_readable(tmp_path):
    text = write_manifest(tmp_path / "manifest.json", full(tmp_path)).read_text("utf-8")
    record = json.loads(text)
    assert list(record) == sorted(record)
    assert "ទី" in text
    assert text.endswith("}\n")


def test_hashes_are_those_of_the_bytes(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"x" * 3_000_000)
    assert hash_file(file) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert input_of(file).size == 3_000_000


def test_outputs_are_everything_but_the_manifest_and_hidden_files(tmp_path):
    manifest = full(tmp_path)
    assert [output.path for output in manifest.outputs] == ["rasters/scores.tif", "report.html"]
    assert manifest.outputs[1].sha256 == hashlib.sha256(b"page").hexdigest()


def test_times_are_utc_to_the_second():
    there = datetime(2026, 1, 5, 15, 0, 0, 5, tzinfo=timezone(timedelta(hours=7)))
    assert utc(there) == utc(there.astimezone(UTC)) == "2026-01-05T08:00:00Z"
    with pytest.raises(InputError, match="zone"):
        utc(datetime(2026, 1, 5))  # noqa: DTZ001


def test_numbers_that_json_cannot_hold_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match="JSON"):
        write_manifest(tmp_path / "manifest.json", replace(PLAIN, timings={"x": float("nan")}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("{", "not a manifest that can be read"), ("[]", "no schema"), ("{}", "no schema"),
     ('{"schema": 99}', "newer Stockade"), ('{"schema": 1}', "does not read as a manifest"),
     ('{"schema": 1, "inputs": [{"colour": 1}]}', "does not read as a manifest")],
)  # fmt: skip
def test_a_broken_manifest_is_told_in_a_sentence(tmp_path, text, wanted):
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(InputError, match=wanted):
        read_manifest(path)


def test_a_folder_without_a_manifest_is_no_run(tmp_path):
    with pytest.raises(InputError, match="holds no run"):
        read_manifest(tmp_path / "manifest.json")


def test_a_file_that_cannot_be_hashed_is_told_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be hashed"):
        hash_file(tmp_path)


def test_versions_name_python_and_what_can_change_a_result():
    versions = versions_of()
    assert {"python", "numpy", "torch", "rasterio"} <= set(versions)
    assert "nonsense" not in versions_of(["nonsense"])
