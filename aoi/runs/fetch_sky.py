"""Look at the sky again once all dates are there: what is always bright is no cloud.

    all pictures ──blue, block by block──► usual brightness (H, W) ──► each mask written anew

Usual is the brightness of the darker days: with cloud on five days of six it is still that of
the ground.  With fewer than ``DAYS`` dates nothing is known of other days and masks stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aoi.runs.fetch_pass import PassRecord, write_mask
from geo.grid import Grid, gsd_of
from geo.prepare.layers import CLOUDLESS
from geo.prepare.masks import CIRRUS, Sky, refine, shares
from geo.prepare.numbers import UNIT
from geo.prepare.passes import colours_of
from geo.read import open_image
from geo.types import Mask

DAYS = 5
"""Dates without which nothing is called usual."""

DARKER = 0.15
"""Share of the days that may be darker than the usual one: shadows are, clouds never."""

ROWS = 256
"""Rows of all dates held at a time."""


def usual_blue(records: Sequence[PassRecord], grid: Grid, folder: Path) -> NDArray[np.float32]:
    """Tell how bright the ground usually is in blue, (H, W); NaN where no date saw it."""
    images = [open_image(folder / r.picture) for r in records]
    index = [r.bands.index("blue") for r in records]
    usual = np.full(tuple(grid.shape), np.nan, np.float32)
    for top in range(0, grid.height, ROWS):
        rows, cols = slice(top, min(top + ROWS, grid.height)), slice(0, grid.width)
        stack = np.full((len(images), rows.stop - top, grid.width), np.nan, np.float32)
        for look, image, band in zip(stack, images, index, strict=True):
            with image.reader(grid, bands=[band]) as reader:
                counts, valid = reader.read(rows, cols)
            look[valid] = counts[0][valid] / np.float32(UNIT)
        ordered = np.sort(stack, axis=0)
        count = np.isfinite(stack).sum(axis=0)
        rank = (np.maximum(count - 1, 0) * DARKER).astype(int)[None]
        dark = np.take_along_axis(ordered, rank, axis=0)[0]
        usual[rows] = np.where(count >= DAYS, dark, np.nan)
    return usual


def look_again(
    records: Sequence[PassRecord], grid: Grid, inside: Mask, folder: Path
) -> list[PassRecord]:
    """Write every mask anew in the light of all dates, and tell the new shares.

    Raises:
        OutputError: the disk is full or the folder is not ours.
    """
    known = [
        r
        for r in records
        if r.picture and {"blue", "green", "red"} <= set(r.bands) and CLOUDLESS not in r.done
    ]
    if len(known) < DAYS or any(r.sensor == "vhr" for r in known):
        return list(records)
    usual = usual_blue(known, grid, folder)
    fresh = {r.id: _again(r, grid, inside, folder, usual) for r in known}
    return [fresh.get(r.id, r) for r in records]


def _again(
    record: PassRecord, grid: Grid, inside: Mask, folder: Path, usual: NDArray[np.float32]
) -> PassRecord:
    raster = open_image(folder / record.picture).read()
    bands = np.where(raster.bands > 0, raster.bands / np.float32(UNIT), np.nan)
    colours = colours_of(record.bands, bands.astype(np.float32))
    if colours is None:
        return record
    archive = open_image(folder / record.mask).read().bands[1]
    sure = archive == CIRRUS
    sky = np.where(sure, np.uint8(Sky.CLOUD), archive).astype(np.uint8)
    sky = refine(sky, colours, gsd=gsd_of(grid), sure=sure, usual=usual)
    write_mask(folder / record.mask, sky, archive, grid)
    told = shares(sky, inside)
    return _with_shares(record, told["clear"], told["cloud"] + told["shadow"])


def _with_shares(record: PassRecord, clear: float, cloud: float) -> PassRecord:
    told = record.to_dict() | {"clear_share": round(clear, 4), "cloud_share": round(cloud, 4)}
    return PassRecord.from_dict(told)
