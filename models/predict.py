"""Judge a scene of any size, strip by strip, and be ready to be killed at any line.

Three hands work at once (``geo.flow``): one reads tiles ahead, one runs the net, one blends and
writes what is final, so memory does not grow with the scene.  After every strip the work done
so far is made safe; a second start with the same key goes on from there and ends with the same
bytes.

    pictures ──► (3, h, w) uint8 ──judge──► (C, h, w) uint8 ──Blender──► ScoreStore
                                                                └► one Seen a tile

Nodata and ground outside the area are never scored: they are 255 in every band, and a tile
without any pixel to judge is not even shown to the net.

Source: overlap-tile inference (Ronneberger et al. 2015); bounded queues between three threads.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from geo.blend import Blender
from geo.flow import flow
from geo.grid import Grid, phase_of
from geo.store import ScoreStore
from geo.tiles import Cut, Plan, Tile, plan_tiles
from geo.types import NODATA, Mask, Picture, Scores
from models.judge import Judge

log = logging.getLogger(__name__)


class Pictures(Protocol):
    """Whoever can show windows of a scene, stretched to bytes."""

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window inside the frame: (3, h, w) uint8 and (h, w) bool, true where real."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What became of one tile; a row of the ``coverage`` layer."""

    tile: str
    """Its id."""

    rows: tuple[int, int]
    """First and last-but-one row it finished."""

    cols: tuple[int, int]
    """First and last-but-one column it finished."""

    valid_share: float
    """Share of these pixels that were judged, 0 to 1."""

    reason: str = ""
    """Why not all of them: ``nodata`` or ``outside the area``."""

    @classmethod
    def from_note(cls, note: Mapping[str, Any]) -> Seen:
        """Read what the journal kept; JSON knows no tuples."""
        return cls(**{**note, "rows": tuple(note["rows"]), "cols": tuple(note["cols"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One scene to judge."""

    open: Callable[[], AbstractContextManager[Pictures]]
    """Opens the pictures; called once, in the reading thread."""

    grid: Grid
    """The frame the pictures and the scores lie on."""

    stem: Path
    """Where the work in progress lies; its name must hold all that the scores depend on."""

    cut: Cut
    """How the frame is cut into tiles."""

    batch: int = 1
    """Tiles judged together; more only pays on a GPU."""

    inside: Callable[[slice, slice], Mask | None] | None = None
    """Tells which pixels of a window lie in the area; ``None`` for all of them."""

    progress: Callable[[int, int], None] | None = None
    """Told after every tile: how many tiles, and how many pixels of the frame, are done."""


@dataclass(frozen=True, slots=True)
class _View:
    """One tile with what was seen of it."""

    tile: Tile
    pixels: Picture
    valid: Mask
    reason: str


def predict(judge: Judge, job: Job) -> tuple[ScoreStore, list[Seen]]:
    """Judge a scene.

    Args:
        judge: a net made ready.
        job: the scene, its frame and where the work lies.

    Returns:
        store: finished; ``store.describe()`` is a file GDAL reads, ``store.close(remove=True)``
            forgets it once the scores stand elsewhere.
        seen: one record a tile, in order.

    Raises:
        SourceError: the scene is damaged; strips judged so far are kept.
        OutputError: the disk is full or not ours.
    """
    plan = plan_tiles(
        (job.grid.height, job.grid.width), job.cut, phase=phase_of(job.grid, job.cut.stride)
    )
    heads = len(judge.card.heads)
    store = ScoreStore(job.stem, (heads, *plan.shape))
    strips, carry, notes = store.resume()
    blender = Blender(plan, heads)
    if carry is not None and carry.shape == blender.lower.shape:
        blender.lower = carry
    else:
        strips, notes = 0, []
    if strips:
        log.info("going on after %d of %d strips", strips, plan.rows.count)
    seen = [Seen.from_note(note) for note in notes]
    started = time.perf_counter()
    ink = _Writer(plan, blender, store, seen, job.progress)
    flow(
        lambda: _batches(job, plan, strips),
        lambda batch: _judged(judge, batch),
        ink.put,
    )
    log.info("judged %d tiles in %.1f s", plan.count, time.perf_counter() - started)
    return store, seen


def _batches(job: Job, plan: Plan, done: int) -> Iterator[list[_View]]:
    with job.open() as pictures:
        for number in range(done, plan.rows.count):
            tiles = plan.strip(number)
            while batch := list(itertools.islice(tiles, job.batch)):
                yield [_look(pictures, job, plan, tile) for tile in batch]


def _look(pictures: Pictures, job: Job, plan: Plan, tile: Tile) -> _View:
    """Read one tile; what lies outside the frame, the scene or the area is not valid."""
    side_r, side_c = plan.tile_shape
    height, width = plan.shape
    rows = slice(max(tile.row, 0), min(tile.row + side_r, height))
    cols = slice(max(tile.col, 0), min(tile.col + side_c, width))
    pixels = np.zeros((3, side_r, side_c), np.uint8)
    valid = np.zeros((side_r, side_c), np.bool_)
    if (
        rows.start >= rows.stop or cols.start >= cols.stop
    ):  # pragma: no cover  # reach past the frame
        return _View(tile, pixels, valid, "")
    inside = job.inside(rows, cols) if job.inside else None
    if inside is not None and not inside.any():
        return _View(tile, pixels, valid, "outside the area")
    here = np.s_[
        rows.start - tile.row : rows.stop - tile.row,
        cols.start - tile.col : cols.stop - tile.col,
    ]
    pixels[:, *here], real = pictures.picture(rows, cols)
    valid[here] = real if inside is None else real & inside
    reason = "" if real.all() else "nodata"
    return _View(tile, pixels, valid, reason or ("" if inside is None else "outside the area"))


def _judged(judge: Judge, batch: list[_View]) -> list[tuple[_View, Scores | None]]:
    """Show the net every tile in which there is something to judge."""
    worth = [view for view in batch if view.valid.any()]
    if not worth:
        return [(view, None) for view in batch]
    pixels = torch.from_numpy(np.stack([view.pixels for view in worth]))
    valid = torch.from_numpy(np.stack([view.valid for view in worth]))
    scores = iter(judge.judge(pixels, valid).numpy())
    return [(view, next(scores) if view.valid.any() else None) for view in batch]


class _Writer:
    """Blends, masks and writes; makes every finished strip safe."""

    def __init__(
        self,
        plan: Plan,
        blender: Blender,
        store: ScoreStore,
        seen: list[Seen],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.plan, self.blender, self.store, self.seen = plan, blender, store, seen
        self.progress = progress
        self._pixels = sum(_size(s) for s in seen)

    def put(self, batch: list[tuple[_View, Scores | None]]) -> None:
        for view, scores in batch:
            self._add(view, scores)

    def _add(self, view: _View, scores: Scores | None) -> None:
        rows, cols = self.plan.finished(view.tile)
        top, left = view.tile.row + self.plan.cut.margin, view.tile.col + self.plan.cut.margin
        block: Scores | None = None
        if scores is None:
            self.blender.skip(view.tile)
        else:
            block = self.blender.add(view.tile, scores)
        share = 0.0
        if rows.start < rows.stop and cols.start < cols.stop:
            share = self._put(view, block, (rows, cols), (top, left))
        self.seen.append(
            Seen(
                tile=view.tile.id,
                rows=(rows.start, max(rows.stop, rows.start)),
                cols=(cols.start, max(cols.stop, cols.start)),
                valid_share=share,
                reason=view.reason if share < 1 else "",
            )
        )
        self._pixels += _size(self.seen[-1])
        if len(self.seen) % self.plan.cols.count == 0:
            strips = len(self.seen) // self.plan.cols.count
            self.store.commit(strips, self.blender.lower, [asdict(s) for s in self.seen])
        if self.progress:
            self.progress(len(self.seen), self._pixels)

    def _put(
        self,
        view: _View,
        block: Scores | None,
        window: tuple[slice, slice],
        corner: tuple[int, int],
    ) -> float:
        rows, cols = window
        if block is None:
            self.store.blank(rows, cols)
            return 0.0
        top, left = corner
        final = block[
            :, rows.start - top : rows.stop - top, cols.start - left : cols.stop - left
        ]
        real = view.valid[
            rows.start - view.tile.row : rows.stop - view.tile.row,
            cols.start - view.tile.col : cols.stop - view.tile.col,
        ]
        if not real.all():
            final = np.where(real, final, np.uint8(NODATA))
        self.store.put(np.ascontiguousarray(final), rows.start, cols.start)
        return float(real.mean())


def _size(seen: Seen) -> int:
    return (seen.rows[1] - seen.rows[0]) * (seen.cols[1] - seen.cols[0])
