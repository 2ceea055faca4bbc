"""Make one picture of many, pixel by pixel, from what was clear, in bounded memory.

    clear looks (T, C, h, w), block by block ──► median    middle of each band by itself
                                             ──► medoid    the look most like all others
                                             ──► least_cloudy  the first clear of the clearest

The median is the smoothest and mixes dates; the medoid gives colours that were really seen
together, and says when; the least cloudy keeps dates in large pieces.  Each pixel keeps how
many looks it rests on, and where one look was taken, which.

Source: N. Flood, Remote Sensing 5(12), 2013 (medoid); P. Griffiths et al., JSTARS 6, 2013.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, ShapeError
from geo.types import Mask

Way = Literal["median", "medoid", "least_cloudy"]
"""How many looks become one."""

Read = Callable[[slice, slice], tuple[NDArray[np.float32], Mask]]
"""Gives a window of one date: (C, h, w) and clear (h, w)."""

ROOM = 256 * 2**20
"""Bytes that the looks of one block may take."""

LARGEST = 512
"""Pixels a side of a block, at most: that of a COG."""

NEVER = -1
"""Which look a pixel is from, where none was clear or none alone gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of a composite."""

    rows: slice
    cols: slice

    bands: NDArray[np.float32]
    """(C, h, w); NaN where no look was clear."""

    count: NDArray[np.uint16]
    """(h, w); clear looks."""

    look: NDArray[np.int16]
    """(h, w); which look gave the pixel, from 0; ``NEVER`` for the median."""


def compose(
    reads: Sequence[Read], shape: tuple[int, int], bands: int, *, way: Way = "median"
) -> Iterator[Block]:
    """Yield a composite, block by block.

    Args:
        reads: one a date, oldest first; for ``least_cloudy`` the clearest first.
        shape: (H, W) of the grid that all share.
        bands: how many there are.
        way: see above.

    Raises:
        InputError: there are no dates, or the way is none.
        ShapeError: a date gave another shape than asked for.
    """
    if not reads:
        raise InputError("A composite needs a date at least; none was clear enough, or found.")
    if way not in ("median", "medoid", "least_cloudy"):
        raise InputError(f"A composite is median, medoid or least_cloudy, not {way!r}.")
    side = block_side(len(reads), bands)
    for row, col in product(range(0, shape[0], side), range(0, shape[1], side)):
        rows, cols = (
            slice(row, min(row + side, shape[0])),
            slice(col, min(col + side, shape[1])),
        )
        yield (
            _first_clear(reads, rows, cols, bands)
            if way == "least_cloudy"
            else _joined(reads, rows, cols, bands, way)
        )


def block_side(dates: int, bands: int) -> int:
    """Choose the side of a block so that all its looks fit ``ROOM``; a power of two."""
    pixels = ROOM / (4 * max(dates, 1) * max(bands, 1) * 2)
    return int(min(LARGEST, max(16, 2 ** int(np.log2(max(pixels, 256)) / 2))))


def _joined(reads: Sequence[Read], rows: slice, cols: slice, bands: int, way: Way) -> Block:
    shape = (rows.stop - rows.start, cols.stop - cols.start)
    stack = np.full((len(reads), bands, *shape), np.nan, np.float32)  # (T, C, h, w)
    for look, read in zip(stack, reads, strict=True):
        values, clear = read(rows, cols)
        _check(values, clear, (bands, *shape))
        look[:] = np.where(clear & np.isfinite(values).all(axis=0), values, np.nan)
    count = np.isfinite(stack[:, 0]).sum(axis=0).astype(np.uint16)
    if way == "median":
        look = np.full(shape, NEVER, np.int16)
        return Block(rows=rows, cols=cols, bands=median(stack), count=count, look=look)
    look = medoid(stack)
    picked = np.take_along_axis(stack, np.maximum(look, 0)[None, None], axis=0)[0]
    picked[:, look == NEVER] = np.nan
    return Block(rows=rows, cols=cols, bands=picked, count=count, look=look)


def median(stack: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the middle of each pixel and band along the first axis; NaN counts for nothing."""
    ordered = np.sort(stack, axis=0)  # NaN comes last
    count = np.isfinite(stack).sum(axis=0)[None]
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(stack) - 1), axis=0)[0]
    middle: NDArray[np.float32] = (low + (high - low) * np.float32(0.5)).astype(np.float32)
    return middle


def medoid(stack: NDArray[np.float32]) -> NDArray[np.int16]:
    """Tell which look is nearest to all others, (h, w); the earliest of equals.

    Args:
        stack: (T, C, h, w); a look is NaN in all bands or in none.
    """
    seen = np.isfinite(stack[:, 0])
    filled = np.where(np.isfinite(stack), stack, 0)
    far = np.zeros(seen.shape, np.float32)
    for one in range(len(stack)):
        for other in range(one):
            gap = np.sqrt(np.square(filled[one] - filled[other]).sum(axis=0))
            gap *= seen[one] & seen[other]
            far[one] += gap
            far[other] += gap
    far[~seen] = np.inf
    best = far.argmin(axis=0).astype(np.int16)
    return np.where(seen.any(axis=0), best, np.int16(NEVER))


def _first_clear(reads: Sequence[Read], rows: slice, cols: slice, bands: int) -> Block:
    """Take each pixel from the first date in which it is clear; holds two looks at most."""
    shape = (rows.stop - rows.start, cols.stop - cols.start)
    out = np.full((bands, *shape), np.nan, np.float32)
    count, look = np.zeros(shape, np.uint16), np.full(shape, NEVER, np.int16)
    for number, read in enumerate(reads):
        values, clear = read(rows, cols)
        _check(values, clear, (bands, *shape))
        clear = clear & np.isfinite(values).all(axis=0)
        fresh = clear & (look == NEVER)
        out[:, fresh], look[fresh] = values[:, fresh], number
        count += clear
    return Block(rows=rows, cols=cols, bands=out, count=count, look=look)


def _check(values: NDArray[np.float32], clear: Mask, shape: tuple[int, ...]) -> None:
    if values.shape != shape or clear.shape != shape[1:]:
        raise ShapeError(
            f"a date gave {values.shape} and {clear.shape} where {shape} was asked"
        )
