"""Set aside the ground on which any vehicle roams at large, and search the islands left.

Most of a picture is fields and streets.  A vehicle twice as wide as a gate, stopped by the
faintest barrier, still crosses them from end to end; what it crosses no narrower one is trapped
on.  So that ground is found first, on pixels four times as coarse, rounded against the vehicle;
what is left are *islands*, and each is searched alone, on a sheet of its own.

    barrier (H, W) uint8 ──► coarse roaming ground ──► islands ──► windows that overlap little
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from geo.basins import DIAGONALS, Window
from geo.escape import Heights, widen
from geo.trap import shrink
from geo.types import Labels, Mask

COARSE = 4
"""Work pixels along one coarse pixel; even, so that searches at half the resolution agree."""


@dataclass(frozen=True, slots=True)
class Island:
    """Ground to be searched alone."""

    window: Window
    """Work pixels, a margin of roaming ground included."""

    mine: Mask | None
    """(h, w) in the window, the ground itself; ``None`` where it is all."""


def find_islands(
    barrier: Heights, reach: float, *, faintest: int, span: int, margin: int
) -> list[Island]:
    """Cut a picture into islands.

    Args:
        barrier: (H, W) uint8, 0 to 254, walls and roofs, 0 where unseen.
        reach: pixels from the middle of the widest vehicle to its side.
        faintest: the lowest barrier score that stops it.
        span: pixels; ground that reaches further, down or across, is roamed at large.
        margin: pixels of surroundings that a search needs; a multiple of ``COARSE``.

    Returns:
        Islands, in no particular order, every one with a barrier in it.
    """
    stops = shrink(barrier >= faintest, COARSE)
    if not stops.any():
        return []
    # Two corners of coarse pixels are rounded, the vehicle's and the barrier's.
    wide = reach / COARSE + 2**0.5
    free, _ = label(widen(stops.view(np.uint8), wide) == 0)
    rows, cols = stops.shape
    at_large = np.zeros(free.max() + 1, np.bool_)
    for number, window in enumerate(find_objects(free), start=1):
        at_large[number] = (
            max(one.stop - one.start for one in window) * COARSE > span + 2 * COARSE
        )
    pieces, count = label(~at_large[free], DIAGONALS)
    land: Labels = pieces.astype(np.int32)
    windows = np.array(
        [[w[0].start, w[0].stop, w[1].start, w[1].stop] for w in find_objects(land)]
    ).reshape(-1, 4)
    holds = np.zeros(count + 1, np.bool_)
    holds[np.unique(land[stops])] = True
    grown = windows + np.array([-1, 1, -1, 1]) * (margin // COARSE)
    grown = np.clip(grown, 0, [rows, rows, cols, cols])
    groups = _group(grown, np.flatnonzero(holds[1:]))
    return [_island(land, grown[members], members + 1, barrier.shape) for members in groups]


def _group(windows: NDArray[np.intp], chosen: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Put windows together where one sheet round both is no larger than two.

    Args:
        windows: (N, 4) first row, last row + 1, first column, last column + 1.
        chosen: indices of those that count.
    """
    order = chosen[np.argsort(-_area(windows[chosen]), kind="stable")]
    boxes = np.zeros((len(order), 4), np.intp)
    members: list[list[int]] = []
    for one in order:
        mine = windows[one]
        known = boxes[: len(members)]
        joint = np.column_stack([
            np.minimum(known[:, 0], mine[0]), np.maximum(known[:, 1], mine[1]),
            np.minimum(known[:, 2], mine[2]), np.maximum(known[:, 3], mine[3]),
        ])  # fmt: skip
        gain = _area(known) + _area(mine[None]) - _area(joint)
        if members and gain.max() >= 0:
            best = int(gain.argmax())
            boxes[best] = joint[best]
            members[best].append(int(one))
        else:
            boxes[len(members)] = mine
            members.append([int(one)])
    return [np.array(group) for group in members]


def _area(boxes: NDArray[np.intp]) -> NDArray[np.intp]:
    area: NDArray[np.intp] = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
    return area


def _island(
    land: Labels,
    windows: NDArray[np.intp],
    numbers: NDArray[np.intp],
    shape: tuple[int, ...],
) -> Island:
    """Bring the pieces of land of one sheet back to work pixels."""
    top, left = windows[:, 0].min(), windows[:, 2].min()
    bottom, right = windows[:, 1].max(), windows[:, 3].max()
    rows = slice(int(top) * COARSE, min(shape[0], int(bottom) * COARSE))
    cols = slice(int(left) * COARSE, min(shape[1], int(right) * COARSE))
    here = np.isin(land[top:bottom, left:right], numbers)
    if here.all():
        return Island((rows, cols), None)
    fine = here.repeat(COARSE, axis=0).repeat(COARSE, axis=1)
    return Island((rows, cols), fine[: rows.stop - rows.start, : cols.stop - cols.start])
