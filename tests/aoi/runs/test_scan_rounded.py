"""A scan that was asked to round coordinates tells nobody where its box lies."""

import json
import re
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from rasterio.transform import from_origin

from aoi.area import Area, find_area
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request, named
from tests.aoi.runs.conftest import court

COURT = shapely.box(450_001.25, 1_249_801.25, 450_198.75, 1_249_998.75)


@pytest.fixture
def page(save, tmp_path, monkeypatch):
    """Scan a typed box, with a second picture that lies elsewhere; return page and box."""
    outline = gpd.GeoSeries([COURT], crs=32648).to_crs(4326).iloc[0]
    corners = [f"{v:.8f}" for v in outline.bounds]
    away = from_origin(470_000, 1_250_000, 0.5, 0.5)
    paths = save(court(), "here.tif"), save(court(), "away.tif", transform=away)

    def scanned(coordinates):
        words = ["scan", *map(str, paths), f"--area={','.join(corners)}"]
        monkeypatch.setattr("sys.argv", ["stockade", *words])
        out = tmp_path / f"run {coordinates}"
        outcome = run_scan(
            Request(
                sources=tuple(map(str, paths)), out=out, area=",".join(corners),
                coordinates=coordinates,
            )
        )  # fmt: skip
        assert outcome.code == 3
        return (out / "report.html").read_text("utf-8"), corners

    return scanned


def test_no_corner_of_a_typed_box_is_on_a_page_that_rounds(page):
    text, corners = page(1000.0)
    assert not [number for number in corners if number in text]
    assert re.search(r"<h1>An area given by its corners</h1>", text)
    assert "The area given by its corners and the picture away.tif do not overlap" in text
    assert "The command and its area are left out" in text


def test_a_page_that_rounds_nothing_names_the_box_and_the_command(page, tmp_path):
    text, corners = page(None)
    assert f"<h1>{','.join(corners)}</h1>" in text
    assert f"stockade scan here.tif away.tif --area={','.join(corners)}" in text
    assert str(tmp_path) not in text
    record = json.loads((tmp_path / "run None" / "manifest.json").read_text())
    assert str(tmp_path / "here.tif") in record["command"]


@pytest.mark.parametrize(
    ("text", "rounding", "name"),
    [
        (" 104.8, 11.5,104.9,11.6 ", 1000.0, "An area given by its corners"),
        ("104.8,11.5,104.9,11.6", None, "104.8,11.5,104.9,11.6"),
        ("104.8,11.5,104.9,11.6", 0.0, "104.8,11.5,104.9,11.6"),
        ("kk-park", 1000.0, "KK Park"),
    ],
)
def test_only_a_box_has_a_name_that_gives_it_away(text, rounding, name):
    assert named(find_area(text), rounding) == name


def test_a_file_called_after_its_corners_is_a_box_too():
    stem = Path("104.8,11.5,104.9,11.6.geojson").stem
    area = Area(name=stem, outline=shapely.box(104.8, 11.5, 104.9, 11.6))
    assert named(area, 1000.0) == "An area given by its corners"
