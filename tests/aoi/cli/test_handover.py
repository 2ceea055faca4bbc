"""The three commands as a person types them: words, exit codes, JSON."""

import json

import pytest
from typer.testing import CliRunner

from aoi.cli import app
from tests.aoi.outputs import drawn


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    drawn.write_run(folder, name="Drawn Park")
    return folder


def typed(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_an_export_is_for_the_public_unless_said_otherwise(run):
    answer = typed("export", run, "--as", "csv")
    assert answer.exit_code == 0
    assert "0 layouts went out" in answer.stdout
    assert "withheld: 4 layouts" in answer.stdout
    assert (run / "exports" / "csv-public" / "export.json").is_file()


def test_export_edit_import_verify_go_together(run):
    assert typed("export", run, "--as", "kml", "--level", "internal").exit_code == 0
    path = run / "exports" / "kml-internal" / "stockade.kml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("verdict: \n", "verdict: not\n", 1), "utf-8")
    answer = typed("import", run, path, "--by", "ana", "--json")
    assert (answer.exit_code, len(json.loads(answer.stdout)["taken"])) == (0, 1)
    answer = typed("verify", run, "--json")
    assert (answer.exit_code, json.loads(answer.stdout)["broken"]) == (0, None)


def test_a_broken_run_is_told_and_never_sealed(run):
    (run / "stockade.qgz").write_bytes(b"another")
    answer = typed("verify", run, "--seal")
    assert answer.exit_code == 1
    assert "BROKEN at stockade.qgz" in answer.stdout
    assert not (run / "seal.json").exists()


def test_a_key_is_made_shown_and_used(run, tmp_path):
    answer = typed("verify", run, "--new-key", tmp_path / "desk.pem")
    assert answer.exit_code == 0
    public = answer.stdout.splitlines()[0].rsplit(": ", 1)[1]
    assert typed("verify", run, "--key", public).exit_code == 0
    assert typed("verify", run, "--key", "other").exit_code == 1


def test_words_that_fit_nothing_are_misuse(run):
    for words in (("--as", "doc"), ("--as", "csv", "--level", "friends")):
        answer = typed("export", run, *words)
        assert "takes" in str(answer.exception)
