"""Lay the small tiles of a set on one sheet, each where it lies on the ground.

A house cut by the end of one tile goes on in the next.  Tiles put beside strangers teach a net
that houses end along straight lines, and measure it on halves grown together.

    tiles, what is known of where they lie ──corners──► one sheet; what lies between is unknown

    a georeference     where it says
    numbers in names   down the columns of a larger picture, ``LabelledSet.tall`` to a column
    nothing            apart from each other, with a gap
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from geo.grid import Grid
from models.losses import UNKNOWN
from models.patch import NOTHING, Patch
from models.sets import LabelledSet

GAP = 8.0
"""Metres of nothing between tiles that are no neighbours."""

ALIKE = 0.01
"""Share by which the pixels of tiles of one sheet may differ: those of a web map at other
latitudes do."""

LOOSE = 4
"""How many times the area of its tiles a sheet may have."""

Corners = NDArray[np.intp]
"""(N, 2) first row and column of each tile on the sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What is known of where a tile lies."""

    name: str
    """Of its file, without ending; the last number in it counts."""

    grid: Grid | None = None
    """Its frame, as it was read; without a CRS it says nothing."""


def lay_out(one: LabelledSet, tiles: Sequence[Patch], spots: Sequence[Spot]) -> Patch:
    """Lay tiles on one sheet.

    Args:
        one: the set they are of.
        tiles: at least one.
        spots: where each lies.

    Raises:
        InputError: tiles that know their place do not share a CRS and pixels, or lie too far
            from each other for a sheet.
    """
    gsd = tiles[0].gsd
    placed = all(spot.grid is not None and spot.grid.crs is not None for spot in spots)
    if placed:
        corners = _by_place(one, tiles, [spot.grid for spot in spots if spot.grid is not None])
    else:
        numbers = [_number(spot.name) for spot in spots]
        corners = _by_number(numbers, one.tall, tiles, round(GAP / gsd))
    ends = corners + [tile.picture.shape[1:] for tile in tiles]
    height, width = ends.max(0)
    if placed and height * width > LOOSE * sum(tile.picture[0].size for tile in tiles):
        raise InputError(
            f"The tiles of set {one.name} would need a sheet of {height} x {width} pixels, "
            "nearly all of it empty: they lie too far from each other. Take sheet off, or make "
            "a set of each cluster."
        )
    picture = np.tile(NOTHING, (1, height, width))
    heads = {head for tile in tiles for head in tile.labels}
    labels = {head: np.full((height, width), UNKNOWN, np.uint8) for head in sorted(heads)}
    for tile, (top, left), (bottom, right) in zip(tiles, corners, ends, strict=True):
        window = np.s_[top:bottom, left:right]
        picture[:, *window] = tile.picture
        for head, label in tile.labels.items():
            labels[head][window] = label
    return Patch(
        name=f"{one.name} ({len(tiles)} tiles)", place=one.place, group=one.name,
        weight=one.weight, picture=picture, labels=labels, gsd=gsd,
    )  # fmt: skip


def _by_place(one: LabelledSet, tiles: Sequence[Patch], grids: Sequence[Grid]) -> Corners:
    """Ask georeferences; tiles may have been averaged down since."""
    first = grids[0]
    corners = np.zeros((len(tiles), 2))
    for i, (tile, grid) in enumerate(zip(tiles, grids, strict=True)):
        same = np.allclose(
            [grid.affine.a, grid.affine.e], [first.affine.a, first.affine.e], rtol=ALIKE
        )
        if not same or grid.crs != first.crs or grid.affine.b or grid.affine.d:
            raise InputError(
                f"Set {one.name} wants its tiles on one sheet, and {tile.name} has another CRS "
                f"or other pixels than {tiles[0].name}. Bring all to one grid (gdalwarp -t_srs "
                "... -tr ...), or take sheet off."
            )
        share = tile.picture.shape[1] / grid.height
        down = (grid.affine.f - first.affine.f) / first.affine.e
        right = (grid.affine.c - first.affine.c) / first.affine.a
        corners[i] = down * share, right * share
    laid: Corners = np.rint(corners - corners.min(0)).astype(np.intp)
    return laid


def _by_number(
    numbers: Sequence[int | None], tall: int, tiles: Sequence[Patch], gap: int
) -> Corners:
    """Stack tiles in the columns of a near-square sheet, neighbours without a gap."""
    most = math.ceil(math.sqrt(len(tiles)))
    corners = np.zeros((len(tiles), 2), np.intp)
    down = right = widest = 0
    for i, tile in enumerate(tiles):
        _, height, width = tile.picture.shape
        if i and i % most == 0:
            down, right, widest = 0, right + widest + gap, 0
        elif i and not _follows(numbers[i - 1], numbers[i], tall):
            down += gap
        corners[i] = down, right
        down, widest = down + height, max(widest, width)
    return corners


def _follows(before: int | None, number: int | None, tall: int) -> bool:
    """Tell whether one tile lies right below another in a larger picture."""
    if before is None or number is None or not tall:
        return False
    return number == before + 1 and number % tall != 0


def _number(name: str) -> int | None:
    found = re.findall(r"\d+", name)
    return int(found[-1]) if found else None
