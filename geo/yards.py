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

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import ShapeError, UnitsError
from geo.grid import Grid
from geo.heights import surfaces_of
from geo.rounds import Task
from geo.sheet import Sheet, survey_sheet
from geo.survey import Pixel, number
from geo.types import FULL, Mask, Scores, Surface
from geo.yard import Yard, Yards

__all__ = ["GATE", "Yard", "Yards", "find_yards", "yard_table"]

GATE = 6.0
"""Metres.  Two lorries abreast, 2 x 2.55 m (EU Directive 96/53/EC), and a little air."""

MIN_AREA = 400.0
"""Square metres.  Anything smaller is a light well or a back court, not a yard."""

WORK_GSD = 1.0
"""Metres.  A wall of one pixel at 0.5 m is still one pixel at 1 m, and a gate is six."""

BAR = 0.5
"""Barrier score from which on a way counts as barred."""

WIDER = (1.5, 2.0)
"""Openings tried after the gate, as multiples of it: 9 and 12 m for a gate of 6.  Twelve metres
is a street; wider vehicles are trapped on crossings."""


def find_yards(
    wall: Surface | Scores,
    building: Surface | Scores,
    gsd: float,
    *,
    valid: Mask | None = None,
    gate: float = GATE,
    min_area: float = MIN_AREA,
    wider: Sequence[float] = WIDER,
) -> Yards:
    """Label every yard that opens to the outside by no more than ``gate``, and measure it.

    Args:
        wall: (H, W) score of walls and fences, 0 to 1, or uint8 0 to 254; NaN or 255 is nodata.
        building: (H, W) score of roofs, like ``wall``.
        gsd: metres per pixel, the same both ways.
        valid: (H, W), false where the sensor saw nothing.
        gate: metres; a wider opening lets the outside in.
        min_area: square metres; anything smaller is left out.
        wider: openings wider than the gate that are tried too, as multiples of it, rising;
            what only they close is told of as a yard that is not ``closed``.

    Returns:
        The yards, largest first, with their label raster.

    Raises:
        ShapeError: the arrays are not of one shape (H, W).
        UnitsError: ``gsd``, or ``gate`` is out of range.
    """
    check(wall, building, valid, gsd, gate)
    task, step = task_of(gsd, gate=gate, min_area=min_area, wider=wider)
    surfaces = surfaces_of(wall, building, valid, step=step, bar=task.bar)
    plots = survey_sheet(Sheet(surfaces), task)
    barrier = surfaces.barrier
    labels, yards = number(plots, barrier.shape, Pixel(task.pixel, step, gate))
    return Yards(
        yards=yards,
        shape=(wall.shape[0], wall.shape[1]),
        step=step,
        bar=task.bar,
        reach=gate / 2 / task.pixel + 0.5,
        work_labels=labels,
        work_barrier=barrier,
        work_seen=surfaces.seen,
    )


def task_of(
    gsd: float, *, gate: float, min_area: float, wider: Sequence[float]
) -> tuple[Task, int]:
    """Say what is searched for, and how many pixels a work pixel is long."""
    step = max(1, round(WORK_GSD / gsd))
    bar = max(1, round(BAR * FULL))
    return Task(pixel=gsd * step, gate=gate, wider=wider, bar=bar, min_area=min_area), step


def yard_table(found: Yards, grid: Grid) -> gpd.GeoDataFrame:
    """Tell the yards as rows with outlines on the ground.

    Args:
        found: what :func:`find_yards` gave for a picture on ``grid``.
        grid: the frame of that picture.

    Returns:
        One row a yard in the CRS of the grid, largest first: ``label, enclosure, closure,
        largest_gap_m, gates, double_perimeter, strip_m, cut_by_edge, inside, compound, area_m2,
        closed, perimeter_m, geometry``.  Outlines of outer yards hold those of
        the yards inside them.
    """
    names = (
        "label", "enclosure", "closure", "largest_gap_m", "gates", "double_perimeter",
        "strip_m", "cut_by_edge", "inside", "compound", "area_m2",
        "closed", "perimeter_m",
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


def check(
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
