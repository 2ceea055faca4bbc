"""Take yards the whole way: from drawn outlines, and from the net's scores through geo.yards.

    outlines.json ──► LabelledYards, pixels of the patch ──► moved to the pixels judged
                                              ──► cut where the picture judged ends
    chance (C, H, W) ──► wall without its rim, building ──► find_yards ──► Yards, barrier

Only sets with hand-drawn ``outlines`` tell which yards are closed and how tightly; a mask of
yards does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.rim import without_rim
from geo.types import Surface
from geo.yard import Yards
from geo.yards import find_yards
from models.card import GSD, HEADS
from models.evaluate_judged import Judged
from models.metrics_yards import LabelledYard, LabelledYards
from models.patch import Patch
from models.sets import LabelledSet

Shape = TypeVar("Shape", bound=BaseGeometry)

EVERYWHERE = shapely.box(-1e6, -1e6, 1e6, 1e6)
"""More than any picture, in pixels."""

YardBook = Mapping[tuple[str, str], LabelledYards]
"""Labelled yards by set and picture, in pixels of the patch; pictures without are not in it."""


def read_yards(
    sets: Sequence[LabelledSet], root: Path, patches: Sequence[Patch]
) -> dict[tuple[str, str], LabelledYards]:
    """Read the drawn yards of all patches whose set has outlines.

    Args:
        sets: as ``models.data.read_sets`` gives them.
        root: folder their paths are relative to.
        patches: as ``models.data.read_patches`` gives them.

    Raises:
        InputError: a yard lacks a key; the sentence names file and key.
    """
    drawn = {one.name: one for one in sets if one.outlines and not one.sheet}
    book: dict[tuple[str, str], LabelledYards] = {}
    for patch in patches:
        if (one := drawn.get(patch.group)) is None:
            continue
        path = root / one.outlines.format(stem=Path(patch.name).stem)
        told = json.loads(path.read_text(encoding="utf-8"))
        try:
            yards = from_drawn(told)
        except KeyError as error:
            raise InputError(
                f"{path.name}: a yard lacks {error}; each needs polygon, closed, closure and "
                "cut_by_edge."
            ) from error
        # Drawn on the file's pixels, whatever they measure: the file, the list of sets and the
        # outlines may each say another GSD.
        share = 1 / patch.averaged
        book[patch.group, patch.name] = moved(yards, (share, share), (0, 0))
    return book


def from_drawn(told: Mapping[str, Any]) -> LabelledYards:
    """Take yards and unknown ground from a hand-drawn label file, in its own pixels."""
    x0, y0, x1, y1 = told["window"]
    beyond = EVERYWHERE.difference(shapely.box(x0, y0, x1, y1))
    rings = [shapely.Polygon(ring).buffer(0) for ring in told["ignore"] if len(ring) > 2]
    return LabelledYards(
        yards=tuple(
            LabelledYard(
                outline=shapely.Polygon(yard["polygon"]).buffer(0),
                closed=bool(yard["closed"]),
                closure=float(yard["closure"]),
                cut=bool(yard["cut_by_edge"]),
            )
            for yard in told["yards"]
        ),
        unknown=shapely.union_all([beyond, *rings]),
    )


def moved(
    labelled: LabelledYards, scale: tuple[float, float], corner: tuple[float, float]
) -> LabelledYards:
    """Bring yards from one set of pixels to another: scaled (down, right), then cut out."""

    def move(shape: Shape) -> Shape:
        """Scale a shape, then count from the corner."""
        return shapely.transform(
            shape, lambda xy: xy * (scale[1], scale[0]) - (corner[1], corner[0])
        )

    yards = tuple(replace(yard, outline=move(yard.outline)) for yard in labelled.yards)
    return LabelledYards(yards=yards, unknown=move(labelled.unknown))


def seen_in(labelled: LabelledYards, shape: tuple[int, int]) -> LabelledYards:
    """Call ground beyond a picture unseen, and yards that reach beyond it cut.

    Args:
        labelled: in pixels of the picture.
        shape: its rows and columns.
    """
    height, width = shape
    box = shapely.box(0, 0, width, height)
    return LabelledYards(
        yards=tuple(
            replace(yard, cut=yard.cut or not box.covers(yard.outline))
            for yard in labelled.yards
        ),
        unknown=labelled.unknown.union(EVERYWHERE.difference(box)),
    )


def yards_of(one: Judged, heads: Sequence[str] = HEADS) -> tuple[Yards, Surface]:
    """Find the yards of a judged picture, and give the barrier they were found with."""
    chance = one.chance[heads.index("wall")]
    wall = without_rim(chance, np.ones(chance.shape, np.bool_), GSD)  # as a scan does
    building = one.chance[heads.index("building")]
    return find_yards(wall, building, GSD), np.maximum(wall, building)
