"""Write decided layouts as a set to learn from, in the form that ``stockade train`` takes.

A verdict says *walled compound*: then the ground inside the outline is enclosed.  It says *not
a walled compound*: that denies nothing about enclosure, for a factory has a wall too; only with
the tag ``not enclosed`` is the ground inside labelled as open.  Everything else stays unknown.

    decided layouts ──► images/*.tif, yards/*.tif (0 no, 1 yes, 255 unknown) ──► sets.toml
                    └──► layouts.geojson: every verdict with its evidence, for the score

Places that choose a checkpoint must not be places that were learned from: the layouts are
parted by longitude, and those whose pictures overlap the other part are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from aoi.outputs.chips import Chip
from aoi.outputs.leaving import Leaving
from geo.errors import InputError
from geo.grid import gsd_of
from geo.write import beside, write_cog

OPEN_GROUND = "not enclosed"
"""Tag of a reviewer who saw that the ground is open."""

LEAST = 4
"""Layouts needed before any are kept aside for choosing."""

CHOOSING = 0.25
"""Share of the layouts that choose the checkpoint."""

UNKNOWN = 255
"""Nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One decided layout with its picture."""

    id: str
    verdict: str
    chip: Chip
    outline: BaseGeometry
    """In the CRS of the chip."""

    open_ground: bool = False
    """Whether a reviewer tagged it as not enclosed."""

    @property
    def says(self) -> int | None:
        """What it teaches of the ground inside: 1 enclosed, 0 open, or nothing."""
        if self.verdict == "walled_compound":
            return 1
        return 0 if self.verdict == "not_a_compound" and self.open_ground else None


def write_labels(
    folder: Path, leaving: Leaving, lessons: Sequence[Lesson], *, licence: str
) -> list[Path]:
    """Write the set.

    Args:
        folder: of the export.
        leaving: what leaves; must be ``internal``.
        lessons: decided layouts that have a picture.
        licence: of the pictures, in words, for the card.

    Returns:
        The files.

    Raises:
        InputError: nothing was decided that teaches anything.
        OutputError: the disk is full or the folder is not ours to write.
    """
    teaching = [lesson for lesson in lessons if lesson.says is not None]
    if not teaching:
        raise InputError(
            "No layout was judged a walled compound with a picture at hand, so there is "
            "nothing to learn from. Review some first: stockade review DIR."
        )
    parts = _parted(teaching)
    paths = []
    for split, own in parts.items():
        for lesson in own:
            stem = f"{split}/{lesson.id}"
            paths.append(
                write_cog(
                    folder / "images" / f"{stem}.tif",
                    lesson.chip.picture,
                    grid=lesson.chip.grid,
                    band_names=("red", "green", "blue"),
                )
            )
            paths.append(
                write_cog(
                    folder / "yards" / f"{stem}.tif",
                    mask_of(lesson),
                    grid=lesson.chip.grid,
                    band_names=("yard",),
                )
            )
    paths.append(_write(folder / "sets.toml", _toml(parts, leaving, licence)))
    paths.append(_write(folder / "layouts.geojson", _evidence(leaving)))
    return paths


def mask_of(lesson: Lesson) -> NDArray[np.uint8]:
    """Mark the ground inside an outline, (H, W): 0 open, 1 enclosed, 255 unknown.

    The rim, two pixels on either side, stays unknown: a hand-drawn outline lies no better.
    """
    grid = lesson.chip.grid
    rows, cols = np.mgrid[: grid.shape[0], : grid.shape[1]]
    x, y = grid.affine @ (cols.ravel() + 0.5, rows.ravel() + 0.5)
    core = lesson.outline.buffer(-2 * gsd_of(grid))
    shapely.prepare(core)
    inside = shapely.contains_xy(core, x, y).reshape(grid.shape)
    return np.where(inside, np.uint8(lesson.says or 0), np.uint8(UNKNOWN)).astype(np.uint8)


def _parted(lessons: Sequence[Lesson]) -> dict[str, list[Lesson]]:
    """Part lessons by longitude, a quarter for choosing, none that sees the other part."""
    ordered = sorted(lessons, key=lambda lesson: lesson.chip.grid.affine.c)
    if len(ordered) < LEAST:
        return {"train": ordered}
    cut = round(len(ordered) * (1 - CHOOSING))
    train, rest = ordered[:cut], ordered[cut:]
    ground = shapely.union_all([_ground(lesson) for lesson in train])
    val = [lesson for lesson in rest if not _ground(lesson).intersects(ground)]
    return {"train": train, **({"val": val} if val else {})}


def _ground(lesson: Lesson) -> BaseGeometry:
    box = lesson.chip.grid.boundingbox
    ground: BaseGeometry = shapely.box(box.left, box.bottom, box.right, box.top)
    return ground


def _toml(parts: Mapping[str, Sequence[Lesson]], leaving: Leaving, licence: str) -> str:
    """Write the list of sets; both halves are of one scene, which the remark says."""
    lines = [
        f"# Layouts of run {leaving.run_id} that people judged; paths start at this file.",
        "# Train and val are two sides of one place: figures on val flatter. Add sets of",
        '# another place with split = "val" before you believe them.',
    ]
    for split, own in parts.items():
        lines += [
            "",
            "[[set]]",
            f"name = {json.dumps(f'{leaving.run_id} {split}')}",
            f"place = {json.dumps(f'{leaving.run_id} {split}')}",
            f'split = "{split}"',
            f'images = "images/{split}/*.tif"',
            f'labels.yard.file = "yards/{split}/{{stem}}.tif"',
            "labels.yard.yes = [1]",
            "labels.yard.unknown = [255]",
            f"licence = {json.dumps(licence or 'not known', ensure_ascii=False)}",
            f"# {len(own)} layouts",
        ]
    return "\n".join(lines) + "\n"


def _evidence(leaving: Leaving) -> str:
    rows = leaving.layers["compounds"]
    decided: gpd.GeoDataFrame = rows[rows["verdict"].notna()]
    return f"{decided.to_json(to_wgs84=rows.crs is not None, indent=1)}\n"


def _write(path: Path, text: str) -> Path:
    with beside(path) as part:
        part.write_bytes(text.encode("utf-8", "replace"))
    return path
