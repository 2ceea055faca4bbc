"""Four buildings and what hid them."""

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from shapely.affinity import rotate
from shapely.geometry import box

from geo.change.observe import Hidden, _shares, covered, hidden, worst
from geo.change.sight import CLOUD, SHADOW, UNSEEN
from geo.errors import ShapeError
from geo.grid import Grid

CELLS = Grid((10, 10), Affine(4, 0, 0, 0, -4, 40), "EPSG:32648")
CLEAR = np.zeros((10, 10), np.uint8)


def clouded(share=1.0):
    codes = CLEAR.copy()
    codes[:, :5] = CLOUD  # x from 0 to 20
    return codes


def asked(*shapes, codes=(CLEAR, CLEAR), **how):
    units = gpd.GeoDataFrame(geometry=list(shapes), crs=32648)
    return hidden(units, codes, CELLS, **{"gsds": (0.5, 0.5), **how})


def test_a_clear_building_is_not_hidden():
    assert not asked(box(4, 4, 14, 14))[0]


def test_cloud_is_told_for_its_own_date():
    [found] = asked(box(4, 4, 14, 14), codes=(CLEAR, clouded()))
    assert (found.one, found.other) == ("", "cloud")


def test_a_building_is_hidden_from_three_tenths_on():
    wide = box(16.5, 4, 30, 14)  # 3.5 of 13.5 m under cloud: 26 %
    wider = box(14, 4, 30, 14)  # 6 of 16 m: 38 %
    few, many = asked(wide, wider, codes=(clouded(), CLEAR))
    assert not few
    assert many.one == "cloud"


def test_of_two_veils_the_larger_is_named():
    codes = clouded()
    codes[:, 3:5] = SHADOW
    assert covered(box(0, 4, 20, 14), codes, CELLS) == "cloud"


def test_off_the_frame_is_off_the_scene():
    assert "off the scene" in asked(box(36, 4, 56, 14))[0].one


def test_an_outline_far_larger_than_the_frame_costs_no_more_than_the_frame():
    country = box(-200_000, -200_000, 200_000, 200_000)  # 10,000 million cells
    assert "off the scene" in covered(country, CLEAR, CELLS)


@pytest.mark.parametrize("turn", [0, 30, 45])
def test_a_wide_outline_is_cut_like_a_small_one(turn):
    cells = Grid((60, 60), Affine(4, 0, 0, 0, -4, 240), "EPSG:32648")
    codes = np.zeros((60, 60), np.uint8)
    codes[20:, 7:50] = CLOUD  # x from 28 to 200, y from 0 to 160
    shape = rotate(box(30, 20, 190, 230).difference(box(80, 80, 120, 120)), turn)
    shares = _shares(shape, codes, cells)
    cloudy = shape.intersection(box(28, 0, 200, 160)).area
    unseen = shape.difference(box(0, 0, 240, 240)).area
    assert shares[CLOUD] == pytest.approx(cloudy / shape.area)
    assert shares.get(UNSEEN, 0) == pytest.approx(unseen / shape.area, abs=1e-9)
    assert sum(shares.values()) == pytest.approx(1)


def test_a_hut_is_too_small_for_coarse_pixels():
    hut = box(4, 4, 9, 9)
    assert not asked(hut)[0]
    assert "too coarse" in asked(hut, gsds=(0.5, 1.4))[0].other
    assert "too coarse" not in asked(hut, gsds=(0.5, 1.4))[0].one


def test_a_picture_taken_from_the_side_shows_no_roofs():
    [found] = asked(box(4, 4, 14, 14), tilts=(12.0, -47.0))
    assert (found.one, found.other) == ("", "too oblique, 47 degrees off nadir")


def test_reasons_are_counted_most_first():
    assert worst([Hidden("cloud", ""), Hidden(), Hidden("", "cloud"), Hidden("haze", "")]) == {
        "cloud": 2,
        "haze": 1,
    }


def test_codes_of_another_frame_are_refused():
    with pytest.raises(ShapeError, match="do not lie on a frame"):
        asked(box(0, 0, 9, 9), codes=(CLEAR[:5], CLEAR[:5]))
