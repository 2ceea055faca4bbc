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
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import find_objects, label

from geo.basins import DIAGONALS, WHOLE, Ends, Rules, Scene
from geo.escape import Heights, widen
from geo.trap import Trapped, trap
from geo.types import FULL, Mask

PARK = 10_000.0
"""Square metres.  Ground that long walls alone enclose and that is this large is one yard,
whatever its buildings fence off inside; house plots that share walls are a twentieth."""

LEVELS = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Barrier scores at which ground is looked for, from a faint wall to a sure one."""

SPAN = 1200.0
"""Metres.  No compound reaches further; a vehicle that may roam so far is at large."""

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

    span: float = SPAN
    """Metres that a yard reaches at most, down or across."""

    @property
    def reaches(self) -> list[float]:
        """Pixels from the middle of each vehicle to its side."""
        return [self.gate / 2 / self.pixel * each for each in (1.0, *self.wider)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to search: a sheet of the picture, or all of it."""

    walls: Heights
    """(H, W) uint8, 0 to 254, 0 where unseen."""

    roofs: Heights
    """(H, W) uint8, like ``walls``, 0 where no roof is firm."""

    seen: Mask
    """(H, W), false where nothing is known."""

    ends: Ends = WHOLE
    """Whether its sides are the picture's; beyond the others there is more ground."""

    mine: Mask | None = None
    """(H, W), where a room must lie to be told of; ``None`` for everywhere."""


def search(place: Place, task: Task) -> Trapped:
    """Find the ground that traps vehicles, in three rounds."""
    walls, roofs = place.walls, place.roofs
    found = Trapped(np.zeros(walls.shape, np.int32), (False,))
    if not walls.size:
        return found
    heights = [round(level * FULL) for level in LEVELS]
    rules = Rules(
        heights=heights,
        least=THIN * task.min_area / task.pixel**2,
        span=round(task.span / task.pixel),
    )
    scene = Scene(
        barrier=walls, seen=place.seen, owned=np.zeros(walls.shape, np.bool_),
        ends=place.ends, mine=place.mine,
    )  # fmt: skip
    both = np.maximum(walls, roofs)
    long = long_walls(walls >= task.bar, PARK**0.5 / task.pixel)
    if long.any():
        barrier = _gatehouses(np.where(long, walls, 0).astype(np.uint8), both, task)
        # Kerbs and ditches are faint walls, and would cut parks in two: no faint height here.
        parks = replace(
            rules, heights=heights[1:], least=max(PARK, task.min_area) / task.pixel**2
        )
        found = trap(replace(scene, barrier=barrier), task.reaches, parks, found)
    found = trap(scene, task.reaches, rules, found)
    if roofs.any():
        found = trap(replace(scene, barrier=both), task.reaches, rules, found)
    return found


def _gatehouses(long: Heights, both: Heights, task: Task) -> Heights:
    """Let what stands within a gate of a long wall bar the way as well."""
    beside = widen(long, task.gate / task.pixel) >= task.bar
    return np.where(beside, both, long).astype(np.uint8)


def long_walls(walls: Mask, side: float) -> Mask:
    """Keep pieces of wall that reach at least ``side`` pixels up and down or across."""
    pieces, count = label(walls, DIAGONALS)
    keep = np.zeros(count + 1, np.bool_)
    for number, window in enumerate(find_objects(pieces), start=1):
        keep[number] = max(one.stop - one.start for one in window) >= side
    kept: Mask = keep[pieces]
    return kept
