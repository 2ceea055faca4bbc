"""Show a net the tiles of a scene, each read once, into arrays that are used in turn.

    Shown ──strip by strip──► Batch: (B, C, h, w) pixels, (B, h, w) valid, one View a tile

A tile reaches past the frame; what lies there, or outside the area, or where the scene has
nodata, is black and not valid.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.tiles import Plan, Tile
from geo.types import Mask, Picture

AHEAD = 1
"""Batches that wait before and behind the net.  Reading and writing take a fifth as long as
judging; a second one in wait would gain nothing and cost 9 bytes a pixel."""

READ = 512
"""Rows read at once: a row of the blocks that most pictures are stored in."""


class Pictures(Protocol):
    """Whoever can show windows of a scene, stretched to bytes."""

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window inside the frame: (C, h, w) uint8 and (h, w) bool, true where real."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a scene."""

    open: Callable[[], AbstractContextManager[Pictures]]
    """Opens the pictures; called once, in the reading thread."""

    plan: Plan
    """Its tiles."""

    batch: int
    """Tiles shown together."""

    inside: Callable[[slice, slice], Mask | None] | None
    """Tells which pixels of a window lie in the area; ``None`` for all of them."""

    bands: int = 3
    """Bands of the pictures: three a date."""


@dataclass(frozen=True, slots=True)
class View:
    """One tile with what was seen of it."""

    tile: Tile
    valid: Mask
    """(h, w), true where there is something to judge."""

    reason: str
    """Why not everywhere; empty where everywhere."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tiles that are judged together."""

    views: list[View]
    pixels: NDArray[np.uint8]
    """(B, C, h, w), as many as there are views or more."""

    valid: NDArray[np.bool_]
    """(B, h, w), likewise."""


def trays(shape: tuple[int, ...], kind: type, count: int) -> Iterator[NDArray[Any]]:
    """Hand out the same few arrays in turn.

    Arrays of this size that come and go beside the net's own leave holes between them that fit
    nothing, and a process would take half as much memory again.  ``AHEAD`` batches wait between
    two hands and each holds one, so an array comes round when the last hand is done with it.
    """
    return itertools.cycle([np.zeros(shape, kind) for _ in range(count)])


def batches(shown: Shown, done: int) -> Iterator[Batch]:
    """Read tiles, strip by strip.

    Args:
        shown: the scene.
        done: strips that need not be shown again.

    Raises:
        SourceError: the scene is damaged.
    """
    plan = shown.plan
    pixels = trays((shown.batch, shown.bands, *plan.tile_shape), np.uint8, AHEAD + 2)
    valid = trays((shown.batch, *plan.tile_shape), np.bool_, 2 * AHEAD + 3)
    with shown.open() as pictures:
        for number in range(done, plan.rows.count):
            tiles = plan.strip(number)
            while some := list(itertools.islice(tiles, shown.batch)):
                here = Batch([], next(pixels), next(valid))
                for i, tile in enumerate(some):
                    reason = _look(pictures, shown, tile, (here.pixels[i], here.valid[i]))
                    here.views.append(View(tile, here.valid[i], reason))
                yield here


def _look(pictures: Pictures, shown: Shown, tile: Tile, room: tuple[Picture, Mask]) -> str:
    """Read one tile; what lies outside the frame, the scene or the area is not valid.

    Returns:
        Why not every pixel of it is valid.
    """
    pixels, valid = room
    pixels[:], valid[:] = 0, False
    side_r, side_c = shown.plan.tile_shape
    height, width = shown.plan.shape
    rows = slice(max(tile.row, 0), min(tile.row + side_r, height))
    cols = slice(max(tile.col, 0), min(tile.col + side_c, width))
    if (
        rows.start >= rows.stop or cols.start >= cols.stop
    ):  # pragma: no cover  # reach past the frame
        return ""
    inside = shown.inside(rows, cols) if shown.inside else None
    if inside is not None and not inside.any():
        return "outside the area"
    left, right = cols.start - tile.col, cols.stop - tile.col
    whole = True
    for first in range(rows.start, rows.stop, READ):
        some = slice(first, min(first + READ, rows.stop))
        here = np.s_[some.start - tile.row : some.stop - tile.row, left:right]
        pixels[:, *here], valid[here] = pictures.picture(some, cols)
        whole = whole and bool(valid[here].all())
    if inside is not None:
        here = np.s_[rows.start - tile.row : rows.stop - tile.row, left:right]
        valid[here] &= inside
    return "nodata" if not whole else ("" if inside is None else "outside the area")
