"""Edits come back from QGIS and Google Earth, and nobody's word is lost."""

# ruff: noqa: S608 - statements are put together from the test's own words

import json
import shutil
import struct
from dataclasses import asdict
from datetime import UTC, datetime

import pyogrio
import pytest
import shapely

from aoi.outputs.leaving import Level
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import Status, standing
from aoi.review.said import Said
from aoi.runs.export import ExportRequest, run_export
from aoi.runs.export_found import read_found
from aoi.runs.import_back import run_import
from aoi.runs.verify import State, verify
from geo.errors import InputError
from tests.aoi.outputs import drawn
from tests.aoi.runs.damage import edit

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
RUN = "r-20251103-drawn"
YES, NO, OPEN, UNSURE = (f"c-{n:010x}" for n in range(1, 5))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run with one decision, and what it gives to Google Earth and QGIS."""
    folder = tmp_path_factory.mktemp("home") / "run"
    folder.mkdir()
    drawn.write_run(folder, name="Drawn Park")
    DecisionLog(folder, RUN).append(
        Said(who="ana", candidate=YES, verdict="walled_compound", note="north gate"), at=NOW
    )
    for form in ("kml", "kmz", "qgis"):
        export(folder, form, folder.parent / form)
    return folder


def export(folder, form, out, level="internal"):
    run_export(ExportRequest(folder=folder, form=form, level=Level(level), out=out), at=NOW)


@pytest.fixture
def run(home, tmp_path):
    shutil.copytree(home.parent, tmp_path / "home")
    return tmp_path / "home" / "run"


def back(run, file, who="ben"):
    return run_import(run, file, who=who, at=NOW)


def now(run):
    return standing(DecisionLog(run, RUN).entries())


def kml(run):
    return run.parent / "kml" / "stockade.kml"


def change(path, *pairs):
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


def mark(text, name):
    """The text of one placemark."""
    start = text.index(f'<Placemark id="{name}">')
    return text[start : text.index("</Placemark>", start) + len("</Placemark>")]


@pytest.mark.parametrize("name", ["kml/stockade.kml", "kmz/stockade.kmz", "qgis/stockade.gpkg"])
def test_a_file_that_nobody_edited_changes_nothing(run, name):
    outcome = back(run, run.parent / name)
    assert (outcome.taken, outcome.conflicts, outcome.absent) == ((), (), 0)
    assert outcome.unchanged >= 4


def test_a_layout_dragged_into_a_folder_is_judged(run):
    text = kml(run).read_text("utf-8")
    moved = mark(text, NO)
    text = text.replace(moved, "")
    at = text.index("</name>", text.index("Not a walled compound (0)")) + len("</name>")
    kml(run).write_text(text[:at] + moved + text[at:], "utf-8")
    outcome = back(run, kml(run))
    assert len(outcome.taken) == 1
    assert now(run)[NO].verdict == "not_a_compound"
    entry = DecisionLog(run, RUN).entries()[-1]
    assert (entry.who, entry.via) == ("ben", "google_earth")
    assert back(run, kml(run)).taken == ()


def test_verdict_and_note_typed_into_the_description_are_taken(run):
    text = kml(run).read_text("utf-8")
    old = mark(text, OPEN)
    new = old.replace("verdict: \nnote: \n", "Verdict: cannot tell\nnote: haze &amp; shadow\n")
    assert new != old
    kml(run).write_text(text.replace(old, new), "utf-8")
    back(run, kml(run))
    assert now(run)[OPEN].verdict == "cannot_tell"
    assert now(run)[OPEN].note == "haze & shadow"


def test_a_description_that_an_editor_turned_into_html_still_reads(run):
    text = kml(run).read_text("utf-8")
    old = mark(text, OPEN)
    start, end = old.index("<description>"), old.index("</description>")
    body = "<![CDATA[<div>verdict: no</div><div>note: a <b>mill</b></div><br>]]>"
    kml(run).write_text(
        text.replace(old, old[:start] + "<description>" + body + old[end:]), "utf-8"
    )
    back(run, kml(run))
    assert (now(run)[OPEN].verdict, now(run)[OPEN].note) == ("not_a_compound", "a mill")


def test_folder_and_description_that_disagree_are_a_conflict(run):
    text = kml(run).read_text("utf-8")
    moved = mark(text, NO)
    typed = moved.replace("verdict: \n", "verdict: walled compound\n")
    text = text.replace(moved, "")
    at = text.index("</name>", text.index("Not a walled compound (0)")) + len("</name>")
    kml(run).write_text(text[:at] + typed + text[at:], "utf-8")
    outcome = back(run, kml(run))
    assert outcome.taken == ()
    assert "folder says one verdict" in outcome.conflicts[0].why
    assert outcome.code == 3


def test_a_word_that_is_no_verdict_is_a_conflict(run):
    text = kml(run).read_text("utf-8")
    old = mark(text, OPEN)
    kml(run).write_text(
        text.replace(old, old.replace("verdict: \n", "verdict: guilty\n")), "utf-8"
    )
    assert "no verdict" in back(run, kml(run)).conflicts[0].why


def test_a_moved_outline_comes_back_in_the_runs_own_metres(run):
    text = kml(run).read_text("utf-8")
    old = mark(text, NO)
    ring = old[old.index("<coordinates>") + 13 : old.index("</coordinates>")]
    corners = [c.split(",") for c in ring.split()]
    moved = " ".join(f"{float(x) + 0.0001:.12f},{y},0" for x, y in corners)
    kml(run).write_text(text.replace(ring, moved), "utf-8")
    outcome = back(run, kml(run))
    assert outcome.conflicts == ()
    wanted = drawn.layers()["compounds"].geometry.iloc[1]
    shape = shapely.from_wkt(now(run)[NO].outline)
    assert shape.centroid.x - wanted.centroid.x == pytest.approx(10.91, abs=0.1)
    assert now(run)[NO].status is Status.OPEN
    assert read_found(run).layers["compounds"].geometry.iloc[1].equals(shape)


def test_a_new_outline_gets_a_name_of_its_own_once(run):
    new = (
        "<Placemark><name>Behind the hill</name><Polygon><outerBoundaryIs><LinearRing>"
        "<coordinates>"
        "104.820,11.570,0 104.821,11.570,0 104.821,11.571,0 104.820,11.571,0 104.820,11.570,0"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    )
    change(
        kml(run), ("<name>Walled compound (1)</name>", f"<name>Walled compound (1)</name>{new}")
    )
    assert len(back(run, kml(run)).taken) == 1
    assert back(run, kml(run)).taken == ()
    [name] = [n for n in now(run) if n.startswith("p-")]
    stands = now(run)[name]
    assert (stands.verdict, stands.note) == ("walled_compound", "Behind the hill")
    rows = read_found(run).layers["compounds"].set_index("id")
    assert rows["area_ha"][name] == pytest.approx(1.2, abs=0.1)
    assert rows["rank"][name] == 5


def test_a_pin_that_somebody_dropped_is_no_layout(run):
    point = "<Point><coordinates>104,11,0</coordinates></Point>"
    pin = f"<Placemark><name>hotel</name>{point}</Placemark>"
    change(
        kml(run),
        ("<name>Draw new layouts here</name>", f"<name>Draw new layouts here</name>{pin}"),
    )
    assert back(run, kml(run)).taken == ()


def test_what_both_sides_changed_is_listed_and_left_alone(run):
    DecisionLog(run, RUN).append(
        Said(who="eva", candidate=OPEN, verdict="not_a_compound", note="a school"), at=NOW
    )
    text = kml(run).read_text("utf-8")
    old = mark(text, OPEN)
    new = old.replace("verdict: \nnote: \n", "verdict: walled compound\nnote: two gates\n")
    kml(run).write_text(text.replace(old, new), "utf-8")
    outcome = back(run, kml(run))
    assert outcome.taken == ()
    assert {c.why.split()[1] for c in outcome.conflicts} == {"verdict", "note"}
    assert now(run)[OPEN].note == "a school"


def test_what_both_sides_said_alike_is_no_conflict(run):
    DecisionLog(run, RUN).append(
        Said(who="eva", candidate=OPEN, verdict="not_a_compound"), at=NOW
    )
    text = kml(run).read_text("utf-8")
    old = mark(text, OPEN)
    kml(run).write_text(text.replace(old, old.replace("verdict: \n", "verdict: no\n")), "utf-8")
    outcome = back(run, kml(run))
    assert (outcome.taken, outcome.conflicts) == ((), ())


def test_another_person_who_differs_is_heard_and_nothing_is_overwritten(run):
    text = kml(run).read_text("utf-8")
    old = mark(text, YES)
    kml(run).write_text(
        text.replace(old, old.replace("verdict: walled_compound", "verdict: no")), "utf-8"
    )
    # It still lies in the folder of walled compounds: only its words changed.
    assert len(back(run, kml(run)).taken) == 1
    assert now(run)[YES].status is Status.DISAGREED
    assert back(run, kml(run)).taken == ()


def test_a_file_of_another_run_or_of_more_decisions_is_refused(run):
    change(kml(run), (f"<value>{RUN}</value>", "<value>r-other</value>"))
    with pytest.raises(InputError, match="is of run r-other"):
        back(run, kml(run))
    change(kml(run), ("<value>r-other</value>", f"<value>{RUN}</value>"), (
        "<value>2</value>", "<value>9</value>"))  # fmt: skip
    with pytest.raises(InputError, match="shows 9 decisions"):
        back(run, kml(run))
    with pytest.raises(InputError, match=r"\.gpkg from QGIS"):
        back(run, run / "manifest.json")


def test_a_partner_answers_by_the_names_they_were_given(run, tmp_path):
    export(run, "kml", tmp_path / "out", "partner")
    path = tmp_path / "out" / "stockade.kml"
    text = path.read_text("utf-8")
    assert OPEN not in text
    unjudged = text[text.index("folder-unjudged") :]
    alias = unjudged[unjudged.index('Placemark id="') + 14 :].split('"')[0]
    old = mark(text, alias)
    path.write_text(text.replace(old, old.replace("verdict: \n", "verdict: no\n")), "utf-8")
    outcome = back(run, path)
    assert outcome.conflicts == ()
    [taken] = outcome.taken
    assert taken.split(":")[0] in {NO, OPEN, UNSURE}


def test_verdicts_and_notes_typed_in_qgis_are_taken_from_the_runs_own_package(run):
    package = run / "stockade.gpkg"
    edit(
        package,
        "UPDATE compounds SET verdict='not_a_compound', kind='factory', note='a mill' "
        f"WHERE id='{NO}'",
        f"UPDATE compounds SET note='look again' WHERE id='{OPEN}'",
    )
    assert verify(run).code == 1
    outcome = back(run, package)
    assert len(outcome.taken) == 2
    stands = now(run)
    assert (stands[NO].verdict, stands[NO].kind, stands[NO].note) == (
        "not_a_compound",
        "factory",
        "a mill",
    )
    assert (stands[OPEN].status, stands[OPEN].note) == (Status.OPEN, "look again")
    assert {c.state for c in verify(run).checks} == {State.WHOLE, State.OPENED}


def test_an_outline_moved_and_one_drawn_in_qgis_are_taken(run):
    package = run.parent / "qgis" / "stockade.gpkg"
    rows = pyogrio.read_dataframe(package, layer="compounds")
    rows.loc[1, "geometry"] = shapely.affinity.translate(rows.geometry[1], 0, 7)
    new = rows.iloc[[2]].assign(id=None, run_id=None, verdict="walled_compound")
    new.geometry = new.translate(0, -200)
    moved, drawn_anew = (_blob(shape).hex() for shape in (rows.geometry[1], new.geometry[2]))
    edit(
        package,
        f"UPDATE compounds SET geom = x'{moved}' WHERE fid = 2",
        f"INSERT INTO compounds (geom, verdict) VALUES (x'{drawn_anew}', 'walled_compound')",
    )
    outcome = back(run, package)
    assert (len(outcome.taken), outcome.conflicts) == (2, ())
    assert back(run, package).taken == ()


def _blob(shape):
    return b"GP\x00\x01" + struct.pack("<i", 32648) + shapely.to_wkb(shape, byte_order=1)


def test_a_layout_that_was_split_or_lost_a_word_is_a_conflict(run):
    package = run.parent / "qgis" / "stockade.gpkg"
    edit(
        package,
        f"UPDATE compounds SET id = '{OPEN}' WHERE id = '{UNSURE}'",
        f"UPDATE compounds SET note = NULL WHERE id = '{YES}'",
    )
    outcome = back(run, package)
    assert sorted(c.why.split()[1] for c in outcome.conflicts) == ["id", "id", "note"]
    assert outcome.absent == 1


def test_a_file_that_does_not_remember_is_refused(run, tmp_path):
    rows = pyogrio.read_dataframe(run / "stockade.gpkg", layer="compounds")
    pyogrio.write_dataframe(rows, tmp_path / "x.gpkg", layer="compounds")
    with pytest.raises(InputError, match="does not remember"):
        back(run, tmp_path / "x.gpkg")


def test_links_in_a_kml_are_not_followed(run):
    link = "<NetworkLink><Link><href>http://198.51.100.7/x.kml</href></Link></NetworkLink>"
    change(
        kml(run),
        ("<name>Draw new layouts here</name>", f"<name>Draw new layouts here</name>{link}"),
    )
    assert back(run, kml(run)).taken == ()


@pytest.mark.parametrize(
    "ring", ["1,2 3,4", "a,b c,d e,f", "200,10 201,10 201,11 200,10", "nan,1 2,2 3,3 nan,1",
             "0,0 1,1 1,0 0,1 0,0"],
)  # fmt: skip
def test_outlines_that_are_none_are_conflicts_not_crashes(run, ring):
    text = kml(run).read_text("utf-8")
    old = mark(text, NO)
    true = old[old.index("<coordinates>") + 13 : old.index("</coordinates>")]
    kml(run).write_text(text.replace(true, ring), "utf-8")
    outcome = back(run, kml(run))
    assert outcome.taken == ()
    assert "outline" in outcome.conflicts[0].why


def test_a_change_judged_in_its_description_is_taken(run):
    text = kml(run).read_text("utf-8")
    old = mark(text, "change-x-2")
    new = old.replace("verdict: \nnote: \n", "verdict: Not as told\nnote: a shadow\n")
    assert new != old
    kml(run).write_text(text.replace(old, new), "utf-8")
    assert len(back(run, kml(run)).taken) == 1
    assert (now(run)["x-2"].verdict, now(run)["x-2"].note) == ("not_as_told", "a shadow")
    assert back(run, kml(run)).taken == ()


@pytest.mark.parametrize("verdict", ["walled compound", "perhaps"])
def test_a_layouts_verdict_on_a_change_is_a_conflict(run, verdict):
    text = kml(run).read_text("utf-8")
    old = mark(text, "change-x-1")
    new = old.replace("verdict: \n", f"verdict: {verdict}\n")
    kml(run).write_text(text.replace(old, new), "utf-8")
    outcome = back(run, kml(run))
    assert outcome.taken == ()
    assert "As told" in outcome.conflicts[0].why


def test_a_change_judged_in_qgis_is_taken_and_its_outline_is_not(run):
    package = run / "stockade.gpkg"
    edit(package, "UPDATE changes SET verdict = 'as_told', seen_as = 'built', "
         "verdict_note = 'roof' WHERE id = 'x-1'")  # fmt: skip
    assert "Run stockade import" in verify(run).broken.why
    assert len(back(run, package).taken) == 1
    stands = now(run)["x-1"]
    assert (stands.verdict, stands.kind, stands.note) == ("as_told", "built", "roof")
    assert {c.state for c in verify(run).checks} == {State.WHOLE, State.OPENED}
    [row] = read_found(run).layers["changes"].query("id == 'x-1'").to_dict("records")
    assert (row["verdict"], row["kind"], row["note"]) == ("as_told", "built", None)
    blob = _blob(shapely.box(480_000, 1_279_900, 480_010, 1_279_910)).hex()
    edit(package, f"UPDATE changes SET geom = x'{blob}' WHERE id = 'x-1'")
    assert verify(run).broken is not None
    assert back(run, package).taken == ()


def test_a_change_that_somebody_drew_is_a_conflict(run):
    package = run / "stockade.gpkg"
    blob = _blob(shapely.box(480_000, 1_279_900, 480_010, 1_279_910)).hex()
    edit(package, f"INSERT INTO changes (geom, id, verdict) VALUES (x'{blob}', 'z', 'as_told')")
    outcome = back(run, package)
    assert outcome.taken == ()
    assert "cannot be drawn" in outcome.conflicts[0].why


def test_the_outcome_goes_into_json(run):
    assert json.dumps(asdict(back(run, kml(run))))
