"""Sum up what lies in each patch, along its rim and just beyond it; compiled.

Half a hip roof ends at its ridge, and beyond the ridge there is more roof: it must not look
like a roof of its own.  So of what lies beyond, pixels of other patches count as well as empty
ground; of several patches about a pixel the one with the lowest number and the one with the
highest are told.

    labels, roof, edge ──weigh──► sums a patch, borders ──spread along the row──► the last 11
    rows ──► whose surroundings each pixel of the middle row is ──look_about──► sums a patch
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.contours import Pixels
from geo.types import NODATA, Labels, Mask, Scores

AROUND = 5
"""Pixels that a patch looks beyond itself: 2.5 m at 0.5 m, wider than the ridge of a roof."""

SUMS = 15
"""Columns of sums: area, roof, row, col, row², col², row x col, border, then edge and count of
the rim, edge and count of the core, roof and count of what lies about, sure pixels."""

Sums = NDArray[np.float64]
"""(N + 1, SUMS); row 0 is no patch."""

CHUNK = 64
"""Columns that are looked at or passed over together."""

DEPTH = 2 * AROUND + 1


@njit(cache=True)
def weigh(
    pixels: Pixels, labels: Labels, roof: Scores, edge: Scores, sure: Mask, sums: Sums
) -> Pixels:
    """Sum up what lies in each patch and along its rim.

    The border of a patch are its pixels with no patch at one of their eight sides; its rim are
    they and the pixels of no patch beside them; its core is the rest.

    Returns:
        The pixels of the borders, ascending.
    """
    height, width = labels.shape
    border = np.empty(len(pixels), np.int64)
    count = 0
    for pixel in pixels:
        row, col = pixel // width, pixel % width
        own = labels[row, col]
        sums[own, 0] += 1
        sums[own, 1] += roof[row, col] if roof[row, col] != NODATA else 0
        sums[own, 2] += row
        sums[own, 3] += col
        sums[own, 4] += row * row
        sums[own, 5] += col * col
        sums[own, 6] += row * col
        sums[own, 14] += sure[row, col]
        lip = edge[row, col] if edge[row, col] != NODATA else 0
        outermost = False
        for r in range(max(row - 1, 0), min(row + 2, height)):
            for c in range(max(col - 1, 0), min(col + 2, width)):
                if labels[r, c] == 0:
                    outermost = True
                    if _speaks(labels, r, c, row, col):
                        sums[own, 8] += edge[r, c] if edge[r, c] != NODATA else 0
                        sums[own, 9] += 1
        if outermost:
            sums[own, 7] += 1
            sums[own, 8] += lip
            sums[own, 9] += 1
            border[count] = pixel
            count += 1
        else:
            sums[own, 10] += lip
            sums[own, 11] += 1
    return border[:count]


@njit(cache=True)
def _speaks(labels: Labels, row: int, col: int, mine_row: int, mine_col: int) -> bool:
    """Tell whether of all pixels beside an empty one this one counts it.

    It is the first pixel of the highest label.
    """
    height, width = labels.shape
    best = 0
    at_row = at_col = -1
    for r in range(max(row - 1, 0), min(row + 2, height)):
        for c in range(max(col - 1, 0), min(col + 2, width)):
            if labels[r, c] > best:
                best = labels[r, c]
                at_row, at_col = r, c
    return at_row == mine_row and at_col == mine_col


@njit(cache=True)
def look_about(border: Pixels, labels: Labels, roof: Scores, sums: Sums) -> None:
    """Add the roof score about each patch, and how many pixels that is, to its sums.

    Args:
        border: pixels of the patches that have empty ground beside them, ascending.
        labels: (H, W) numbers of the patches.
        roof: (H, W) uint8, 255 nodata.
        sums: (N + 1, SUMS), written in place.
    """
    height, width = labels.shape
    chunks = (width + CHUNK - 1) // CHUNK
    top = len(sums)  # one more than the highest number; turned round, the lowest is highest
    numbers = np.zeros((2, DEPTH, chunks * CHUNK), np.int32)  # as they are, and turned round
    lit = np.zeros((DEPTH, chunks), np.bool_)
    best = np.zeros((2, CHUNK), np.int32)
    if len(border) == 0:
        return
    at = 0
    for row in range(border[0] // width, border[-1] // width + DEPTH):
        slot = row % DEPTH
        for chunk in range(chunks):
            if lit[slot, chunk]:
                lit[slot, chunk] = False
                numbers[:, slot, chunk * CHUNK : (chunk + 1) * CHUNK] = 0
        while at < len(border) and border[at] // width == row:
            col = border[at] % width
            own = labels[row, col]
            first, last = max(col - AROUND, 0), min(col + AROUND, width - 1)
            for near in range(first, last + 1):
                numbers[0, slot, near] = max(numbers[0, slot, near], own)
                numbers[1, slot, near] = max(numbers[1, slot, near], top - own)
            lit[slot, first // CHUNK] = True
            lit[slot, last // CHUNK] = True
            at += 1
        middle = row - AROUND
        if middle < 0 or middle >= height:
            continue
        for chunk in range(chunks):
            if lit[:, chunk].any():
                _highest(numbers, chunk * CHUNK, best)
                _add(best, labels, roof, middle, chunk * CHUNK, top, sums)


@njit(cache=True)
def _highest(numbers: Labels, first: int, best: Labels) -> None:
    """Take the highest number of every column of a chunk over all rows."""
    best[:] = 0
    for way in range(2):
        for slot in range(DEPTH):
            for col in range(CHUNK):
                best[way, col] = max(best[way, col], numbers[way, slot, first + col])


@njit(cache=True)
def _add(
    best: Labels, labels: Labels, roof: Scores, row: int, first: int, top: int, sums: Sums
) -> None:
    """Add the pixels of a chunk to the patches whose surroundings they are."""
    for n in range(min(CHUNK, labels.shape[1] - first)):
        if best[0, n] == 0:
            continue
        col = first + n
        own = labels[row, col]
        if own == 0 and not _apart(labels, row, col):
            continue
        score = roof[row, col] if roof[row, col] != NODATA else 0
        for way in range(2):
            whose = best[0, n] if way == 0 else top - best[1, n]
            if whose != own:
                sums[whose, 12] += score
                sums[whose, 13] += 1


@njit(cache=True)
def _apart(labels: Labels, row: int, col: int) -> bool:
    """Tell whether no patch lies at any of the eight sides of an empty pixel."""
    height, width = labels.shape
    for r in range(max(row - 1, 0), min(row + 2, height)):
        for c in range(max(col - 1, 0), min(col + 2, width)):
            if labels[r, c]:
                return False
    return True
