"""Part the ground into rooms: where a vehicle can stand, and what keeps it there.

Ground comes as *runs* (:mod:`geo.runlengths`): stretches of a row on which the highest barrier
a vehicle touches falls into one class.  Raising the height makes more runs passable; each is
joined with what it touches, and the rooms of one height are the pieces that exist then.  A room
is *held* when it touches neither the edge of what was seen nor the end of the sheet, and is no
larger than a compound can be.

    runs (R,) ──lay_out──► pieces ──lift: raise, join──► list_rooms of each height

Compiled by numba at first use and kept on disk, as :mod:`geo.flood` is.  Source: union-find on
runs, He, Chao & Suzuki, IEEE Trans. Image Processing 17(5), 2008.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.runlengths import NOWHERE, Numbers, Runs

HELD, RIM, OUT = 1, 2, 3
"""What keeps the vehicle in a piece: barriers; only the end of what was seen; nothing."""

ROUND = 3.0
"""Ground cut by the edge meets it on at most this many times the root of its area; the outside
itself sees more of the edge."""


class Pieces(NamedTuple):
    """Runs joined so far, by union-find; what is told of a piece stands at its root, (R,)."""

    step: NDArray[np.uint8]
    """Number of the height from which a run counts; ``NOWHERE`` for never."""

    parent: Numbers
    size: Numbers
    """Pixels."""

    rim: Numbers
    torn: NDArray[np.bool_]
    box: Numbers
    """(R, 4) first row, last row, first column, last column + 1."""


@njit(cache=True, nogil=True)
def lay_out(runs: Runs, free: bool) -> Pieces:  # noqa: FBT001
    """Make every run a piece of its own.

    Args:
        runs: of the sheet.
        free: whether runs that somebody owns never count.
    """
    count = len(runs.row)
    box = np.empty((count, 4), np.int32)
    box[:, 0], box[:, 1] = runs.row, runs.row
    box[:, 2], box[:, 3] = runs.start, runs.stop
    step = runs.step.copy()
    if free:
        step[runs.owned] = NOWHERE
    return Pieces(
        step,
        np.arange(count).astype(np.int32),
        (runs.stop - runs.start).astype(np.int32),
        runs.rim.copy(),
        runs.torn.copy(),
        box,
    )


@njit(cache=True, nogil=True)
def root_of(parent: Numbers, run: int) -> int:
    """Find the root of a run, and shorten the way there."""
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@njit(cache=True, nogil=True)
def lift(runs: Runs, pieces: Pieces, step: int) -> None:
    """Make the runs of one height passable and join them with what they touch.

    Args:
        runs: of the sheet.
        pieces: joined in place.
        step: number of the height.
    """
    # Arrays out of their records: passing records to the inner functions takes longer than
    # what those do.
    first, row_of, start, stop = runs.first, runs.row, runs.start, runs.stop
    steps, parent = pieces.step, pieces.parent
    last = len(first) - 2
    for run in range(len(row_of)):
        if steps[run] != step:
            continue
        row = row_of[run]
        here = root_of(parent, run)
        for near in (run - 1, run + 1):
            inside = first[row] <= near < first[row + 1] and steps[near] <= step
            if inside and (stop[near] == start[run] or start[near] == stop[run]):
                here = _join(pieces, here, root_of(parent, near))
        for beside in (row - 1, row + 1):
            if beside < 0 or beside > last:
                continue
            near = _first_behind(stop, first[beside], first[beside + 1], start[run])
            while near < first[beside + 1] and start[near] < stop[run]:
                if steps[near] <= step:
                    here = _join(pieces, here, root_of(parent, near))
                near += 1


@njit(cache=True, nogil=True)
def _first_behind(stop: Numbers, low: int, high: int, col: int) -> int:
    """Find the first run of a row, ``low`` to ``high``, that ends behind a column."""
    while low < high:
        middle = (low + high) // 2
        if stop[middle] <= col:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _join(pieces: Pieces, one: int, other: int) -> int:
    """Join two pieces, given their roots, and what is told of them; return the root."""
    if one == other:
        return one
    _, parent, size, rim, torn, box = pieces
    if size[one] < size[other]:
        one, other = other, one
    parent[other] = one
    size[one] += size[other]
    rim[one] += rim[other]
    torn[one] |= torn[other]
    box[one, 0], box[one, 1] = min(box[one, 0], box[other, 0]), max(box[one, 1], box[other, 1])
    box[one, 2], box[one, 3] = min(box[one, 2], box[other, 2]), max(box[one, 3], box[other, 3])
    return one


@njit(cache=True, nogil=True)
def keeper(pieces: Pieces, root: int, span: int) -> int:
    """Tell what keeps a vehicle in a piece: ``HELD``, ``RIM`` or ``OUT``.

    Args:
        pieces: of all ground.
        root: of the piece.
        span: pixels; the most that held ground may reach, down or across.
    """
    box = pieces.box
    tall, wide = box[root, 1] - box[root, 0] + 1, box[root, 3] - box[root, 2]
    if pieces.torn[root] or tall > span or wide > span:
        return OUT
    return RIM if pieces.rim[root] > 0 else HELD


@njit(cache=True, nogil=True)
def list_rooms(
    runs: Runs,
    ground: Pieces,
    free: Pieces,
    step: int,
    span: int,
    cut: bool,  # noqa: FBT001
) -> Numbers:
    """List the roots of the rooms that exist now.

    Args:
        runs: of the sheet.
        ground: pieces of all ground.
        free: pieces of ground nobody owns yet.
        step: number of the height.
        span: pixels; see :func:`keeper`.
        cut: whether to list ground cut by the edge, too.
    """
    rooms = np.empty(len(runs.row), np.int32)
    count = 0
    for run in range(len(runs.row)):
        if free.step[run] > step or free.parent[run] != run:
            continue
        kept = keeper(ground, root_of(ground.parent, run), span)
        rim = free.rim[run]
        if kept == HELD or (cut and kept == RIM and 0 < rim <= ROUND * np.sqrt(free.size[run])):
            rooms[count] = run
            count += 1
    return rooms[:count].copy()
