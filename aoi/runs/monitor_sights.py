"""Cut the pictures of a monitor's page: a place on the days that matter, and the whole area.

    Judged ──days of its brackets, first, last──► passes ──► Chips of one extent, oldest first

All pictures of one place have the same extent and, for reflectance, the same contrast; radar is
shown in grey.
"""

from __future__ import annotations

import math

import numpy as np
from affine import Affine
from odc.geo.geom import Geometry
from shapely.geometry.base import BaseGeometry

from aoi.outputs.chips import Chip
from aoi.runs.fetch_pass import PassRecord
from aoi.runs.monitor_judge import Judged, Told
from aoi.runs.monitor_read import Eyes, read_pass
from aoi.runs.monitor_rows import time_of
from geo.grid import Grid, gsd_of
from geo.types import Picture, Pixels

ROOM = 150.0
"""Metres shown around a place."""

MOST = 8
"""Pictures of a place."""

LIGHTEST = 0.3
"""Reflectance drawn white."""

DECIBELS = (-22.0, 0.0)
"""Backscatter drawn black and white."""

OVERVIEW = 900
"""Pixels along the longer side of the picture of the area."""


def chips_of(one: Judged, eyes: Eyes) -> list[Chip]:
    """Cut the pictures of a place on the days that matter, oldest first."""
    told = next(t for t in one.told if t.series == eyes.looked.series.name)
    records = {record.id: record for record in eyes.looked.records}
    left, bottom, right, top = one.place.outline.bounds
    grid = eyes.grid
    half = math.ceil((ROOM + max(right - left, top - bottom) / 2) / gsd_of(grid))
    col, row = ~grid.affine @ ((left + right) / 2, (bottom + top) / 2)
    window = (
        slice(max(0, round(row) - half), min(grid.height, round(row) + half)),
        slice(max(0, round(col) - half), min(grid.width, round(col) + half)),
    )
    return [
        _chip(records[told.scenes[look]], eyes, window, f"{time_of(told.days[look]):%Y-%m-%d}")
        for look in days_that_matter(told)
    ]


def days_that_matter(told: Told) -> list[int]:
    """Choose looks: first and last usable, both sides of every bracket, then the phases."""
    usable = [i for i, one in enumerate(told.usable) if one]
    if not usable:
        return []
    wanted = [usable[0], usable[-1]]
    for event in told.events:
        wanted += [event["last_without"], event["first_with"]]
    for event in told.events:
        wanted += [first for _, _, first in event["phases"]]
    for event in told.events:
        wanted += event["finished"] or []
    if not told.events:
        wanted += [usable[len(usable) * k // 4] for k in (1, 2, 3)]
    chosen = list(dict.fromkeys(int(look) for look in wanted))[:MOST]
    return sorted(chosen)


def overview_of(eyes: Eyes, outline: BaseGeometry) -> Chip:
    """Show the area on its clearest late day.

    Args:
        eyes: the series to show.
        outline: the area, in the frame's CRS.
    """
    records = eyes.looked.records
    late = records[len(records) * 2 // 3 :]
    best = max(late, key=lambda record: (record.clear_share, record.observed_at))
    whole = eyes.grid
    box = whole.project(Geometry(outline, whole.crs)).boundingbox
    rows = slice(max(0, math.floor(box.bottom)), min(whole.height, math.ceil(box.top)))
    cols = slice(max(0, math.floor(box.left)), min(whole.width, math.ceil(box.right)))
    grid = whole[rows, cols]
    step = max(1, math.ceil(max(grid.shape) / OVERVIEW))
    small = Grid(
        (-(-grid.height // step), -(-grid.width // step)),
        grid.affine @ Affine.scale(step),
        grid.crs,
    )
    every = slice(0, small.height), slice(0, small.width)
    pixels, _ = read_pass(eyes.folder, best, small, every)
    return Chip(_picture(pixels, best), small, f"{best.id}, {best.observed_at[:10]}")


def _chip(record: PassRecord, eyes: Eyes, window: tuple[slice, slice], caption: str) -> Chip:
    pixels, _ = read_pass(eyes.folder, record, eyes.grid, window)
    return Chip(_picture(pixels, record), eyes.grid[window], caption)


def _picture(pixels: Pixels, record: PassRecord) -> Picture:
    """Draw a pass for people, (3, h, w) uint8."""
    names = record.bands
    numbers = pixels.astype(np.float32)
    if {"red", "green", "blue"} <= set(names):
        colours = numbers[[names.index(name) for name in ("red", "green", "blue")]]
        if pixels.dtype == np.uint8:
            return colours.astype(np.uint8)
        bright = np.sqrt(np.clip(colours / (10_000 * LIGHTEST), 0, 1))  # dark ground shows
        drawn: Picture = np.rint(bright * 255).astype(np.uint8)
        return drawn
    low, high = DECIBELS
    grey = np.nan_to_num(np.clip((numbers[0] - low) / (high - low), 0, 1))
    return np.stack([np.rint(grey * 255).astype(np.uint8)] * 3)
