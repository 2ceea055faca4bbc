"""Find and survey the yards of one sheet: a whole picture, or a block of one.

Every island of a sheet is searched, its ground climbs the walls round it and takes in its
houses, and somebody walks round each piece.  Sheets know which of their sides are the picture's
own; on the others they claim nothing.

    Surfaces (h, w) ──► islands ──search──► ground ──climb, adopt──► survey ──► Plots
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.basins import WHOLE, Ends
from geo.follow import firm
from geo.heights import Surfaces
from geo.islands import COARSE, Island, find_islands
from geo.ridge import climb
from geo.rounds import LEVELS, Place, Task, search, search_parks
from geo.survey import MARGIN, Ground, Plot, survey
from geo.trap import adopt
from geo.types import FULL

SLOPE = 0.2
"""Wall score from which on a pixel is the slope of a wall, which ground climbs to its crest."""

THICK = 3.0
"""Metres that ground climbs at most: the fattest a net draws a wall on one side."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet shows and where it lies in the picture."""

    surfaces: Surfaces
    """What a vehicle meets on it."""

    corner: tuple[int, int] = (0, 0)
    """Row and column of its first pixel in the picture, work pixels."""

    ends: Ends = WHOLE
    """Whether its top, bottom, left and right are the picture's own."""


def survey_sheet(sheet: Sheet, task: Task) -> list[Plot]:
    """Find the yards of a sheet, and measure them; places are the picture's.

    Ground nearer to an inner end of the sheet than ``task.span`` may be told of otherwise than
    on a sheet that shows more.
    """
    surfaces = sheet.surfaces
    if not surfaces.walls.size:
        return []
    margin = MARGIN + THICK + 2 * max(task.reaches) * task.pixel
    islands = find_islands(
        surfaces.barrier,
        max(task.reaches),
        faintest=round(LEVELS[0] * FULL),
        span=round(task.span / task.pixel),
        margin=COARSE * int(np.ceil(margin / task.pixel / COARSE)),
    )
    return [plot for island in islands for plot in _survey_island(sheet, island, task)]


def _survey_island(sheet: Sheet, island: Island, task: Task) -> list[Plot]:
    """Search one island and survey what is found."""
    place = Place(
        walls=np.ascontiguousarray(sheet.surfaces.walls[island.window]),
        roofs=np.ascontiguousarray(sheet.surfaces.roofs[island.window]),
        seen=np.ascontiguousarray(sheet.surfaces.seen[island.window]),
        mine=island.mine,
        ends=_ends_of(sheet, island),
    )
    found = search(place, task)
    if len(found.closed) == 1:
        return []
    walls, roofs, seen = place.walls, place.roofs, place.seen
    barrier = np.maximum(walls, roofs)
    inner = search_parks(place, task, found)
    slopes = (walls >= SLOPE * FULL) & (roofs == 0) & seen
    free = (barrier < task.bar) & seen
    rows, cols = island.window
    around = Ground(
        barrier=barrier, firm=firm(barrier, task.bar), seen=seen,
        gsd=task.pixel, bar=task.bar, gate=task.gate,
        corner=(sheet.corner[0] + rows.start, sheet.corner[1] + cols.start),
    )  # fmt: skip
    plots = []
    for level in (found, inner):
        ground = climb(level.owner, walls, slopes, steps=max(1, round(THICK / task.pixel)))
        ground = adopt(ground, (roofs > 0) & (walls < task.bar), free)
        plots += survey(ground, level.closed, around, task.min_area)
    return plots


def _ends_of(sheet: Sheet, island: Island) -> Ends:
    """Tell which sides of an island's window are the picture's own."""
    rows, cols = island.window
    tall, wide = sheet.surfaces.walls.shape
    top, bottom, left, right = sheet.ends
    return (
        top and rows.start == 0,
        bottom and rows.stop == tall,
        left and cols.start == 0,
        right and cols.stop == wide,
    )
