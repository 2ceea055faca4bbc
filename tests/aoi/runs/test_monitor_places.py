"""Outlines that somebody asks a monitor about: found wherever they lie, or refused."""

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon, box

from aoi.runs.monitor_places import places_of
from aoi.runs.monitor_tell import run_monitor
from geo.errors import InputError
from tests.aoi.runs.series_world import LEFT, TOP
from tests.aoi.runs.test_monitor import folder, outline, rows, words  # noqa: F401


def test_outlines_in_any_crs_find_their_place_and_empty_ones_are_left_out(folder, tmp_path):  # noqa: F811
    site = box(LEFT + 120, TOP - 280, LEFT + 280, TOP - 120)
    shapes = gpd.GeoSeries([site, None, Polygon()], crs="EPSG:32648").to_crs("EPSG:3857")
    gpd.GeoDataFrame(geometry=shapes).to_file(tmp_path / "asked.gpkg")
    request = words(folder, tmp_path / "run", places=tmp_path / "asked.gpkg")
    [event] = run_monitor(request).events
    assert event["kind"] == "built"


def test_outlines_of_one_id_are_told_apart_by_their_numbers():
    square = box(0, 0, 100, 100)
    frame = gpd.GeoDataFrame(
        {"id": [7, 7, 9, None], "name": ["gate", None, float("nan"), "yard"]},
        geometry=[square] * 4,
    )
    places = places_of(frame, asked=True)
    assert [place.id for place in places] == ["p001", "p002", "9.0", "p004"]
    assert [place.name for place in places] == ["gate", "", "", "yard"]


@pytest.mark.parametrize(
    ("shape", "match"),
    [(Point(LEFT + 200, TOP - 200), "holds Point and no outlines"),
     (None, "records without any geometry"), (Polygon(), "records without any geometry")],
)  # fmt: skip
def test_places_without_an_outline_are_refused_before_anything_is_read(
    folder,  # noqa: F811
    tmp_path,
    shape,
    match,
):
    frame = gpd.GeoDataFrame({"name": ["one"]}, geometry=[shape], crs="EPSG:32648")
    frame.to_file(tmp_path / "asked.gpkg")
    with pytest.raises(InputError, match=match):
        run_monitor(words(folder, tmp_path / "run", places=tmp_path / "asked.gpkg"))
    assert not (tmp_path / "run").exists()


def test_outlines_elsewhere_are_one_sentence(folder, tmp_path):  # noqa: F811
    gpd.GeoSeries([box(10, 50, 10.1, 50.1)], crs="EPSG:4326").to_file(tmp_path / "far.gpkg")
    with pytest.raises(InputError, match="None of the 1 outlines"):
        run_monitor(words(folder, tmp_path / "run", places=tmp_path / "far.gpkg"))
