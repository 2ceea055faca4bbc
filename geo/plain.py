"""Read a file that is open already, in the words that a reader wants.

GDAL closes the sources of a virtual dataset under one lock for all.  A file on a server is read
by Python: its thread would wait in there for Python's lock, while another, with that in hand,
waits for GDAL's to close a virtual dataset of its own; both wait for ever.  So such a file is
read without a virtual dataset, and what that would say of it is said here.

    open dataset ──► Plain ──read──► (C, H, W) uint8 | uint16 | float32, then alpha
                        └───warped──► WarpedVRT

Source: GDAL 3.10, ``GDALProxyPoolDataset``; rasterio 1.4 holds Python's lock as it closes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from geo.grid import Grid
from geo.lattice import MARGIN, cover, kernel_scales

RIM = 8
"""Pixels of a file beyond a frame: more than any kernel reaches, where pixels are alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """An open file with the bands, the numbers and the place that it is to have."""

    dataset: Any
    """Of rasterio, open for as long as this is used, and in one thread."""

    kind: str
    """``uint8``, ``uint16`` or ``float32``: the numbers that are given."""

    masked: bool = False
    """Whether a mask in the file, and no band, says what is real."""

    nodata: float | None = None
    """Of all bands."""

    grid: Grid | None = None
    """Where it lies, if the file does not say so itself."""

    @property
    def height(self) -> int:
        """Rows of the file."""
        return int(self.dataset.height)

    @property
    def width(self) -> int:
        """Columns of the file."""
        return int(self.dataset.width)

    @property
    def count(self) -> int:
        """Bands, with the one that says what is real."""
        return int(self.dataset.count) + self.masked

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Numbers of the bands."""
        return (self.kind,) * self.count

    @property
    def colorinterp(self) -> tuple[ColorInterp, ...]:
        """What the bands are for; the last may be alpha."""
        return (*self.dataset.colorinterp, *[ColorInterp.alpha] * self.masked)

    def read(self, bands: int | Sequence[int], *, window: Window) -> NDArray[Any]:
        """Read bands, numbered from 1; the one after the last is the mask."""
        if bands == self.dataset.count + 1:
            return np.asarray(self.dataset.read_masks(1, window=window))
        return np.asarray(self.dataset.read(bands, window=window, out_dtype=self.kind))

    def warped(self, **words: Any) -> WarpedVRT:
        """Lay the file onto another frame, told as to rasterio's own."""
        if self.grid is not None and self.grid.crs is not None:
            words |= {"src_crs": self.grid.crs.to_wkt(), "src_transform": self.grid.affine}
        return WarpedVRT(self.dataset, src_nodata=self.nodata, dtype=self.kind, **words)


@contextmanager
def staged(plain: Plain, own: Grid, grid: Grid) -> Iterator[tuple[Plain, Grid]]:
    """Take what lies under a frame into memory, its mask as alpha: the warper sees no mask.

    Args:
        plain: a file with a mask.
        own: its frame.
        grid: the frame that it will be laid onto.

    Yields:
        The part, and its frame.
    """
    part = _under(plain, own, grid)
    rows, cols = (slice(start, start + size) for start, size in _spans(part))
    frame = own[rows, cols]
    count = plain.dataset.count
    with (
        MemoryFile() as memory,
        memory.open(
            driver="GTiff",
            width=part.width,
            height=part.height,
            count=plain.count,
            dtype=plain.kind,
            crs=frame.crs.to_wkt() if frame.crs else None,
            transform=frame.affine,
            nodata=plain.nodata,
            alpha="YES",
        ) as out,
    ):
        out.write(plain.read(range(1, count + 1), window=part), range(1, count + 1))
        out.write(plain.read(plain.count, window=part), plain.count)
        out.close()
        with memory.open() as held:
            yield Plain(dataset=held, kind=plain.kind, nodata=plain.nodata), frame


def _under(plain: Plain, own: Grid, grid: Grid) -> Window:
    """Find the part of a file that pixels of a frame are made from; at least one pixel."""
    lattice, (top, left) = cover(grid, own)
    rim = math.ceil(2 / min(kernel_scales(own, grid))) + RIM
    height, width = (side - 2 * MARGIN for side in lattice.shape)
    r0, c0 = top + MARGIN - rim, left + MARGIN - rim
    r1, c1 = r0 + height + 2 * rim, c0 + width + 2 * rim
    r0, r1 = (min(max(row, 0), plain.height - 1 + n) for n, row in enumerate((r0, r1)))
    c0, c1 = (min(max(col, 0), plain.width - 1 + n) for n, col in enumerate((c0, c1)))
    return Window(c0, r0, max(c1 - c0, 1), max(r1 - r0, 1))


def _spans(part: Window) -> tuple[tuple[int, int], tuple[int, int]]:
    return (part.row_off, part.height), (part.col_off, part.width)
