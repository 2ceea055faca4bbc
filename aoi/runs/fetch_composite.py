"""Make one picture of all the passes of a fetch, and keep what each of its pixels rests on.

pictures + masks ──► geo.prepare.composite ──► rasters/composite_<way>.tif
                                           ──► rasters/composite_<way>_count.tif  looks, look
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aoi.runs.fetch_pass import PassRecord
from geo.errors import InputError
from geo.grid import Grid
from geo.prepare.composite import Block, Read, Way, compose
from geo.prepare.masks import Sky
from geo.prepare.numbers import UNIT, counts_of
from geo.read import open_image
from geo.reader import Reader
from geo.types import Mask
from geo.write import write_cog

LEAST = 0.05
"""Share of the area that a date must show clear before it is looked at."""


def write_composite(
    records: Sequence[PassRecord], grid: Grid, folder: Path, way: Way
) -> tuple[str, str]:
    """Write a composite and what it rests on.

    Args:
        records: of all passes.
        grid: their frame.
        folder: of the run.
        way: how many looks become one.

    Returns:
        Names of both files, relative to ``folder``.

    Raises:
        InputError: no date is clear enough.
        OutputError: the disk is full or the folder is not ours.
    """
    usable = [r for r in records if r.picture and r.clear_share >= LEAST]
    if not usable:
        raise InputError(
            "No date shows even a twentieth of the area clear, so there is nothing to make a "
            "composite of. Widen the days, or raise --cloud."
        )
    if way == "least_cloudy":
        usable.sort(key=lambda r: (-r.clear_share, r.observed_at))
    names = usable[0].bands
    usable = [r for r in usable if r.bands == names]
    optical = usable[0].sensor in ("sentinel-2", "landsat")
    picture, count = (f"rasters/composite_{way}{end}.tif" for end in ("", "_count"))
    with ExitStack() as stack:
        reads = [_reads(r, grid, folder, stack, optical=optical) for r in usable]
        blocks = list(_counted(reads, grid, names, way, folder / picture, optical=optical))
    band_names = ("looks", "look")
    tags = {"LOOKS": " ".join(r.id for r in usable)}
    write_cog(
        folder / count, blocks, grid=grid, band_names=band_names, dtype="int16", tags=tags
    )
    return picture, count


def _counted(
    reads: Sequence[Read],
    grid: Grid,
    names: Sequence[str],
    way: Way,
    path: Path,
    *,
    optical: bool,
) -> Iterator[tuple[slice, slice, NDArray[np.int16]]]:
    """Write the picture, and yield what it rests on: four bytes a pixel, held meanwhile."""
    notes: list[tuple[slice, slice, NDArray[np.int16]]] = []

    def pixels() -> Iterator[tuple[slice, slice, NDArray[Any]]]:
        """Yield the blocks of the picture, and keep what each rests on."""
        for block in compose(reads, (grid.height, grid.width), len(names), way=way):
            both = np.stack([block.count.astype(np.int16), block.look])
            notes.append((block.rows, block.cols, both))
            yield block.rows, block.cols, _numbers(block, optical=optical)

    write_cog(
        path,
        pixels(),
        grid=grid,
        band_names=names,
        nodata=0 if optical else float("nan"),
        dtype="uint16" if optical else "float32",
    )
    yield from notes


def _numbers(block: Block, *, optical: bool) -> NDArray[Any]:
    if optical:
        return counts_of(block.bands, block.count > 0)
    return block.bands


def _reads(
    record: PassRecord, grid: Grid, folder: Path, stack: ExitStack, *, optical: bool
) -> Read:
    """Open the picture and mask of a date, and give a function that reads both."""
    image = open_image(folder / record.picture)
    pixels: Reader = stack.enter_context(image.reader(grid, bands=range(image.count)))
    mask = open_image(folder / record.mask)
    skies: Reader = stack.enter_context(mask.reader(grid, bands=[0], resampling="nearest"))

    def read(rows: slice, cols: slice) -> tuple[NDArray[np.float32], Mask]:
        """Read a window in units, and where it is clear."""
        bands, valid = pixels.read(rows, cols)
        sky, known = skies.read(rows, cols)
        unit = np.float32(UNIT if optical else 1)
        values: NDArray[np.float32] = bands.astype(np.float32) / unit
        return values, valid & known & (sky[0] == Sky.CLEAR)

    return read
