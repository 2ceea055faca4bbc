"""``stockade fetch`` as a person or a machine types it."""

import json

import pytest
from typer.testing import CliRunner

from aoi.cli import app, main
from aoi.runs import fetch as room
from geo.retry import Patience
from tests.aoi.runs.catalogue import FRAME, Archive, area
from tests.geo.sources.hostile import Server


@pytest.fixture
def archive(monkeypatch):
    """Two scenes; a program that does not wait long."""
    monkeypatch.setattr(room, "write_package", lambda *_: None)
    monkeypatch.setattr("geo.sources.named.Patience", lambda: Patience(tries=2, first=0.01))
    with Server() as server:
        archive = Archive(server)
        archive.add("a", 3)
        archive.add("b", 8, cloudy=slice(0, 250))
        yield archive
        server.shutdown()


@pytest.fixture
def words(archive, tmp_path) -> list[str]:
    """What every command here begins with."""
    return [
        "fetch", "--area", area(FRAME[60:200, 150:300]), "--source", archive.source,
        "--from", "2025-11-01", "--to", "2025-11-30", "--cache", str(tmp_path / "cache"),
    ]  # fmt: skip


def test_a_dry_run_shows_scenes_cloud_megabytes_and_requests(archive, words):
    told = CliRunner().invoke(app, [*words, "--dry-run"])
    assert told.exit_code == 0
    assert "2025-11-03T03:30   0% cloud" in told.stdout
    assert "2025-11-08T03:30  40% cloud" in told.stdout
    assert "2 passes of sentinel-2" in told.stdout
    assert "requests" in told.stdout
    assert not any(path.endswith(".tif") for _, path, _ in archive.server.log)


def test_a_machine_gets_the_same_as_json(words):
    told = json.loads(CliRunner().invoke(app, [*words, "--dry-run", "--json"]).stdout)
    assert [p["id"] for p in told["passes"]] == ["a", "b"]
    assert told["passes"][1]["cloud"] == 0.4
    assert told["crs"] == "EPSG:32648"
    assert told["bands"] == ["blue", "green", "red", "nir", "scl"]
    assert told["megabytes"] > 0
    assert told["requests"] >= 10


def test_a_fetch_with_a_gap_ends_with_three_and_names_it(archive, words, tmp_path):
    del archive.server.files["/b/nir.tif"]
    told = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "run")])
    assert told.exit_code == 3
    assert "1 of 2 passes" in told.stdout
    assert "Gap: nir of b" in told.stdout


def test_without_a_folder_there_is_nothing_but_a_dry_run(words, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["stockade", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--out is needed" in capsys.readouterr().err


def test_cloud_is_per_cent(words):
    told = json.loads(
        CliRunner().invoke(app, [*words, "--cloud", "20", "--dry-run", "--json"]).stdout
    )
    assert [p["id"] for p in told["passes"]] == ["a"]
