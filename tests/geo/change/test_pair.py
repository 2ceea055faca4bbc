"""A pair from scores to verdicts: exchanged dates, a change head, what stays and what turns."""

from dataclasses import replace

import numpy as np
import pytest

from geo.change.decide import Kind
from geo.change.pair import Side, compare_pair
from geo.change.weights import shipped
from geo.grid import local_grid
from geo.types import FULL

GRID = local_grid(160, 160, 0.5)
SEEN = np.ones((160, 160), bool)
HOMES = {"stays": (20, 20), "comes": (20, 90), "goes": (90, 90)}
TAUGHT = shipped()


def side(*standing, seed=0):
    rng = np.random.default_rng(seed)
    picture = np.full((3, 160, 160), 100.0) + rng.normal(0, 3, (3, 160, 160))
    picture[:, 60:64] = 160  # a road that does not move
    roof, edge = np.full((2, 160, 160), 8, np.uint8)
    for name in standing:
        r, c = HOMES[name]
        picture[:, r : r + 28, c : c + 36] = np.array([60, 60, 210])[:, None, None]
        edge[r - 1 : r + 29, c - 1 : c + 37] = 180
        edge[r + 2 : r + 26, c + 2 : c + 34] = 5
        roof[r : r + 28, c : c + 36] = round(0.95 * FULL)
    return Side(picture=picture.astype(np.uint8), valid=SEEN, roof=roof, edge=edge, gsd=0.5)


BEFORE, AFTER = side("stays", "goes"), side("stays", "comes", seed=1)


def kinds(compared):
    return sorted(str(k) for k in compared.decisions.kinds)


def test_what_came_was_built_and_what_went_was_demolished():
    told = compare_pair(BEFORE, AFTER, GRID)
    assert kinds(told) == ["built", "demolished", "unchanged"]
    for shape in told.units.geometry:
        assert shape.area == pytest.approx(14 * 18, rel=0.25)


def test_exchanged_dates_give_the_same_numbers_the_other_way_round():
    there = compare_pair(BEFORE, AFTER, GRID)
    back = compare_pair(AFTER, BEFORE, GRID).exchanged()
    assert kinds(back) == kinds(there)
    assert sorted(s.area for s in back.units.geometry) == pytest.approx(
        sorted(s.area for s in there.units.geometry)
    )


def test_the_same_picture_twice_has_not_changed():
    told = compare_pair(BEFORE, BEFORE, GRID)
    assert set(told.decisions.kinds) == {Kind.UNCHANGED}


def test_a_head_that_sees_no_change_makes_a_change_less_likely():
    plain = TAUGHT.sets["outlined"]
    headed = replace(plain, head=(1.0, 0.0))
    taught = replace(TAUGHT, sets={**TAUGHT.sets, "outlined_headed": headed})
    none = np.full((160, 160), 13, np.uint8)
    yes = np.full((160, 160), 241, np.uint8)
    built = []
    for turned in ((none, none), None, (none, yes)):
        told = compare_pair(BEFORE, AFTER, GRID, turned=turned, taught=taught)
        came = [i for i, s in enumerate(told.units.geometry) if s.centroid.x > 40 and
                s.centroid.y > -40]  # fmt: skip
        built.append(float(told.decisions.chance[came, 1].max()))
    assert built == sorted(built)
    assert built[2] > built[0]


def test_a_head_beside_weights_without_one_changes_nothing():
    bare = replace(TAUGHT, sets={k: v for k, v in TAUGHT.sets.items() if "head" not in k})
    some = np.full((160, 160), 120, np.uint8)
    there = compare_pair(BEFORE, AFTER, GRID, taught=bare)
    again = compare_pair(BEFORE, AFTER, GRID, taught=bare, turned=(some, some))
    assert again.decisions.chance == pytest.approx(there.decisions.chance)
