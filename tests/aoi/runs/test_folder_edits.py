"""Telling a run again never throws away an evening in QGIS."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import geopandas as gpd
import pytest

from aoi.runs.folder_edits import mind_edits
from aoi.runs.import_back import run_import
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request
from geo.errors import UsageError
from tests.aoi.outputs import drawn
from tests.aoi.runs.conftest import court

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def edited(package, verdict="walled_compound"):
    """Set a verdict as QGIS would: in the file, and nowhere else."""
    with closing(sqlite3.connect(package)) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')  # they call functions that only GDAL has
        db.execute("UPDATE compounds SET verdict = ? WHERE rank = 1", (verdict,))
        db.commit()


def test_a_scan_run_again_refuses_to_overwrite_edits_until_they_were_imported(save, tmp_path):
    out = tmp_path / "run"
    request = Request(sources=(str(save(court())),), out=out, device="cpu")
    run_scan(request)
    run_scan(request)  # nothing was edited: told again without a word
    edited(out / "stockade.gpkg")
    before = (out / "stockade.gpkg").read_bytes()
    with pytest.raises(UsageError, match=r"was edited .* stockade import"):
        run_scan(request)
    assert (out / "stockade.gpkg").read_bytes() == before
    assert len(run_import(out, out / "stockade.gpkg", who="ana", at=NOW).taken) == 1
    run_scan(request)
    assert gpd.read_file(out / "stockade.gpkg", layer="compounds")["verdict"].isna().all()


def test_a_run_thrown_away_on_purpose_leaves_its_edits_beside_it(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    drawn.write_run(run)
    mind_edits(run, "r-20251103-drawn", overwrite=True)
    assert not list(tmp_path.glob("*.gpkg"))
    edited(run / "stockade.gpkg")
    for number in (1, 2):
        mind_edits(run, "r-20251103-drawn", overwrite=True)
        copy = tmp_path / f"run-edited-{number}.gpkg"
        assert copy.read_bytes() == (run / "stockade.gpkg").read_bytes()


def test_a_folder_without_a_package_or_with_a_broken_one_is_let_be(tmp_path):
    mind_edits(tmp_path, "r-0", overwrite=False)
    (tmp_path / "stockade.gpkg").write_bytes(b"no package")
    mind_edits(tmp_path, "r-0", overwrite=False)
    [left] = tmp_path.rglob("*")
    assert left.read_bytes() == b"no package"
