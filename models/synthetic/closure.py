"""Measure how far the ring of a yard is barred by what was in fact built.

A generator says where a yard was meant to be; whether it is closed is not its to say.  Walls
are left out, shared with a neighbour or replaced by a facade, so the closed flag is measured
from the finished geometry, with the rule of the hand-labelled tiles: a closure of 0.8 at least,
and no open stretch wider than a gate.

    ring ──minus walls and facades within REACH──► open stretches ──► closure, gaps, closed

Source: the protocol of the hand-drawn development set (closed = closure >= 0.8 and no open
stretch over 7 to 9 m).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from models.synthetic.shapes import Building, Wall, Yard

REACH = 1.2
"""Metres.  A wall this near the planned ring bars it: half a lane, less than a person needs to
see as a passage from above."""

GATE = 8.0
"""Metres.  A wider opening lets the outside in; two lorries abreast and a little air."""

CLOSED = 0.8
"""Share of the perimeter that must be barred."""


def measure_yards(
    rings: Sequence[tuple[Polygon, int]], walls: Sequence[Wall], buildings: Sequence[Building]
) -> list[Yard]:
    """Tell for each planned ring how closed it turned out to be.

    Args:
        rings: outline and number of planned gates.
        walls: all of the place; those that do not bar are ignored.
        buildings: all of the place; only those that stand bar the way.
    """
    if not rings:
        return []
    bars: list[BaseGeometry] = [w.line for w in walls if w.bars]
    bars += [b.footprint for b in buildings if b.stands]
    grown = shapely.buffer(np.array(bars, object), REACH, quad_segs=1, cap_style="square")
    tree = shapely.STRtree(grown)
    return [_measure(polygon, gates, grown, tree) for polygon, gates in rings]


def _measure(polygon: Polygon, gates: int, grown: np.ndarray, tree: shapely.STRtree) -> Yard:
    near = grown[tree.query(polygon.exterior, predicate="intersects")]
    open_ = (
        polygon.exterior.difference(shapely.union_all(near)) if len(near) else polygon.exterior
    )
    if isinstance(open_, MultiLineString):
        open_ = shapely.line_merge(open_)  # the ring's own start is no post
    pieces = shapely.get_parts(open_)
    gaps = sorted((float(p.length) + 2 * REACH for p in pieces if p.length > 0.3), reverse=True)
    closure = 1 - min(1.0, sum(gaps) / polygon.length)
    closed = closure >= CLOSED and (not gaps or gaps[0] <= GATE)
    return Yard(polygon=polygon, closed=closed, closure=closure, gaps=tuple(gaps), gates=gates)
