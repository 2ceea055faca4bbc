"""Region and site models that hold to the schemas of geowatch."""

import json
import re

import pytest
from shapely.geometry import Point, shape

from aoi.outputs.iarpa import mgrs_of, write_iarpa
from geo.errors import InputError
from tests.aoi.outputs.leaving_drawn import judged, leaving

REGION = {"type", "region_id", "version", "mgrs", "model_content", "start_date", "end_date",
          "originator"}  # fmt: skip
SUMMARY = {"type", "site_id", "version", "mgrs", "model_content", "start_date", "end_date",
           "status", "originator"}  # fmt: skip
SEEN = {"type", "observation_date", "source", "sensor_name", "current_phase", "is_occluded",
        "is_site_boundary"}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("iarpa")
    return [json.loads(path.read_text()) for path in write_iarpa(folder, judged())]


def test_a_region_holds_itself_and_a_summary_of_every_site(written):
    region, *summaries = (f["properties"] for f in written[0]["features"])
    assert set(region) >= REGION
    assert re.fullmatch(r"[A-Z]{2}_R\d{3}", region["region_id"])
    assert len(summaries) == 4
    for one in summaries:
        assert set(one) >= SUMMARY
        assert re.fullmatch(region["region_id"] + r"_\d{4}", one["site_id"])
        assert set(one) <= SUMMARY | {"score", "validated", "comments", "cache"}
    assert [one["status"] for one in summaries] == [
        "system_confirmed", "system_rejected", "system_proposed", "system_proposed",
    ]  # fmt: skip


def test_a_site_holds_itself_and_what_was_seen(written):
    for model in written[1:]:
        site, seen = (f["properties"] for f in model["features"])
        assert SUMMARY | {"region_id"} <= set(site)
        assert set(seen) >= SEEN
        assert seen["observation_date"] == "2025-11-03"
        assert seen["is_occluded"] in ("True", "False")


def test_outlines_are_polygons_that_run_left(written):
    for model in written:
        for feature in model["features"]:
            outline = shape(feature["geometry"])
            assert outline.is_valid
            assert outline.exterior.is_ccw
            assert 104 < outline.centroid.x < 106


@pytest.mark.parametrize(
    ("lon", "lat", "name"),
    [
        (104.82, 11.58, "48PVT"),
        (-0.1275, 51.5072, "30UXC"),
        (151.2, -33.87, "56HLH"),
        (2.2945, 48.8584, "31UDQ"),
    ],
)
def test_squares_of_the_military_grid(lon, lat, name):
    assert mgrs_of(Point(lon, lat).buffer(0.001)) == name


def test_no_place_and_no_layout_are_refused(tmp_path):
    with pytest.raises(InputError, match="local metres"):
        write_iarpa(tmp_path, leaving(crs=None))
    with pytest.raises(InputError, match="1 to 9,999"):
        write_iarpa(tmp_path, leaving("public", settled={}))
