"""What must hold of yards whatever the picture, and what the strangest pictures give."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.grid import Grid
from geo.layout import find_compounds
from geo.yards import find_yards, yard_table
from tests.geo.test_blocks import draw_town

FEW = settings(max_examples=15, deadline=None)


def ring(side: int, gap: int, score: float = 1.0, at: float = 0.5) -> np.ndarray:
    """A wall of 2 m round ``side`` metres with a gap in its south, at 1 m a pixel."""
    wall = np.zeros((side + 60, side + 60), np.float32)
    wall[28 : side + 32, 28 : side + 32] = score
    wall[30 : side + 30, 30 : side + 30] = 0
    start = 30 + round(at * (side - gap))
    wall[side + 30 : side + 32, start : start + gap] = 0
    return wall


def find(wall, roof=None, gsd=1.0, **asked):
    return find_yards(wall, np.zeros_like(wall) if roof is None else roof, gsd, **asked)


@FEW
@given(side=st.integers(24, 90), gap=st.integers(0, 20), at=st.floats(0, 1))
def test_a_gap_wider_than_the_gate_opens_the_yard_and_no_narrower_one_does(side, gap, at):
    closed = [yard.closed for yard in find(ring(side, gap, at=at)).yards]
    assert any(closed) == (gap <= 6)


@FEW
@given(side=st.integers(24, 70), gap=st.integers(1, 16), score=st.floats(0.3, 1))
def test_closing_a_gap_never_lowers_enclosure_anywhere(side, gap, score):
    before, after = find(ring(side, gap, score)), find(ring(side, 0, score))
    assert (after.escape >= before.escape).all()
    strength = [max((y.enclosure for y in f.yards), default=0.0) for f in (before, after)]
    assert strength[1] >= strength[0]


@FEW
@given(st.integers(0, 2**32 - 1))
def test_more_wall_never_makes_leaving_cheaper(seed):
    wall, roof = draw_town(seed, (240, 200), 90)
    more, _ = draw_town(seed + 1, (240, 200), 90)
    before, after = find(wall, roof), find(np.maximum(wall, more), roof)
    assert (after.escape >= before.escape).all()


@FEW
@given(st.integers(0, 2**32 - 1), st.integers(0, 160), st.integers(0, 120))
def test_ground_that_touches_what_nobody_saw_is_never_claimed(seed, row, col):
    wall, roof = draw_town(seed, (240, 200), 90)
    valid = np.ones(wall.shape, bool)
    valid[row : row + 40, col : col + 30] = False
    found = find(wall, roof, valid=valid)
    beside = np.pad(~valid, 1, constant_values=True)
    beside = beside[:-2, 1:-1] | beside[2:, 1:-1] | beside[1:-1, :-2] | beside[1:-1, 2:]
    for yard in found.yards:
        if (found.labels[beside & valid] == yard.label).any():
            assert yard.cut_by_edge
            assert not yard.closed
            assert math.isnan(yard.enclosure)


@FEW
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.booleans())
def test_a_town_turned_or_mirrored_has_the_same_yards(seed, turns, flip):
    wall, roof = draw_town(seed, (240, 200), 90)

    def turned(picture):
        return np.ascontiguousarray(np.rot90(picture[:, ::-1] if flip else picture, turns))

    one, other = find(wall, roof), find(turned(wall), turned(roof))
    told = [sorted((y.area_m2, y.closed, y.cut_by_edge) for y in f.yards) for f in (one, other)]
    assert len(told[0]) == len(told[1])
    for mine, theirs in zip(*told, strict=True):
        assert mine[0] == pytest.approx(theirs[0], rel=0.03)  # ties may fall either way


@pytest.mark.parametrize("gsd", [0.3, 0.4, 0.5, 0.67, 0.8, 1.0])
def test_a_court_is_found_at_every_pixel_size_a_net_may_have(gsd):
    size, thick = round(40 / gsd), max(1, round(1 / gsd))
    wall = np.zeros((2 * size, 2 * size), np.float32)
    a, b = size // 2, size // 2 + size
    wall[a - thick : b + thick, a - thick : b + thick] = 1
    wall[a:b, a:b] = 0
    [yard] = find(wall, gsd=gsd).yards
    assert yard.closed
    assert yard.area_m2 == pytest.approx(1600, rel=0.06)


def test_yards_of_one_pixel_are_light_wells():
    wall = np.ones((60, 60), np.float32)
    wall[::3, ::3] = 0
    assert find(wall).yards == []


def test_noise_has_no_yards_that_hold_together():
    noise = np.random.default_rng(1).random((300, 300)).astype(np.float32)
    assert not any(yard.closed for yard in find(noise).yards)


def test_a_yard_far_from_the_origin_keeps_its_outline():
    wall = ring(40, 4)
    grid = Grid(wall.shape, Affine(1, 0, 9_000_000.25, 0, -1, 9_999_999.75), "EPSG:32648")
    [outline] = yard_table(find(wall), grid).geometry
    assert outline.area == pytest.approx(42**2, rel=0.02)  # to the crest of a wall of 2 m
    assert outline.centroid.x == pytest.approx(9_000_000.25 + 50, abs=0.5)
    assert outline.centroid.y == pytest.approx(9_999_999.75 - 50, abs=0.5)


def test_ten_thousand_buildings_in_one_yard_are_one_compound():
    side = 1010
    wall, roof = ring(side, 5), np.zeros((side + 60, side + 60), np.float32)
    for row in range(100):
        for col in range(100):
            roof[36 + 10 * row : 41 + 10 * row, 36 + 10 * col : 41 + 10 * col] = 1
    found = find(wall, roof)
    assert found.yards[0].area_m2 == pytest.approx(side**2, rel=0.01)
    places = [(36 + 10 * c, -36 - 10 * r) for r in range(100) for c in range(100)]
    houses = gpd.GeoSeries([shapely.box(x, y - 5, x + 5, y) for x, y in places])
    grid = Grid(wall.shape, Affine(1, 0, 0, 0, -1, 0), None)
    [park] = find_compounds(
        yard_table(found, grid), gpd.GeoDataFrame(geometry=houses), scene_id="drawn"
    )
    assert park.evidence["buildings"] == 10_000
    assert park.evidence["built_share"] == pytest.approx(0.25, abs=0.01)
    assert park.evidence["row_parallelism"] == pytest.approx(1)
