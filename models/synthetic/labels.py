"""Cut the labels of every head from a plan.

    Plan ──► building, building_edge, wall, yard, ground: (H, W) uint8 of 0 and 1

A building is labelled where its roof is seen, as mappers trace it; walls and yards lie on the
ground.  Hedges and banks are no walls; yards that are not closed are no yards.

Source: the protocol of the hand-drawn development set, the project's own choice.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from models.synthetic.noise import Window
from models.synthetic.paint import burn, burn_mask
from models.synthetic.shapes import Building, Plan
from models.synthetic.sun import Light

WALL = 0.6
"""Metres on either side of a wall's centreline: about 1.2 m in all, 2 to 3 px at 0.5 m."""


def roof_seen(building: Building, light: Light) -> Polygon:
    """Return the outline of a roof where the lean of the picture puts it."""
    shift = np.array([light.lean_x, light.lean_y]) * building.height
    moved: Polygon = shapely.transform(building.footprint, lambda xy: xy + shift)
    return moved


def draw_labels(
    plan: Plan, light: Light, shape: tuple[int, int], gsd: float
) -> dict[str, NDArray[np.uint8]]:
    """Draw all heads.

    Args:
        plan: what is true.
        light: only its lean matters.
        shape: rows, cols.
        gsd: metres per pixel.
    """
    window = Window(left=0, top=0, rows=shape[0], cols=shape[1], step=gsd)
    standing = [b for b in plan.buildings if b.stands]
    roofs = [roof_seen(b, light) for b in standing]
    building = burn_mask(roofs, window)
    footprints = burn_mask([b.footprint for b in standing], window)
    reach = max(WALL, gsd)
    walls = [w.line.buffer(reach, cap_style="flat") for w in plan.walls if w.bars]
    wall = burn_mask(walls, window)
    closed = [y.polygon for y in plan.yards if y.closed]
    yard = burn_mask(closed, window) * (1 - building) * (1 - footprints)
    edge = burn_mask([shapely.boundary(r).buffer(gsd) for r in roofs], window)
    return {
        "building": building,
        "building_edge": edge,
        "wall": wall,
        "yard": yard,
        "ground": _ground(plan, window) * (1 - building),
    }


def _ground(plan: Plan, window: Window) -> NDArray[np.uint8]:
    """Draw bare and disturbed ground; a later, undisturbed patch covers it again."""
    last = burn(((p.polygon, 2 if p.disturbed else 1) for p in plan.patches), window)
    out: NDArray[np.uint8] = (last == 2).astype(np.uint8)
    return out
