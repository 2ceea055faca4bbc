"""Write the ground down as run lengths: stretches of rows of one kind.

The kind of a pixel is the lowest height at which a vehicle may stand there.  Open ground has
few stretches, so what is done with them costs next to nothing a pixel.

    kinds (H, W) uint8, seen (H, W) ──► runs (R,): row, columns, kind, what they touch

Compiled by numba at first use and kept on disk, as :mod:`geo.flood` is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Numbers = NDArray[np.int32]

OWNED = 16
"""Added to the number of a height where an earlier search gave the ground to somebody."""

NOWHERE = 255
"""Where no vehicle stands at any height, or nothing is known."""


class Runs(NamedTuple):
    """Stretches of rows on which a vehicle may stand at some height, (R,) each."""

    first: Numbers
    """(H + 1,) number of the first run of each row."""

    row: Numbers
    start: Numbers
    stop: Numbers
    """Columns, the last one not included."""

    step: NDArray[np.uint8]
    """Number of the lowest height at which a vehicle may stand there, from 0."""

    owned: NDArray[np.bool_]
    """Whether an earlier search gave the ground to somebody."""

    rim: Numbers
    """Pixels that touch the edge of the picture or ground nobody saw."""

    torn: NDArray[np.bool_]
    """Whether it touches the end of the sheet where the picture goes on."""


@njit(cache=True, nogil=True)
def cut_runs(
    kinds: NDArray[np.uint8], seen: NDArray[np.bool_], ends: tuple[bool, bool, bool, bool]
) -> Runs:
    """Cut rows into runs.

    Args:
        kinds: (H, W) number of the lowest height at which a vehicle may stand, with ``OWNED``;
            or ``NOWHERE``.
        seen: (H, W), false where nothing is known.
        ends: whether the sheet's top, bottom, left and right are the picture's own.
    """
    tall = len(kinds)
    first = np.zeros(tall + 1, np.int32)
    for row in range(tall):
        first[row + 1] = first[row] + _count_runs(kinds[row])
    count = first[tall]
    runs = Runs(
        first,
        np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int32),
        np.empty(count, np.uint8), np.empty(count, np.bool_), np.empty(count, np.int32),
        np.empty(count, np.bool_),
    )  # fmt: skip
    for row in range(tall):
        line, stop, run = kinds[row], 0, first[row]
        while run < first[row + 1]:
            start, stop = stop, _stop_of(line, stop)
            kind = line[start]
            if kind != NOWHERE:
                runs.row[run], runs.start[run], runs.stop[run] = row, start, stop
                runs.step[run], runs.owned[run] = kind % OWNED, kind >= OWNED
                runs.rim[run], runs.torn[run] = _rim_of(seen, ends, row, start, stop)
                run += 1
    return runs


@njit(cache=True, nogil=True)
def _stop_of(line: NDArray[np.uint8], start: int) -> int:
    """Find the end of the stretch of one kind that starts in a column."""
    col = start + 1
    while col < len(line) and line[col] == line[start]:
        col += 1
    return col


@njit(cache=True, nogil=True)
def _count_runs(line: NDArray[np.uint8]) -> int:
    """Count the stretches of a row on which a vehicle may stand at some height."""
    count = 1 if line[0] != NOWHERE else 0
    for col in range(1, len(line)):
        count += line[col] != line[col - 1] and line[col] != NOWHERE
    return count


@njit(cache=True, nogil=True)
def _rim_of(
    seen: NDArray[np.bool_],
    ends: tuple[bool, bool, bool, bool],
    row: int,
    start: int,
    stop: int,
) -> tuple[int, bool]:
    """Count the pixels of a run where sight ends; tell whether the sheet tears it."""
    tall, wide = seen.shape
    rim, torn = 0, False
    meets = (row == 0, row == tall - 1, start == 0, stop == wide)
    for side in range(4):
        if meets[side] and ends[side]:
            rim += stop - start if side < 2 else 1
        elif meets[side]:
            torn = True
    for col in range(start, stop):
        above, below = row > 0 and not seen[row - 1, col], False
        if row < tall - 1:
            below = not seen[row + 1, col]
        rim += above or below
    before = start > 0 and not seen[row, start - 1]
    behind = stop < wide and not seen[row, stop]
    return rim + before + behind, torn
