"""Lay the pictures of a pair onto each other and have both judged by one net.

    Frames ──coregister──► Registration
    each date: windows, moved where need be ──► predict ──► rasters/<scene>_scores.tif
                                                        └─► Judged: picture, valid, scores

Scores and the moved picture are kept as COGs on the pair's frame, so that a second start, and
anybody with QGIS, finds them; a date that was judged is not judged again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from aoi.runs.compare_frames import Frames
from aoi.runs.compare_request import PairRequest
from aoi.runs.folder import RunFolder
from aoi.runs.ledger import key_of
from aoi.runs.scenes import Watcher
from geo.bands import RGB
from geo.errors import InputError
from geo.images import file_name_of
from geo.prepare.coregister import coregister
from geo.prepare.registration import Pictures, Registration, moved
from geo.read import open_image
from geo.tiles import Cut
from geo.types import NODATA, Mask, Picture, Scores
from geo.write import cog_from_raw, write_cog
from models.judge import Judge
from models.predict import Job, Seen, predict

log = logging.getLogger(__name__)

STRIP = 1024
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A picture shown where its ground lies in the fixed one."""

    source: Pictures
    registration: Registration

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window of the frame."""
        return moved(self.source, self.registration, rows, cols)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSide:
    """One date on the frame of the pair."""

    picture: Picture
    """(3, H, W) uint8."""

    valid: Mask
    """(H, W)."""

    scores: Scores
    """(C, H, W) uint8."""

    seen: tuple[Seen, ...]
    """What became of every tile."""


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


def register(frames: Frames, request: PairRequest) -> Registration:
    """Measure how far the pictures are off each other.

    Raises:
        InputError: they could not be laid onto each other.
    """
    shape = tuple(frames.grid.shape)
    if not request.move:
        return Registration(matrix=np.eye(2, 3), shape=(shape[0], shape[1]))
    gsd = abs(frames.grid.affine.a)
    with (
        showing(frames, frames.fixed, None) as fixed,
        showing(frames, frames.moving, None) as m,
    ):
        found = coregister(fixed, m, (shape[0], shape[1]), gsd, reach=request.reach)
    if found.refused:
        raise InputError(f"{found.refused} --no-move takes the files at their word.")
    down, right = found.shift_px
    log.info(
        "registered: %s, %.1f px, quality %.2f",
        found.rule,
        np.hypot(down, right),
        found.quality,
    )
    return found


def judge_side(
    frames: Frames,
    which: int,
    registration: Registration,
    judge: Judge,
    folder: RunFolder,
    request: PairRequest,
    progress: Watcher | None,
) -> JudgedSide:
    """Judge one date, or take up what an earlier start left.

    Raises:
        InputError: there is nothing to see in the picture on the common ground.
    """
    name = frames.names[which]
    key = key_of(
        image=frames.hashes[which], card=judge.card.digest, grid=str(frames.grid),
        stretch=frames.stretches[which].to_dict(), rgb=frames.images[which].rgb,
        moved=str(registration.matrix.tolist()) if which == frames.moving else "",
        field=None if registration.field is None else registration.field.tolist(),
        settings=request.parameters(),
    )  # fmt: skip
    path = folder.rasters / f"{file_name_of(name)}_scores.tif"
    kept = folder.ledger.done(key)
    if kept is None or not path.exists():
        started = time.perf_counter()
        total = frames.grid.height * frames.grid.width
        job = Job(
            open=lambda: showing(frames, which, registration),
            grid=frames.grid,
            stem=folder.work / key,
            cut=Cut(size=request.tile, margin=judge.card.margin, stride=judge.card.stride),
            batch=request.batch,
            progress=progress and (lambda tiles, px: progress(name, tiles, px, total)),
        )
        store, seen = predict(judge, job)
        if not any(tile.valid_share > 0 for tile in seen):
            store.close(remove=True)
            raise InputError(
                f"There is nothing to see in {frames.images[which].path.name} on the ground "
                "that both pictures share."
            )
        cog_from_raw(
            store.describe(), path, grid=frames.grid, band_names=judge.card.heads, nodata=NODATA
        )
        kept = {"seen": [asdict(tile) for tile in seen]}
        folder.ledger.finish(key, "scene", kept, seconds=time.perf_counter() - started)
        store.close(remove=True)
    picture, valid = _whole(frames, which, registration)
    if which == frames.moving and not registration.refused and request.move:
        copy = folder.rasters / f"{file_name_of(name)}_moved.tif"
        if not copy.exists():
            write_cog(copy, picture, grid=frames.grid, band_names=RGB)
    return JudgedSide(
        picture=picture,
        valid=valid,
        scores=_read(path, frames),
        seen=tuple(Seen.from_note(note) for note in kept["seen"]),
    )


def _whole(frames: Frames, which: int, registration: Registration) -> tuple[Picture, Mask]:
    """Read a picture of the pair into memory, strip by strip."""
    height, width = frames.grid.shape
    picture, valid = np.zeros((3, height, width), np.uint8), np.zeros((height, width), np.bool_)
    with showing(frames, which, registration) as source:
        for top in range(0, height, STRIP):
            rows = slice(top, min(top + STRIP, height))
            picture[:, rows], valid[rows] = source.picture(rows, slice(0, width))
    return picture, valid


def _read(path: Path, frames: Frames) -> Scores:
    """Read scores back as they were written."""
    bands = open_image(path, gsd=abs(frames.grid.affine.a)).read().bands
    return np.asarray(bands, np.uint8)
