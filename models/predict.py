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

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from geo.blend import Blender
from geo.flow import flow
from geo.grid import Grid, phase_of
from geo.store import ScoreStore
from geo.tiles import Cut, Plan, plan_tiles
from geo.types import NODATA, Mask, Scores
from models.judge import Judge
from models.predict_views import AHEAD, Batch, Pictures, Shown, View, batches, trays

log = logging.getLogger(__name__)


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
    heads = len(judge.heads)
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
    shown = Shown(
        open=job.open, plan=plan, batch=job.batch, inside=job.inside, bands=3 * judge.views
    )
    rooms = trays((job.batch, heads, *plan.tile_shape), np.uint8, AHEAD + 2)
    flow(
        lambda: batches(shown, strips),
        lambda batch: _judged(judge, batch, next(rooms)),
        ink.put,
        ahead=AHEAD,
    )
    log.info("judged %d tiles in %.1f s", plan.count, time.perf_counter() - started)
    return store, seen


def _judged(
    judge: Judge, batch: Batch, room: NDArray[np.uint8]
) -> list[tuple[View, Scores | None]]:
    """Show the net every tile in which there is something to judge."""
    worth = [i for i, view in enumerate(batch.views) if view.valid.any()]
    if not worth:
        return [(view, None) for view in batch.views]
    all_of_them = len(worth) == len(batch.pixels)
    pixels, valid = (
        torch.from_numpy(each if all_of_them else each[worth])
        for each in (batch.pixels, batch.valid)
    )
    judge.judge(pixels, valid, into=torch.from_numpy(room[: len(worth)]))
    scores = dict(zip(worth, room, strict=False))
    return [(view, scores.get(i)) for i, view in enumerate(batch.views)]


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

    def put(self, batch: list[tuple[View, Scores | None]]) -> None:
        """Take what became of one batch."""
        for view, scores in batch:
            self._add(view, scores)

    def _add(self, view: View, scores: Scores | None) -> None:
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
        view: View,
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
        np.copyto(final, NODATA, where=~real)
        self.store.put(final, rows.start, cols.start)
        return float(real.mean())


def _size(seen: Seen) -> int:
    return (seen.rows[1] - seen.rows[0]) * (seen.cols[1] - seen.cols[0])
