"""Layers come back as they went, and the same layers are the same bytes."""

import sqlite3
import time
from contextlib import closing

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import MultiPolygon, box

from geo.errors import OutputError
from geo.geopackage import write_layers
from geo.vectors import read_vectors


def test_layers_come_back_as_they_went(tmp_path, parks):
    write_layers(tmp_path / "a.gpkg", {"parks": parks})
    got = read_vectors(tmp_path / "a.gpkg")
    assert got.crs == parks.crs
    assert list(got.columns) == list(parks.columns)
    assert got["cut"].dtype == bool
    assert got["seen"][0] == parks["seen"][0]
    assert pd.isna(got["score"][1])
    assert got.geometry.geom_equals(parks.geometry).all()


def test_an_empty_layer_keeps_its_columns_and_its_kind(tmp_path, parks):
    write_layers(
        tmp_path / "a.gpkg", {"parks": parks, "walls": parks.iloc[:0]},
        kinds={"walls": "LineString"},
    )  # fmt: skip
    assert dict(pyogrio.list_layers(tmp_path / "a.gpkg")) == {
        "parks": "Polygon",
        "walls": "LineString",
    }
    assert list(read_vectors(tmp_path / "a.gpkg", "walls").columns) == list(parks.columns)


def test_outlines_of_one_and_of_several_parts_share_a_layer(tmp_path):
    frame = gpd.GeoDataFrame(
        geometry=[box(0, 0, 1, 1), MultiPolygon([box(2, 0, 3, 1), box(4, 0, 5, 1)])],
        crs="EPSG:32648",
    )
    write_layers(tmp_path / "a.gpkg", {"parks": frame}, kinds={"parks": "MultiPolygon"})
    assert read_vectors(tmp_path / "a.gpkg").area.tolist() == [1, 2]


def test_local_metres_are_a_flat_frame_nowhere_on_earth(tmp_path, parks):
    write_layers(tmp_path / "a.gpkg", {"parks": parks.set_crs(None, allow_override=True)})
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as db:
        assert db.execute("select srs_id from gpkg_contents").fetchall() == [(-1,)]
    assert read_vectors(tmp_path / "a.gpkg", need_crs=False).crs is None


def test_the_same_layers_give_the_same_bytes_at_any_hour(tmp_path, parks):
    first = write_layers(tmp_path / "a.gpkg", {"parks": parks, "none": parks.iloc[:0]})
    time.sleep(1.1)  # last_change counts seconds
    second = write_layers(tmp_path / "b.gpkg", {"parks": parks, "none": parks.iloc[:0]})
    assert first.read_bytes() == second.read_bytes()
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_the_version_is_one_that_qgis_3_22_reads_without_a_murmur(tmp_path, parks):
    write_layers(tmp_path / "a.gpkg", {"parks": parks})
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as db:
        assert db.execute("pragma user_version").fetchone() == (10300,)


def test_an_older_package_is_replaced_whole(tmp_path, parks):
    write_layers(tmp_path / "a.gpkg", {"old": parks})
    write_layers(tmp_path / "a.gpkg", {"new": parks})
    assert [name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_what_ogr_cannot_write_leaves_nothing(tmp_path, parks, monkeypatch):
    def full(*_, **__):
        raise pyogrio.errors.DataSourceError("sqlite3_exec failed: database or disk is full")

    monkeypatch.setattr(pyogrio, "write_dataframe", full)
    with pytest.raises(OutputError, match="disk is full"):
        write_layers(tmp_path / "a.gpkg", {"parks": parks})
    assert list(tmp_path.iterdir()) == []
