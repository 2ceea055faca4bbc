"""``stockade monitor`` as a person or a machine types it."""

import json

import pytest
from typer.testing import CliRunner

from aoi.cli import app, main
from tests.aoi.runs.test_monitor import SITE, folder, outline  # noqa: F401 - a fixture


@pytest.fixture
def words(folder, tmp_path) -> list[str]:  # noqa: F811
    """What every command here begins with."""
    bounds = ",".join(f"{v:.6f}" for v in outline().bounds)
    return [
        "monitor", "--area", bounds, "--source", str(folder), "--from", "2019-01-01",
        "--to", "2023-01-01", "--out", str(tmp_path / "run"), "--workers", "1",
    ]  # fmt: skip


def test_a_machine_gets_events_with_their_brackets(words):
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    [event] = told["events"]
    assert event["kind"] == "built"
    assert event["begun_after"].endswith("Z")
    assert event["begun_after"] < event["begun_before"]
    assert told["looks"] == {"pictures": 22}
    assert told["code"] == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("--from", "2024-01-01"), "--from 2024-01-01 lies after --to"),
        (("--from", "yesterday"), "--from"),
        (("--source", "nowhere"), "There is no folder nowhere"),
        (("--area", "atlantis"), "atlantis"),
        (("--min-area", "0"), "--min-area takes hectares"),
        (("--places", "nothing.gpkg"), "nothing.gpkg"),
    ],
)
def test_bad_words_get_one_sentence_and_no_traceback(
    words, change, sentence, monkeypatch, capsys
):
    at = words.index(change[0]) + 1 if change[0] in words else None
    told = [*words, *change] if at is None else [*words[:at], change[1], *words[at + 1 :]]
    monkeypatch.setattr("sys.argv", ["stockade", *told])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code in (1, 2)
    assert sentence in said
    assert "Traceback" not in said


def test_the_help_tells_what_a_bracket_is():
    said = " ".join(CliRunner().invoke(app, ["monitor", "--help"]).stdout.split())
    assert "the last usable look without it" in said
    assert SITE
