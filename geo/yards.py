"""Find ground that walls enclose, and say how well.

A compound is a relation before it is a shape: ground one cannot leave but by a gate.  So
nothing here looks for rectangles.  Walls and buildings together are the barrier; a vehicle as
wide as the gate tries to drive out of every place; where the easiest way out crosses a strong
barrier, the ground is a *yard*.  Then somebody walks round it and notes gaps, gates and a
second fence.  What lies beyond the edge of the picture is unseen, so ground that touches it is
told of (``cut_by_edge``) but never claimed as enclosed.

    wall, building (H, W) ──► barrier (h, w) at 1 m ──► cost of leaving ──► rooms ──► Yards

Source: reconstruction by erosion, L. Vincent, IEEE Trans. Image Processing 2(2), 1993; see
``docs/decisions/0003-enclosure.md`` for what else was tried.
"""

from __future__ import annotations

from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.basins import adopt, cut_rooms, give_back, rooms
from geo.errors import ShapeError, UnitsError
from geo.escape import Heights, escape_cost, narrow, widen
from geo.grid import Grid
from geo.survey import Ground, strength_of, survey
from geo.types import FULL, NODATA, Mask, Scores, Surface
from geo.yard import Yard, Yards

Kind = TypeVar("Kind", np.uint8, np.bool_)

__all__ = ["GATE", "Yard", "Yards", "find_yards", "yard_table"]

GATE = 6.0
"""Metres.  Two lorries abreast, 2 x 2.55 m (EU Directive 96/53/EC), and a little air."""

MIN_AREA = 400.0
"""Square metres.  Anything smaller is a light well or a back court, not a yard."""

WORK_GSD = 1.0
"""Metres.  A wall of one pixel at 0.5 m is still one pixel at 1 m, and a gate is six."""

BAR = 0.35
"""Barrier score from which on a way is barred.  Thin things score low in nets."""


def find_yards(
    wall: Surface | Scores,
    building: Surface | Scores,
    gsd: float,
    *,
    valid: Mask | None = None,
    gate: float = GATE,
    min_area: float = MIN_AREA,
    bar: float = BAR,
) -> Yards:
    """Label every yard that opens to the outside by no more than ``gate``, and measure it.

    Args:
        wall: (H, W) score of walls and fences, 0 to 1, or uint8 0 to 254; NaN or 255 is nodata.
        building: (H, W) score of roofs, like ``wall``.
        gsd: metres per pixel, the same both ways.
        valid: (H, W), false where the sensor saw nothing.
        gate: metres; a wider opening lets the outside in.
        min_area: square metres; anything smaller is left out.
        bar: barrier score from which on a way is barred, above 0 and up to 1.

    Returns:
        The yards, largest first, with their label raster.

    Raises:
        ShapeError: the arrays are not of one shape (H, W).
        UnitsError: ``gsd``, ``gate`` or ``bar`` is out of range.
    """
    _check(wall, building, valid, gsd, gate)
    step = max(1, round(WORK_GSD / gsd))
    wall_heights, seen = _heights(wall, valid)
    roof_heights, also_seen = _heights(building, valid)
    walls, roofs = _shrink(wall_heights, step), _shrink(roof_heights, step)
    seen = _shrink(seen & also_seen, step)
    barrier = np.where(seen, np.maximum(walls, roofs), 0).astype(np.uint8)

    reach = gate / 2 / (gsd * step) + 0.5  # a barrier owns the half pixel round its centre
    touched, cost, escape = _drive(barrier, seen, reach)
    height = max(1, round(bar * FULL))
    free = (barrier < height) & seen
    inner = rooms(touched, cost, height)
    stands = cut_rooms(inner, touched < height, seen)
    ground = give_back(stands, reach, free)
    ground = adopt(ground, (roofs >= height) & (walls < height) & seen, free)
    place = Ground(barrier=barrier, seen=seen, gsd=gsd * step, step=step, bar=height, gate=gate)
    strength = strength_of(stands, touched, cost)
    labels, yards = survey(ground, strength, place, min_area)
    return Yards(
        yards=yards,
        shape=(wall.shape[0], wall.shape[1]),
        step=step,
        work_labels=labels,
        work_escape=escape,
        work_barrier=barrier,
    )


def yard_table(found: Yards, grid: Grid) -> gpd.GeoDataFrame:
    """Tell the yards as rows with outlines on the ground.

    Args:
        found: what :func:`find_yards` gave for a picture on ``grid``.
        grid: the frame of that picture.

    Returns:
        One row a yard in the CRS of the grid, largest first: ``label, enclosure, closure,
        largest_gap_m, gates, double_perimeter, strip_m, cut_by_edge, inside, compound, area_m2,
        geometry``.  Outlines of outer yards hold those of the yards inside them.
    """
    names = (
        "label", "enclosure", "closure", "largest_gap_m", "gates", "double_perimeter",
        "strip_m", "cut_by_edge", "inside", "compound", "area_m2",
    )  # fmt: skip
    columns = {name: [getattr(yard, name) for yard in found.yards] for name in names}
    outlines = [_on_ground(yard.ring, grid) for yard in found.yards]
    return gpd.GeoDataFrame(columns, geometry=outlines, crs=grid.crs and grid.crs.proj)


def _on_ground(ring: NDArray[np.float64], grid: Grid) -> shapely.Polygon:
    """Turn (row, col) of pixel centres into a valid polygon in the units of the grid."""
    a, turn = (
        grid.affine,
        np.array([[grid.affine.a, grid.affine.d], [grid.affine.b, grid.affine.e]]),
    )
    corners = (ring[:, ::-1] + 0.5) @ turn + (a.c, a.f)
    outline = shapely.make_valid(shapely.Polygon(corners))
    parts = [part for part in shapely.get_parts(outline) if part.geom_type == "Polygon"]
    return max(parts, key=shapely.area) if parts else shapely.Polygon()


def _drive(barrier: Heights, seen: Mask, reach: float) -> tuple[Heights, Heights, Heights]:
    """Let the vehicle try to leave every place.

    The picture gets a rim of nothing, wide enough for the vehicle to stand in: it may drive out
    over the edge wherever no barrier is seen.

    Returns:
        what a stand touches, what leaving it costs, what leaving the ground costs; each (h, w).
    """
    rim = int(np.ceil(reach)) + 1
    touched = widen(np.pad(barrier, rim), reach)
    cost = escape_cost(touched, np.pad(~seen, rim))
    escape = narrow(cost, reach)
    inner = (slice(rim, -rim), slice(rim, -rim))
    return touched[inner], cost[inner], escape[inner]


def _heights(scores: Surface | Scores, valid: Mask | None) -> tuple[Heights, Mask]:
    """Turn scores of either kind into heights 0 to 254 and a mask of what is known."""
    if scores.dtype == np.uint8:
        seen = scores != NODATA
        heights = np.where(seen, scores, 0).astype(np.uint8)
    else:
        seen = ~np.isnan(scores)
        clean = np.clip(np.nan_to_num(scores), 0, 1)
        heights = np.rint(clean * FULL).astype(np.uint8)
    if valid is not None:
        seen &= valid
    return heights, seen


def _shrink(picture: NDArray[Kind], step: int) -> NDArray[Kind]:
    """Keep the highest of every ``step`` x ``step`` pixels; the last block may be short."""
    if step == 1:
        return picture
    rows, cols = picture.shape
    padded = np.pad(picture, ((0, -rows % step), (0, -cols % step)))
    for axis in (0, 1):  # two thin passes are far quicker than one over little squares
        slices = [
            padded[first::step] if axis == 0 else padded[:, first::step]
            for first in range(step)
        ]
        padded = np.maximum.reduce(slices)
    return np.ascontiguousarray(padded)


def _check(
    wall: Surface | Scores,
    building: Surface | Scores,
    valid: Mask | None,
    gsd: float,
    gate: float,
) -> None:
    """Refuse what cannot be measured."""
    if wall.ndim != 2 or wall.shape != building.shape:
        raise ShapeError(
            f"wall and building must be (H, W) of one shape, not {wall.shape} {building.shape}"
        )
    if valid is not None and (valid.shape != wall.shape or valid.dtype != np.bool_):
        raise ShapeError(f"valid must be {wall.shape} bool, not {valid.shape} {valid.dtype}")
    if not 0 < gsd < np.inf:
        raise UnitsError(f"gsd must be metres per pixel, not {gsd}")
    if not 0 < gate < np.inf:
        raise UnitsError(f"gate must be a width in metres, not {gate}")
