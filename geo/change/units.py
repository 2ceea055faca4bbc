"""Agree on what one building is before asking what became of it.

A roof is outlined once on each of two dates, never twice alike.  Outlines that cover each other
are one building; a block that the other date parts into several is those several; what one
date's outline has beyond them is a unit of its own, for it was added or taken away.  A roof
that leans to another side in the other picture is still one building, and how far it leans is
kept.

    outlines of one date, of the other ──link──► groups ──► units: geometry, lean_m

Which date came first plays no part: exchanged, they give the same units in the same order.

Source: outlines of both dates laid together, as object-based change detection does; how much
must be covered is the project's own choice.
"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError

COVERED = 0.4
"""Share of the smaller outline that must be covered for the two to be one building."""

ALIKE = 0.5
"""Intersection over union from which two outlines are one whole, with nothing added."""

PART = 40.0
"""Square metres of what is added or taken away to be a unit of its own: a small house."""

SLIVER = 1.5
"""Metres.  Half the width below which a remainder is only an outline drawn otherwise."""

LEAN = 8.0
"""Metres by which a roof may stand elsewhere: four storeys seen 20 degrees from two sides."""

Shapes = NDArray[np.object_]
"""(N,) polygons, metres."""


def union_footprints(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the outlines of two dates to one list of buildings.

    Args:
        one: outlines of one date, metres.
        other: outlines of the other, same CRS.

    Returns:
        ``geometry`` and ``lean_m`` (metres between the two outlines where a roof was found
        beside itself, else 0), ordered by place.

    Raises:
        InputError: the two are in different CRSs.
    """
    if one.crs != other.crs:
        raise InputError(f"Outlines of both dates need one CRS, not {one.crs} and {other.crs}.")
    a, b = (frame.geometry.to_numpy() for frame in (one, other))
    units: list[tuple[BaseGeometry, float]] = []
    single: tuple[list[BaseGeometry], list[BaseGeometry]] = ([], [])
    for left, right in _groups(a, b):
        if len(left) and len(right):
            units += [(unit, 0.0) for unit in _parted(left, right)]
        else:
            single[0].extend(left)
            single[1].extend(right)
    units += _leaning(np.array(single[0], object), np.array(single[1], object))
    shapes = np.array([shape for shape, _ in units], object)
    middle = (
        shapely.get_coordinates(shapely.centroid(shapes)) if len(units) else np.zeros((0, 2))
    )
    order = np.lexsort((middle[:, 0].round(2), -middle[:, 1].round(2)))
    frame = {"lean_m": np.array([lean for _, lean in units], float)[order]}
    return gpd.GeoDataFrame(frame, geometry=shapes[order], crs=one.crs)


def _groups(a: Shapes, b: Shapes) -> Iterator[tuple[Shapes, Shapes]]:
    """Yield groups of outlines that cover each other, parted by date."""
    if not len(a) + len(b):
        return
    right, left = shapely.STRtree(a).query(b, predicate="intersects")
    common = shapely.area(shapely.intersection(a[left], b[right]))
    smaller = np.minimum(shapely.area(a[left]), shapely.area(b[right]))
    linked = common >= COVERED * smaller
    left, right = left[linked], right[linked] + len(a)
    size = len(a) + len(b)
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(size, size))
    count, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    for members in np.split(order, np.cumsum(np.bincount(group, minlength=count))[:-1]):
        yield a[members[members < len(a)]], b[members[members >= len(a)] - len(a)]


def _parted(left: Shapes, right: Shapes) -> list[BaseGeometry]:
    """Part a group seen on both dates into buildings."""
    if len(left) > 1 and len(right) > 1:
        return [shapely.union_all(np.concatenate([left, right]))]
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    whole = few[0]
    if len(many) == 1:
        # Of two alike in size the place decides, never the date.
        small, large = sorted((few[0], many[0]), key=lambda s: (round(s.area, 6), s.bounds))
        common = small.intersection(large).area
        if common >= ALIKE * (small.area + large.area - common):
            return [small.union(large)]
        many, whole = np.array([small], object), large
    return [*many, *_remainder(whole, shapely.union_all(many))]


def _remainder(whole: BaseGeometry, parts: BaseGeometry) -> list[BaseGeometry]:
    """Give what a whole has beyond its parts, where that is more than a rim."""
    rest = (
        whole.difference(parts.buffer(SLIVER))
        .buffer(-SLIVER)
        .buffer(SLIVER, join_style="mitre")
    )
    return [p for p in shapely.get_parts(rest) if p.area >= PART]


def _leaning(a: Shapes, b: Shapes) -> list[tuple[BaseGeometry, float]]:
    """Join roofs seen on one date each when one is the other beside itself."""
    alone_a, alone_b = np.ones(len(a), np.bool_), np.ones(len(b), np.bool_)
    found: list[tuple[BaseGeometry, float]] = []
    if len(a) and len(b):
        right, left = shapely.STRtree(a).query(b, predicate="dwithin", distance=LEAN / 2)
        pairs = [(_beside(a[i], b[j]), i, j) for i, j in zip(left, right, strict=True)]
        near = [p for p in pairs if p[0] <= LEAN]
        for away, i, j in sorted(near, key=lambda p: (p[0], a[p[1]].area + b[p[2]].area)):
            if alone_a[i] and alone_b[j]:
                alone_a[i] = alone_b[j] = False
                found.append((a[i].union(b[j]), away))
    found += [(shape, 0.0) for shape in (*a[alone_a], *b[alone_b])]
    return found


def _beside(one: BaseGeometry, other: BaseGeometry) -> float:
    """Tell how far apart two outlines of one shape lie; infinite if their shapes differ."""
    here, there = one.centroid, other.centroid
    move = np.array([here.x - there.x, here.y - there.y])
    moved = shapely.transform(other, lambda xy: xy + move)
    common = one.intersection(moved).area
    same = common >= 0.6 * (one.area + other.area - common)
    return float(np.hypot(*move)) if same else float("inf")
