"""Whose a folder is: what a run leaves there goes with it, and nothing else does."""

import json
import shutil

import geopandas as gpd
import pytest

from aoi.runs.audit import AUDIT_FILES, AuditRequest, run_audit
from aoi.runs.compare_outcome import FILES as PAIR_FILES
from aoi.runs.compare_request import PairRequest
from aoi.runs.fetch import run_fetch
from aoi.runs.folder import HOME, OURS, claim
from aoi.runs.handover import FILES as SCAN_FILES
from aoi.runs.monitor_tell import FILES as MONITOR_FILES
from aoi.runs.monitor_tell import run_monitor
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request
from geo.errors import UsageError
from tests.aoi.runs.conftest import court
from tests.aoi.runs.pair_world import place
from tests.aoi.runs.test_fetch import archive, request_of  # noqa: F401 - fixtures
from tests.aoi.runs.test_monitor import SITE, folder, outline, rows, words  # noqa: F401

WORDS = "decisions.jsonl"


def strange(run):
    """What lies there that no --overwrite would remove."""
    return {entry.name for entry in run.iterdir()} - {HOME, *OURS}


@pytest.fixture
def left(tmp_path):
    """A folder in which a run left all that any run leaves, and a reviewer some words."""
    run = tmp_path / "run"
    claim(run, "one", {"command": "one"}, overwrite=False)
    for name in OURS:
        if name in {"rasters", "curves"}:
            (run / name / "inner").mkdir(parents=True)
        elif name != "stockade.gpkg":
            (run / name).write_text("of the first run")
    (run / WORDS).write_text("a reviewer's")
    return run


def test_every_file_that_a_command_names_goes_with_its_run():
    assert {*SCAN_FILES, *PAIR_FILES, *AUDIT_FILES, *MONITOR_FILES} <= {*OURS}


def test_a_scan_leaves_only_what_goes_with_it(save, tmp_path):
    run_scan(Request(sources=(str(save(court())),), out=tmp_path / "run"))
    assert not strange(tmp_path / "run")


def test_a_fetch_leaves_only_what_goes_with_it(request_of, tmp_path):  # noqa: F811
    run_fetch(request_of())
    assert not strange(tmp_path / "run")


def test_a_monitor_leaves_only_what_goes_with_it_and_tables_that_run_nothing(
    folder, tmp_path  # noqa: F811
):  # fmt: skip
    asked = gpd.GeoDataFrame(
        {"id": ["way/1"], "name": ["=HYPERLINK(1)"]}, geometry=[outline(*SITE)], crs=4326
    )
    asked.to_file(tmp_path / "asked.geojson")
    run_monitor(words(folder, tmp_path / "run", places=tmp_path / "asked.geojson"))
    assert not strange(tmp_path / "run")
    [event] = rows(tmp_path / "run" / "events.csv")
    assert (event["event_id"], event["place_name"]) == ("way/1-1", "'=HYPERLINK(1)")
    coverage = gpd.read_file(tmp_path / "run" / "stockade.gpkg", layer="coverage")
    assert coverage["valid_share"].notna().any()
    assert coverage["cloud_share"].isna().all(), "nothing tells of cloud in plain pictures"


def test_an_audit_leaves_only_what_goes_with_it(save, tmp_path, monkeypatch, colour_net):
    monkeypatch.setattr("aoi.runs.compare.load_net", lambda _path=None: colour_net)
    monkeypatch.setattr("aoi.runs.audit._need_pdf", lambda: None)
    monkeypatch.setattr("aoi.runs.audit.write_pdf", lambda path, _: path.write_text("pdf"))
    one, other = save(place("a"), "p_20250301.tif"), save(place(), "p_20251209.tif")
    pair = PairRequest(before=one, after=other, out=tmp_path / "run")
    run_audit(AuditRequest(pair=pair, claims=("1 of 1 demolished by 2025-12-09",), pdf=True))
    assert (tmp_path / "run" / "audit.pdf").exists()
    assert not strange(tmp_path / "run")


def test_a_run_thrown_away_leaves_nothing_but_the_words_of_reviewers(left):
    with pytest.raises(UsageError, match="another run"):
        claim(left, "other", {}, overwrite=False)
    assert (left / "audit.pdf").exists()
    claim(left, "other", {}, overwrite=True)
    assert {entry.name for entry in left.iterdir()} == {HOME, WORDS, "rasters"}
    assert not list((left / "rasters").iterdir())
    assert json.loads((left / HOME / "run.json").read_text())["key"] == "other"


@pytest.mark.parametrize("spared", range(0, 18, 3))
def test_killed_while_it_makes_room_the_next_start_finishes_it(left, monkeypatch, spared):
    gone = []

    def dying(real):
        def remove(path, **more):
            if len(gone) == spared:
                raise KeyboardInterrupt
            gone.append(path)
            real(path, **more)

        return remove

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", dying(type(left).unlink))
        patch.setattr(shutil, "rmtree", dying(shutil.rmtree))
        with pytest.raises(KeyboardInterrupt):
            claim(left, "other", {}, overwrite=True)
    claim(left, "other", {}, overwrite=spared == 0)
    assert {entry.name for entry in left.iterdir()} == {HOME, WORDS, "rasters"}
    assert not list((left / "rasters").iterdir())
