"""Where a vehicle is trapped, at several barrier heights, and which of these traps to believe.

At one height a *room* is where a vehicle can stand touching nothing so high, and from where
every way out crosses something as high.  A single height is a poor judge of a net's soft
scores: too low, and haze cuts courts in pieces; too high, and a faint wall lets everything out.
So rooms are found at several heights.  They nest: raising the height joins rooms across weak
walls until they open to the outside, which makes them a tree.  Of a room and the rooms that it
joins we keep whichever is better barred along its outline, the parts when it is a near thing.

    barrier (H, W) uint8 ──► runs ──lift──► rooms at each height ──nest──► tree ──► Basin, each

Source: component trees, Jones 1999; the choice among nested regions is that of MSER (Matas et
al. 2002) with the outline in the place of stability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geo.escape import Heights, half_widths, widen
from geo.types import FULL, Mask

if TYPE_CHECKING:  # compiled code costs a quarter of a second, paid by those who search
    from geo.ground import Found
    from geo.rooms import Pieces

Window = tuple[slice, slice]
"""Rows and columns."""

Ends = tuple[bool, bool, bool, bool]
"""Whether the top, bottom, left and right of a sheet are the picture's own."""

WHOLE: Ends = (True, True, True, True)
"""The sheet is the picture."""

DIAGONALS = np.ones((3, 3), np.bool_)
"""Which pixels touch, corners included."""

SAME = 1.1
"""A room that grows by less than a tenth from one height to the next is the same room."""

FIRM = 0.5
"""Barrier score that counts in full along an outline; less counts in proportion."""

PATIENCE = 0.1
"""How much better barred a whole must be than its parts to be preferred to them."""

CUT_UNSEEN = 0.5
"""Largest share of its outline that ground cut by the edge may have along the edge."""

CUT_AREA = 0.5
"""Share of the least area that must be seen of ground cut by the edge: there is more of it."""

CUT_BARRED = 0.75
"""How well the seen outline of ground cut by the edge must be barred to be told of at all."""

ARM = 1.6
"""Pixels from the first pixel outside within which a barrier counts: its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basin:
    """Ground that traps a vehicle."""

    window: Window
    """Where it lies."""

    ground: Mask
    """(h, w) in the window: the ground the vehicle covers, without buildings inside."""

    filled: Mask
    """(h, w) the same with all that lies inside."""

    barred: float
    """How well its outline is barred: mean barrier score, ``FIRM`` as full, 0 to 1."""

    size: int
    """Pixels on which the vehicle's middle can be."""

    cut: bool
    """Whether it touches ground that nobody saw."""

    chosen: tuple[Basin, ...] = field(default=())
    """The best of this basin and those inside it; itself when it is the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a vehicle meets: the sheet of one search."""

    barrier: Heights
    """(H, W) uint8, 0 to 254, 0 where unseen."""

    seen: Mask
    """(H, W), false where nothing is known."""

    owned: Mask
    """(H, W), where nobody need look any more."""

    ends: Ends = WHOLE
    """Whether its sides are the picture's; beyond the others there is more ground."""

    mine: Mask | None = None
    """(H, W) coarse or not, where a room must lie to be told of; ``None`` for everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is looked for in a scene."""

    heights: Sequence[int]
    """Barrier scores to try, 1 to 254, rising."""

    least: float
    """Pixels; smaller basins are dropped."""

    span: int
    """Pixels; ground that reaches further, down or across, is no compound but a country."""

    cut: bool = True
    """Whether to look for ground cut by the edge as well."""

    most: float = np.inf
    """Pixels; larger basins are passed over for those inside them."""


def find_basins(scene: Scene, reach: float, rules: Rules) -> list[Basin]:
    """Find the ground that traps vehicles, the best choice among nested pieces.

    Args:
        scene: where to look.
        reach: pixels; half the vehicle's width and half a pixel.
        rules: what to look for.

    Returns:
        Basins that do not overlap, in no particular order.
    """
    from geo.rooms import lay_out, lift, list_rooms, root_of  # noqa: PLC0415

    search = _Search(scene, reach, rules)
    runs = search.runs
    ground = lay_out(runs, False)  # noqa: FBT003  compiled code takes no names
    free = lay_out(runs, True) if scene.owned.any() else ground  # noqa: FBT003
    middle = len(rules.heights) // 2  # one height is enough for what nobody can be sure of
    below: dict[int, Basin] = {}
    tops: list[Basin] = []
    for step in range(len(rules.heights)):
        lift(runs, ground, step)
        if free is not ground:
            lift(runs, free, step)
        rooms = list_rooms(runs, ground, free, step, rules.span, rules.cut and step == middle)
        inside: dict[int, list[int]] = {}
        for one in below:
            inside.setdefault(root_of(free.parent, one), []).append(one)
        above: dict[int, Basin] = {}
        for root in rooms.tolist():
            inner = inside.get(root, [])
            if len(inner) == 1 and free.size[root] <= SAME * below[inner[0]].size:
                above[root] = below.pop(inner[0])
                continue
            basin = search.measure(free, root, step)
            if basin is not None:
                above[root] = _choose(basin, [below.pop(one) for one in inner])
        tops += below.values()
        below = above
    tops += below.values()
    return [best for top in tops for best in top.chosen]


class _Search:
    """One search: its runs, and how a room of them is measured."""

    def __init__(self, scene: Scene, reach: float, rules: Rules) -> None:
        """Cut the scene into runs."""
        from geo.ground import Sheet  # noqa: PLC0415
        from geo.runlengths import cut_runs  # noqa: PLC0415

        self.runs = cut_runs(_kinds(scene, reach, rules), scene.seen, scene.ends)
        self.sheet = Sheet(scene.barrier, widen(scene.barrier, ARM), scene.seen, scene.ends)
        self.discs = np.array(half_widths(reach), np.int32)
        self.margin = int(np.ceil(reach)) + 3
        self.mine, self.rules = scene.mine, rules

    def measure(self, free: Pieces, root: int, step: int) -> Basin | None:
        """Give a room the ground its vehicle covers; ``None`` when it is no yard."""
        from geo.ground import ground_of  # noqa: PLC0415

        rules = self.rules
        if not self._is_mine(root):
            return None
        top, bottom, left, right = free.box[root].tolist()
        rows, cols = self.sheet.barrier.shape
        window = (
            max(0, top - self.margin),
            min(rows, bottom + 1 + self.margin),
            max(0, left - self.margin),
            min(cols, right + self.margin),
        )
        if (window[1] - window[0]) * (window[3] - window[2]) < rules.least * CUT_AREA:
            return None
        room = (root, step, rules.heights[step])
        found = ground_of(self.sheet, self.runs, free, room, window, self.discs, FIRM * FULL)
        if found.area < rules.least * (CUT_AREA if found.blind else 1):
            return None
        if found.area > rules.most:
            return None
        if found.blind and not _is_cut_well(found):
            return None
        return Basin(
            window=(slice(*window[:2]), slice(*window[2:])),
            ground=found.ground,
            filled=found.filled,
            barred=found.support,
            size=int(free.size[root]),
            cut=found.blind > 0,
        )

    def _is_mine(self, root: int) -> bool:
        """Tell whether a room lies where this search is to look."""
        mine = self.mine
        return mine is None or bool(mine[self.runs.row[root], self.runs.start[root]])


def _kinds(scene: Scene, reach: float, rules: Rules) -> NDArray[np.uint8]:
    """Tell from which height on a vehicle may stand, (H, W) as ``geo.runlengths`` counts."""
    from geo.runlengths import NOWHERE, OWNED  # noqa: PLC0415

    steps = np.searchsorted(rules.heights, np.arange(256), side="right").astype(np.uint8)
    steps[steps == len(rules.heights)] = NOWHERE
    kinds = steps[widen(scene.barrier, reach)]
    if scene.owned.any():
        kinds[scene.owned & (kinds != NOWHERE)] += OWNED
    if not scene.seen.all():
        kinds[~scene.seen] = NOWHERE
    return kinds


def _is_cut_well(found: Found) -> bool:
    """Tell whether ground cut by the edge is cut once, not too much, and barred elsewhere."""
    far = found.blind > CUT_UNSEEN * (found.rim + found.blind)
    return not far and found.stretches == 1 and found.support >= CUT_BARRED


def _choose(whole: Basin, parts: list[Basin]) -> Basin:
    """Prefer a basin or the best of those inside it."""
    inside = [best for part in parts for best in part.chosen]
    chosen: tuple[Basin, ...] = (whole,)
    if inside:
        areas = np.array([np.count_nonzero(one.ground) for one in inside], float)
        barred = float(np.dot(areas, [one.barred for one in inside]) / areas.sum())
        # Parts that leave much of the whole to nobody explain it badly.
        told = min(1.0, areas.sum() / np.count_nonzero(whole.ground) + 0.3)
        better = barred * told > whole.barred - PATIENCE
        if better and (len(inside) > 1 or barred > whole.barred + PATIENCE):
            chosen = tuple(inside)
    return replace(whole, chosen=chosen)


def grow_window(window: tuple[slice, ...], margin: int, shape: tuple[int, ...]) -> Window:
    """Widen a window by ``margin`` pixels, within the picture."""
    rows, cols = window
    return (
        slice(max(0, rows.start - margin), min(shape[0], rows.stop + margin)),
        slice(max(0, cols.start - margin), min(shape[1], cols.stop + margin)),
    )
