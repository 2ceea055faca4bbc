"""Turn scores of walls and roofs into the surfaces a vehicle meets, at the work resolution.

    wall, building (H, W) scores ──strip by strip──► walls, roofs (h, w) uint8, seen (h, w)

Strips of rows keep the arrays in between small, whatever the size of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.escape import Heights
from geo.trap import shrink
from geo.types import FULL, NODATA, Mask, Scores, Surface

STRIP = 256
"""Work rows that are turned at a time."""


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What a vehicle meets, on work pixels."""

    walls: Heights
    """(h, w) uint8, 0 to 254, 0 where unseen."""

    roofs: Heights
    """(h, w) uint8, like ``walls``, 0 where no roof is firm."""

    seen: Mask
    """(h, w), false where nothing is known."""

    @property
    def barrier(self) -> Heights:
        """The stronger of wall and roof."""
        return np.maximum(self.walls, self.roofs)


def surfaces_of(
    wall: Surface | Scores,
    building: Surface | Scores,
    valid: Mask | None,
    *,
    step: int,
    bar: int,
) -> Surfaces:
    """Turn scores into surfaces.

    Args:
        wall: (H, W) 0 to 1, or uint8 0 to 254; NaN or 255 is nodata.
        building: (H, W), like ``wall``.
        valid: (H, W), false where the sensor saw nothing; ``None`` for none.
        step: pixels along a work pixel; of those the highest counts.
        bar: barrier score, 1 to 254, from which on a roof is firm: haze is no house.
    """
    rows, cols = (-(-side // step) for side in wall.shape)
    walls, roofs = np.empty((rows, cols), np.uint8), np.empty((rows, cols), np.uint8)
    seen = np.empty((rows, cols), np.bool_)
    for row in range(0, rows, STRIP):
        here = slice(row, row + STRIP)
        there = slice(row * step, (row + STRIP) * step)
        mask = None if valid is None else valid[there]
        one, known = _heights(wall[there], mask)
        other, also = _heights(building[there], mask)
        seen[here] = shrink(known & also, step)
        walls[here] = np.where(seen[here], shrink(one, step), 0)
        firm = shrink(other, step)
        roofs[here] = np.where(seen[here] & (firm >= bar), firm, 0)
    return Surfaces(walls, roofs, seen)


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
