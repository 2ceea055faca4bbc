"""Draw walls as lines: one along the middle of every wall, straight where the wall is.

The mask of sure wall pixels is thinned to a skeleton one pixel wide; neighbouring skeleton
pixels are joined by short strokes, GEOS merges the strokes into lines from junction to
junction, stubs are cut off and the rest is simplified in metres.  Where two ends face each
other across a gap on the outline of a yard, the enclosure says that a wall runs there: the gap
is bridged, and the bridge is marked as one.

    wall (H, W) uint8 ──► skeleton (H, W) ──► strokes ──► lines ──► + bridges

Source: thinning, Zhang and Suen, Comm. ACM 27, 1984; simplification, Douglas and Peucker 1973.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from skimage.morphology import skeletonize

from geo.errors import ShapeError
from geo.follow import follow
from geo.grid import Grid, gsd_of
from geo.types import FULL, NODATA, Mask, Scores
from geo.yard import Yards

KEEP = 0.5
"""Score a wall must reach somewhere."""

GROW = 0.3
"""Score down to which it is followed from there."""

STUB = 3.0
"""Metres.  A dead end shorter than this is a hair of the skeleton, not a wall."""

SHORTEST = 5.0
"""Metres.  A free-standing line shorter than this is a speck."""

TOLERANCE = 0.5
"""Metres that a simplified line may leave the skeleton."""

REACH = 8.0
"""Metres.  The widest gap that is bridged: a gate and a little."""

BEND = 20.0
"""Degrees that a bridge may turn away from the walls at its ends."""


def wall_lines(
    wall: Scores,
    grid: Grid,
    *,
    yards: Yards | None = None,
    keep: float = KEEP,
    grow: float = GROW,
) -> gpd.GeoDataFrame:
    """Draw the walls of a picture as lines.

    Args:
        wall: (H, W) uint8 0 to 254, 255 nodata.
        grid: the metric frame it lies on.
        yards: what :func:`geo.yards.find_yards` found on the same grid; without it nothing is
            bridged.
        keep: score a wall must reach somewhere, 0 to 1.
        grow: score down to which it is followed, 0 to ``keep``.

    Returns:
        One row a line in the CRS of the grid: ``geometry``, ``score`` (mean along it, 0 to 1),
        ``length_m``, ``bridged`` (true where no wall was seen).

    Raises:
        ShapeError: the scores do not lie on the grid.
        UnitsError: the grid does not measure in metres.
    """
    if wall.shape != tuple(grid.shape):
        raise ShapeError(
            f"wall must be {tuple(grid.shape)} to lie on the grid, not {wall.shape}"
        )
    gsd = gsd_of(grid)
    known = np.where(wall == NODATA, 0, wall).astype(np.uint8)
    mask = follow(known, keep=round(keep * FULL), grow=round(grow * FULL))
    lines = _merge(_strokes(_thin(mask)))  # in pixels: x is col, y is row
    lines = _trim(lines, STUB / gsd, SHORTEST / gsd)
    lines = shapely.simplify(lines, TOLERANCE / gsd)
    spans = _bridges(lines, yards, gsd) if yards is not None else np.zeros(0, object)
    drawn = np.concatenate([lines, spans])
    columns = {
        "score": _score_along(wall, drawn),
        "length_m": shapely.length(drawn) * gsd,
        "bridged": np.arange(len(drawn)) >= len(lines),
    }
    return gpd.GeoDataFrame(
        columns, geometry=_on_ground(drawn, grid), crs=grid.crs and grid.crs.proj
    )


def _on_ground(lines: NDArray[np.object_], grid: Grid) -> NDArray[np.object_]:
    """Move lines between pixel centres (x is col, y is row) to the units of the grid."""
    a = grid.affine
    turn = np.array([[a.a, a.d], [a.b, a.e]])
    moved: NDArray[np.object_] = shapely.transform(
        lines, lambda place: (place + 0.5) @ turn + (a.c, a.f)
    )
    return moved


def _thin(mask: Mask, block: int = 512, margin: int = 24) -> Mask:
    """Thin a mask to lines one pixel wide, block by block, empty blocks for nothing.

    A margin much wider than any wall keeps the blocks from showing.
    """
    thin = np.zeros_like(mask)
    rows, cols = mask.shape
    for row in range(0, rows, block):
        for col in range(0, cols, block):
            top, left = max(0, row - margin), max(0, col - margin)
            patch = mask[top : row + block + margin, left : col + block + margin]
            if patch.any():
                lines = skeletonize(patch)  # type: ignore[no-untyped-call]
                inner = lines[row - top :, col - left :][:block, :block]
                thin[row : row + block, col : col + block] = inner
    return thin


def _strokes(thin: Mask) -> NDArray[np.float64]:
    """Join neighbouring skeleton pixels: (N, 2, 2) strokes of (x, y).

    A diagonal is left out where the corner between is taken by a skeleton pixel, or junctions
    would be little triangles.
    """
    full = np.pad(thin, 1)
    inner = full[1:-1, 1:-1]
    strokes = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        other = full[1 + down : full.shape[0] - 1 + down, 1 + right : full.shape[1] - 1 + right]
        joined = inner & other
        if down and right:
            joined &= ~full[1 + down : full.shape[0] - 1 + down, 1:-1]
            joined &= ~full[1:-1, 1 + right : full.shape[1] - 1 + right]
        row, col = np.nonzero(joined)
        start = np.column_stack([col, row])
        strokes.append(np.stack([start, start + np.array([right, down])], axis=1))
    return np.concatenate(strokes).astype(float)


def _merge(strokes: NDArray[np.float64]) -> NDArray[np.object_]:
    """Merge strokes into lines from end or junction to end or junction."""
    if not len(strokes):
        return np.zeros(0, object)
    return _lines(np.asarray(shapely.linestrings(strokes)))


def _lines(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    if not len(parts):
        return parts
    merged = shapely.line_merge(shapely.multilinestrings(parts))
    lines: NDArray[np.object_] = shapely.get_parts(merged)
    return lines


def _trim(lines: NDArray[np.object_], stub: float, shortest: float) -> NDArray[np.object_]:
    """Cut off dead ends shorter than ``stub`` and drop free lines shorter than ``shortest``."""
    for _ in range(2):  # once may uncover another
        if not len(lines):
            return lines
        free = _free_ends(lines)
        hair = (free.sum(axis=1) == 1) & (shapely.length(lines) < stub)
        if not hair.any():
            break
        lines = _lines(lines[~hair])
    if not len(lines):
        return lines
    alone = _free_ends(lines).all(axis=1) & (shapely.length(lines) < shortest)
    kept: NDArray[np.object_] = lines[~alone]
    return kept


def _free_ends(lines: NDArray[np.object_]) -> Mask:
    """Tell which of the two ends of each line (N, 2) meet no other line; rings have none."""
    ends = np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], axis=1)
    places = shapely.get_coordinates(ends.ravel())
    _, number, count = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    free: Mask = (count[number.ravel()] == 1).reshape(-1, 2)
    return free


def _bridges(lines: NDArray[np.object_], yards: Yards, gsd: float) -> NDArray[np.object_]:
    """Span gaps between facing ends that lie on the outline of a yard."""
    if not len(lines) or not yards.yards:
        return np.zeros(0, object)
    free = _free_ends(lines)
    tip = shapely.get_coordinates(
        np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], axis=1).ravel()
    )
    base = shapely.get_coordinates(
        np.stack([shapely.get_point(lines, 1), shapely.get_point(lines, -2)], axis=1).ravel()
    )
    tip, ahead = tip[free.ravel()], (tip - base)[free.ravel()]
    ahead = ahead / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    points = np.asarray(shapely.points(tip))
    one, other = shapely.STRtree(points).query(
        points, predicate="dwithin", distance=REACH / gsd
    )
    one, other = one[one < other], other[one < other]
    span = tip[other] - tip[one]
    way = span / np.maximum(np.hypot(*span.T), 1e-9)[:, None]
    straight = np.cos(np.radians(BEND))
    faces = (np.sum(way * ahead[one], axis=1) >= straight) & (
        np.sum(-way * ahead[other], axis=1) >= straight
    )
    spans = shapely.linestrings(np.stack([tip[one], tip[other]], axis=1)[faces])
    rings = shapely.STRtree([shapely.LineString(y.ring[:, ::-1]) for y in yards.yards])
    middle = shapely.line_interpolate_point(spans, 0.5, normalized=True)
    on_ring = np.unique(rings.query(middle, predicate="dwithin", distance=3.0 / gsd)[0])
    chosen: NDArray[np.object_] = spans[on_ring]
    return chosen


def _score_along(wall: Scores, lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Mean score along each line, sampled every pixel, nodata as nothing; 0 to 1."""
    if not len(lines):
        return np.zeros(0)
    dense = shapely.segmentize(lines, 1.0)
    places, owner = shapely.get_coordinates(dense, return_index=True)
    clean = np.where(wall == NODATA, 0, wall)
    found = map_coordinates(clean, places[:, ::-1].T, order=0, mode="nearest").astype(float)
    total = np.bincount(owner, found, minlength=len(lines))
    mean: NDArray[np.float64] = total / np.bincount(owner, minlength=len(lines)) / FULL
    return mean
