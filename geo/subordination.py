"""Tell which yard belongs to which, by subordination, never by mere touch.

A walled *town* is many places: its plots share walls, and a rule that joins whatever touches
would call it one compound.  So a yard joins another only where it is

* *nested*: a yard inside another's perimeter belongs to the outermost one;
* *annex*: a yard at most a quarter as large, and turned to a larger one with two fifths of its
  perimeter or more, belongs to it;
* *landlocked*: a yard that hardly touches the open belongs to the neighbour it leans on most.

Two equal plots with a party wall stay two.  Why so: docs/decisions/0004-compounds.md.

    yards, roofs ──find_contacts──► contacts ──find_hosts──► host of each yard
                 ──group──► members of each compound, ──settle──► owner of each roof
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.evidence import Roofs, Shapes

WALL = 3.0
"""Metres.  Two yards, or a yard and a building, no further apart share a barrier: a wall of
0.3 m seen through 0.5 m pixels, its shadow, and the strip along it that belongs to neither."""

ANNEX = 0.25
"""Share.  A yard up to this much of another's area can be its annex; house plots in a row are
of one size."""

LEAN = 0.4
"""Share of a yard's perimeter, or of a building's, that must face the larger yard.  One side of
a square is 0.25; a strip along a wall or a corner cut out by two walls has more than 0.4."""

LANDLOCKED = 0.95
"""Share of a yard's perimeter that faces other yards, so that it has no door of its own.  A
house plot of 20 x 30 m in a block keeps a front of 14 m (corners lost to WALL): 0.86."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Which roof turns to which yard, and with how much of its perimeter."""

    yard: NDArray[np.intp]  # (K,)
    roof: NDArray[np.intp]  # (K,)
    lean: NDArray[np.float64]  # (K,) share of the roof's perimeter, LEAN to 1


def find_contacts(grounds: Shapes, roofs: Roofs, tree: shapely.STRtree) -> Contacts:
    """List the roofs that stand in a yard or turn to it with at least ``LEAN``.

    Args:
        grounds: (Y,) yards without holes, metres.
        roofs: (B,).
        tree: of the roofs.
    """
    wide = np.asarray(shapely.buffer(grounds, WALL, join_style="mitre"), object)
    shapely.prepare(wide)
    yard, roof = tree.query(wide, predicate="intersects")
    edges = shapely.get_exterior_ring(roofs.shapes[roof])
    lean = np.ones(len(roof))
    part = ~shapely.contains(wide[yard], roofs.shapes[roof])
    facing = shapely.intersection(edges[part], wide[yard[part]])
    lean[part] = shapely.length(facing) / shapely.length(edges[part])
    enough = lean >= LEAN
    return Contacts(yard=yard[enough], roof=roof[enough], lean=lean[enough])


def settle(
    grounds: Shapes, count: int, contacts: Contacts, hosts: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Tell for each roof the main yard of the compound it faces most.

    Args:
        grounds: (Y,) yards without holes, metres.
        count: of the roofs.
        contacts: which roof turns to which yard.
        hosts: (Y,) main yard of each.

    Returns:
        (B,) a yard, or -1 for a roof that faces none.
    """
    owner = np.full(count, -1, np.intp)
    # The best comes last, and stays; where nested yards hold it equally, the smallest.
    order = np.lexsort((-shapely.area(grounds)[contacts.yard], contacts.lean))
    owner[contacts.roof[order]] = hosts[contacts.yard[order]]
    return owner


def _bodies(grounds: Shapes, roofs: Roofs, contacts: Contacts) -> Shapes:
    """Join each yard with the buildings on its rim, through which it touches its neighbours."""
    shapes = roofs.shapes[contacts.roof]
    rim = ~np.asarray(shapely.contains(grounds[contacts.yard], shapes), bool)
    bodies = grounds.copy()
    for i in np.unique(contacts.yard[rim]):
        bodies[i] = shapely.union_all([grounds[i], *shapes[rim & (contacts.yard == i)]])
    return bodies


def find_hosts(grounds: Shapes, roofs: Roofs, contacts: Contacts) -> NDArray[np.intp]:
    """Tell for each yard the main yard of its compound.

    Args:
        grounds: (Y,) yards without holes, metres.
        roofs: (B,).
        contacts: which roof turns to which yard.

    Returns:
        (Y,) a yard; itself where it belongs to no other.
    """
    bodies = _bodies(grounds, roofs, contacts)
    areas = shapely.area(grounds)
    rank = np.argsort(np.argsort(-areas, kind="stable"), kind="stable")  # 0 is the largest
    hosts = np.arange(len(grounds))
    tree = shapely.STRtree(shapely.buffer(bodies, WALL, join_style="mitre"))
    small, large = tree.query(grounds, predicate="intersects")
    apart = small != large
    small, large = small[apart], large[apart]
    edges = shapely.boundary(grounds[small])
    reach = shapely.intersection(edges, tree.geometries[large])
    lean = shapely.length(reach) / shapely.length(edges)
    nested = shapely.contains(grounds[large], shapely.point_on_surface(grounds[small]))
    annex = (areas[small] <= ANNEX * areas[large]) & (lean >= LEAN)
    locked = _landlocked(small, reach, edges)
    joins = (nested | annex | locked) & (rank[large] < rank[small])
    # Nested beats leaning; among outer perimeters the largest, among neighbours the closest.
    choice = np.where(nested, 2 + areas[large] / areas.max(), lean)[joins]
    order = np.argsort(choice, kind="stable")
    hosts[small[joins][order]] = large[joins][order]
    while (hosts != hosts[hosts]).any():  # up to the outermost; ranks only fall, so it ends
        hosts = hosts[hosts]
    return hosts


def _landlocked(small: NDArray[np.intp], reach: Shapes, edges: Shapes) -> NDArray[np.bool_]:
    """Tell for each pair whether its smaller yard faces neighbours nearly all round."""
    length = shapely.length(reach)
    whole = np.bincount(small, weights=length) if len(small) else np.empty(0)
    locked = whole[small] >= LANDLOCKED * shapely.length(edges)  # corners counted twice
    for i in np.unique(small[locked]):
        pairs = np.flatnonzero(small == i)
        facing = shapely.union_all(reach[pairs]).length
        locked[pairs] = facing >= LANDLOCKED * edges[pairs[0]].length
    return locked


def group(hosts: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """List the yards of each compound, its main yard first, by the main yard of each (Y,)."""
    order = np.argsort(hosts, kind="stable")
    cuts = np.flatnonzero(np.diff(hosts[order])) + 1
    groups = np.split(order, cuts)
    return [np.concatenate([[h := hosts[g[0]]], g[g != h]]) for g in groups]
