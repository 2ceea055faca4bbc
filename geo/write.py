"""Write files that are whole or not there at all, and pictures as cloud-optimised GeoTIFFs.

Every file is written under a temporary name in its own folder, forced to the disk and renamed.
Whoever sees the final name sees a finished file; whoever pulls the plug leaves none.

    array, blocks or raw file ──► tiled GeoTIFF ──geo.cog──► COG with overviews ──rename──► path

The same pixels give the same bytes: nothing in the file tells the hour.  Memory stays bounded
by a few rows of blocks, whatever the size.

Source: rename(2), which POSIX makes one moment; fsync(2) before it.
"""

from __future__ import annotations

import errno
import glob
import logging
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo.cog import finish, new_file, prove
from geo.errors import OutputError, StockadeError
from geo.grid import Grid
from geo.reader import Opening, Reader, said
from geo.vrt import NOWHERE, Band, document, placed_by_affine

logger = logging.getLogger(__name__)

Block = tuple[slice, slice, NDArray[Any]]
"""rows, cols, (C, h, w)."""

STRIPE = 1024
"""Pixels a side of what is warped at once; five bands of it are 5 MB."""

ADVICE = {
    errno.ENOSPC: "the disk is full. Free some space and run it again",
    errno.EDQUOT: "your quota is used up. Free some space and run it again",
    errno.EFBIG: "the file grew larger than this system allows",
    errno.EACCES: "you may not write there. Choose another folder",
    errno.EPERM: "you may not write there. Choose another folder",
    errno.EROFS: "that disk is read-only. Choose another folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder. Choose another name",
    errno.EISDIR: "a folder of that name stands there. Choose another name",
}
"""What to do about the errors that the owner of a disk can mend."""


@contextmanager
def beside(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of ``path``; rename it when the block ends well.

    The folder is made if it is missing.  If the block fails, the temporary file and whatever
    lies beside it under the same name (journals, overviews) are removed.

    Args:
        path: the final name; an older file there is replaced, in one moment.

    Raises:
        OutputError: the disk is full, or the folder is not ours to write.
    """
    path = Path(path)
    part = path.with_name(f".{secrets.token_hex(4)}.part-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        _settle(part)
        part.replace(path)
    except StockadeError:
        raise
    except OSError as error:
        raise OutputError(f"{path} could not be written: {_advice(error)}.") from error
    finally:
        if path.parent.is_dir():
            for left in path.parent.glob(f"{glob.escape(part.name)}*"):
                left.unlink(missing_ok=True)


def write_cog(
    path: str | Path,
    source: NDArray[Any] | Iterable[Block],
    *,
    grid: Grid,
    band_names: Sequence[str],
    nodata: float | None = None,
    dtype: str = "uint8",
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write pixels as a COG with overviews.

    Args:
        path: where to.
        source: (C, H, W) or (H, W); or blocks (rows, cols, (C, h, w)) in any order, which are
            fastest when they start and end at multiples of 512.  What no block covers
            becomes nodata, or 0.
        grid: the frame of the whole; one without a CRS is allowed.
        band_names: one a band.
        nodata: the value that means nothing is known.
        dtype: number type of blocks; an array has its own.
        tags: words for the file's metadata; keep the hour out of them.

    Returns:
        The path.

    Raises:
        OutputError: it could not be written; nothing is left under any name.
    """
    path = Path(path)
    if isinstance(source, np.ndarray):
        dtype = str(source.dtype)
        source = _cut(source.reshape(-1, *source.shape[-2:]))
    with beside(path) as part, _gdal_writing(path):
        flat = part.with_name(part.name + ".flat.tif")
        with new_file(flat, grid, len(band_names), nodata, dtype) as target:
            target.descriptions = tuple(band_names)
            target.update_tags(**(tags or {}))
            for rows, cols, block in source:
                target.write(block, window=_window(rows, cols))
        prove(flat)
        finish(flat, part)
    logger.info("wrote %s: %d bands of %d x %d", path.name, len(band_names), *grid.shape)
    return path


def cog_from_raw(
    raw: Path, path: str | Path, *, grid: Grid, band_names: Sequence[str], nodata: float
) -> Path:
    """Turn a finished uint8 file that GDAL can read, such as a ``ScoreStore``'s, into a COG.

    Args:
        raw: bands in the order of ``band_names``.
        path: where to.
        grid: the frame the raw pixels lie on.
        band_names: one a band.
        nodata: the value that means nothing is known.

    Raises:
        OutputError: it could not be written; nothing is left under any name.
    """
    path = Path(path)
    with beside(path) as part, _gdal_writing(path):
        flat = part.with_name(part.name + ".vrt")
        flat.write_text(_placed(raw, grid, band_names, nodata=nodata, nowhere=None), "utf-8")
        finish(flat, part)
    logger.info("wrote %s: %d bands of %d x %d", path.name, len(band_names), *grid.shape)
    return path


def regrid(
    raw: Path,
    path: str | Path,
    *,
    source_grid: Grid,
    grid: Grid,
    band_names: Sequence[str],
    nodata: float,
) -> Path:
    """Carry scores over to another grid, piece by piece, and write them as a COG.

    Bilinear between scores (averaging where the new grid is much coarser); nodata has no weight
    and stays nodata.

    Args:
        raw: a uint8 raster that GDAL can read; a COG, or a ``ScoreStore``'s file.
        path: where to.
        source_grid: the frame the raw pixels lie on.
        grid: the frame they shall lie on.
        band_names: one a band.
        nodata: the value that means nothing is known.

    Raises:
        OutputError: it could not be written; nothing is left under any name.
        SourceError: ``raw`` could not be read.
    """
    opening = Opening(
        path=raw,
        document=_placed(raw, source_grid, band_names, nodata=nodata, nowhere=NOWHERE),
        grid=source_grid,
        straight=True,
        nodata=(nodata,) * len(band_names),
    )
    with Reader(opening, grid) as reader:
        blocks = _carried(reader, grid, nodata)
        return write_cog(path, blocks, grid=grid, band_names=band_names, nodata=nodata)


def _carried(reader: Reader, grid: Grid, nodata: float) -> Iterator[Block]:
    for rows, cols in _pieces(grid.shape):
        scores, valid = reader.read(rows, cols)
        scores[:, ~valid] = nodata
        yield rows, cols, scores


def _placed(
    raw: Path, grid: Grid, band_names: Sequence[str], *, nodata: float, nowhere: str | None
) -> str:
    """Describe a raw file with its place, its names and its nodata."""
    bands = [
        Band(number=str(i), nodata=nodata, name=name)
        for i, name in enumerate(band_names, start=1)
    ]
    place = placed_by_affine(grid.crs.to_wkt() if grid.crs else nowhere, grid.affine)
    return document(raw, (grid.height, grid.width), place, kind="Byte", bands=bands)


def _cut(array: NDArray[Any]) -> Iterator[Block]:
    for rows, cols in _pieces(array.shape[1:]):
        yield rows, cols, array[:, rows, cols]


def _pieces(shape: Sequence[int]) -> Iterator[tuple[slice, slice]]:
    for row, col in product(range(0, shape[0], STRIPE), range(0, shape[1], STRIPE)):
        yield (
            slice(row, min(row + STRIPE, shape[0])),
            slice(col, min(col + STRIPE, shape[1])),
        )


def _window(rows: slice, cols: slice) -> Window:
    return Window(cols.start, rows.start, cols.stop - cols.start, rows.stop - rows.start)


@contextmanager
def _gdal_writing(path: Path) -> Iterator[None]:
    """Turn GDAL's complaints about writing into one sentence."""
    try:
        yield
    except (RasterioError, rasterio._err.CPLE_BaseError, SystemError) as error:  # noqa: SLF001 - no public name
        # Where it has one thread, GDAL names no error on a full disk: rasterio's SystemError.
        why = "GDAL names no reason" if isinstance(error, SystemError) else said(error, path)
        raise OutputError(
            f"{path} could not be written: {why}. Is the disk full? Nothing half-written was "
            "left; free some space or choose another folder."
        ) from error


def _settle(part: Path) -> None:
    """Force a file to the disk, so that a name never outlives its bytes."""
    file = os.open(part, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _advice(error: OSError) -> str:
    return ADVICE.get(error.errno or 0, error.strerror or str(error))
