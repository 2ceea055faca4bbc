"""Find yards in a picture too large to be searched whole, block by block.

Blocks overlap by more than the largest compound.  A yard is told of by the one block in whose
own part the middle of its ground lies, and that block shows all of it and of its neighbours; so
the blocks do not show in what is found, and memory depends on the size of a block.

    wall, building (H, W), on disk or not ──► blocks ──survey──► Plots ──number──► Yards

What is larger than ``geo.rounds.SPAN`` is no compound, in blocks or out of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geo.basins import Ends, Window
from geo.heights import surfaces_of
from geo.islands import COARSE
from geo.rounds import Task
from geo.sheet import Sheet, survey_sheet
from geo.survey import Pixel, Plot, number
from geo.types import Mask, Scores, Surface
from geo.yard import Yards
from geo.yards import GATE, MIN_AREA, WIDER, check, task_of

BLOCK = 4096
"""Work pixels along the side of a block's own part; 17 million of them fit anywhere."""

AROUND = 100.0
"""Metres that a block looks further beyond its own part than the largest compound reaches."""


def find_yards_in_blocks(
    wall: Surface | Scores,
    building: Surface | Scores,
    gsd: float,
    *,
    valid: Mask | None = None,
    gate: float = GATE,
    min_area: float = MIN_AREA,
    block: int = BLOCK,
) -> Yards:
    """Find what :func:`geo.yards.find_yards` finds, with the memory of one block.

    Args:
        wall: (H, W) as for ``find_yards``; may be a memory map, and is read block by block.
        building: (H, W), like ``wall``.
        gsd: metres per pixel, the same both ways.
        valid: (H, W), false where the sensor saw nothing.
        gate: metres; a wider opening lets the outside in.
        min_area: square metres; anything smaller is left out.
        block: work pixels along the side of a block's own part.

    Returns:
        The yards, largest first.  Their surfaces take five bytes a work pixel.

    Raises:
        ShapeError: the arrays are not of one shape (H, W).
        UnitsError: ``gsd``, or ``gate`` is out of range.
    """
    check(wall, building, valid, gsd, gate)
    task, step = task_of(gsd, gate=gate, min_area=min_area, wider=WIDER)
    shape = (-(-wall.shape[0] // step), -(-wall.shape[1] // step))
    barrier, seen = np.zeros(shape, np.uint8), np.zeros(shape, np.bool_)
    plots: list[Plot] = []
    for own, window in blocks_of(shape, block, task):
        there = _times(window, step)
        mask = None if valid is None else valid[there]
        surfaces = surfaces_of(wall[there], building[there], mask, step=step, bar=task.bar)
        corner = (window[0].start, window[1].start)
        inner = _moved(own, corner)
        barrier[own], seen[own] = surfaces.barrier[inner], surfaces.seen[inner]
        sheet = Sheet(surfaces, corner, _ends_of(window, shape))
        plots += [plot for plot in survey_sheet(sheet, task) if _is_in(own, plot)]
    labels, yards = number(plots, shape, Pixel(task.pixel, step, gate))
    return Yards(
        yards=yards,
        shape=(wall.shape[0], wall.shape[1]),
        step=step,
        bar=task.bar,
        reach=task.reaches[0] + 0.5,
        work_labels=labels,
        work_barrier=barrier,
        work_seen=seen,
    )


def blocks_of(
    shape: tuple[int, int], block: int, task: Task
) -> Iterator[tuple[Window, Window]]:
    """Cut a picture into blocks: the own part of each, and what it looks at."""
    around = COARSE * int(np.ceil((task.span + AROUND) / task.pixel / COARSE))
    side = COARSE * max(1, round(block / COARSE))  # so that all blocks share coarse pixels
    for row in range(0, shape[0], side):
        for col in range(0, shape[1], side):
            yield (
                (slice(row, min(shape[0], row + side)), slice(col, min(shape[1], col + side))),
                (
                    slice(max(0, row - around), min(shape[0], row + side + around)),
                    slice(max(0, col - around), min(shape[1], col + side + around)),
                ),
            )


def _ends_of(window: Window, shape: tuple[int, int]) -> Ends:
    """Tell which sides of a window are the picture's own."""
    rows, cols = window
    return (rows.start == 0, rows.stop == shape[0], cols.start == 0, cols.stop == shape[1])


def _is_in(own: Window, plot: Plot) -> bool:
    """Tell whether the middle of a plot's window lies in a part of the picture."""
    return all(
        2 * mine.start <= one.start + one.stop < 2 * mine.stop
        for mine, one in zip(own, plot.window, strict=True)
    )


def _times(window: Window, step: int) -> Window:
    """Bring a window from work pixels to the picture's own."""
    rows, cols = window
    return (
        slice(rows.start * step, rows.stop * step),
        slice(cols.start * step, cols.stop * step),
    )


def _moved(window: Window, corner: tuple[int, int]) -> Window:
    """Bring a window of the picture to a sheet that starts at ``corner``."""
    rows, cols = window
    return (
        slice(rows.start - corner[0], rows.stop - corner[0]),
        slice(cols.start - corner[1], cols.stop - corner[1]),
    )
