"""From one room to the ground its vehicle covers, and how well that ground is barred.

    room, a piece of runs ──widen──► covered ──corners──► ground (h, w) ──fill──► outline

The vehicle covers what lies within its reach; corners that no vehicle can reach, from inside
or from outside, belong to the ground as well.  Compiled by numba, like :mod:`geo.rooms`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.fill import Flags, count_pieces, fill, keep_largest, spread
from geo.rooms import Pieces, root_of
from geo.runlengths import Numbers, Runs


class Sheet(NamedTuple):
    """What lies on the ground, (H, W) each."""

    barrier: NDArray[np.uint8]
    """0 to 254."""

    support: NDArray[np.uint8]
    """The highest barrier within an arm's length."""

    seen: Flags

    ends: tuple[bool, bool, bool, bool]
    """Whether its top, bottom, left and right are the picture's own."""


class Found(NamedTuple):
    """Ground and its outline."""

    ground: Flags
    """(h, w)"""

    filled: Flags
    """(h, w), what lies inside included."""

    area: int
    """Pixels, filled."""

    support: float
    """Mean of the outline's barrier, ``firm`` as 1."""

    rim: int
    """Number of pixels of the outline."""

    blind: int
    """Number of pixels that touch what nobody saw."""

    stretches: int
    """Separate stretches of those."""


@njit(cache=True, nogil=True)
def ground_of(
    sheet: Sheet,
    runs: Runs,
    pieces: Pieces,
    room: tuple[int, int, int],
    window: tuple[int, int, int, int],
    discs: Numbers,
    firm: float,
) -> Found:
    """Measure the ground of one room.

    Args:
        sheet: what lies around.
        runs: of the sheet.
        pieces: of ground nobody owns.
        room: its root, number of the height, and the height.
        window: first row, last row + 1, first column, last column + 1 of what to look at.
        discs: columns a disc reaches left and right, from its middle row down.
        firm: barrier score that counts in full.
    """
    top, bottom, left, right = window
    cover, others = _stamps(runs, pieces, room, window, discs)
    ground = np.zeros((bottom - top, right - left), np.bool_)
    allowed = np.zeros((bottom - top, right - left), np.bool_)
    for row in range(bottom - top):
        mine, theirs = 0, 0
        for col in range(right - left):
            mine += cover[row, col]
            theirs += others[row, col]
            here = sheet.barrier[top + row, left + col] < room[2]
            if here and sheet.seen[top + row, left + col]:
                ground[row, col] = mine > 0
                allowed[row, col] = mine > 0 or theirs == 0
    spread(ground, allowed, len(discs))
    keep_largest(ground)
    return _measure(sheet, window, ground, fill(ground), firm)


@njit(cache=True, nogil=True)
def _stamps(
    runs: Runs,
    pieces: Pieces,
    room: tuple[int, int, int],
    window: tuple[int, int, int, int],
    discs: Numbers,
) -> tuple[Numbers, Numbers]:
    """Stamp what the room's vehicle covers, and what vehicles elsewhere cover."""
    root, step, _ = room
    top, bottom, left, right = window
    cover = np.zeros((bottom - top, right - left + 1), np.int32)
    others = np.zeros((bottom - top, right - left + 1), np.int32)
    deep = len(discs) - 1
    rows = len(runs.first) - 1
    for row in range(max(0, top - deep), min(rows, bottom + deep)):
        for run in range(runs.first[row], runs.first[row + 1]):
            if runs.stop[run] + discs[0] <= left:
                continue
            if runs.start[run] - discs[0] >= right:
                break
            if runs.step[run] > step:
                continue
            if pieces.step[run] <= step and root_of(pieces.parent, run) == root:
                _stamp(cover, runs, run, window, discs)
            else:
                _stamp(others, runs, run, window, discs)
    return cover, others


@njit(cache=True, nogil=True)
def _stamp(
    cover: Numbers,
    runs: Runs,
    run: int,
    window: tuple[int, int, int, int],
    discs: Numbers,
) -> None:
    """Add what a vehicle on a run covers, as steps up and down along each row."""
    top, bottom, left, right = window
    for row in range(1 - len(discs), len(discs)):
        line = runs.row[run] + row
        if line < top or line >= bottom:
            continue
        half = discs[abs(row)]
        start = max(0, runs.start[run] - half - left)
        stop = min(right - left, runs.stop[run] + half - left)
        if start < stop:
            cover[line - top, start] += 1
            cover[line - top, stop] -= 1


@njit(cache=True, nogil=True)
def _measure(
    sheet: Sheet,
    window: tuple[int, int, int, int],
    ground: Flags,
    filled: Flags,
    firm: float,
) -> Found:
    """Walk along the outline: how much bars it, how much of it nobody saw."""
    top, _, left, _ = window
    tall, wide = filled.shape
    area, rim, support = 0, 0, 0.0
    blind = np.zeros((tall, wide), np.bool_)
    blinds = 0
    for row in range(tall):
        for col in range(wide):
            if filled[row, col]:
                area += 1
                if _is_blind(sheet, top + row, left + col):
                    blind[row, col] = True
                    blinds += 1
            elif _beside(filled, row, col):
                rim += 1
                support += min(1.0, sheet.support[top + row, left + col] / firm)
    mean = support / rim if rim else 0.0
    return Found(ground, filled, area, mean, rim, blinds, count_pieces(blind) if blinds else 0)


@njit(cache=True, nogil=True)
def _beside(mask: Flags, row: int, col: int) -> bool:
    """Tell whether one of eight neighbours is set."""
    for near_row in range(max(0, row - 1), min(mask.shape[0], row + 2)):
        for near_col in range(max(0, col - 1), min(mask.shape[1], col + 2)):
            if mask[near_row, near_col]:
                return True
    return False


@njit(cache=True, nogil=True)
def _is_blind(sheet: Sheet, row: int, col: int) -> bool:
    """Tell whether a pixel touches what nobody saw."""
    tall, wide = sheet.seen.shape
    above = sheet.seen[row - 1, col] if row > 0 else not sheet.ends[0]
    below = sheet.seen[row + 1, col] if row < tall - 1 else not sheet.ends[1]
    before = sheet.seen[row, col - 1] if col > 0 else not sheet.ends[2]
    behind = sheet.seen[row, col + 1] if col < wide - 1 else not sheet.ends[3]
    return not (above and below and before and behind)
