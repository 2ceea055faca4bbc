"""Show and name the two pictures of a pair: chips of every building, the whole place, words.

PairRun ──► a chip of both dates at one extent, an overview of both, captions, the shift
"""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
from affine import Affine
from shapely.geometry.base import BaseGeometry

from aoi.outputs.chips import Chip
from aoi.outputs.compare_page import DatedPicture, Pictures
from aoi.runs.compare import PairRun
from aoi.runs.compare_rows import DATES
from geo.change.sight import WORDS
from geo.grid import Grid, gsd_of

CHIP_ROOM = 14.0
"""Metres shown around a building on every side: its neighbours tell that it is the same one."""

CHIP_PIXELS = 300
"""Pixels of a chip's side, at most."""

OVERVIEW = 1100
"""Pixels along the longer side of the pictures of the whole place."""


def chips_of(run: PairRun, ledger: gpd.GeoDataFrame) -> dict[str, Pictures]:
    """Cut both pictures of every building at one extent."""
    return {
        str(name): (_chip(run, 0, shape), _chip(run, 1, shape))
        for name, shape in zip(ledger["id"], ledger.geometry, strict=True)
    }


def _chip(run: PairRun, which: int, shape: BaseGeometry) -> Chip:
    grid, side = run.frames.grid, run.sides[which]
    left, bottom, right, top = shape.bounds
    room = CHIP_ROOM + max(right - left, top - bottom) / 2
    col, row = ~grid.affine @ ((left + right) / 2, (bottom + top) / 2)
    half = math.ceil(room / gsd_of(grid))
    step = max(1, math.ceil(2 * half / CHIP_PIXELS))
    r0, c0 = round(row) - half, round(col) - half
    # Every step-th pixel is read and no other: an outline may be far larger than the frame.
    rows, cols = (np.arange(first, first + 2 * half, step) for first in (r0, c0))
    down, across = (rows >= 0) & (rows < grid.height), (cols >= 0) & (cols < grid.width)
    on_frame = np.ix_(rows[down], cols[across])
    seen = side.valid[on_frame]
    small = np.full((3, len(rows), len(cols)), 255, np.uint8)
    for band, shown in zip(side.picture, small, strict=True):
        shown[np.ix_(down, across)] = np.where(seen, band[on_frame], 255)
    affine = grid.affine @ Affine.translation(c0, r0) @ Affine.scale(step)
    taken = run.frames.times[which]
    return Chip(
        small,
        Grid(small.shape[1:], affine, grid.crs),
        "date unknown" if taken is None else f"{taken:%Y-%m-%d}",
    )


def overviews_of(run: PairRun) -> Pictures:
    """Show the whole place on both dates."""
    grid = run.frames.grid
    step = max(1, math.ceil(max(grid.shape) / OVERVIEW))
    coarse = Grid(
        (-(-grid.height // step), -(-grid.width // step)),
        grid.affine @ Affine.scale(step),
        grid.crs,
    )
    one, two = (
        Chip(
            np.where(side.valid[::step, ::step], side.picture[:, ::step, ::step], 255),
            coarse,
            f"{dated.scene}, {dated.taken}",
        )
        for side, dated in zip(run.sides, (dated(run, 0), dated(run, 1)), strict=True)
    )
    return one, two


def dated(run: PairRun, which: int) -> DatedPicture:
    """Say of a date what a reader must know: when, by what, how sharp, how much was seen."""
    frames, taken = run.frames, run.frames.times[which]
    codes = run.compared.codes[which]
    share = float((codes == 0).mean())
    lost = [
        f"{100 * float((codes == code).mean()):.0f} % {word.split(' (')[0]}"
        for code, word in WORDS.items()
        if (codes == code).mean() >= 0.005
    ]
    return DatedPicture(
        scene=frames.names[which],
        taken="date unknown"
        if taken is None
        else f"{taken:%Y-%m-%d %H:%M}".removesuffix(" 00:00"),
        sensor=run.request.sensors[which] or "not recorded",
        gsd=f"{frames.gsds[which]:.2g} m",
        credit=run.request.credits[which] or "not recorded",
        seen=f"{100 * share:.0f} %" + (f"; {', '.join(lost)}" if lost else ""),
    )


def registration_words(run: PairRun) -> str:
    """Say how the pictures were laid onto each other, and how sure that is."""
    found = run.registration
    if found.rule == "none":
        return (
            "The pictures were not laid onto each other; their files were taken at their word."
        )
    gsd = gsd_of(run.frames.grid)
    down, right = found.shift_px
    which = DATES[run.frames.moving]
    rules = {
        "shift": "moved",
        "similarity": "moved and turned",
        "affine": "moved, turned and stretched",
        "field": "moved and bent with the ground",
    }
    return (
        f"The {which} picture was {rules[found.rule]} onto the other by "
        f"{math.hypot(down, right) * gsd:.1f} m at its middle (phase correlation of edges): "
        f"{found.agreeing} windows agree, {100 * found.quality:.0f} % of those with an answer, "
        f"to {found.residual_px * gsd:.2f} m."
    )


def title_of(run: PairRun) -> str:
    """Name a pair."""
    one, two = run.frames.names
    return f"{one} and {two}"
