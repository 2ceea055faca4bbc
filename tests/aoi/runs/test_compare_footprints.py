"""What a list of buildings calls them, told from columns as people fill them."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aoi.runs.audit import _zoned
from aoi.runs.compare_footprints import read_footprints, text_of
from geo.grid import Grid
from tests.aoi.runs.pair_world import LEFT, SIDE, TOP, footprints

GRID = Grid.from_bbox(
    (LEFT, TOP - SIDE / 2, LEFT + SIDE / 2, TOP), "EPSG:32648", resolution=0.5
)


@pytest.fixture
def listed(tmp_path):
    """Save three buildings with columns, and read them as a list."""

    def read(**columns):
        frame = gpd.GeoDataFrame(columns, geometry=footprints(*"abc").geometry, crs=32648)
        frame.to_file(tmp_path / "list.geojson")
        return read_footprints(tmp_path / "list.geojson", GRID)[0]

    return read


def test_a_better_column_names_only_the_buildings_it_knows(listed):
    told = listed(ref=["K1", None, ""], osm_id=["w1", "w2", "w3"])
    assert list(told["ref"]) == ["K1", "w2", "w3"]


def test_an_empty_column_hides_no_other(listed):
    told = listed(name=[None] * 3, title=["mill", None, "barn"])
    assert list(told["name"]) == ["mill", "", "barn"]


def test_whole_numbers_stay_whole_beside_a_gap(listed):
    told = listed(building_id=[12, None, 14], zone=[3, 3, None])
    assert list(told["ref"]) == ["12", "", "14"]
    assert list(told["zone"]) == ["3", "3", ""]


def test_zones_numbered_with_a_gap_are_called_by_whole_numbers(tmp_path):
    zones = gpd.GeoDataFrame({"zone": [3, None]}, geometry=footprints(*"ab").buffer(9).values)
    zones.set_crs(32648).to_file(tmp_path / "zones.geojson")
    run = SimpleNamespace(frames=SimpleNamespace(grid=GRID))
    told = _zoned(footprints(*"abc"), tmp_path / "zones.geojson", run)
    assert list(told["zone"]) == ["3", "", ""]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (12.5, "12.5"),
        (np.float32(7), "7"),
        (np.nan, ""),
        (pd.NA, ""),
        (" a ", "a"),
    ],
)
def test_values_are_written_as_their_owner_would(value, text):
    assert text_of(value) == text


def test_the_first_of_two_equal_outlines_keeps_its_name(tmp_path):
    frame = footprints(*"aab").assign(osm_id=["w1", "w2", "w3"])
    frame.loc[1, "geometry"] = shapely.reverse(frame.geometry[1])
    frame.to_file(tmp_path / "list.gpkg")
    told, notes = read_footprints(tmp_path / "list.gpkg", GRID)
    assert list(told["ref"]) == ["w1", "w3"]
    assert notes == ["1 outline of list.gpkg stood there twice; counted once."]
