"""Plans keep to what was measured of real places."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, box

from models.synthetic.cells import Site
from models.synthetic.closure import measure_yards
from models.synthetic.compounds import walled_park
from models.synthetic.frame import Frame, area_of, parcels, ring_of, shrink
from models.synthetic.lookalikes import LOOKALIKES
from models.synthetic.plan import make_plan
from models.synthetic.shapes import Building, Sketch, Wall
from models.synthetic.walls import wall_ring

SQUARE = ring_of(box(0, 0, 40, 40))
WALL = Wall(line=LineString([(0, 0), (1, 0)]))


def court(gate=None, missing=(), buildings=()):
    """Wall a square of forty metres and measure its yard."""
    walls = wall_ring(SQUARE, np.random.default_rng(1), WALL, gate=gate, missing=list(missing))
    [yard] = measure_yards([(Polygon(SQUARE), 1)], walls, list(buildings))
    return yard


def test_a_wall_all_around_closes_a_yard():
    assert court().closed
    assert court().closure == 1


def test_a_yard_stays_closed_behind_a_gate_and_opens_with_a_missing_stretch():
    assert court(gate=(0, 0.5, 5)).closed
    assert not court(missing=[(1, 0.0, 0.3)]).closed
    assert court(missing=[(1, 0.1, 0.4)]).gaps[0] == pytest.approx(12, abs=0.1)


def test_a_facade_stands_in_for_a_missing_wall():
    house = Building(footprint=box(0, 38, 40, 48), height=6)
    assert court(missing=[(1, 0.0, 1.0)], buildings=[house]).closed
    ruin = Building(footprint=box(0, 38, 40, 48), height=0.5, stage="foundation")
    assert not court(missing=[(1, 0.0, 1.0)], buildings=[ruin]).closed


def test_a_hedge_closes_nothing():
    hedge = [Wall(line=Polygon(SQUARE).exterior, kind="hedge")]
    [yard] = measure_yards([(Polygon(SQUARE), 0)], hedge, [])
    assert not yard.closed
    assert yard.closure == 0


@pytest.mark.parametrize("seed", range(12))
def test_a_park_keeps_to_the_measured_sizes_and_has_one_gate(seed):
    rng = np.random.default_rng(seed)
    site = Site(frame=Frame(0, 0, 30), width=rng.uniform(205, 390), depth=rng.uniform(205, 400))
    park = walled_park(site, rng)
    [compound] = park.compounds
    assert 3.5e4 < compound.outline.area < 16e4
    assert compound.gates == 1
    inside = [b for b in park.buildings if b.use not in {"guard", "watchtower"}]
    assert 10 <= len(inside) <= 50
    assert {b.storeys for b in inside} <= set(range(1, 10))
    assert all(compound.outline.contains(b.footprint) for b in inside)
    yard = measure_yards(park.rings, park.walls, park.buildings)[0]
    assert yard.closed
    assert len(yard.gaps) + sum(w.kind == "gate" for w in park.walls) >= 1
    assert len(yard.gaps) <= 1


@pytest.mark.parametrize("stage", ["clearing", "walls", "building"])
def test_a_park_grows_from_clearing_to_roofs(stage):
    park = walled_park(
        Site(frame=Frame(0, 0), width=260, depth=240), np.random.default_rng(5), stage=stage
    )
    assert park.patches[0].disturbed
    assert bool(park.walls) == (stage != "clearing")
    stages = {b.stage for b in park.buildings if b.use not in {"guard", "watchtower"}}
    assert ("foundation" in stages) == (stage == "building")


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_a_look_alike_keeps_the_feature_that_gives_it_away(kind):
    site = Site(frame=Frame(0, 0, 10), width=200, depth=180)
    sheet = LOOKALIKES[kind](site, np.random.default_rng(3))
    assert [c.kind for c in sheet.compounds] == [kind]
    assert GIVEN_AWAY[kind](sheet)


GIVEN_AWAY = {
    "factory": lambda s: max(b.footprint.area for b in s.buildings) > 2500 and _gates(s) > 1,
    "gated_estate": lambda s: len(s.buildings) > 40,
    "school": lambda s: any(p.cover == "paint" for p in s.patches),
    "barracks": lambda s: sum(b.use == "barrack" for b in s.buildings) > 5,
    "resort": lambda s: any(p.cover == "pool" for p in s.patches) and not _barring(s),
    "prison": lambda s: len(s.rings) == 2,
    "condo_town": lambda s: not s.walls,
    "poultry_farm": lambda s: all(_slender(b) for b in s.buildings if b.use == "shed"),
}


def _gates(sheet: Sketch) -> int:
    return sheet.compounds[0].gates


def _barring(sheet: Sketch) -> bool:
    return any(w.bars for w in sheet.walls)


def _slender(building: Building) -> bool:
    sides = np.diff(ring_of(building.footprint), axis=0)
    return max(math.hypot(*s) for s in sides) > 4 * min(math.hypot(*s) for s in sides)


def test_many_yards_are_closed_and_many_are_not():
    plan = make_plan("plots", np.random.default_rng(2), 300, 300)
    closed = [y.closed for y in plan.yards]
    assert len(closed) > 40
    assert 0.4 < np.mean(closed) < 0.95


def test_a_shared_wall_is_built_once():
    plan = make_plan("plots", np.random.default_rng(2), 200, 200)
    lines = [w.line for w in plan.walls if w.kind != "gate"]
    together = shapely.union_all([shapely.set_precision(line, 0.01) for line in lines])
    assert sum(line.length for line in lines) < 1.05 * together.length


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), angle=st.floats(-180, 180), area=st.floats(300, 4000))
def test_cutting_ground_loses_only_the_streets(seed, angle, area):
    ring = ring_of(Frame(5, -7, angle).block(120, 90))
    parts = parcels(ring, np.random.default_rng(seed), area=area)
    assert sum(area_of(p) for p in parts) == pytest.approx(area_of(ring), rel=1e-6)
    assert all(area_of(p) < 1.7 * area for p in parts)


@given(by=st.floats(0.5, 25))
def test_shrinking_keeps_the_order_of_edges(by):
    ring = ring_of(Frame(0, 0, 33).block(80, 60))
    inner = shrink(ring, by)
    assert area_of(inner) == pytest.approx((80 - 2 * by) * (60 - 2 * by))
    along, before = inner[1] - inner[0], ring[1] - ring[0]
    assert np.dot(along, before) == pytest.approx(math.hypot(*along) * math.hypot(*before))
