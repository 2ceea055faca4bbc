"""The GeoPackage a run leaves behind, read back by two programs that did not write it."""

import sqlite3
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
from pyogrio.errors import DataLayerError
from shapely.geometry import MultiPolygon, box

from aoi.outputs.package import write_package
from aoi.outputs.qml import qml
from aoi.outputs.schema import LAYERS
from aoi.outputs.styles import styles_of
from geo.errors import InputError, OutputError
from tests.aoi.outputs import drawn


def ask(path, query, *values):
    """Ask SQLite, not OGR."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query, values).fetchall()


def test_what_was_written_is_read_back(tmp_path):
    layers = drawn.layers()
    path = write_package(tmp_path / "stockade.gpkg", layers, drawn.UTM)
    for name, rows in layers.items():
        back = gpd.read_file(path, layer=name)
        assert list(back.columns) == [*LAYERS[name].names, "geometry"]
        assert len(back) == len(rows)
        assert back.crs.to_epsg() == 32648
    back = gpd.read_file(path, layer="compounds")
    assert back["site_name"][0] == drawn.HOSTILE
    assert back["observed_at"][0] == "2025-11-03T03:20:00Z"
    assert back["reasons"][0].splitlines()[-1] == "the next building is 22 m away: -"
    assert back["largest_gap_m"].isna().tolist() == [False, False, False, True]
    assert back.geometry[0].equals(layers["compounds"].geometry[0])


def test_every_layer_is_there_even_when_nothing_was_found(tmp_path):
    path = write_package(tmp_path / "stockade.gpkg", {}, "EPSG:32648")
    for name, layer in LAYERS.items():
        assert pyogrio.read_info(path, layer=name)["fields"].tolist() == list(layer.names)
        assert pyogrio.read_info(path, layer=name)["geometry_type"] == layer.geometry
        assert pyogrio.read_info(path, layer=name)["features"] == 0
    types = {row[1]: row[2] for row in ask(path, "PRAGMA table_info(compounds)")}
    assert (types["cut_by_edge"], types["gates"], types["score"], types["observed_at"]) == (
        "BOOLEAN", "INTEGER", "REAL", "TEXT"
    )  # fmt: skip


def test_the_same_layers_give_the_same_bytes(tmp_path):
    one = write_package(tmp_path / "one.gpkg", drawn.layers(), drawn.UTM)
    two = write_package(tmp_path / "two.gpkg", drawn.layers(), drawn.UTM)
    assert one.read_bytes() == two.read_bytes()


def test_local_metres_have_no_crs_and_stay_where_they_are(tmp_path):
    layers = drawn.layers(None)
    path = write_package(tmp_path / "stockade.gpkg", layers, None)
    numbers = {n for (n,) in ask(path, "SELECT srs_id FROM gpkg_geometry_columns")}
    assert numbers == {-1}
    bounds = gpd.read_file(path, layer="compounds").total_bounds
    assert bounds.tolist() == layers["compounds"].total_bounds.tolist()
    assert bounds[3] < 0  # y is up, the origin the top-left corner


def test_layers_in_degrees_are_brought_to_the_metres_of_the_run(tmp_path):
    sites = drawn.layers()["sites"].to_crs("EPSG:4326")
    path = write_package(tmp_path / "stockade.gpkg", {"sites": sites}, drawn.UTM)
    back = gpd.read_file(path, layer="sites")
    assert back.geometry[0].area == pytest.approx(3.14 * 75**2, rel=0.01)
    assert back.geometry[2] is None


def test_a_layer_with_a_crs_cannot_be_placed_in_a_run_without(tmp_path):
    sites = drawn.layers()["sites"]
    with pytest.raises(InputError, match=r"Layer sites cannot be placed"):
        write_package(tmp_path / "stockade.gpkg", {"sites": sites}, None)
    assert list(tmp_path.iterdir()) == []


def test_sites_without_a_place_go_into_any_run(tmp_path):
    sites = gpd.GeoDataFrame({"id": ["s"]}, geometry=[None], crs="EPSG:4326")
    path = write_package(tmp_path / "stockade.gpkg", {"sites": sites}, None)
    assert gpd.read_file(path, layer="sites")["id"].tolist() == ["s"]


def test_an_outline_with_several_parts_makes_its_layer_one_of_parts(tmp_path):
    shapes = [MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), box(5, 5, 6, 6)]
    sites = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=shapes, crs=drawn.UTM)
    path = write_package(tmp_path / "stockade.gpkg", {"sites": sites}, drawn.UTM)
    assert pyogrio.read_info(path, layer="sites")["geometry_type"] == "MultiPolygon"


def test_each_layer_has_one_default_style_and_its_geometry_type_fits(tmp_path):
    path = write_package(tmp_path / "stockade.gpkg", {}, drawn.UTM)
    rows = ask(
        path, "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
    )
    defaults = [name for name, _, default, _ in rows if default]
    assert sorted(defaults) == sorted(LAYERS)
    for name, geometry, _, text in rows:
        kind = {"Polygon": 2, "LineString": 1}[LAYERS[name].geometry]
        assert f"<layerGeometryType>{kind}</layerGeometryType>" in text
        assert geometry == "geom"
    kinds = dict(ask(path, "SELECT table_name, data_type FROM gpkg_contents"))
    assert kinds["layer_styles"] == "attributes"


def test_every_column_carries_its_meaning(tmp_path):
    path = write_package(tmp_path / "stockade.gpkg", {}, drawn.UTM)
    rows = ask(path, "SELECT table_name, column_name, name, description FROM gpkg_data_columns")
    told = {(table, column): (name, text) for table, column, name, text in rows}
    for layer in LAYERS.values():
        for column in layer.columns:
            assert told[layer.name, column.name] == (column.title, column.meaning)
    values = ask(path, "SELECT value FROM gpkg_data_column_constraints "
                 "WHERE constraint_name = 'compounds_verdict'")  # fmt: skip
    assert {v for (v,) in values} == {"walled_compound", "not_a_compound", "cannot_tell"}
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_style_names_every_value_it_draws():
    [score, outcome] = styles_of("compounds")
    assert "cannot_tell" in qml(score)
    assert "known_not_observable" in qml(outcome)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError):
        write_package(tmp_path / "file" / "stockade.gpkg", {}, drawn.UTM)


def test_a_full_disk_is_one_sentence_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_, **__):
        raise DataLayerError("failed to write features: database or disk is full")

    monkeypatch.setattr(pyogrio, "write_dataframe", full)
    with pytest.raises(
        OutputError, match=r"stockade.gpkg could not be written: .*disk is full"
    ):
        write_package(tmp_path / "stockade.gpkg", {}, None)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_layer_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="no layer houses"):
        write_package(
            tmp_path / "stockade.gpkg", {"houses": drawn.layers()["sites"]}, drawn.UTM
        )
    assert list(tmp_path.iterdir()) == []
