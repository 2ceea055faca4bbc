"""Tables and layers that other programs read: pyarrow, GDAL, a spreadsheet."""

import csv
import json

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from pmtiles.reader import MmapSource, Reader

from aoi.outputs.export_tables import (
    write_csv,
    write_flatgeobuf,
    write_geoparquet,
    write_pmtiles,
)
from aoi.outputs.spreadsheet import safe, write_frame
from aoi.outputs.tables import LAYERS
from geo.errors import InputError
from tests.aoi.outputs import drawn
from tests.aoi.outputs.leaving_drawn import leaving


def test_geoparquet_says_where_it_lies_and_pyarrow_reads_it(tmp_path):
    paths = write_geoparquet(tmp_path, leaving())
    assert {p.stem for p in paths} == set(LAYERS)
    table = pq.read_table(tmp_path / "compounds.parquet")
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["crs"]["id"]["code"] == 32648
    assert table.column_names == [*LAYERS["compounds"].names, "geometry"]
    rows = gpd.read_parquet(tmp_path / "compounds.parquet")
    assert rows.geometry.iloc[0].equals(drawn.layers()["compounds"].geometry.iloc[0])
    assert rows["gates"].isna().tolist() == [False, False, False, True]


def test_flatgeobuf_comes_back_through_gdal(tmp_path):
    write_flatgeobuf(tmp_path, leaving())
    rows = gpd.read_file(tmp_path / "compounds.fgb")
    assert len(rows) == 4
    assert rows.crs.to_epsg() == 32648
    assert set(rows["site_name"].dropna()) == {drawn.HOSTILE}
    assert pyogrio.read_info(tmp_path / "walls.fgb")["geometry_type"] == "LineString"


def test_pmtiles_have_the_layer_where_it_lies(tmp_path):
    paths = write_pmtiles(tmp_path, leaving("partner"))
    assert {p.stem for p in paths} == {"compounds", "buildings", "walls", "changes", "sites"}
    with (tmp_path / "compounds.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        header, facts = reader.header(), reader.metadata()
    assert header["max_zoom"] == 15
    assert 104 < header["min_lon_e7"] / 1e7 < 106
    assert facts["vector_layers"][0]["id"] == "compounds"
    assert set(facts["vector_layers"][0]["fields"]) >= {"id", "score", "verdict"}


def test_a_spreadsheet_gets_places_and_runs_nobodys_formula(tmp_path):
    more = leaving()
    more.layers["compounds"].loc[1, "site_name"] = "=HYPERLINK(1)"
    write_csv(tmp_path, more)
    with (tmp_path / "compounds.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1]["site_name"] == "'=HYPERLINK(1)"
    assert rows[0]["site_name"] == drawn.HOSTILE
    assert float(rows[0]["lat"]) == pytest.approx(11.578, abs=0.01)
    with (tmp_path / "buildings.csv").open(encoding="utf-8-sig", newline="") as file:
        buildings = list(csv.DictReader(file))
    assert len(buildings) == len(drawn.layers()["buildings"])
    assert buildings[0]["compound_id"] == "c-0000000001"


@pytest.mark.parametrize("text", ["=1+1", "+1(1)", "-2+3", "@SUM(A1)", "\t=1", "-1.5e3", "+"])
def test_nothing_that_begins_like_a_formula_is_left_bare(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-70.12345", "+3", -70.1, None, "a=b", "", 7])
def test_a_number_and_a_plain_text_stay_what_they_are(value):
    assert safe(value) is value


def test_a_frame_keeps_its_figures_and_loses_its_formulas(tmp_path):
    frame = pd.DataFrame(
        {"name": ["=1", "Zürich", None], "many": [1, -2, 3], "x": [0.5, None, -1.25],
         "mixed": pd.Series([1, None, "@a"], dtype=object)}
    )  # fmt: skip
    text = write_frame(tmp_path / "a.csv", frame).read_bytes().decode("utf-8-sig")
    assert text == "name,many,x,mixed\n'=1,1,0.5,1\nZürich,-2,,\n,3,-1.25,'@a\n"
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_local_metres_have_tables_but_no_tiles(tmp_path):
    local = leaving(crs=None)
    write_csv(tmp_path, local)
    assert b"x_m,y_m" in (tmp_path / "compounds.csv").read_bytes()
    write_geoparquet(tmp_path, local)
    write_flatgeobuf(tmp_path, local)
    assert gpd.read_parquet(tmp_path / "compounds.parquet").crs is None
    with pytest.raises(InputError, match="local metres"):
        write_pmtiles(tmp_path, local)


def test_nothing_that_leaves_is_an_empty_table_and_no_tiles(tmp_path):
    none = leaving("public", settled={}, own_register=True)
    write_geoparquet(tmp_path, none)
    write_flatgeobuf(tmp_path, none)
    assert len(gpd.read_parquet(tmp_path / "compounds.parquet")) == 0
    assert len(gpd.read_file(tmp_path / "compounds.fgb")) == 0
    with pytest.raises(InputError, match="Nothing leaves"):
        write_pmtiles(tmp_path, none)
