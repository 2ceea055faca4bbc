"""Where a vehicle is trapped, at several barrier heights, and which of these traps to believe.

At one height a *room* is where a vehicle can stand touching nothing so high, and from where
every way out crosses something as high.  A single height is a poor judge of a net's soft
scores: too low, and haze cuts courts in pieces; too high, and a faint wall lets everything out.
So rooms are found at several heights.  They nest: raising the height joins rooms across weak
walls until they open to the outside, which makes them a tree.  Of a room and the rooms that it
joins we keep whichever is better barred along its outline, the parts when it is a near thing.

    barrier (H, W) uint8 ──drive──► rooms at each height ──nest──► tree ──choose──► Basin, each

Source: component trees, Jones 1999; the choice among nested regions is that of MSER (Matas et
al. 2002) with the outline in the place of stability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.ndimage import binary_dilation, binary_fill_holes, find_objects, label

from geo.escape import Heights, drive, widen
from geo.types import FULL, Labels, Mask

Window = tuple[slice, slice]
"""Rows and columns."""

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

    barred: float
    """How well its outline is barred: mean barrier score, ``FIRM`` as full, 0 to 1."""

    size: int
    """Pixels on which the vehicle's middle can be."""

    cut: bool
    """Whether it touches ground that nobody saw."""

    chosen: tuple[Basin, ...] = field(default=())
    """The best of this basin and those inside it; itself when it is the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a vehicle meets: the scene of one search."""

    support: Heights
    """(H, W) uint8: the highest barrier within ``ARM``."""

    seen: Mask
    """(H + 2, W + 2), one pixel wider all round, false there."""

    reach: float
    """Pixels from the middle of the vehicle to what it touches."""

    least: float
    """Pixels; smaller basins are dropped."""


def find_basins(
    barrier: Heights,
    seen: Mask,
    reach: float,
    *,
    heights: Sequence[int],
    least: float,
    owned: Mask | None = None,
    cut: bool = True,
) -> list[Basin]:
    """Find the ground that traps a vehicle, the best choice among nested pieces.

    Args:
        barrier: (H, W) uint8, 0 to 254, 0 where unseen.
        seen: (H, W), false where nothing is known.
        reach: pixels; half the vehicle's width and half a pixel.
        heights: barrier scores to try, 1 to 254, rising.
        least: pixels; smaller basins are dropped.
        owned: (H, W), where nobody need look any more.
        cut: whether to look for ground cut by the edge as well.

    Returns:
        Basins that do not overlap, in no particular order.
    """
    touched, cost, escape = drive(barrier, seen, reach)
    stage = Stage(support=widen(barrier, ARM), seen=np.pad(seen, 1), reach=reach, least=least)
    where = seen if owned is None else seen & ~owned
    below: dict[int, Basin] = {}
    stands = np.zeros(barrier.shape, np.int32)
    tops: list[Basin] = []
    middle = heights[len(heights) // 2]  # one height is enough for what nobody can be sure of
    for height in heights:
        stand = (touched < height) & where
        wider, count = _inner_rooms(stand, cost >= height)
        if cut and height == middle:
            wider = _add_cut_rooms(wider, count, stand & (cost < height), seen)
        free, held = (barrier < height) & seen, escape >= height
        above: dict[int, Basin] = {}
        taken: set[int] = set()
        for number, window in enumerate(find_objects(wider), start=1):
            if window is None:
                continue
            room = wider[window] == number
            inner = [one for one in np.unique(stands[window][room]) if one in below]
            size = np.count_nonzero(room)
            if len(inner) == 1 and size <= SAME * below[inner[0]].size:
                above[number] = below[inner[0]]
                taken.update(inner)
                continue
            basin = _basin(room, window, stage, free, held)
            if basin is not None:
                above[number] = _choose(basin, [below[one] for one in inner])
                taken.update(inner)
        tops += [basin for one, basin in below.items() if one not in taken]
        stands, below = wider, above
    tops += below.values()
    return [best for top in tops for best in top.chosen]


def _inner_rooms(stand: Mask, held: Mask) -> tuple[Labels, int]:
    """Label where a vehicle stands free and is held."""
    rooms, count = label(stand & held)
    return rooms.astype(np.int32), int(count)


def _add_cut_rooms(rooms: Labels, count: int, outside: Mask, seen: Mask) -> Labels:
    """Number the rooms that the edge of the seen ground cuts after the inner ones.

    Args:
        rooms: (H, W), the inner rooms, 1 to ``count``.
        count: how many there are.
        outside: (H, W), where a vehicle stands free and gets away.
        seen: (H, W).
    """
    outer, more = label(outside)
    rim = [outer[0], outer[-1], outer[:, 0], outer[:, -1]]
    if not seen.all():
        rim.append(outer[binary_dilation(~seen) & seen])
    edge = np.bincount(np.concatenate(rim), minlength=more + 1)
    size = np.bincount(outer.ravel(), minlength=more + 1)
    cut = (edge > 0) & (edge <= 3 * np.sqrt(size))  # the outside itself sees more edge
    cut[0] = False
    spread = np.zeros(more + 1, np.int32)
    spread[cut] = count + 1 + np.arange(np.count_nonzero(cut))
    return rooms + spread[outer]


def _basin(
    room: Mask, window: tuple[slice, ...], stage: Stage, free: Mask, held: Mask
) -> Basin | None:
    """Give a room the ground its vehicle covers and the corners it cannot reach.

    Args:
        room: (h, w) in the window, where the vehicle's middle can be.
        window: of the room.
        stage: where it lies.
        free: (H, W), ground without a barrier.
        held: (H, W), ground that no vehicle leaves.
    """
    margin = int(np.ceil(stage.reach)) + 3
    if (room.shape[0] + 2 * margin) * (room.shape[1] + 2 * margin) < stage.least * CUT_AREA:
        return None
    wide = grow_window(window, margin, stage.support.shape)
    inner = place_in(room, window, wide)
    covered = (widen(inner.astype(np.uint8), stage.reach) > 0) & free[wide]
    corners = covered | (free[wide] & held[wide])
    ground = binary_dilation(covered, DIAGONALS, iterations=margin - 3, mask=corners)
    pieces, count = label(ground)
    if count > 1:
        ground = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    filled = binary_fill_holes(ground)
    area = np.count_nonzero(filled)
    if area < stage.least * CUT_AREA:
        return None
    outline = binary_dilation(filled, DIAGONALS) & ~filled
    rows, cols = wide
    seen = stage.seen[rows.start : rows.stop + 2, cols.start : cols.stop + 2]
    blind = _touches_unseen(filled, seen)
    barred = (
        float(np.minimum(stage.support[wide][outline] / (FIRM * FULL), 1).mean())
        if outline.any()
        else 0.0
    )
    if blind.any():
        _, runs = label(blind, DIAGONALS)
        length = np.count_nonzero(outline) + np.count_nonzero(blind)
        far = np.count_nonzero(blind) > CUT_UNSEEN * length
        if far or runs > 1 or barred < CUT_BARRED:
            return None
    elif area < stage.least:
        return None
    return Basin(
        window=wide, ground=ground, barred=barred, size=int(room.sum()), cut=bool(blind.any())
    )


def _touches_unseen(region: Mask, seen: Mask) -> Mask:
    """Mark pixels of a region (h, w) with an unseen neighbour; ``seen`` is (h + 2, w + 2)."""
    around = seen[:-2, 1:-1] & seen[2:, 1:-1] & seen[1:-1, :-2] & seen[1:-1, 2:]
    touches: Mask = region & ~around
    return touches


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


def place_in(mask: Mask, window: tuple[slice, ...], wide: Window) -> Mask:
    """Put a mask of one window into a wider one that holds it."""
    placed = np.zeros((wide[0].stop - wide[0].start, wide[1].stop - wide[1].start), np.bool_)
    top, left = window[0].start - wide[0].start, window[1].start - wide[1].start
    placed[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return placed
