"""Tables that runs leave: every column in every run, and no formula of a stranger's."""

import csv
from types import SimpleNamespace

import pytest

from aoi.outputs.tables_csv import LEDGER, PLACES
from aoi.runs.compare_request import PairRequest
from aoi.runs.compare_rows import COLUMNS
from aoi.runs.compare_sums import Stand, Sum
from aoi.runs.compare_tell import run_compare
from aoi.runs.watch_displace import RANKING, Ranked, Standing, write_ranking
from aoi.runs.watch_sites import OUTCOMES, write_outcomes
from tests.aoi.runs.pair_world import footprints, place

HOSTILE = "=HYPERLINK(1)"
GUARDED = "'=HYPERLINK(1)"


def table(path):
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by it"
    with path.open(encoding="utf-8-sig", newline="") as file:
        read = csv.DictReader(file)
        return read.fieldnames, list(read)


@pytest.fixture
def compared(save, tmp_path, monkeypatch, colour_net):
    """Compare a place with itself; give the columns and rows of its ledger."""
    monkeypatch.setattr("aoi.runs.compare.load_net", lambda _path=None: colour_net)

    def run(*standing, **more):
        one = save(place(*standing), "p_20250301.tif")
        other = save(place(*standing, gain=0.9), "p_20250601.tif")
        run_compare(PairRequest(before=one, after=other, out=tmp_path / "run", **more))
        return table(tmp_path / "run" / "ledger.csv")

    return run


def test_a_ledger_without_rows_has_the_columns_of_every_other(compared):
    columns, rows = compared()
    assert rows == []
    assert tuple(columns) == LEDGER.names


def test_the_table_of_the_ledger_names_all_that_its_rows_hold():
    assert set(LEDGER.names) == {"number", "compound_id", *COLUMNS} - {"geometry", "unit"}


def test_a_ledger_with_rows_has_those_columns_and_no_formula(compared, tmp_path):
    footprints("a").assign(name=HOSTILE).to_file(tmp_path / "list.gpkg")
    columns, [row] = compared("a", buildings=tmp_path / "list.gpkg")
    assert tuple(columns) == LEDGER.names
    assert (row["name"], row["kind"]) == (GUARDED, "unchanged")
    assert row["p_unchanged"]
    columns, places = table(tmp_path / "run" / "places.csv")
    assert tuple(columns) == PLACES.names
    assert places[0]["place"] == "The whole place"


def test_the_table_of_places_names_all_that_its_rows_hold():
    stand = Stand(seen=1.0, roofs=0, roofs_m2=0.0, walls_m=0.0, bare_ha=0.0, enclosed_ha=0.0)
    one = Sum(name="x", compound_id="", before=stand, after=stand, kinds={})
    assert tuple(one.row()) == PLACES.names


def test_a_register_is_told_without_its_formulas(tmp_path):
    site = SimpleNamespace(id="way/1", name=HOSTILE, status_class="reported")
    columns, [row] = table(write_outcomes(tmp_path / "sites.csv", [site], [], set()))
    assert tuple(columns) == OUTCOMES
    assert (row["site_id"], row["name"], row["last_seen"]) == ("way/1", GUARDED, "")


def test_a_ranking_is_told_without_formulas(tmp_path):
    one = Standing(area="-x", compound="c-1", score=0.5, lon=-70.0, lat=1.0, changed=None,
                   site=HOSTILE)  # fmt: skip
    ranked = [Ranked(one=one, lift=-0.25, words="")]
    columns, [row] = table(write_ranking(tmp_path / "ranking.csv", ranked))
    assert tuple(columns) == RANKING
    assert (row["area"], row["site_id"], row["lift"]) == ("'-x", GUARDED, "-0.25")
