"""Whatever is touched in a run's folder is found, and named."""

# ruff: noqa: S608 - statements are put together from the test's own words

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aoi.outputs.custody import make_key, signed_by, timestamp_request
from aoi.outputs.leaving import Level
from aoi.outputs.manifest import hash_file, outputs_of, write_manifest
from aoi.outputs.manifest_read import read_manifest
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_chain import check, head_of
from aoi.review.said import Said
from aoi.runs.export import ExportRequest, run_export
from aoi.runs.verify import State, verify
from aoi.runs.verify_seal import seal_run
from geo.errors import InputError
from tests.aoi.outputs import drawn
from tests.aoi.runs.damage import edit, missed
from tests.conftest import needs

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
RUN = "r-20251103-drawn"
YES, NO = "c-0000000001", "c-0000000002"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A whole run with six decisions, sealed and signed."""
    folder = tmp_path_factory.mktemp("home") / "run"
    folder.mkdir()
    drawn.write_run(folder, name="Drawn Park")
    log = DecisionLog(folder, RUN)
    for number in range(5):
        log.append(Said(who="ana", candidate=f"c-{number:010x}", verdict="cannot_tell"), at=NOW)
    make_key(folder.parent / "key.pem")
    seal_run(folder, folder.parent / "key.pem", at=NOW)
    return folder


@pytest.fixture
def run(home, tmp_path):
    shutil.copytree(home.parent, tmp_path / "home")
    return tmp_path / "home" / "run"


def states(folder):
    return {c.what: c.state for c in verify(folder).checks if c.state is not State.WHOLE}


def test_a_run_that_nobody_touched_is_whole(run):
    custody = verify(run)
    assert states(run) == {}
    assert custody.code == 0
    assert custody.broken is None
    assert len(custody.checks) >= 7


def test_a_hundred_tampered_folders_are_all_found(run):
    """A byte here, a row there, a decision removed, a file gone: one at a time."""
    assert missed(run, run.parent / "drawn scene.tif") == []
    assert verify(run).code == 0


def test_the_first_broken_link_is_named(run):
    path = run / "decisions.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"c-0000000002"', b'"c-0000000009"'))
    broken = verify(run).broken
    assert broken.what == "decisions"
    assert "Decision 3" in broken.why
    (run / "rasters" / "scores.tif").unlink()
    assert verify(run).broken.what == "rasters/scores.tif"


def test_a_log_rewritten_from_its_beginning_is_betrayed_by_the_seal(run):
    log = (run / "decisions.jsonl").read_bytes().splitlines(keepends=True)
    shorter = b"".join(log[:-1])
    entries = check(shorter, None).entries
    (run / "decisions.jsonl").write_bytes(shorter)
    (run / "decisions.head").write_bytes(head_of(entries))
    broken = verify(run).broken
    assert broken.what == "seal.json"
    assert "decisions" in broken.why


def test_decisions_after_the_seal_are_no_break(run):
    DecisionLog(run, RUN).append(Said(who="ben", candidate=YES, verdict="cannot_tell"), at=NOW)
    assert verify(run).code == 0


def test_a_seal_made_anew_by_another_is_betrayed_by_the_key(run, tmp_path):
    mine = signed_by(run)
    (run / "report.html").write_text("another report")
    make_key(tmp_path / "thief.pem")
    seal_run(run, tmp_path / "thief.pem", at=NOW)
    assert verify(run, key=mine).broken.what == "signature"
    seal_run(run, None, at=NOW)
    assert "not signed" in verify(run, key=mine).broken.why


def test_a_package_that_was_only_opened_is_told_apart(run):
    edit(run / "stockade.gpkg", "UPDATE gpkg_contents SET last_change = '2026-02-02T00:00:00Z'")
    custody = verify(run)
    assert states(run) == {"stockade.gpkg": State.OPENED}
    assert custody.code == 3
    assert custody.broken is None


def test_an_edit_in_qgis_is_broken_until_it_stands_in_the_log(run):
    edit(
        run / "stockade.gpkg",
        f"UPDATE compounds SET verdict = 'not_a_compound', note = 'a mill' WHERE id = '{NO}'",
    )
    broken = verify(run).broken
    assert "compounds row 2 changed" in broken.why
    assert "stockade import" in broken.why
    undone = Said(who="ana", candidate=NO, verdict="not_a_compound", note="a mill")
    DecisionLog(run, RUN).append(undone, at=NOW)
    assert states(run) == {"stockade.gpkg": State.OPENED}


def test_an_edit_of_what_was_measured_never_counts_as_a_decision(run):
    edit(
        run / "stockade.gpkg",
        f"UPDATE compounds SET verdict = 'cannot_tell', score = 0.99 WHERE id = '{YES}'",
    )
    assert verify(run).broken.why.startswith("Changed by hand")


def test_rows_changed_together_with_their_hashes_are_found(run):
    edit(
        run / "stockade.gpkg",
        "UPDATE compounds SET score = 0.99 WHERE fid = 1",
        "DELETE FROM stockade_rows WHERE layer = 'compounds' AND fid = 1",
    )
    assert verify(run).broken.what == "stockade.gpkg"


def test_a_strangers_file_and_a_moved_picture_are_remarks(run):
    (run / "letter.txt").write_text("hello")
    (run.parent / "drawn scene.tif").rename(run.parent / "x.tif")
    told = states(run)
    assert told["letter.txt"] is State.UNKNOWN
    assert verify(run).code in (1, 3)


def test_an_export_is_checked_against_its_own_note(run, tmp_path):
    request = ExportRequest(folder=run, form="qgis", level=Level.PUBLIC, out=tmp_path / "out")
    run_export(request, at=NOW)
    assert verify(tmp_path / "out").code == 0
    path = tmp_path / "out" / "stockade.qgz"
    path.write_bytes(path.read_bytes()[:-1])
    assert verify(tmp_path / "out").broken.what == "stockade.qgz"


def test_neither_a_run_nor_an_export_is_misuse(tmp_path):
    with pytest.raises(InputError, match="neither"):
        verify(tmp_path)


def test_the_request_for_a_time_stamp_reads_in_openssl(run, tmp_path):
    openssl = shutil.which("openssl")
    needs(openssl, "openssl")
    answer = subprocess.run(
        [openssl, "ts", "-query", "-in", run / "seal.tsq", "-text"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    digits = "".join(
        part for line in answer.stdout.splitlines() if line.strip().startswith("00")
        for part in line.split(" - ")[1][:48].replace("-", " ").split()[:16]
    )  # fmt: skip
    assert "Hash Algorithm: sha256" in answer.stdout
    assert digits == hash_file(run / "seal.json")
    assert "Certificate required: yes" in answer.stdout
    assert timestamp_request(b"a") != timestamp_request(b"b")


def test_a_key_is_for_its_owner_and_never_written_over(tmp_path):
    make_key(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="exists already"):
        make_key(tmp_path / "key.pem")


def test_an_older_manifest_is_a_remark_and_a_changed_one_a_break(run):
    path = run / "manifest.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record))
    assert verify(run).checks[0].state is State.BROKEN
    del record["sealed"]
    path.write_text(json.dumps(record))
    assert verify(run).checks[0].state is State.UNKNOWN


def test_a_run_told_again_after_decisions_and_exports_is_no_break(run):
    """The same command writes the manifest anew, over a folder that holds more by now."""
    run_export(ExportRequest(folder=run, form="csv", level=Level.INTERNAL), at=NOW)
    manifest = read_manifest(run / "manifest.json")
    write_manifest(run / "manifest.json", replace(manifest, outputs=outputs_of(run)))
    seal_run(run, None, at=NOW)
    run_export(ExportRequest(folder=run, form="csv", level=Level.PUBLIC), at=NOW)
    DecisionLog(run, RUN).append(Said(who="ben", candidate=YES, verdict="cannot_tell"), at=NOW)
    assert verify(run).code == 0
