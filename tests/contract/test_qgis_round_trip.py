"""A reviewer edits in real QGIS, and what they said comes back."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely

from aoi.outputs.manifest import hash_file
from aoi.outputs.manifest_read import read_manifest
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import standing
from aoi.runs.import_back import run_import
from aoi.runs.verify import State, verify
from tests.aoi.outputs import drawn
from tests.conftest import needs

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
EDIT = Path(__file__).with_name("qgis_edit.py")
PYTHON = "/usr/bin/python3"
RUN = "r-20251103-drawn"


@pytest.fixture
def run(tmp_path):
    """A run's folder; skipped on a laptop without QGIS."""
    there = Path(PYTHON).exists() and not subprocess.run(
        [PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
    ).returncode  # fmt: skip
    needs(there, "QGIS with its Python (Debian: python3-qgis qgis-providers)")
    folder = tmp_path / "run"
    folder.mkdir()
    drawn.write_run(folder, name="Drawn Park")
    return folder


def in_qgis(run, what):
    (run.parent / "runtime").mkdir(mode=0o700, exist_ok=True)
    answer = subprocess.run(
        [PYTHON, EDIT, run / "stockade.gpkg", what],
        env={
            "PATH": os.environ["PATH"], "HOME": str(run.parent), "LC_ALL": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(run.parent / "runtime"),
        },
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert answer.stdout == "done", answer.stderr


def test_a_package_that_qgis_saved_without_a_change_still_proves_itself(run):
    in_qgis(run, "look")
    [output] = [o for o in read_manifest(run / "manifest.json").outputs if o.contents]
    assert hash_file(run / "stockade.gpkg") != output.sha256
    told = {check.what: check.state for check in verify(run).checks}
    assert told["stockade.gpkg"] is State.OPENED


def test_verdicts_notes_an_outline_and_a_new_layout_come_back_from_qgis(run):
    in_qgis(run, "edit")
    assert "stockade import" in verify(run).broken.why
    outcome = run_import(run, run / "stockade.gpkg", who="ana", at=NOW)
    assert outcome.conflicts == ()
    assert len(outcome.taken) == 4
    now = standing(DecisionLog(run, RUN).entries())
    mill = now["c-0000000002"]
    assert (mill.verdict, mill.note) == ("not_a_compound", "a mill")
    wanted = drawn.layers()["compounds"].geometry
    moved = shapely.from_wkt(now["c-0000000003"].outline)
    assert moved.centroid.y - wanted.iloc[2].centroid.y == pytest.approx(5)
    [new] = [name for name in now if name.startswith("p-")]
    assert now[new].verdict == "walled_compound"
    assert (now["x-1"].verdict, now["x-1"].note) == ("not_as_told", "a shadow")
    assert verify(run).broken is None
    assert run_import(run, run / "stockade.gpkg", who="ana", at=NOW).taken == ()
