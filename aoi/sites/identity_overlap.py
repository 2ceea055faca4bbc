"""Find where outlines of two looks overlap, and how far one look lies off the other.

Pictures are placed only to some metres, so a look is first shifted back by what most of its
outlines agree to have moved.

    known (K,), found (F,) ──meet_of──► Meet: P pairs, shared square metres
                           ──shift_of──► metres east and north
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from aoi.sites.assign import Whole

Geometries = NDArray[np.object_]
"""(N,) polygons in metres."""

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

SAME = 0.3
"""Share of both outlines' union, from which on they are much alike.  A compound that is no
longer there is only found again by such an outline, for by now something else may stand on a
corner of its ground."""

AGREE = 2
"""Outlines that must agree on a shift before it is believed."""

STRAY = 5.0
"""Metres.  Half of them may lie no further from that shift."""


@dataclass(frozen=True, slots=True)
class Meet:
    """Where known and found outlines overlap; P pairs."""

    known: Whole
    found: Whole
    shared: Reals
    """(P,) square metres that both cover."""

    union: Reals
    of_known: Reals
    """(P,) share of the known outline."""
    of_found: Reals
    """(P,) share of the found outline."""


def meet_of(known: Geometries, found: Geometries) -> Meet:
    """Find all pairs of outlines that overlap, sorted by known and found."""
    f, k = (
        shapely.STRtree(known).query(found, predicate="intersects")
        if len(known) and len(found)
        else np.empty((2, 0), dtype=np.int64)
    )
    order = np.lexsort((f, k))
    k, f = k[order], f[order]
    shared = shapely.area(shapely.intersection(known[k], found[f]))
    left, right = shapely.area(known)[k], shapely.area(found)[f]
    real = shared > 0
    k, f, shared, left, right = k[real], f[real], shared[real], left[real], right[real]
    return Meet(k, f, shared, left + right - shared, shared / left, shared / right)


def shift_of(known: Geometries, asleep: Flags, found: Geometries, whole: Flags) -> Reals:
    """Measure how far a look lies off, by what most of its outlines agree to have moved.

    Known outlines come from looks of many dates, each laid elsewhere; held against each other
    as they lie, a small compound that was missed for a while would be found a neighbour away.
    """
    nowhere = np.zeros(2)
    meet = meet_of(known, found)
    alike = meet.shared / meet.union
    likely = (alike >= SAME) & ~asleep[meet.known] & whole[meet.found]
    if likely.sum() < AGREE:
        return nowhere
    here = shapely.get_coordinates(shapely.centroid(known[meet.known[likely]]))
    there = shapely.get_coordinates(shapely.centroid(found[meet.found[likely]]))
    moves = there - here  # (P, 2) metres
    shift = np.median(moves, axis=0)
    return nowhere if np.median(np.hypot(*(moves - shift).T)) > STRAY else shift


def moved(shapes: Geometries, by: NDArray[np.float64]) -> Geometries:
    """Move (N,) outlines by as many metres east and north each; ``by`` is (N, 2) or (2,)."""
    each = np.broadcast_to(by, (len(shapes), 2))
    step = np.repeat(each, shapely.get_num_coordinates(shapes), axis=0)  # a row a corner
    return np.asarray(shapely.transform(shapes, lambda corners: corners + step), dtype=object)
