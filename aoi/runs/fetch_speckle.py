"""Write radar once more with its speckle smoothed, beside what was fetched.

    rasters/<pass>.tif, dB, by orbit ──power──► lee or quegan, block by block, with a margin
                                     ──dB──► rasters/<pass>_calm.tif

What was fetched stays: smoothing hides what is smaller than its window.  Quegan's way wants
dates of one orbit, and a date of an orbit without another is smoothed by Lee's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aoi.runs.fetch_pass import PassRecord
from geo.grid import Grid
from geo.prepare.radar import SIDE, Calming, from_db, lee, texture, textured, to_db
from geo.read import open_image
from geo.reader import Reader
from geo.sources.vocabulary import RADAR
from geo.write import write_cog

BLOCK = 512
"""Pixels a side of a block of the finished file."""

Window = tuple[slice, slice]


def calmed(
    records: Sequence[PassRecord], grid: Grid, folder: Path, way: Calming
) -> list[PassRecord]:
    """Smooth every radar picture of a run.

    Args:
        records: of all passes; those that are no radar are given back as they came.
        grid: their frame.
        folder: of the run.
        way: how.

    Raises:
        OutputError: the disk is full or the folder is not ours.
    """
    orbits: dict[tuple[str, tuple[str, ...]], list[PassRecord]] = defaultdict(list)
    for record in records:
        if record.picture and set(record.bands) <= RADAR:
            orbits[_orbit(record), record.bands].append(record)
    fresh: dict[str, PassRecord] = {}
    for (orbit, _), own in orbits.items():
        together = way == "quegan" and len(own) > 1 and orbit
        shared = _texture(own, grid, folder) if together else None
        how, dates = ("quegan", len(own)) if together else ("lee", 1)
        for record in own:
            name = record.picture.removesuffix(".tif") + "_calm.tif"
            _write(folder / name, record, shared, grid, folder)
            word = f"speckle smoothed, {how}, {SIDE} x {SIDE} pixels, dates: {dates}"
            fresh[record.id] = replace(record, calm=name, done=(*record.done, word))
    return [fresh.get(record.id, record) for record in records]


def _orbit(record: PassRecord) -> str:
    """Name the side a pass was seen from; empty where its archive does not tell."""
    first = record.scenes[0]
    known = first.get("orbit") is not None and first.get("direction")
    return f"{first['direction']} {first['orbit']}" if known else ""


def _texture(series: Sequence[PassRecord], grid: Grid, folder: Path) -> NDArray[np.float32]:
    """Measure what the dates of an orbit share, (C, H, W); held while they are written."""
    out = np.full((len(series[0].bands), *grid.shape), np.nan, np.float32)
    with ExitStack() as stack:
        readers = [_reader(record, grid, folder, stack) for record in series]
        for rows, cols in _windows(grid):
            wide, inner = _wide(rows, cols, grid)
            powers = [_power(reader, wide) for reader in readers]
            for band, plane in enumerate(out):
                plane[rows, cols] = texture(power[band] for power in powers)[inner]
    return out


def _write(
    path: Path,
    record: PassRecord,
    shared: NDArray[np.float32] | None,
    grid: Grid,
    folder: Path,
) -> None:
    """Write one date; with the texture of its orbit, or by itself."""
    with ExitStack() as stack:
        reader = _reader(record, grid, folder, stack)

        def blocks() -> Iterator[tuple[slice, slice, NDArray[np.float32]]]:
            """Yield finished blocks, smoothed with a margin and cut to size."""
            for rows, cols in _windows(grid):
                wide, inner = _wide(rows, cols, grid)
                power = _power(reader, wide)
                if shared is None:
                    calm = np.stack([lee(band) for band in power])
                else:
                    calm = np.stack(
                        [textured(b, t) for b, t in zip(power, shared[:, *wide], strict=True)]
                    )
                yield rows, cols, to_db(calm)[:, *inner]

        write_cog(
            path,
            blocks(),
            grid=grid,
            band_names=record.bands,
            nodata=float("nan"),
            dtype="float32",
            tags={"ACQUISITIONDATETIME": record.observed_at, "UNIT": "dB"},
        )


def _reader(record: PassRecord, grid: Grid, folder: Path, stack: ExitStack) -> Reader:
    image = open_image(folder / record.picture)
    reader: Reader = stack.enter_context(image.reader(grid, bands=range(image.count)))
    return reader


def _windows(grid: Grid) -> Iterator[Window]:
    for top, left in product(range(0, grid.height, BLOCK), range(0, grid.width, BLOCK)):
        yield (
            slice(top, min(top + BLOCK, grid.height)),
            slice(left, min(left + BLOCK, grid.width)),
        )


def _wide(rows: slice, cols: slice, grid: Grid) -> tuple[Window, Window]:
    """Widen a window by a margin, and tell where it lies in the wider one."""
    wide = [
        slice(max(0, span.start - SIDE), min(most, span.stop + SIDE))
        for span, most in ((rows, grid.height), (cols, grid.width))
    ]
    inner = [
        slice(span.start - out.start, span.stop - out.start)
        for span, out in zip((rows, cols), wide, strict=True)
    ]
    return (wide[0], wide[1]), (inner[0], inner[1])


def _power(reader: Reader, window: Window) -> NDArray[np.float32]:
    """Read a window in linear power, (C, h, w); NaN where nothing was seen."""
    decibels, valid = reader.read(*window)
    power = np.where(valid, from_db(decibels.astype(np.float32)), np.float32("nan"))
    return power.astype(np.float32)
