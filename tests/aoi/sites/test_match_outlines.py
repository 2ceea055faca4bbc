"""Towns and provinces that came as outlines: they identify nothing, as their discs do not."""

import dataclasses

import pytest
from shapely.geometry import Polygon, box

from aoi.sites.match import match
from aoi.sites.site import Registry, Site
from tests.aoi.sites.drawn_sites import WORLD, layouts, note, sites, square, tied


@pytest.mark.parametrize(
    ("side", "precision", "identified"),
    [
        *((400, "source", True), (400, "area", False), (2800, "source", True)),
        *((2900, "source", False), (40_000, "source", False), (40_000, "province", False)),
    ],
)
def test_the_outline_of_a_town_or_province_identifies_no_layout(side, precision, identified):
    site = dataclasses.replace(sites(("s", square(0, 0, side))).sites[0], precision=precision)
    found = match(layouts(("c", 0, 0)), Registry(sites=(site,), crs=None), WORLD)
    assert tied(found) == ({"c": "s"} if identified else {})
    if not identified:
        assert note(found, "c").startswith("In the outline of Site s, a")
        assert found.sites["compound_ids"].tolist() == ["c"]


def test_a_wide_outline_holds_what_it_meets_and_not_what_its_corners_reach():
    angle = Polygon([(0, 0), (9000, 0), (9000, 1000), (1000, 1000), (1000, 9000), (0, 9000)])
    found = match(layouts(("in", 500, 8000), ("out", 5000, 5000)), sites(("s", angle)), WORLD)
    assert found.sites["compound_ids"].tolist() == ["in"]
    assert note(found, "out") == "On no ground of the register."


def test_on_earth_an_outline_is_as_wide_as_its_metres_say():
    for lat, identified in ((0, False), (60, True)):
        drawn = Site(id="s", name="S", geometry=box(100, lat, 100.05, lat + 0.001))
        assert Registry(sites=(drawn,)).identifies(drawn) is identified
