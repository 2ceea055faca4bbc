"""Other hearts: ways of finding enclosed ground that were tried and are not shipped.

Every heart takes (wall, building) scores (H, W) and a pixel size and gives ``Yards``, so that
``compare-hearts`` can judge all of them alike.

clearance   a binary vehicle, as wide as a gate
closing     the barrier closed by a disc, then greyscale hole filling (Vincent 1993)
graph       faces of the planar graph of wall lines, facades and bridges between free ends
loops       the cheapest closed loop around a seed, by dynamic programming over rays
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy.ndimage import (
    binary_fill_holes,
    distance_transform_edt,
    label,
    map_coordinates,
    maximum_filter,
)
from skimage.morphology import closing, disk

from geo.escape import escape_cost
from geo.follow import firm, follow
from geo.grid import local_grid
from geo.heights import surfaces_of
from geo.outline import polygons
from geo.survey import Ground, Pixel, number, survey
from geo.types import FULL
from geo.walls import _free_ends, _merge, _strokes, _thin, _trim
from geo.yard import Yards
from geo.yards import GATE, MIN_AREA, WIDER, find_yards, task_of

Scores = NDArray[np.uint8]
Heart = Callable[[NDArray, NDArray, float], Yards]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A picture on work pixels, as every heart gets it."""

    walls: Scores
    roofs: Scores
    seen: NDArray[np.bool_]
    pixel: float
    step: int
    bar: int
    shape: tuple[int, int]

    @property
    def barrier(self) -> Scores:
        """The stronger of wall and roof."""
        return np.maximum(self.walls, self.roofs)


def bench_of(wall: NDArray, building: NDArray, gsd: float) -> Bench:
    """Bring scores to work pixels."""
    task, step = task_of(gsd, gate=GATE, min_area=MIN_AREA, wider=WIDER)
    on = surfaces_of(wall, building, None, step=step, bar=task.bar)
    return Bench(
        walls=on.walls, roofs=on.roofs, seen=on.seen, pixel=task.pixel, step=step,
        bar=task.bar, shape=(wall.shape[0], wall.shape[1]),
    )  # fmt: skip


def told(bench: Bench, ground: NDArray[np.int32], closed: list[bool]) -> Yards:
    """Survey labelled ground as the shipped heart does."""
    barrier = bench.barrier
    place = Ground(
        barrier=barrier,
        firm=firm(barrier, bench.bar),
        seen=bench.seen,
        gsd=bench.pixel,
        bar=bench.bar,
        gate=GATE,
    )
    plots = survey(ground, closed, place, MIN_AREA)
    labels, yards = number(plots, barrier.shape, Pixel(bench.pixel, bench.step, GATE))
    return Yards(
        yards=yards, shape=bench.shape, step=bench.step, bar=bench.bar, work_labels=labels,
        work_barrier=barrier, work_seen=bench.seen, reach=GATE / 2 / bench.pixel + 0.5,
    )  # fmt: skip


def clearance(bar: float) -> Heart:
    """Let a binary vehicle as wide as the gate roam between what scores ``bar`` or more."""

    def heart(wall: NDArray, building: NDArray, gsd: float) -> Yards:
        """Label what it cannot leave."""
        bench = bench_of(wall, building, gsd)
        walls = bench.barrier >= bar * FULL
        clear = distance_transform_edt(~np.pad(walls, 8))[8:-8, 8:-8] * bench.pixel
        room, _ = label(clear - bench.pixel / 2 >= GATE / 2)
        rim = np.concatenate([room[0], room[-1], room[:, 0], room[:, -1]])
        dry = (room > 0) & ~np.isin(room, rim)
        if not dry.any():
            return told(bench, np.zeros(walls.shape, np.int32), [False])
        near = distance_transform_edt(~dry) * bench.pixel <= GATE / 2 + bench.pixel / 2
        labels, count = label(near & ~walls)
        return told(bench, labels.astype(np.int32), [False] + [True] * count)

    return heart


def closing_fill(least: float) -> Heart:
    """Close the barrier by a disc of half a gate, fill holes, keep ``e`` from ``least`` on."""

    def heart(wall: NDArray, building: NDArray, gsd: float) -> Yards:
        """Label the basins of ``f - b``."""
        bench = bench_of(wall, building, gsd)
        closed = closing(bench.barrier, disk(max(1, round(GATE / 2 / bench.pixel))))
        depth = escape_cost(np.ascontiguousarray(closed)).astype(int) - closed
        labels, count = label(depth > least * FULL)
        return told(bench, labels.astype(np.int32), [False] + [True] * count)

    return heart


def graph(reach: float) -> Heart:
    """Bridge free ends of wall lines over up to ``reach`` metres, take the faces."""

    def heart(wall: NDArray, building: NDArray, gsd: float) -> Yards:
        """Label the faces that are barred by seven tenths."""
        bench = bench_of(wall, building, gsd)
        return told(bench, *faces(bench, reach))

    return heart


def faces(bench: Bench, reach: float) -> tuple[NDArray[np.int32], list[bool]]:
    """Find the faces of the wall graph: ground (h, w), and whether no bridge exceeds a gate."""
    lines = _merge(_strokes(_thin(follow(bench.walls, keep=bench.bar, grow=round(0.3 * FULL)))))
    lines = _trim(lines, 3.0 / bench.pixel, 5.0 / bench.pixel)
    if not len(lines):
        return np.zeros(bench.walls.shape, np.int32), [False]
    lines = shapely.simplify(lines, 0.5)
    roofs, _ = label(bench.roofs >= bench.bar)
    grid = local_grid(*bench.walls.shape, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = polygons(roofs.astype(np.int32), grid).geometry.to_numpy()
    # Polygons lie on x right, y up; lines on columns and rows between pixel centres.
    fronts = shapely.transform(
        shapely.boundary(shapes), lambda at: np.column_stack([at[:, 0], -at[:, 1]]) - 0.5
    )
    fronts = shapely.simplify(fronts, 1.0)
    spans = bridges(lines, fronts, reach / bench.pixel)
    network = shapely.union_all(np.concatenate([lines, fronts, spans]))
    found = shapely.get_parts(shapely.polygonize([network]))
    found = shapely.polygons(shapely.get_exterior_ring(found))
    ground = np.zeros(bench.walls.shape, np.int32)
    closed = [False]
    for face in sorted(found, key=lambda one: -one.area):
        if face.area * bench.pixel**2 < 0.5 * MIN_AREA or face.area > 1.44e6:
            continue
        wide = shapely.length(shapely.intersection(face.exterior, spans))
        longest = max(wide, default=0.0) if len(spans) else 0.0
        mask = rasterize([shapely.affinity.translate(face, 0.5, 0.5)], ground.shape) > 0
        if (bench.roofs[mask] >= bench.bar).mean() > 0.8:
            continue
        closed.append(bool(longest * bench.pixel <= GATE + 1))
        ground[mask & (bench.barrier < bench.bar)] = len(closed) - 1
    return ground, closed


def bridges(lines: NDArray, fronts: NDArray, reach: float) -> NDArray:
    """Join each free end to the cheapest things ahead: a free end, a wall, a facade."""
    free = _free_ends(lines).ravel()
    tips = np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], 1).ravel()
    feet = np.stack([shapely.get_point(lines, 1), shapely.get_point(lines, -2)], 1).ravel()
    owner = np.repeat(np.arange(len(lines)), 2)
    things = np.concatenate([lines, fronts])
    tree = shapely.STRtree(things)
    made = []
    for at in np.flatnonzero(free):
        tip, foot = shapely.get_coordinates([tips[at], feet[at]])
        ahead = (tip - foot) / max(np.hypot(*(tip - foot)), 1e-9)
        offers = [
            (other, shapely.get_coordinates(tips[other])[0], 1.0)
            for other in np.flatnonzero(free)
        ]
        for thing in tree.query(tips[at], predicate="dwithin", distance=reach):
            if thing == owner[at]:
                continue
            spot = shapely.line_interpolate_point(
                things[thing], shapely.line_locate_point(things[thing], tips[at])
            )
            offers.append((-1, shapely.get_coordinates(spot)[0], 1.3))
        priced = []
        for other, spot, dear in offers:
            way = spot - tip
            far = float(np.hypot(*way))
            if other == at or far > reach or far < 1e-6:
                continue
            straight = float(way @ ahead) / far
            if straight < -0.2:
                continue
            priced.append((far * dear * (2 - straight), tuple(spot)))
        for _, spot in sorted(priced)[:2]:
            way = (np.array(spot) - tip) / np.hypot(*(np.array(spot) - tip))
            made.append(shapely.LineString([tip - 0.2 * way, np.array(spot) + 0.2 * way]))
    return np.array(made, object)


RAYS = 96
"""Directions in which a loop is looked for."""


def loops(least: float, radius: float = 150.0) -> Heart:
    """Find the cheapest closed loop around each seed; keep those barred by ``least``."""

    def heart(wall: NDArray, building: NDArray, gsd: float) -> Yards:
        """Label the loops, best barred first."""
        bench = bench_of(wall, building, gsd)
        return told(bench, *loop_ground(bench, least, radius))

    return heart


def loop_ground(
    bench: Bench, least: float, radius: float, taken: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int32], list[bool]]:
    """Find loops around seeds on ground nobody owns: ground (h, w) and that none is closed."""
    barrier = bench.barrier / FULL
    clear = distance_transform_edt(bench.walls < 0.35 * FULL) * bench.pixel
    peak = (clear == maximum_filter(clear, round(8 / bench.pixel) | 1)) & (clear >= 4)
    if taken is not None:
        peak &= ~taken
    found = []
    for row, col in zip(*np.nonzero(peak), strict=True):
        most = min(radius, 6 * clear[row, col] + 30) / bench.pixel
        ring, share = loop_around(barrier, float(row), float(col), most)
        if share >= least:
            found.append((share, ring))
    ground = np.zeros(barrier.shape, np.int32)
    closed = [False]
    owned = np.zeros(barrier.shape, bool) if taken is None else taken.copy()
    for _, ring in sorted(found, key=lambda one: -one[0]):
        shape = shapely.Polygon(ring[:, ::-1] + 0.5).buffer(0)
        if shape.is_empty:
            continue
        mask = rasterize([shape], ground.shape) > 0
        area = mask.sum()
        if area * bench.pixel**2 < MIN_AREA / 2 or (owned & mask).sum() > 0.3 * area:
            continue
        closed.append(False)
        mask &= ~owned
        ground[mask & (bench.walls < bench.bar)] = len(closed) - 1
        owned |= binary_fill_holes(mask)
    return ground, closed


def loop_around(
    barrier: NDArray[np.float64], row: float, col: float, most: float
) -> tuple[NDArray[np.float64], float]:
    """Find the cheapest loop around a place by dynamic programming, twice round.

    Returns:
        (RAYS, 2) row, col; and the share of its length that is barred.
    """
    turn = np.arange(RAYS) * 2 * np.pi / RAYS
    radii = np.arange(3.0, most, 1.0)
    places = (
        row + np.outer(np.sin(turn), radii),
        col + np.outer(np.cos(turn), radii),
    )
    wall = map_coordinates(barrier, places, order=1, cval=0.0)  # (RAYS, R)
    # A length of loop costs what it lacks in wall; a little for being long at all.
    cost = (1.02 - np.minimum(wall / 0.5, 1)) * radii
    total, back = np.zeros(len(radii)), []
    reach = 4
    for ray in range(2 * RAYS):
        pads = np.pad(total, reach, constant_values=np.inf)
        steps = np.stack([pads[k : k + len(radii)] for k in range(2 * reach + 1)])
        steps = (
            steps + np.abs(np.arange(-reach, reach + 1))[:, None] * 0.5 * np.median(radii) / 10
        )
        best = steps.argmin(0)
        back.append(best - reach)
        total = steps[best, np.arange(len(radii))] + cost[ray % RAYS]
    at = int(total.argmin())
    path = np.empty(2 * RAYS, int)
    for ray in range(2 * RAYS - 1, -1, -1):
        path[ray] = at
        at = min(max(at + back[ray][at], 0), len(radii) - 1)
    chosen = path[RAYS // 2 : RAYS // 2 + RAYS]
    rays = (np.arange(RAYS) + RAYS // 2) % RAYS
    ring = np.column_stack([places[0][rays, chosen], places[1][rays, chosen]])
    along = np.hypot(*(ring - np.roll(ring, 1, 0)).T)
    near = maximum_filter(wall, (1, 3))[rays, chosen]
    return ring, float(along @ (near >= 0.4) / along.sum())


def shipped(wall: NDArray, building: NDArray, gsd: float) -> Yards:
    """Find yards as the package does."""
    return find_yards(wall, building, gsd)


def with_more(more: Callable[[Bench, NDArray[np.bool_]], tuple]) -> Heart:
    """Add what another heart finds on ground that the shipped one leaves."""

    def heart(wall: NDArray, building: NDArray, gsd: float) -> Yards:
        """Survey both together."""
        bench = bench_of(wall, building, gsd)
        first = find_yards(wall, building, gsd)
        taken = first.work_labels > 0
        ground, closed = more(bench, taken)
        for mine in range(1, len(closed)):
            mask = ground == mine
            if (mask & taken).sum() > 0.3 * max(1, mask.sum()):
                ground[mask] = 0
        ground[taken] = 0
        joint = np.where(taken, first.work_labels, 0).astype(np.int32)
        count = len(first.yards)
        joint[ground > 0] = ground[ground > 0] + count
        flags = [False, *(yard.closed for yard in first.yards), *closed[1:]]
        return told(bench, joint, flags)

    return heart
