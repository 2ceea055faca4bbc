"""Layouts that people drew: one name for one outline, however often its file comes back."""

# ruff: noqa: S608 - statements are put together from the test's own words

import pytest
import shapely

from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import Status
from aoi.review.said import Said
from aoi.runs.verify import verify
from tests.aoi.outputs import drawn
from tests.aoi.runs.damage import edit
from tests.aoi.runs.test_import_back import NOW, RUN, _blob, back, now

HUT = shapely.box(480_000, 1_279_700, 480_060, 1_279_740)


@pytest.fixture
def run(tmp_path):
    """A run in whose package somebody drew one layout, without a word, and brought it home."""
    folder = tmp_path / "run"
    folder.mkdir()
    drawn.write_run(folder, name="Drawn Park")
    edit(
        folder / "stockade.gpkg", f"INSERT INTO compounds (geom) VALUES (x'{_blob(HUT).hex()}')"
    )
    assert len(back(folder, folder / "stockade.gpkg").taken) == 1
    return folder


def typed(run, words):
    edit(run / "stockade.gpkg", f"UPDATE compounds SET {words} WHERE id IS NULL")


def hut(run):
    [name] = [n for n in now(run) if n.startswith("p-")]
    return name, now(run)[name]


def test_a_verdict_given_after_the_first_import_is_taken(run):
    typed(run, "verdict = 'walled_compound', note = 'a gate'")
    assert "Run stockade import" in verify(run).broken.why
    outcome = back(run, run / "stockade.gpkg")
    name, stands = hut(run)
    assert outcome.taken == (f"{name}: verdict walled_compound, a note",)
    assert (stands.verdict, stands.note) == ("walled_compound", "a gate")
    assert verify(run).broken is None
    again = back(run, run / "stockade.gpkg")
    assert (again.taken, again.conflicts, again.absent) == ((), (), 0)


def test_a_verdict_changed_in_the_file_is_taken_while_nobody_else_spoke(run):
    typed(run, "verdict = 'walled_compound'")
    back(run, run / "stockade.gpkg")
    typed(run, "verdict = 'not_a_compound'")
    assert len(back(run, run / "stockade.gpkg").taken) == 1
    assert hut(run)[1].verdict == "not_a_compound"


def test_a_verdict_that_another_gave_at_home_is_not_overwritten(run):
    name, _ = hut(run)
    DecisionLog(run, RUN).append(
        Said(who="eva", candidate=name, verdict="not_a_compound"), at=NOW
    )
    typed(run, "verdict = 'walled_compound'")
    outcome = back(run, run / "stockade.gpkg")
    assert outcome.taken == ()
    assert [(c.layout, c.why.split()[1]) for c in outcome.conflicts] == [(name, "verdict")]
    assert (hut(run)[1].status, hut(run)[1].verdict) == (Status.JUDGED, "not_a_compound")


def test_an_outline_moved_at_home_is_not_moved_back_by_its_old_file(run):
    name, _ = hut(run)
    moved = shapely.affinity.translate(HUT, 0, 9).wkt
    DecisionLog(run, RUN).append(
        Said(who="ben", candidate=name, verdict="walled_compound", outline=moved), at=NOW
    )
    assert back(run, run / "stockade.gpkg").taken == ()


def test_a_kind_without_a_verdict_is_listed(run):
    typed(run, "kind = 'factory', corroboration = 'corroborated'")
    outcome = back(run, run / "stockade.gpkg")
    assert sorted(c.why for c in outcome.conflicts) == [
        "The corroboration 'corroborated' needs a verdict.",
        "The kind 'factory' needs a verdict.",
    ]
    assert outcome.taken == ()


def test_a_kind_without_a_verdict_is_listed_when_its_outline_is_new(run):
    other = _blob(shapely.affinity.translate(HUT, 0, 99)).hex()
    edit(
        run / "stockade.gpkg",
        f"INSERT INTO compounds (geom, kind) VALUES (x'{other}', 'factory')",
    )
    outcome = back(run, run / "stockade.gpkg")
    assert [c.why for c in outcome.conflicts] == ["The kind 'factory' needs a verdict."]
    assert [text.partition(": ")[2] for text in outcome.taken] == ["an outline"]
