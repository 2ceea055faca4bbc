"""Lay the pictures of a pair onto each other and have them judged by one net.

    Frames ──coregister──► Registration
    each date: windows, moved where need be ──► predict ──► rasters/<scene>_scores.tif
                                                        └─► JudgedSide
    both dates ──► predict, change head ──► roofs that only one of them has

Scores and the moved picture are kept as COGs on the pair's frame, so that a second start, and
anybody with QGIS, finds them; a date that was judged is not judged again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from aoi.runs.compare_frames import Frames
from aoi.runs.compare_pages import Pages, page_picture, page_scores, showing
from aoi.runs.compare_request import PairRequest
from aoi.runs.folder import RunFolder
from aoi.runs.ledger import key_of
from aoi.runs.scenes import Watcher
from geo.bands import RGB
from geo.errors import InputError
from geo.grid import Grid
from geo.images import file_name_of
from geo.prepare.coregister import coregister
from geo.prepare.registration import Held, Registration
from geo.store import ScoreStore
from geo.tiles import Cut
from geo.types import NODATA, Mask, Picture, Scores
from geo.write import cog_from_raw, write_cog
from models.device import return_memory
from models.judge import Judge
from models.judge_pair import Beside, PairJudge
from models.predict import Job, Seen, predict

log = logging.getLogger(__name__)

TILE = 2048
"""Pixels a side of what is shown of both dates at once: it takes as much memory as a tile of a
scan does of one."""

BOTH = "both dates"
"""What progress says is judged while the change head looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSide:
    """One date on the frame of the pair; arrays lie on disk and are paged in."""

    key: str
    """Of all that the scores depend on."""

    picture: Picture
    """(3, H, W) uint8."""

    valid: Mask
    """(H, W)."""

    scores: Scores
    """(C, H, W) uint8."""

    seen: tuple[Seen, ...]
    """What became of every tile."""


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
        scene=name, image=frames.hashes[which], card=judge.card.digest, grid=str(frames.grid),
        stretch=frames.stretches[which].to_dict(), rgb=frames.images[which].rgb,
        moved=str(registration.matrix.tolist()) if which == frames.moving else "",
        field=None if registration.field is None else registration.field.tolist(),
        settings=request.parameters(),
    )  # fmt: skip
    path = folder.rasters / f"{file_name_of(name)}_scores.tif"
    kept = folder.kept(key)
    if kept is None:
        started = time.perf_counter()
        job = Job(
            open=lambda: showing(frames, which, registration),
            grid=frames.grid,
            stem=folder.work / key,
            cut=Cut(size=request.tile, margin=judge.card.margin, stride=judge.card.stride),
            batch=request.batch,
            progress=_told(progress, name, frames),
        )
        store, seen = _score(judge, job, path, frames.images[which].path.name)
        kept = {"seen": [asdict(tile) for tile in seen]}
        folder.keep(key, "scene", kept, [path], seconds=time.perf_counter() - started)
        store.close(remove=True)
        return_memory()
    pages = Pages(folder.work, key)
    picture, valid = page_picture(frames, which, registration, pages)
    if which == frames.moving and not registration.refused and request.move:
        copy = folder.rasters / f"{file_name_of(name)}_moved.tif"
        _keep_moved(copy, picture, frames.grid, f"{key}-moved", folder)
    return JudgedSide(
        key=key,
        picture=picture,
        valid=valid,
        scores=page_scores(path, frames.grid, pages),
        seen=tuple(Seen.from_note(note) for note in kept["seen"]),
    )


def _score(judge: Judge, job: Job, path: Path, picture: str) -> tuple[ScoreStore, list[Seen]]:
    """Judge one date and write its scores; the store is still there to be removed.

    Raises:
        InputError: there is nothing to see in it.
    """
    store, seen = predict(judge, job)
    if not any(tile.valid_share > 0 for tile in seen):
        store.close(remove=True)
        raise InputError(
            f"There is nothing to see in {picture} on the ground that both pictures share."
        )
    cog_from_raw(
        store.describe(), path, grid=job.grid, band_names=judge.card.heads, nodata=NODATA
    )
    return store, seen


def _keep_moved(path: Path, picture: Picture, grid: Grid, key: str, folder: RunFolder) -> None:
    """Write the picture as it was laid onto the other, unless it lies there whole."""
    if folder.kept(key) is not None:
        return
    started = time.perf_counter()
    write_cog(path, picture, grid=grid, band_names=RGB)
    folder.keep(key, "moved", {}, [path], seconds=time.perf_counter() - started)


def judge_both(
    frames: Frames,
    sides: tuple[JudgedSide, JudgedSide],
    judge: PairJudge,
    folder: RunFolder,
    progress: Watcher | None,
) -> tuple[Scores, Scores]:
    """Ask the change head for roofs that only one date has; what was judged is taken up.

    Args:
        frames: of the pair.
        sides: before, after.
        judge: the head, made ready.
        folder: of the run.
        progress: told after every tile.

    Returns:
        (H, W) uint8 each, paged in from disk: roofs that only the picture that stays has, and
        that only the moving one has.
    """
    one, other = sides[frames.fixed], sides[frames.moving]
    job = Job(
        open=lambda: nullcontext(Beside(*(Held(s.picture, s.valid) for s in (one, other)))),
        grid=frames.grid,
        stem=folder.work / key_of(head=judge.head_sha256, one=one.key, other=other.key),
        cut=Cut(size=TILE, margin=judge.card.margin, stride=judge.card.stride),
        progress=_told(progress, BOTH, frames),
    )
    store, _ = predict(judge, job)
    store.close()
    return_memory()
    appeared, vanished = store.pages()
    return vanished, appeared


def _told(
    progress: Watcher | None, name: str, frames: Frames
) -> Callable[[int, int], None] | None:
    """Tell progress as a share of the frame."""
    total = frames.grid.height * frames.grid.width
    return progress and (lambda tiles, px: progress(name, tiles, px, total))
