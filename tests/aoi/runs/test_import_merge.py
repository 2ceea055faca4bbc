"""What both sides changed: a judgement is taken whole or not at all, and the rest is listed."""

# ruff: noqa: S608 - statements are put together from the test's own words

from concurrent.futures import ThreadPoolExecutor

import pytest

from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import Status
from aoi.review.said import Said
from tests.aoi.outputs import drawn
from tests.aoi.runs.damage import edit
from tests.aoi.runs.test_import_back import NOW, OPEN, RUN, back, export, kml, now

ROWS = 6
"""Of the drawn package: four layouts and two changes."""

NOTES = (
    "First look.\n\nSecond look: a school.",
    "gap < 5 m wide, wall > 3 m",
    "A &amp; B",
    "seen twice\nverdict: see below\n\nnote: the gate",
    "  two\r\n\r\ngates  ",
)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "home" / "run"
    folder.mkdir(parents=True)
    drawn.write_run(folder, name="Drawn Park")
    return folder


def say(run, **words):
    DecisionLog(run, RUN).append(Said(**{"who": "eva", "candidate": OPEN} | words), at=NOW)


def typed(package, **words):
    """What a person types into a row in QGIS."""
    told = ", ".join(f"{column} = '{value}'" for column, value in words.items())
    edit(package, f"UPDATE compounds SET {told} WHERE id = '{OPEN}'")


def words_of(outcome):
    return {conflict.why.split()[1] for conflict in outcome.conflicts}


@pytest.mark.parametrize("who", ["ben", "eva"])
def test_a_verdict_that_is_refused_takes_nothing_of_its_judgement_along(run, who):
    say(run, verdict="not_a_compound")
    typed(run / "stockade.gpkg", verdict="walled_compound", kind="factory", note="two gates")
    outcome = back(run, run / "stockade.gpkg", who)
    assert outcome.taken == (f"{OPEN}: a note",)
    assert words_of(outcome) == {"verdict", "kind"}
    assert (now(run)[OPEN].status, now(run)[OPEN].verdict) == (Status.JUDGED, "not_a_compound")
    assert outcome.unchanged == ROWS - 1


@pytest.mark.parametrize("who", ["ben", "eva"])
def test_a_kind_alone_does_not_bring_the_verdict_of_an_older_day_back(run, who):
    say(run, verdict="walled_compound")
    export(run, "qgis", run.parent / "qgis")
    say(run, verdict="not_a_compound")
    typed(run.parent / "qgis" / "stockade.gpkg", kind="factory")
    outcome = back(run, run.parent / "qgis" / "stockade.gpkg", who)
    assert outcome.taken == ()
    assert words_of(outcome) == {"verdict", "kind"}
    assert now(run)[OPEN].verdict == "not_a_compound"


def test_a_kind_that_only_the_file_added_is_taken_with_its_verdict(run):
    say(run, verdict="walled_compound")
    export(run, "qgis", run.parent / "qgis")
    typed(run.parent / "qgis" / "stockade.gpkg", kind="factory")
    outcome = back(run, run.parent / "qgis" / "stockade.gpkg")
    assert outcome.conflicts == ()
    assert (now(run)[OPEN].verdict, now(run)[OPEN].kind) == ("walled_compound", "factory")


def test_a_kind_without_a_verdict_is_listed_and_its_note_is_taken(run):
    typed(run / "stockade.gpkg", kind="factory", note="two gates")
    outcome = back(run, run / "stockade.gpkg")
    assert "needs a verdict" in outcome.conflicts[0].why
    assert (now(run)[OPEN].status, now(run)[OPEN].note) == (Status.OPEN, "two gates")


def test_a_row_with_four_conflicts_is_one_row_that_changed(run):
    say(run, verdict="not_a_compound", kind="school", corroboration="corroborated", note="x")
    typed(
        run / "stockade.gpkg", verdict="walled_compound", kind="factory",
        corroboration="satellite_strong", note="y",
    )  # fmt: skip
    outcome = back(run, run / "stockade.gpkg")
    assert (len(outcome.conflicts), outcome.unchanged) == (4, ROWS - 1)


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("form", ["kml", "qgis"])
def test_a_note_that_nobody_edited_comes_back_as_it_was(run, form, note):
    say(run, verdict="not_a_compound", note=note)
    say(run, candidate="x-1", verdict="as_told", note=note)
    export(run, form, run.parent / form)
    file = kml(run) if form == "kml" else run.parent / form / "stockade.gpkg"
    outcome = back(run, file)
    assert (outcome.taken, outcome.conflicts, outcome.unchanged) == ((), (), ROWS)


def test_a_note_too_long_is_listed_and_costs_nobody_elses_word(run):
    typed(run / "stockade.gpkg", verdict="walled_compound", note="x" * 4001)
    outcome = back(run, run / "stockade.gpkg")
    assert [(c.layout, "4001 characters" in c.why) for c in outcome.conflicts] == [(OPEN, True)]
    assert (now(run)[OPEN].verdict, now(run)[OPEN].note) == ("walled_compound", "")


def test_two_imports_at_once_write_each_word_once(run):
    typed(run / "stockade.gpkg", verdict="walled_compound", note="two gates")
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: back(run, run / "stockade.gpkg"), range(4)))
    assert sum(len(outcome.taken) for outcome in outcomes) == 1
    assert len(DecisionLog(run, RUN).entries()) == 2
