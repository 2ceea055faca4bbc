"""Search in rounds: parks before plots, walls before roofs.

What one finds first decides what is told of.  Courts between the blocks of a park open by no
more than a gate and would be told of instead of the park; a house that fills its plot leaves no
room for a vehicle to stand in.  So the first round looks at long walls only, for ground as
large as a compound; the second at walls only, driving through houses; the third at walls and
firm roofs together, for ground that facades close.  Ground found in a round is settled.

    walls, roofs (H, W) uint8 ──long walls──► ──walls──► ──both──► ground (H, W) int32
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import find_objects, label

from geo.basins import DIAGONALS
from geo.escape import Heights, widen
from geo.trap import trap
from geo.types import FULL, Labels, Mask

PARK = 10_000.0
"""Square metres.  Ground that long walls alone enclose and that is this large is one yard,
whatever its buildings fence off inside; house plots that share walls are a twentieth."""

LEVELS = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Barrier scores at which ground is looked for, from a faint wall to a sure one."""

THIN = 0.5
"""Share of the least area that ground must have before it climbs the walls round it: the fat
scores of a net take that much of a small plot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is searched for."""

    pixel: float
    """Metres per work pixel."""

    gate: float
    """Metres, the width of the first vehicle."""

    wider: Sequence[float]
    """Widths of the others, as multiples of the gate."""

    bar: int
    """Barrier score, 1 to 254, from which on a way is barred."""

    min_area: float
    """Square metres of the smallest yard."""


def search(walls: Heights, roofs: Heights, seen: Mask, task: Task) -> tuple[Labels, Mask]:
    """Find the ground that traps vehicles, in three rounds.

    Args:
        walls: (H, W) uint8, 0 to 254, 0 where unseen.
        roofs: (H, W) uint8, like ``walls``, 0 where no roof is firm.
        seen: (H, W), false where nothing is known.
        task: what is searched for.

    Returns:
        ground (H, W), 1 to N, and for each number (N + 1,) whether the first vehicle is
        trapped.
    """
    if not walls.size:
        return np.zeros(walls.shape, np.int32), np.zeros(1, np.bool_)
    heights = [round(level * FULL) for level in LEVELS]
    reaches = [task.gate / 2 / task.pixel * each for each in (1.0, *task.wider)]
    both = np.maximum(walls, roofs)
    long = np.where(long_walls(walls >= task.bar, PARK**0.5 / task.pixel), walls, 0)
    beside = widen(long.astype(np.uint8), task.gate / task.pixel) >= task.bar
    gatehouses = np.where(beside, both, long).astype(np.uint8)
    least = THIN * task.min_area / task.pixel**2
    # Kerbs and ditches are faint walls, and would cut parks in two: no faint height for them.
    found = trap(
        gatehouses, seen, reaches, heights=heights[1:],
        least=max(PARK, task.min_area) / task.pixel**2,
    )  # fmt: skip
    found = trap(walls, seen, reaches, heights=heights, least=least, taken=found)
    return trap(both, seen, reaches, heights=heights, least=least, taken=found)


def long_walls(walls: Mask, side: float) -> Mask:
    """Keep pieces of wall that reach at least ``side`` pixels up and down or across."""
    pieces, count = label(walls, DIAGONALS)
    keep = np.zeros(count + 1, np.bool_)
    for number, window in enumerate(find_objects(pieces), start=1):
        keep[number] = max(one.stop - one.start for one in window) >= side
    kept: Mask = keep[pieces]
    return kept
