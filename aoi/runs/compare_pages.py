"""Show the pictures of a pair on their common frame, and keep on disk what is asked of often.

    picture, moved where need be ──by strips──► work/<key>-picture.raw ──► (3, H, W), (H, W)
    scores, a COG ──by strips──► work/<key>-scores.raw ──► (C, H, W)

What comes back are arrays that the system pages in as they are used, and may forget again: a
pair of any size costs no more memory than what is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aoi.runs.compare_frames import Frames
from geo.grid import Grid
from geo.prepare.registration import Pictures, Registration, moved
from geo.read import open_image
from geo.store import paged
from geo.types import Mask, Picture, Scores

STRIP = 512
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the arrays of one date lie."""

    folder: Path
    key: str

    def stem(self, what: str) -> Path:
        """Name a file of this date, without its ending."""
        return self.folder / f"{self.key}-{what}"


@dataclass(frozen=True, slots=True)
class Moved:
    """A picture shown where its ground lies in the fixed one."""

    source: Pictures
    registration: Registration

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window of the frame."""
        return moved(self.source, self.registration, rows, cols)


@contextmanager
def showing(
    frames: Frames, which: int, registration: Registration | None
) -> Iterator[Pictures]:
    """Open one picture of the pair; the moving one is moved if there is a registration."""
    image, stretch = frames.images[which], frames.stretches[which]
    with image.reader(frames.grid, stretch) as reader:
        if registration is None or registration.refused or which == frames.fixed:
            yield reader
        else:
            yield Moved(reader, registration)


def page_picture(
    frames: Frames, which: int, registration: Registration, pages: Pages
) -> tuple[Picture, Mask]:
    """Put a picture of the pair on disk, on the pair's frame.

    Returns:
        (3, H, W) uint8 and (H, W) bool, paged in as they are used.
    """

    def strips() -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Give the picture and what of it was seen, some rows at a time."""
        with showing(frames, which, registration) as source:
            for rows in _strips(height):
                pixels, valid = source.picture(rows, slice(0, width))
                yield rows.start, np.concatenate([pixels, valid[None].view(np.uint8)])

    height, width = frames.grid.shape
    array = paged(pages.stem("picture"), (4, height, width), strips())
    return array[:3], array[3].view(np.bool_)


def page_scores(path: Path, grid: Grid, pages: Pages) -> Scores:
    """Put scores on disk as plain bytes, (C, H, W), from the COG they were written to."""
    image = open_image(path, gsd=abs(grid.affine.a))
    height, width = grid.shape

    def strips() -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Give all bands of the scores, some rows at a time."""
        for rows in _strips(height):
            bands = image.read(window=(rows, slice(0, width))).bands
            yield rows.start, np.asarray(bands, np.uint8)

    return paged(pages.stem("scores"), (image.count, height, width), strips())


def _strips(height: int) -> Iterator[slice]:
    for top in range(0, height, STRIP):
        yield slice(top, min(top + STRIP, height))
