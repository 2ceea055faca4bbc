"""Have one picture judged: choose the frame, measure the contrast once, run the net over it.

    Image ──► work grid ──► Stretch ──► predict ──► Judged: scores (C, H, W) on disk
                                           └► rasters/<scene>_scores.tif, on the picture's own
                                           grid

What the scores depend on makes up the key of the step; the same key is never judged twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from odc.geo.geom import Geometry
from odc.geo.xr import rasterize
from shapely.geometry.base import BaseGeometry

from aoi.area import Area
from geo.errors import InputError
from geo.grid import Grid, ground_gsd, work_grid
from geo.read import Image
from geo.store import ScoreStore
from geo.stretch import Stretch, measure_stretch
from geo.tiles import Cut
from geo.types import NODATA, Mask, Scores
from geo.write import cog_from_raw, regrid
from models.judge import Judge
from models.predict import Job, Seen, predict

log = logging.getLogger(__name__)

COARSEST = 1.5
"""Metres.  Above this a wall and its shadow are less than half a pixel, and the net has nothing
to see; the net was trained on pictures of 0.3 to 1.2 m."""

Progress = Callable[[int, int, int], None]
"""Told: tiles done, pixels done, pixels in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One picture and what the net says of it."""

    image: Image
    """The picture."""

    grid: Grid
    """The metric frame the scores lie on while things are found."""

    scores: Scores
    """(C, H, W) uint8 on ``grid``, paged in from disk as it is used."""

    seen: tuple[Seen, ...]
    """What became of every tile."""

    gsd_m: float
    """Metres per pixel of the picture itself."""


def frame(image: Image, judge: Judge) -> Grid:
    """Choose the frame a picture is judged on.

    Raises:
        InputError: its pixels are too coarse for the net.
    """
    gsd = ground_gsd(image.grid)
    if gsd > COARSEST:
        raise InputError(
            f"{image.path.name} has pixels of {gsd:.2g} m, and walls cannot be seen above "
            f"{COARSEST} m. For Sentinel-2 and the like use: stockade monitor."
        )
    return work_grid(image.grid, judge.card.gsd_m, tolerance=judge.card.gsd_tolerance)


def contrast(image: Image, known: Stretch | None) -> Stretch:
    """Take the statistics of another run, or measure this scene's own, once.

    8-bit pictures are taken as they are, whatever is known of others.

    Raises:
        InputError: the statistics are those of 8-bit pictures, and this is none.
    """
    if image.dtype == "uint8":
        return Stretch.identity()
    if known is not None and known.is_identity:
        raise InputError(
            f"--stats: that run saw 8-bit pictures as they are, and {image.path.name} holds "
            f"{image.dtype}. Take the manifest of a run of such pictures, or leave --stats out."
        )
    return known or measure_stretch(image)


def outline_in(area: Area | None, image: Image, grid: Grid) -> BaseGeometry | None:
    """Bring the area to the frame of the picture.

    Raises:
        InputError: the area and the picture do not meet.
    """
    if area is None:
        return None
    outline = area.to(grid.crs)
    if not outline.intersects(grid.extent.geom):
        raise InputError(
            f"The area {area.name} and the picture {image.path.name} do not overlap. Check "
            "which area was meant, and the CRS of both."
        )
    return outline


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a picture is to be looked at."""

    grid: Grid
    """The frame it is judged on, from :func:`frame`."""

    stretch: Stretch
    """How its numbers become bytes."""

    outline: BaseGeometry | None
    """The area in that frame; ``None`` for all of it."""

    stem: Path
    """Where the work in progress lies; named after the step's key."""

    cut: Cut
    """How it is cut into tiles."""

    batch: int = 1
    """Tiles judged together."""

    progress: Progress | None = None
    """Told after every tile."""


def look(image: Image, judge: Judge, view: View) -> tuple[Judged, ScoreStore]:
    """Judge a picture.

    Returns:
        What was judged, and the store that holds the scores until they stand elsewhere.

    Raises:
        InputError: nothing in the picture, or in the area, is valid.
    """
    grid, told = view.grid, view.progress
    total = grid.shape[0] * grid.shape[1]
    job = Job(
        open=lambda: image.reader(grid, view.stretch),
        grid=grid,
        stem=view.stem,
        cut=view.cut,
        batch=view.batch,
        inside=None if view.outline is None else inside_of(view.outline, grid),
        progress=None if told is None else (lambda n, px: told(n, px, total)),
    )
    store, seen = predict(judge, job)
    if not any(tile.valid_share > 0 for tile in seen):
        store.close(remove=True)
        why = next((t.reason for t in seen if t.reason not in {"", "nodata"}), "")
        raise InputError(
            f"Nothing to see in {image.path.name}: "
            + (
                f"{why}."
                if why
                else "no valid pixel" + (" inside the area." if view.outline else ".")
            )
        )
    scores: Scores = store.pages()
    judged = Judged(
        image=image, grid=grid, scores=scores, seen=tuple(seen), gsd_m=ground_gsd(image.grid)
    )
    return judged, store


def keep_scores(judged: Judged, store: ScoreStore, heads: tuple[str, ...], path: Path) -> Path:
    """Write the scores as a COG on the picture's own grid."""
    raw = store.describe()
    own = judged.image.grid
    if judged.grid == own:
        return cog_from_raw(raw, path, grid=own, band_names=heads, nodata=NODATA)
    return regrid(raw, path, source_grid=judged.grid, grid=own, band_names=heads, nodata=NODATA)


def inside_of(outline: BaseGeometry, grid: Grid) -> Callable[[slice, slice], Mask]:
    """Make a function that tells which pixels of a window have their centre in the outline."""
    shape = Geometry(outline, grid.crs)

    def inside(rows: slice, cols: slice) -> Mask:
        """Tell it of one window, (h, w)."""
        mask: Mask = rasterize(shape, grid[rows, cols]).values.astype(np.bool_)
        return mask

    return inside
