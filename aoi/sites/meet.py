"""Which layouts lie on the ground of which sites, and how well they fit.

A site is a disc or an outline, so the question is never *which point is nearest* but *does the
footprint meet the ground in which the site must lie*.  Small discs and outlines can identify a
layout; wide ones can only say that a layout lies in a place with reports.

    grounds (S,) + footprints (C,) ──► tree ──► Fits (P pairs): distance, overlap, cost
                                         └────► Surroundings: the smallest wide disc around each
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from aoi.sites.assign import NOBODY, Pairs, Whole
from aoi.sites.site import IDENTIFYING_M, Site

Geometries = NDArray[np.object_]
"""(N,) shapely geometries in metres; ``None`` where there is none."""

Reals = NDArray[np.float64]
"""(N,) float64."""

POSSIBLE = 0.1
"""Score.  On the ground of a precisely placed site a report already speaks for the layout, so a
likeness of one in ten is enough to be shown as the site; anything weaker is noise."""

LIKELY = 0.5
"""Score.  In the disc of a town nothing speaks for one layout more than for another, so only
what more likely than not is a compound counts as seen."""

TOUCH = 0.1
"""Share of the smaller of two outlines.  Neighbours that share a wall overlap by less."""

ALONE = 6.0
"""Cost, in natural logarithms, of a site that goes without a layout: more than the worst pair
(2 + 1 + 2.3), so a layout that fits is left only for a better one."""

STEP = 1e-6
"""Costs are compared in steps this large; what is smaller is rounding."""

LISTED = 10
"""Layouts named for one town disc, the strongest first; the rest are counted."""

OUTLINES = (3, 6)
"""Shapely's numbers of Polygon and MultiPolygon."""

CHUNK = 500
"""Wide discs looked at together: bounds the memory where thousands of towns overlap."""


@dataclass(frozen=True, slots=True)
class Fits:
    """Pairs of precisely placed sites and layouts that may be them."""

    pairs: Pairs
    """Row is the site, col the layout; costs in ``STEP``."""

    distance: Reals
    """(P,) metres from the registered point to the footprint, 0 inside; 0 for outlines."""

    overlap: Reals
    """(P,) share of the smaller of the two grounds that both cover, 0 to 1."""

    weak: tuple[list[int], list[int]]
    """Sites and layouts on their ground that are too weak to be tied to them."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lies in the wide discs."""

    host: Whole
    """(C,) the smallest wide disc that each footprint meets, or ``NOBODY``."""

    hosts: Whole
    """(C,) how many wide discs it meets."""

    count: Whole
    """(S,) how many likely layouts each wide disc holds."""

    best: tuple[tuple[int, ...], ...]
    """(S,) the strongest of them, at most ``LISTED``."""


def fit(
    sites: Sequence[Site],
    shapes: Geometries,
    tree: shapely.STRtree,
    scores: Reals,
    *,
    precise: NDArray[np.bool_],
) -> Fits:
    """Pair precisely placed sites with layouts on their ground, and price each pair.

    The cost is a negative log-likelihood.  The site lies about its point with a spread of half
    the precision: ``2 (d / r)² + 2 ln r``; a layout is a compound with the probability of its
    score: ``- ln score``; what of the smaller ground lies outside the other adds its share.

    Args:
        sites: (S,) any.
        shapes: (S,) their points and outlines, metres of the run.
        tree: of the (C,) footprints, polygons.
        scores: (C,) 0 to 1.
        precise: (S,) which of them can be identified; the others get no pair.
    """
    points = precise & (shapely.get_type_id(shapes) == 0)
    radius = np.array([site.precision_m or 0.0 for site in sites], dtype=float)
    outlines = np.flatnonzero(precise & ~points)
    radius[outlines] = np.sqrt(shapely.area(shapes[outlines]) / np.pi)

    site, col, near, shared = _on_discs(np.flatnonzero(points), shapes, radius, tree)
    more, col2, shared2 = _on_outlines(outlines, shapes, tree)
    site, col = np.concatenate([site, more]), np.concatenate([col, col2])
    near = np.concatenate([near, np.zeros(len(more))])
    shared = np.concatenate([shared, shared2])

    spread = np.minimum(radius[site], IDENTIFYING_M)
    cost = 2 * (near / spread) ** 2 + 2 * np.log(spread / IDENTIFYING_M)
    cost += (1 - shared) - np.log(np.maximum(scores[col], POSSIBLE))
    whole = np.rint(cost / STEP).astype(np.int64)
    order = np.lexsort((col, site))
    weak = order[scores[col[order]] < POSSIBLE]
    order = order[scores[col[order]] >= POSSIBLE]
    pairs = Pairs(site[order], col[order], whole[order])
    faint = site[weak].tolist(), col[weak].tolist()
    return Fits(pairs, near[order], shared[order], faint)


def surround(
    sites: Sequence[Site],
    shapes: Geometries,
    tree: shapely.STRtree,
    scores: Reals,
    *,
    precise: NDArray[np.bool_],
) -> Surroundings:
    """Tell which wide discs each layout lies in, and which likely layouts each disc holds.

    A town or province that came as an outline holds what its outline meets.
    """
    points, radius = _discs(sites, shapes)
    wide = np.array([site.geometry is not None for site in sites], dtype=bool) & ~precise
    order = np.flatnonzero(wide)
    order = order[np.argsort(radius[order], kind="stable")]  # the smallest disc speaks first

    host = np.full(len(scores), NOBODY, dtype=np.int64)
    hosts = np.zeros(len(scores), dtype=np.int64)
    count = np.zeros(len(sites), dtype=np.int64)
    best: list[tuple[int, ...]] = [()] * len(sites)
    if not len(order):
        return Surroundings(host, hosts, count, tuple(best))

    strength = np.empty(len(scores), dtype=np.int64)
    strength[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    likely = scores >= LIKELY
    west, south, east, north = shapely.bounds(tree.geometries).T
    centres = np.stack([west + east, south + north], axis=1) / 2
    reach = np.hypot(east - west, north - south) / 2
    for begin in range(0, len(order), CHUNK):
        some = order[begin : begin + CHUNK]
        at, col = _within(points[some], radius[some], tree, centres, reach)
        at, col = _on_ground(at, col, shapes[some], tree)
        hosts += np.bincount(col, minlength=len(scores))
        inner, where = np.unique(col[np.argsort(at, kind="stable")], return_index=True)
        smallest = some[np.sort(at, kind="stable")[where]]
        host[inner] = np.where(host[inner] == NOBODY, smallest, host[inner])
        at, col = at[likely[col]], col[likely[col]]
        count[some] = np.bincount(at, minlength=len(some))
        ranked = np.lexsort((strength[col], at))
        lists = np.split(col[ranked], np.cumsum(count[some])[:-1])
        for number, found in zip(some.tolist(), lists, strict=True):
            best[number] = tuple(found[:LISTED].tolist())
    return Surroundings(host, hosts, count, tuple(best))


def _discs(sites: Sequence[Site], shapes: Geometries) -> tuple[Geometries, Reals]:
    """Give the centre and the radius of each site's ground; round outlines, of the disc."""
    points = shapes.copy()
    radius = np.array([site.precision_m or 0.0 for site in sites], dtype=float)
    drawn = np.isin(shapely.get_type_id(shapes), OUTLINES)
    points[drawn] = shapely.centroid(shapes[drawn])
    radius[drawn] = shapely.hausdorff_distance(points[drawn], shapes[drawn])
    return points, radius


def _on_ground(
    at: Whole, col: Whole, shapes: Geometries, tree: shapely.STRtree
) -> tuple[Whole, Whole]:
    """Leave out footprints in the disc round an outline that do not meet the outline."""
    keep = np.ones(len(at), dtype=bool)
    drawn = np.flatnonzero(np.isin(shapely.get_type_id(shapes[at]), OUTLINES))
    keep[drawn] = shapely.intersects(shapes[at[drawn]], tree.geometries[col[drawn]])
    return at[keep], col[keep]


def _on_discs(
    rows: Whole, shapes: Geometries, radius: Reals, tree: shapely.STRtree
) -> tuple[Whole, Whole, Reals, Reals]:
    """Find the footprints that discs meet: site, layout, distance in metres, overlap."""
    at, col = tree.query(_boxes(shapes[rows], radius[rows]))
    near = shapely.distance(shapes[rows[at]], tree.geometries[col])
    inside = near <= radius[rows[at]]
    site, col, near = rows[at][inside], col[inside], near[inside]
    met, which = np.unique(col, return_inverse=True)  # many sites may share a footprint
    footprints = tree.geometries[met]
    # The footprint is taken as a circle of its own area: a lens has a formula, and the cost
    # needs no more than two digits.
    own = np.sqrt(shapely.area(footprints) / np.pi)[which]
    apart = shapely.distance(shapes[site], shapely.centroid(footprints)[which])
    return site, col, near, lens_share(radius[site], own, apart)


def _within(
    points: Geometries,
    radius: Reals,
    tree: shapely.STRtree,
    centres: NDArray[np.float64],
    reach: Reals,
) -> tuple[Whole, Whole]:
    """Find the footprints that wide discs meet; only those on the rim are measured exactly.

    Args:
        points: (N,) centres of the discs.
        radius: (N,) metres.
        tree: of the footprints.
        centres: (C, 2) of their bounds.
        reach: (C,) metres from there that no part of a footprint is beyond.
    """
    at, col = tree.query(_boxes(points, radius))
    apart = shapely.get_coordinates(points)[at] - centres[col]
    far = np.hypot(apart[:, 0], apart[:, 1]) - radius[at]
    rim = np.flatnonzero(np.abs(far) <= reach[col])
    inside = far < 0
    inside[rim] = shapely.dwithin(points[at[rim]], tree.geometries[col[rim]], radius[at[rim]])
    return at[inside], col[inside]


def _boxes(points: Geometries, radius: Reals) -> Geometries:
    """Draw a square around each disc."""
    x, y = shapely.get_coordinates(points).T
    squares: Geometries = shapely.box(x - radius, y - radius, x + radius, y + radius)
    return squares


def _on_outlines(
    rows: Whole, shapes: Geometries, tree: shapely.STRtree
) -> tuple[Whole, Whole, Reals]:
    """Find the footprints that outlines overlap, neighbours left out: site, layout, overlap."""
    at, col = tree.query(shapes[rows], predicate="intersects")
    mine, theirs = shapes[rows[at]], shapely.make_valid(tree.geometries[col])
    smaller = np.minimum(shapely.area(mine), shapely.area(theirs))
    shared = shapely.area(shapely.intersection(mine, theirs)) / np.maximum(smaller, STEP)
    keep = shared >= TOUCH
    return rows[at][keep], col[keep], np.minimum(shared[keep], 1.0)


def lens_share(first: Reals, second: Reals, apart: Reals) -> Reals:
    """Measure how much of the smaller of two circles lies in the other.

    Args:
        first: (N,) metres, radius.
        second: (N,) metres, radius.
        apart: (N,) metres between the centres.

    Returns:
        (N,) 0 to 1; 0 where a circle has no extent.
    """
    small, large = np.minimum(first, second), np.maximum(first, second)
    small = np.maximum(small, STEP)
    d = np.clip(apart, np.maximum(large - small, STEP), large + small)  # contained, or apart
    a = np.clip((d**2 + small**2 - large**2) / (2 * d * small), -1, 1)
    b = np.clip((d**2 + large**2 - small**2) / (2 * d * large), -1, 1)
    kite = (small + large - d) * (d + small - large) * (d - small + large) * (d + small + large)
    lens = small**2 * np.arccos(a) + large**2 * np.arccos(b) - np.sqrt(np.maximum(kite, 0)) / 2
    share: Reals = np.clip(lens / (np.pi * small**2), 0, 1)
    return share
