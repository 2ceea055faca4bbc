"""One roof on a grey plain, and what is measured of it on two dates."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Polygon, box

from geo.change.burn import burn
from geo.change.evidence import Views, measure
from geo.correlate import brightness, usual_slope
from geo.grid import local_grid
from geo.prepare.radiometry import Match
from geo.types import FULL, NODATA

GRID = local_grid(80, 80, 0.5)
HOUSE = box(10, -25, 25, -10)
"""Metres; rows 20 to 50, columns 20 to 50."""
ALL = np.ones((80, 80), bool)
UNMATCHED = Match()


def scene(*, roof=True, colour=200, where=(20, 20)):
    picture = np.full((3, 80, 80), 100, np.uint8)
    picture += np.random.default_rng(0).integers(0, 6, picture.shape).astype(np.uint8)
    r, c = where
    if roof:
        picture[:, r : r + 30, c : c + 30] = colour
        picture[:, r : r + 30, c + 15] = colour - 60  # its ridge
    return picture


def scores(*, roof=True, high=0.9):
    out = np.full((80, 80), 5, np.uint8)
    if roof:
        out[20:50, 20:50] = round(high * FULL)
    return out


def seen(one, other, roofs=None, match=UNMATCHED):
    pictures = (one, other)
    views = Views(
        grid=GRID,
        roofs=roofs or (scores(), scores()),
        pictures=pictures,
        match=match,
        valid=(ALL, ALL),
        usual=tuple(usual_slope(brightness(p), ALL) for p in pictures),
    )
    return measure(gpd.GeoDataFrame(geometry=[HOUSE]), views)


def test_a_house_that_stayed_looks_like_itself():
    found = seen(scene(), scene())
    assert found.roof_one[0] == pytest.approx(0.9, abs=0.02)
    assert found.edges[0] > 0.95
    assert found.light[0] > 0.95
    assert found.colour[0] < 0.01
    assert found.painted[0] < 0.01
    assert found.part_one[0] == found.part_other[0] == 0
    assert found.stands_out_one[0] > 0.8
    assert found.rim_one[0] > 0.5
    assert found.square[0] == pytest.approx(1)
    assert found.size[0] == pytest.approx(np.log10(225))


def test_a_house_that_went_looks_like_ground():
    found = seen(scene(), scene(roof=False), (scores(), scores(roof=False)))
    assert found.roof_other[0] < 0.05
    assert found.edges[0] < 0.4
    assert found.colour[0] > 0.3
    assert found.part_one[0] == 0  # nothing stayed of which it were a part
    assert found.rim_one[0] > 0.5
    assert found.rim_other[0] < 0.25
    assert found.stands_out_other[0] == pytest.approx(0, abs=0.02)


def test_a_pixel_of_misplacement_is_forgiven_and_ten_are_not():
    assert seen(scene(), scene(where=(21, 19))).edges[0] > 0.9
    assert seen(scene(), scene(where=(30, 10))).edges[0] < 0.5


def test_a_new_colour_of_the_same_roof_moves_colour_and_not_edges():
    found = seen(scene(), scene(colour=255))
    assert found.edges[0] > 0.8
    assert found.colour[0] > 0.15
    assert found.painted[0] > 0.15
    assert found.odd[0] < 1  # alone, it is like itself


def test_half_a_house_that_went_is_a_part():
    half, rest = scene(), scores()
    half[:, 20:50, 35:50] = 100
    rest[20:50, 35:50] = 5
    found = seen(scene(), half, (scores(), rest))
    assert found.part_one[0] > 0.35
    assert found.part_other[0] == 0


def test_exchanged_dates_exchange_the_columns():
    there = seen(scene(), scene(roof=False), (scores(), scores(roof=False)))
    back = seen(scene(roof=False), scene(), (scores(roof=False), scores())).exchanged()
    for name in ("roof_one", "roof_other", "colour", "stands_out_one", "painted", "odd"):
        assert getattr(there, name) == pytest.approx(getattr(back, name))


def test_exchanged_dates_exchange_the_part_that_went_and_the_part_that_came():
    half, rest = scene(), scores()
    half[:, 20:50, 35:50] = 100
    rest[20:50, 35:50] = 5
    back = seen(half, scene(), (rest, scores()))
    assert back.part_other[0] > 0.35
    assert back.exchanged().part_one[0] == back.part_other[0]
    assert back.exchanged().exchanged().part_other[0] == back.part_other[0]


def test_what_nobody_judged_is_not_measured():
    blank = np.full((80, 80), NODATA, np.uint8)
    assert np.isnan(seen(scene(), scene(), (scores(), blank)).roof_one[0])


def test_a_pixel_belongs_to_the_outline_that_holds_its_centre():
    window = (slice(0, 80), slice(0, 80))
    assert burn(HOUSE, GRID, window).sum() == 900
    assert burn(box(10.3, -25, 25, -10), GRID, window).sum() == 29 * 30
    ring = Polygon(HOUSE.exterior.coords, [box(15, -20, 20, -15).exterior.coords])
    assert burn(ring, GRID, window).sum() == 800
    assert burn(HOUSE, GRID, (slice(25, 30), slice(15, 25))).sum() == 25
    assert not burn(box(500, 500, 510, 510), GRID, window).any()


def test_a_darker_day_is_brought_to_the_brightness_of_the_other_before_they_are_compared():
    dark = (scene() * 0.5).astype(np.uint8)
    assert seen(scene(), dark).colour[0] > 0.2
    assert seen(scene(), dark, match=Match(gain=(2.0,) * 3)).colour[0] < 0.01
