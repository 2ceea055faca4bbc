"""Exports of a whole run: every form at every level, and no place that leaks."""

import contextlib
import csv
import io
import json
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
from PIL import Image

from aoi.outputs.leaving import Level
from aoi.outputs.levels import Wishes
from aoi.outputs.manifest import hash_file
from aoi.review.decisions import DecisionLog
from aoi.review.said import Said
from aoi.runs.export import ExportRequest, run_export
from aoi.runs.export_forms import FORMS
from aoi.runs.export_found import read_found, secret_of
from aoi.runs.export_note import note_of
from geo.errors import InputError, OutputError, UsageError
from models.data import read_patches, read_sets
from tests.aoi.outputs import drawn

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
YES, NO, OPEN, UNSURE = (f"c-{n:010x}" for n in range(1, 5))
RUN = "r-20251103-drawn"


@pytest.fixture(autouse=True)
def _no_pdf(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with one layout of each fate."""
    folder = tmp_path_factory.mktemp("home") / "run"
    folder.mkdir()
    drawn.write_run(folder, name="Drawn Park")
    log = DecisionLog(folder, RUN)
    shape = drawn.layers()["compounds"].geometry.iloc[0].buffer(1.0, join_style="mitre")
    log.append(
        [
            Said(who="ana", candidate=YES, verdict="walled_compound", kind="closed_compound",
                 note="gate in the north", outline=shape.wkt),
            Said(who="ana", candidate=NO, verdict="not_a_compound", kind="factory",
                 tags=("not enclosed",)),
            Said(who="ana", candidate=UNSURE, verdict="cannot_tell"),
        ],
        at=NOW,
    )  # fmt: skip
    return folder


def export(run, form, level, out, **wishes):
    wish = Wishes(licence="CC0-1.0", **wishes)
    request = ExportRequest(folder=run, form=form, level=Level(level), out=out, wishes=wish)
    return run_export(request, at=NOW)


def test_what_people_decided_is_laid_on_what_was_found(run):
    found = read_found(run)
    rows = found.layers["compounds"].set_index("id")
    assert rows["verdict"][YES] == "walled_compound"
    assert rows["note"][YES] == "gate in the north"
    assert rows["area_ha"][YES] == pytest.approx(122 * 92 / 1e4)
    assert rows["verdict"].isna()[OPEN]
    assert found.settled[NO] == "not_a_compound"
    assert found.decisions == 4


MAIN = {
    "qgis": ["stockade.gpkg", "stockade.qgz"],
    "kml": ["stockade.kml"],
    "kmz": ["stockade.kmz"],
    "csv": ["compounds.csv", "buildings.csv"],
    "stac": ["catalog.json", f"{RUN}/collection.json", "data/compounds.parquet"],
    "labels": ["sets.toml", "layouts.geojson"],
    "dossier": ["dossier.html", f"layouts/{YES}.html"],
}
"""Files that one looks for first."""


@pytest.mark.parametrize("form", FORMS)
def test_every_form_leaves_whole_with_its_hashes(run, tmp_path, form):
    outcome = export(run, form, "internal", tmp_path / "out")
    note = note_of(tmp_path / "out")
    assert {one["path"] for one in note["files"]} | {"export.json"} == set(outcome.files)
    assert all(hash_file(tmp_path / "out" / o["path"]) == o["sha256"] for o in note["files"])
    assert outcome.gaps == ()
    assert outcome.layouts == 4
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    assert set(MAIN.get(form, ())) <= set(outcome.files)


def readable(path):
    """Everything a reader could find in a file, as text."""
    if path.suffix in {".kmz", ".qgz"}:
        with zipfile.ZipFile(path) as bundle:
            parts = [(n, bundle.read(n)) for n in bundle.namelist()]
        return " ".join(n + " " + (b"" if n.endswith("jpg") else b).decode() for n, b in parts)
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        rows = gpd.read_parquet(path)
        return f"{table.schema.metadata} {rows.to_json(to_wgs84=True)} {rows.to_csv()}"
    if path.suffix in {".fgb", ".pmtiles", ".gpkg"}:
        text = path.read_bytes().decode("latin-1") if path.suffix == ".gpkg" else ""
        for name, kind in pyogrio.list_layers(path):
            rows = pyogrio.read_dataframe(path, layer=name)
            text += rows.to_csv()
            if kind is not None and rows.crs is not None:
                text += rows.to_crs(4326).to_json()
        return text
    if path.suffix in {".jpg", ".tif", ".safetensors", ".pdf"}:
        return ""
    return path.read_text("utf-8-sig")


def pictures(path):
    if path.suffix == ".kmz":
        with zipfile.ZipFile(path) as bundle:
            found = [bundle.read(n) for n in bundle.namelist() if n.endswith("jpg")]
        return [Image.open(io.BytesIO(one)) for one in found]
    return [Image.open(path)] if path.suffix == ".jpg" else []


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """One run twice, nothing judged; the second lies 40 m further east, in the same cells."""
    folders = []
    for step in (0.0, 40.0):
        folder = tmp_path_factory.mktemp("home") / "11.5789_104.8163 run"
        (folder / ".stockade").mkdir(parents=True)
        (folder / ".stockade" / "export.key").write_text("ab" * 32)
        drawn.EAST += step
        try:
            drawn.write_run(folder, name="Drawn Park")
        finally:
            drawn.EAST -= step
        record = json.loads((folder / "manifest.json").read_text())
        mine = record["inputs"][0] | {"role": "sites", "scene_id": "", "stretch": {}}
        record["inputs"].append(mine)  # sites that move along would be no register
        (folder / "manifest.json").write_text(json.dumps(record))
        folders.append(folder)
    return folders


@pytest.mark.parametrize("level", ["partner", "public"])
@pytest.mark.parametrize("form", [form for form in FORMS if form != "labels"])
def test_no_place_leaks_by_number_name_picture_or_file(twins, tmp_path, form, level):
    """Whatever moves with a layout inside its cell would tell where it lies: nothing may."""
    outs = tmp_path / "one", tmp_path / "two"
    for run, out in zip(twins, outs, strict=True):
        with contextlib.suppress(
            InputError
        ):  # nothing leaves, and the form must hold something
            export(run, form, level, out)
    files = sorted(p.relative_to(outs[0]) for p in outs[0].rglob("*") if p.is_file())
    assert files or level == "public"
    assert files == sorted(p.relative_to(outs[1]) for p in outs[1].rglob("*") if p.is_file())
    for name in files:
        assert (outs[0] / name).read_bytes() == (outs[1] / name).read_bytes(), name
        text = readable(outs[0] / name) + name.as_posix()
        for word in (
            YES,
            OPEN,
            "drawn-2025",
            "drawn scene",
            "11.5789",
            "104.8163",
            "data:image",
        ):
            assert word not in text, (name, word)
        assert pictures(outs[0] / name) == []


def test_the_same_run_moved_differs_for_the_desk_itself(twins, tmp_path):
    """The test above would mean nothing if exports never differed."""
    for run, out in zip(twins, ("one", "two"), strict=True):
        export(run, "csv", "internal", tmp_path / out)
    one, two = ((tmp_path / out / "compounds.csv").read_bytes() for out in ("one", "two"))
    assert one != two


def test_pictures_that_leave_are_coarse_and_of_judged_layouts_only(run, tmp_path):
    export(run, "kmz", "public", tmp_path / "out")
    [image] = pictures(tmp_path / "out" / "stockade.kmz")
    assert max(image.size) <= (122 + 2 * 43) / 2.0 + 2
    assert not image.getexif()


def test_licensed_pixels_stay_unless_their_licence_is_told(run, tmp_path):
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["inputs"][0]["licence"] == "CC0-1.0"
    other = tmp_path / "run"
    other.mkdir()
    drawn.write_run(other, name="Drawn Park")
    record = json.loads((other / "manifest.json").read_text())
    record["inputs"][0]["licence"] = "Maxar end user licence"
    (other / "manifest.json").write_text(json.dumps(record))
    DecisionLog(other, RUN).append(
        Said(who="ana", candidate=YES, verdict="walled_compound"), at=NOW
    )
    outcome = export(other, "kmz", "public", tmp_path / "out")
    assert pictures(tmp_path / "out" / "stockade.kmz") == []
    assert any("pictures" in one.what for one in outcome.withheld)


def test_the_export_tells_what_stayed_at_home(run, tmp_path):
    export(run, "csv", "public", tmp_path / "out")
    note = note_of(tmp_path / "out")
    assert note["layouts"] == note["exact"] == 1
    assert all(one["why"] for one in note["withheld"])
    assert "manifest_sha256" not in note
    with (tmp_path / "out" / "compounds.csv").open(encoding="utf-8-sig") as file:
        [row] = csv.DictReader(file)
    assert (row["note"], row["verdict"]) == ("", "walled_compound")


def test_labels_are_what_training_takes(run, tmp_path):
    export(run, "labels", "internal", tmp_path / "out")
    sets = read_sets(tmp_path / "out" / "sets.toml")
    patches = {p.name: p for p in read_patches(sets, tmp_path / "out", split="train")}
    yes, no = patches[f"{YES}.tif"].labels["yard"], patches[f"{NO}.tif"].labels["yard"]
    assert set(np.unique(yes)) == {1, 255}
    assert set(np.unique(no)) == {0, 255}
    assert (yes == 1).sum() * 0.25 == pytest.approx(120 * 90, rel=0.02)
    rows = json.loads((tmp_path / "out" / "layouts.geojson").read_text())["features"]
    assert {f["properties"]["verdict"] for f in rows} == {
        "walled_compound", "not_a_compound", "cannot_tell",
    }  # fmt: skip


def test_labels_for_others_than_the_desk_are_refused(run, tmp_path):
    with pytest.raises(UsageError, match="desk itself"):
        export(run, "labels", "partner", tmp_path / "out")


def test_a_folder_that_is_no_export_is_left_alone(run, tmp_path):
    (tmp_path / "letters").write_text("mine")
    with pytest.raises(UsageError, match="no export"):
        export(run, "csv", "public", tmp_path)
    assert (tmp_path / "letters").read_text() == "mine"
    export(run, "csv", "public", tmp_path / "out")
    export(run, "kml", "public", tmp_path / "out")
    assert not (tmp_path / "out" / "compounds.csv").exists()


def test_a_picture_that_is_gone_is_a_gap_not_the_end(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    drawn.write_run(folder)
    (tmp_path / "drawn scene.tif").rename(tmp_path / "elsewhere.tif")
    outcome = export(folder, "kmz", "internal", tmp_path / "out")
    assert "not where it was" in outcome.gaps[0]
    assert outcome.layouts == 4


def test_no_run_and_another_runs_decisions_are_refused(run, tmp_path):
    with pytest.raises(InputError, match="no run"):
        export(tmp_path, "csv", "public", tmp_path / "out")
    folder = tmp_path / "run"
    folder.mkdir()
    drawn.write_run(folder)
    DecisionLog(folder, "r-other").append(
        Said(who="ana", candidate=YES, verdict="cannot_tell"), at=NOW
    )
    with pytest.raises(InputError, match="belong to run r-other"):
        export(folder, "csv", "public", tmp_path / "out")


def test_the_key_of_names_is_for_its_owner_only(run):
    export_key = Path(run / ".stockade" / "export.key")
    read_found(run)
    assert export_key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("call", ["os.open", "os.fdopen", "secrets.token_hex", "os.fsync"])
def test_a_kill_while_the_key_is_made_leaves_none_behind(tmp_path, monkeypatch, call):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(call, killed)
        with pytest.raises(KeyboardInterrupt):
            secret_of(tmp_path)
    assert not (tmp_path / ".stockade" / "export.key").exists()
    assert len(secret_of(tmp_path)) == 32


def test_many_who_want_the_key_at_once_get_the_same(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(secret_of, [tmp_path] * 16))
    assert found == {secret_of(tmp_path)}


@pytest.mark.parametrize("damaged", [b"", b"ab" * 31, b"ab" * 33, b"xy" * 32, b"\xff" * 64])
def test_a_key_that_could_be_guessed_is_refused(tmp_path, damaged):
    (tmp_path / ".stockade").mkdir()
    (tmp_path / ".stockade" / "export.key").write_bytes(damaged)
    with pytest.raises(OutputError, match="64 hexadecimal digits"):
        secret_of(tmp_path)
