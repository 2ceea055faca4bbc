"""The demo place holds what it promises, and accuses nobody."""

import collections
import json

import numpy as np
import pytest

from geo.grid import local_grid
from models.synthetic.demo import CORNER, DRAWN, SIDE, demo_plan, demo_sites
from models.synthetic.scene import draw_plan


@pytest.fixture(scope="module")
def plan():
    return demo_plan()


def test_it_has_one_of_each(plan):
    kinds = collections.Counter(c.kind for c in plan.compounds)
    assert kinds == dict.fromkeys(
        ["walled_park", "factory", "school", "gated_estate", "village"], 1
    )
    assert any(p.cover.startswith("crop") for p in plan.patches)


def test_its_park_is_closed_with_one_gate_and_rows_of_dormitories(plan):
    [park] = [c for c in plan.compounds if c.kind == "walled_park"]
    assert 6e4 < park.outline.area < 10e4
    assert park.gates == 1
    [yard] = [y for y in plan.yards if y.polygon.equals(park.outline)]
    assert yard.closed
    rows = [b for b in plan.buildings if b.use == "dormitory"]
    assert len(rows) >= 6


def test_compounds_lie_within_the_picture_and_apart(plan):
    outlines = [c.outline for c in plan.compounds]
    for i, one in enumerate(outlines):
        west, south, east, north = one.bounds
        assert west > 0 and east < SIDE and south > -SIDE and north < 0  # noqa: PT018
        assert all(one.distance(other) > 30 for other in outlines[:i])


def test_its_register_is_drawn_and_lies_in_the_open_sea(plan):
    sites = demo_sites(plan)
    assert json.loads(json.dumps(sites)) == sites
    assert len(sites["features"]) == 3
    for feature in sites["features"]:
        lon, lat = feature["geometry"]["coordinates"]
        assert 102.4 < lon < 102.6
        assert 9.4 < lat < 9.6
        assert "(demo)" in feature["properties"]["name"]
        assert feature["properties"]["notes"] == DRAWN
        assert feature["properties"]["precision_m"] > 0


def test_its_first_site_lies_on_the_park(plan):
    from pyproj import Transformer  # noqa: PLC0415

    lon, lat = demo_sites(plan)["features"][0]["geometry"]["coordinates"]
    to_map = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    x, y = np.array(to_map.transform(lon, lat)) - CORNER
    [park] = [c for c in plan.compounds if c.kind == "walled_park"]
    middle = park.outline.centroid
    assert np.hypot(x - middle.x, y - middle.y) < 60


def test_blocks_meet_without_a_seam(plan, monkeypatch):
    grid = local_grid(192, 192, 1.0)
    whole = draw_plan(plan, grid, seed=1).picture.astype(float)
    monkeypatch.setattr("models.synthetic.scene.BLOCK", 64)
    parts = draw_plan(plan, grid, seed=1).picture.astype(float)
    broad = np.abs(whole - parts).reshape(3, 24, 8, 24, 8)
    assert broad.mean() < 6  # only the finest grain differs
    smooth = np.abs((whole - parts).reshape(3, 24, 8, 24, 8).mean((2, 4)))
    assert smooth.mean() < 1
    assert smooth.max() < 12
