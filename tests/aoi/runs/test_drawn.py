"""Drawn places say that they are drawn, and hold what is said of them."""

import json

import numpy as np
import rasterio

from aoi.runs import drawn_month
from aoi.runs.drawn import draw_dates, draw_park
from aoi.runs.drawn_month import SKIES, draw_month
from geo.read import open_image
from geo.vectors import read_vectors
from models.synthetic.demo import demo_plan


def note_of(path):
    with rasterio.open(path) as file:
        return file.tags()["TIFFTAG_IMAGEDESCRIPTION"]


def test_a_park_lies_in_the_open_sea_and_its_files_say_that_it_is_drawn(tmp_path):
    park = draw_park(tmp_path)
    image = open_image(park.picture)
    lon, lat = image.grid.extent.to_crs("EPSG:4326").centroid.coords[0]
    assert (round(lon, 1), round(lat, 1)) == (102.5, 9.5)  # the Gulf of Thailand
    assert image.gsd_m == 0.5
    assert "does not exist" in note_of(park.picture)
    assert "(demo)" in park.sites.read_text()


def test_two_dates_know_their_days_and_every_footprint_lies_on_both(tmp_path):
    dates = draw_dates(tmp_path)
    before, after = open_image(dates.before), open_image(dates.after)
    assert before.grid == after.grid
    assert (before.time.date().isoformat(), after.time.date().isoformat()) == (
        "2025-02-11",
        "2025-12-13",
    )
    buildings = read_vectors(dates.buildings)
    assert buildings.geometry.within(before.grid.extent.geom).all()
    assert 0 < dates.demolished < len(buildings)


def test_a_month_is_leaves_roofs_and_as_much_cloud_as_its_catalogue_says(tmp_path, monkeypatch):
    monkeypatch.setattr(drawn_month, "SKIES", {3: 0.0, 8: 0.5})
    plan = demo_plan(5)
    told = json.loads(draw_month(tmp_path).read_text())
    clear, cloudy = told["features"]
    assert clear["properties"]["eo:cloud_cover"] == 0
    assert 40 < cloudy["properties"]["eo:cloud_cover"] < 60
    nir = open_image(tmp_path / "month" / clear["assets"]["nir"]["href"]).read()
    [park] = [c.outline.centroid for c in plan.compounds if c.kind == "walled_park"]
    row, col = round(-park.y / 10) + 20, round(park.x / 10) + 20
    red = open_image(tmp_path / "month" / clear["assets"]["red"]["href"]).read()
    inside = red.bands[0][row - 6 : row + 6, col - 6 : col + 6]
    assert inside.min() > 1400  # bare ground and roofs, no leaves
    assert np.median(nir.bands[0]) > 2 * np.median(red.bands[0])
    assert "does not exist" in note_of(tmp_path / "month" / clear["assets"]["nir"]["href"])


def test_a_month_has_days_without_any_cloud_and_one_that_is_nearly_lost():
    assert min(SKIES.values()) == 0
    assert max(SKIES.values()) >= 0.9
