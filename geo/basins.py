"""From what it costs to leave to the pieces of ground one cannot leave.

At one barrier height a *room* is where a vehicle can stand touching nothing so high, and from
where every way out crosses something as high.  Rooms of several heights nest: a weak wall
across a court splits it at a low height only.

    touched, cost (H, W) uint8 ──► rooms (H, W) int32 ──give back──► ground (H, W) int32
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from geo.escape import Heights, half_widths
from geo.types import Labels, Mask

DIAGONALS = np.ones((3, 3), np.uint8)
"""Which pixels touch, corners included."""


def rooms(touched: Heights, cost: Heights, height: int) -> Labels:
    """Label where a vehicle stands free below ``height`` and cannot leave below it."""
    labels, _ = label((touched < height) & (cost >= height))
    return labels.astype(np.int32, copy=False)


def cut_rooms(inner: Labels, free: Mask, seen: Mask) -> Labels:
    """Add the rooms that reach the edge of what is seen, numbered after the inner ones.

    Rooms that see more edge than half their own outline are the outside itself, and left out.
    """
    outer, count = label(free & seen & (inner == 0))
    if count == 0:
        return inner
    rim = np.pad(seen, 1)
    near = ~(rim[:-2, 1:-1] & rim[2:, 1:-1] & rim[1:-1, :-2] & rim[1:-1, 2:]) & seen
    edge = np.bincount(outer[near], minlength=count + 1)
    size = np.bincount(outer.ravel(), minlength=count + 1)
    cut = (edge > 0) & (edge <= 2 * np.sqrt(size))
    cut[0] = False
    numbers = np.zeros(count + 1, np.int32)
    numbers[cut] = inner.max(initial=0) + 1 + np.arange(np.count_nonzero(cut))
    return np.where(inner > 0, inner, numbers[outer]).astype(np.int32)


def give_back(labels: Labels, reach: float, ground: Mask) -> Labels:
    """Spread each room over the ground its vehicle covers, never over a barrier."""
    widths = half_widths(reach)
    spread = labels.copy()
    lines: dict[int, Labels] = {0: labels}
    for width in range(1, max(widths) + 1):
        line = lines[width - 1].copy()
        np.maximum(line[:, width:], labels[:, :-width], out=line[:, width:])
        np.maximum(line[:, :-width], labels[:, width:], out=line[:, :-width])
        lines[width] = line
    for row, width in enumerate(widths):
        line = lines[width]
        if row == 0:
            np.maximum(spread, line, out=spread)
        else:
            np.maximum(spread[row:], line[:-row], out=spread[row:])
            np.maximum(spread[:-row], line[row:], out=spread[:-row])
    return np.where(ground, spread, 0)


def adopt(ground: Labels, building: Mask, free: Mask, margin: int = 2) -> Labels:
    """Give each building to the yard that at least half of the free ground around it is.

    Args:
        ground: (H, W) yards so far.
        building: (H, W), true on roofs.
        free: (H, W), ground that is neither roof nor wall.
        margin: pixels around a roof that count as around it.

    Returns:
        (H, W) labels with the roofs inside.
    """
    roofs, count = label(building, DIAGONALS)
    if count == 0 or not ground.any():
        return ground
    wide = _spread_rows(roofs.astype(np.int32, copy=False), margin)
    ring = (wide > 0) & free
    roof, yard = wide[ring], ground[ring]
    total = np.bincount(roof, minlength=count + 1)
    pairs, shares = np.unique(
        roof[yard > 0].astype(np.int64) << 32 | yard[yard > 0], return_counts=True
    )
    owner = np.zeros(count + 1, np.int32)
    won = 2 * shares >= total[pairs >> 32]
    owner[pairs[won] >> 32] = pairs[won] & 0xFFFFFFFF
    return np.where((roofs > 0) & (ground == 0), owner[roofs], ground)


def _spread_rows(labels: Labels, margin: int) -> NDArray[np.int32]:
    """Spread labels over a square of ``margin`` pixels."""
    for axis in (0, 1):
        turned = labels.T if axis else labels
        wide = turned.copy()
        for step in range(1, margin + 1):
            np.maximum(wide[step:], turned[:-step], out=wide[step:])
            np.maximum(wide[:-step], turned[step:], out=wide[:-step])
        labels = wide.T if axis else wide
    return np.ascontiguousarray(labels)
