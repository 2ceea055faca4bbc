"""Map where a series shows a lasting step, block by block, so that memory knows no area.

    Eyes ──block with a margin──► Looks ──► effect, kept as a file of the run
         ──► all blocks, all series ──► strongest effect (H, W) ──► places
                                    ──► usable looks (H, W) ──► where nobody can tell

A block is a step of the ledger: its key is its looks and its window.  Long series are thinned
for this map to the clearest looks, evenly over time; stories are told from all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aoi.runs.folder import RunFolder
from aoi.runs.ledger import key_of
from aoi.runs.monitor_gather import Watcher
from aoi.runs.monitor_read import Eyes
from geo.series.looks import date_of
from geo.series.screen import effects_of
from geo.series.story import ENOUGH
from geo.series.veil import REACH
from geo.series.years import HITS, blind_spans
from geo.types import Mask
from geo.write import beside

FORM = 4
"""Version of the map of effects; another one is made anew."""

ROOM = 64 * 2**20
"""Bytes of one array of a block; about eight of them are alive at a time."""

LOOKS = 150
"""Looks of a series in the map, at most: two a month for six years."""

LEAST, LARGEST = 96, 512
"""Pixels a side of a block without its margin."""

LEAST_TOLD = 0.005
"""Share of the area without looks enough that is worth telling: a hundredth, rounded."""

STEP = 25.0
"""Numbers of the kept map for an effect of one; 255 is ten and more."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What all series together show of each pixel."""

    effect: NDArray[np.float32]
    """(H, W) the strongest, in least changes."""

    seen: NDArray[np.uint8]
    """(H, W) usable looks of the series that has most; 255 is that and more."""

    def untold(self, inside: Mask) -> list[str]:
        """Say on how much of the area nobody can tell; nothing below a hundredth.

        Args:
            inside: (H, W) the area.
        """
        few = float((self.seen[inside] < ENOUGH).mean())
        if few < LEAST_TOLD:
            return []
        why = (
            f"{100 * few:.0f} % of the area: fewer than {ENOUGH} usable looks there ({HITS} "
            f"before a change and {HITS} after it)."
        )
        return [why]


def untold_spans(eyes: Sequence[Eyes]) -> list[str]:
    """Say between which looks no change could be judged, by the series blind least often."""
    spans = min((blind_spans(np.unique(one.days)) for one in eyes), key=len)
    return [
        f"Between {date_of(a)} and {date_of(b)}: too few looks, or none of the same season, "
        "can be held against each other there."
        for a, b in spans
    ]


def screen(eyes: Sequence[Eyes], folder: RunFolder, watcher: Watcher | None = None) -> Screened:
    """Map the strongest effect of all series, and how often each pixel was seen.

    Raises:
        SourceError: a prepared file is damaged.
        OutputError: the disk is full or the folder is not ours.
    """
    shape = tuple(eyes[0].grid.shape)
    strongest, seen = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    jobs = [(one, which, window) for one in eyes for which, window in _blocks(one)]
    for number, (one, which, window) in enumerate(jobs, start=1):
        effect, count = _block(one, which, window, folder)
        np.maximum(strongest[window], effect / np.float32(STEP), out=strongest[window])
        np.maximum(seen[window], count, out=seen[window])
        if watcher:
            watcher("looking for change", number, len(jobs))
    return Screened(strongest, seen)


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
    """Give effects and looks of one block, (2, h, w), from the run's folder if there."""
    rows, cols = window
    place = [rows.start, rows.stop, cols.start, cols.stop]
    key = key_of(
        form=FORM, block=place, looks=eyes.looked.key, which=which, grid=str(eyes.grid)
    )
    path = folder.steps / f"{key}.npy"
    if folder.kept(key) is not None:
        kept: NDArray[np.uint8] = np.load(path)
        return kept
    clock = time.perf_counter()
    margin, (height, width) = _margin(eyes), eyes.grid.shape
    top, left = max(rows.start - margin, 0), max(cols.start - margin, 0)
    wide = (
        slice(top, min(rows.stop + margin, height)),
        slice(left, min(cols.stop + margin, width)),
    )
    looks = eyes.read(wide, which)
    both = np.stack([np.rint(effects_of(looks) * STEP), looks.seen.sum(axis=0)])
    inner = both[:, rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
    block: NDArray[np.uint8] = np.minimum(inner, 255).astype(np.uint8)
    _keep(path, block)
    folder.keep(key, "block", {"place": place}, [path], seconds=time.perf_counter() - clock)
    return block


def _keep(path: Path, block: NDArray[np.uint8]) -> None:
    with beside(path) as part, part.open("wb") as file:
        np.save(file, block)
