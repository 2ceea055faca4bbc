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

from geo.rooms import Numbers, Pieces, Runs, root_of

Flags = NDArray[np.bool_]


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
    _spread(ground, allowed, len(discs))
    _keep_largest(ground)
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
def _spread(ground: Flags, allowed: Flags, steps: int) -> None:
    """Let ground grow over allowed pixels, corners included, some steps far."""
    tall, wide = ground.shape
    front = np.empty(tall * wide, np.int32)
    count = 0
    for row in range(tall):
        for col in range(wide):
            if ground[row, col]:
                front[count] = row * wide + col
                count += 1
    done = 0
    for _ in range(steps):
        last = count
        for at in range(done, last):
            row, col = front[at] // wide, front[at] % wide
            for near_row in range(max(0, row - 1), min(tall, row + 2)):
                for near_col in range(max(0, col - 1), min(wide, col + 2)):
                    if allowed[near_row, near_col] and not ground[near_row, near_col]:
                        ground[near_row, near_col] = True
                        front[count] = near_row * wide + near_col
                        count += 1
        if count == last:
            break
        done = last


@njit(cache=True, nogil=True)
def _keep_largest(ground: Flags) -> None:
    """Keep the largest piece, the first of equals."""
    tall, wide = ground.shape
    piece = np.zeros((tall, wide), np.int32)
    stack = np.empty(tall * wide, np.int32)
    number, best, best_size = 0, 0, 0
    for row in range(tall):
        for col in range(wide):
            if not ground[row, col] or piece[row, col]:
                continue
            number += 1
            size = _flood(ground, piece, stack, row * wide + col, number)
            if size > best_size:
                best, best_size = number, size
    if number > 1:
        for row in range(tall):
            for col in range(wide):
                ground[row, col] = piece[row, col] == best


@njit(cache=True, nogil=True)
def _flood(mask: Flags, piece: Numbers, stack: Numbers, start: int, number: int) -> int:
    """Number the pixels of a mask that hang together with one by their sides."""
    tall, wide = mask.shape
    stack[0], count, size = start, 1, 0
    piece[start // wide, start % wide] = number
    while count > 0:
        count -= 1
        row, col = stack[count] // wide, stack[count] % wide
        size += 1
        for side in range(4):
            near_row = row + (-1 if side == 0 else 1 if side == 1 else 0)
            near_col = col + (-1 if side == 2 else 1 if side == 3 else 0)
            if near_row < 0 or near_row >= tall or near_col < 0 or near_col >= wide:
                continue
            if mask[near_row, near_col] and piece[near_row, near_col] == 0:
                piece[near_row, near_col] = number
                stack[count] = near_row * wide + near_col
                count += 1
    return size


@njit(cache=True, nogil=True)
def fill(ground: Flags) -> Flags:
    """Fill what cannot be reached from the rim of the array by sides."""
    tall, wide = ground.shape
    outside = np.zeros((tall, wide), np.int32)
    stack = np.empty(tall * wide, np.int32)
    empty = ~ground
    for row in range(tall):
        for col in range(wide):
            on_rim = row == 0 or row == tall - 1 or col == 0 or col == wide - 1
            if on_rim and empty[row, col] and outside[row, col] == 0:
                _flood(empty, outside, stack, row * wide + col, 1)
    filled: Flags = outside == 0
    return filled


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
    return Found(ground, filled, area, mean, rim, blinds, _count(blind) if blinds else 0)


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


@njit(cache=True, nogil=True)
def _count(mask: Flags) -> int:
    """Count pieces, corners touching."""
    tall, wide = mask.shape
    left = mask.copy()
    stack = np.empty(tall * wide, np.int32)
    number = 0
    for row in range(tall):
        for col in range(wide):
            if not left[row, col]:
                continue
            number += 1
            stack[0], count = row * wide + col, 1
            left[row, col] = False
            while count > 0:
                count -= 1
                r, c = stack[count] // wide, stack[count] % wide
                for near_row in range(max(0, r - 1), min(tall, r + 2)):
                    for near_col in range(max(0, c - 1), min(wide, c + 2)):
                        if left[near_row, near_col]:
                            left[near_row, near_col] = False
                            stack[count] = near_row * wide + near_col
                            count += 1
    return number
