"""Only the log changes what stands: rows deleted, split or emptied are told as written."""

# ruff: noqa: S608 - statements are put together from the test's own words

import pytest

from aoi.outputs.leaving import Level
from aoi.runs.export import ExportRequest, run_export
from aoi.runs.export_found import read_found
from aoi.runs.verify import verify
from tests.aoi.outputs import drawn
from tests.aoi.runs.damage import edit
from tests.aoi.runs.test_import_back import NO, NOW, OPEN, UNSURE, YES, back

ALL = [YES, NO, OPEN, UNSURE]


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    drawn.write_run(folder, name="Drawn Park")
    return folder


def told(run):
    return read_found(run).layers["compounds"]


def test_a_layout_deleted_in_qgis_is_told_and_withheld_like_the_others(run, tmp_path, caplog):
    before = told(run).set_index("id")
    edit(
        run / "stockade.gpkg",
        f"DELETE FROM compounds WHERE id = '{NO}'",
        "DELETE FROM changes WHERE id = 'x-1'",
    )
    rows = told(run).set_index("id")
    assert sorted(rows.index) == ALL
    assert rows.geometry[NO].equals(before.geometry[NO])
    assert (rows["rank"][NO], rows["run_id"][NO]) == (before["rank"][NO], before["run_id"][NO])
    assert set(read_found(run).layers["changes"]["id"]) == {"x-1", "x-2"}
    assert NO in caplog.text
    request = ExportRequest(folder=run, form="csv", level=Level("public"), out=tmp_path / "csv")
    withheld = run_export(request, at=NOW).withheld
    assert 4 in {one.count for one in withheld}


def test_a_layout_split_in_qgis_is_told_once(run):
    edit(
        run / "stockade.gpkg",
        f"INSERT INTO compounds (geom, id, rank) SELECT geom, id, 9 FROM compounds "
        f"WHERE id = '{OPEN}'",
    )
    rows = told(run)
    assert rows["id"].tolist() == ALL
    assert 9 not in set(rows["rank"])


def test_a_layout_without_its_outline_keeps_the_one_it_had(run):
    before = told(run)
    edit(run / "stockade.gpkg", f"UPDATE compounds SET geom = NULL WHERE id = '{NO}'")
    assert told(run).geometry.equals(before.geometry)
    assert f"not taken back yet: {NO}" in verify(run).broken.why
    outcome = back(run, run / "stockade.gpkg")
    assert outcome.taken == ()
    assert [(c.layout, "outline was removed" in c.why) for c in outcome.conflicts] == [
        (NO, True)
    ]


def test_a_judged_row_that_nobody_found_and_nobody_drew_is_listed(run):
    edit(run / "stockade.gpkg", "INSERT INTO compounds (verdict) VALUES ('walled_compound')")
    assert "a new outline" in verify(run).broken.why
    outcome = back(run, run / "stockade.gpkg")
    assert ["shows no outline" in c.why for c in outcome.conflicts] == [True]
