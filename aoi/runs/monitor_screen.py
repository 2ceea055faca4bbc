"""Map where a series shows a lasting step, block by block, so that memory knows no area.

    Eyes ──block with a margin──► Looks ──► effect, kept as a file of the run
         ──► all blocks, all series ──► strongest effect (H, W) ──► places

A block is a step of the ledger: its key is its looks and its window.  Long series are thinned
for this map to the clearest looks, evenly over time; stories are told from all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aoi.runs.folder import RunFolder
from aoi.runs.ledger import key_of
from aoi.runs.monitor_gather import Watcher
from aoi.runs.monitor_read import Eyes
from geo.series.screen import effects_of
from geo.series.veil import REACH
from geo.write import beside

FORM = 4
"""Version of the map of effects; another one is made anew."""

ROOM = 64 * 2**20
"""Bytes of one array of a block; about eight of them are alive at a time."""

LOOKS = 150
"""Looks of a series in the map, at most: two a month for six years."""

LEAST, LARGEST = 96, 512
"""Pixels a side of a block without its margin."""

STEP = 25.0
"""Numbers of the kept map for an effect of one; 255 is ten and more."""


def screen(
    eyes: Sequence[Eyes], folder: RunFolder, watcher: Watcher | None = None
) -> NDArray[np.float32]:
    """Map the strongest effect of all series, (H, W) in least changes.

    Raises:
        SourceError: a prepared file is damaged.
        OutputError: the disk is full or the folder is not ours.
    """
    shape = tuple(eyes[0].grid.shape)
    strongest = np.zeros(shape, np.float32)
    jobs = [(one, which, window) for one in eyes for which, window in _blocks(one)]
    for number, (one, which, window) in enumerate(jobs, start=1):
        block = _block(one, which, window, folder)
        np.maximum(strongest[window], block / np.float32(STEP), out=strongest[window])
        if watcher:
            watcher("looking for change", number, len(jobs))
    return strongest


def _blocks(eyes: Eyes) -> Iterator[tuple[list[int], tuple[slice, slice]]]:
    """Cut the frame into blocks whose looks fit into ``ROOM``."""
    which = eyes.thinned(LOOKS)
    if not which:
        return
    margin = _margin(eyes)
    side = int(np.sqrt(ROOM / (16 * len(which)))) - 2 * margin
    side = min(LARGEST, max(LEAST, side))
    height, width = eyes.grid.shape
    for row, col in product(range(0, height, side), range(0, width, side)):
        rows = slice(row, min(row + side, height))
        yield which, (rows, slice(col, min(col + side, width)))


def _margin(eyes: Eyes) -> int:
    return 3 if eyes.looked.series.kind == "radar" else REACH


def _block(
    eyes: Eyes, which: list[int], window: tuple[slice, slice], folder: RunFolder
) -> NDArray[np.uint8]:
    """Give the map of one block, from the run's folder if it stands there."""
    rows, cols = window
    place = [rows.start, rows.stop, cols.start, cols.stop]
    key = key_of(
        form=FORM, block=place, looks=eyes.looked.key, which=which, grid=str(eyes.grid)
    )
    path = folder.steps / f"{key}.npy"
    if folder.ledger.done(key) is not None and path.exists():
        kept: NDArray[np.uint8] = np.load(path)
        return kept
    clock = time.perf_counter()
    margin, (height, width) = _margin(eyes), eyes.grid.shape
    top, left = max(rows.start - margin, 0), max(cols.start - margin, 0)
    wide = (
        slice(top, min(rows.stop + margin, height)),
        slice(left, min(cols.stop + margin, width)),
    )
    effect = effects_of(eyes.read(wide, which))
    inner = effect[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
    block: NDArray[np.uint8] = np.minimum(np.rint(inner * STEP), 255).astype(np.uint8)
    _keep(path, block)
    folder.ledger.finish(key, "block", {"place": place}, seconds=time.perf_counter() - clock)
    return block


def _keep(path: Path, block: NDArray[np.uint8]) -> None:
    with beside(path) as part, part.open("wb") as file:
        np.save(file, block)
