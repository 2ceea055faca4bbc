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

from geo.basins import DIAGONALS, WHOLE, Ends, Rules, Scene, grow_window
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

INNER = 0.5
"""Largest share of a park that a yard inside it may be; more is the park, less a strip."""

WIDE = 20.0
"""Metres.  The widest opening, or wall that nobody saw, with which a park is still told of; it
is not closed."""

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
        # A park may open by a whole street's width and be one; a crossing is no hectare.
        reaches = task.reaches + [WIDE / 2 / task.pixel] * (len(task.wider) > 0)
        found = trap(replace(scene, barrier=barrier), reaches, parks, found)
    found = trap(scene, task.reaches, rules, found)
    if roofs.any():
        found = trap(replace(scene, barrier=both), task.reaches, rules, found)
    return found


def search_parks(place: Place, task: Task, parks: Trapped) -> Trapped:
    """Find the walled yards inside parks: their guard courts, villas and workshops.

    A park is told of before its courts, and would hide them.  Only firm walls count here; what
    dormitories fence off between them is the park's own ground.

    Args:
        place: where to search.
        task: what is searched for.
        parks: what :func:`search` found; smaller ground than ``PARK`` is passed over.

    Returns:
        ground (H, W) of the inner yards alone.
    """
    from geo.fill import fill  # noqa: PLC0415  compiled code

    owner, closed = np.zeros(place.walls.shape, np.int32), [False]
    margin = int(np.ceil(task.reaches[0])) + 3
    for number, tight in enumerate(find_objects(parks.owner), start=1):
        if tight is None or _spans(tight) * task.pixel**2 < PARK:
            continue
        window = grow_window(tight, margin, owner.shape)
        region = fill(parks.owner[window] == number)
        area = np.count_nonzero(region)
        if area * task.pixel**2 < PARK:
            continue
        scene = Scene(
            barrier=np.ascontiguousarray(place.walls[window]),
            seen=np.ascontiguousarray(place.seen[window]),
            owned=~region, ends=(False, False, False, False),
        )  # fmt: skip
        rules = Rules(
            heights=[round(level * FULL) for level in LEVELS[2:]],
            least=THIN * task.min_area / task.pixel**2,
            span=round(task.span / task.pixel),
            cut=False,
            most=INNER * area,
        )
        taken = Trapped(np.where(region, 0, 1).astype(np.int32), (False, False))
        found = trap(scene, task.reaches[:1], rules, taken)
        mine = found.owner >= 2
        owner[window][mine] = found.owner[mine] - 2 + len(closed)
        closed += found.closed[2:]
    return Trapped(owner, tuple(closed))


def _spans(window: tuple[slice, ...]) -> int:
    rows, cols = window
    return int((rows.stop - rows.start) * (cols.stop - cols.start))


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
