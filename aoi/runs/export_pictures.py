"""Find a run's pictures again, and cut from them what an export may show.

    manifest.json ──► Shot(image, stretch) a picture ──► chips_for(Leaving) ──► Chip a layout

A picture that was moved, or is no longer the file the run saw, is left out with a sentence; the
rest of the export goes on.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from affine import Affine
from shapely.geometry.base import BaseGeometry

from aoi.outputs.chips import Chip
from aoi.outputs.leaving import Found, Leaving, Level
from aoi.outputs.manifest import Input, Manifest
from aoi.outputs.whereabouts import WINDOW, find_again
from geo.errors import InputError, SourceError
from geo.grid import Grid, ground_gsd, is_metric, is_north_up, utm_of
from geo.read import Image, open_image
from geo.stretch import Stretch, measure_stretch

log = logging.getLogger(__name__)

LONGEST = 900
"""Pixels along the longer side of a chip, at most."""

ROOM, LEAST = 0.35, 30.0
"""Ground shown on every side: a share of the layout's size, and at least so many metres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture of the run, found again."""

    image: Image
    stretch: Stretch

    @property
    def crs(self) -> Any:
        """A metric frame to show it on: its own, or the UTM zone of its middle."""
        grid = self.image.grid
        if grid.crs is None or (is_metric(grid) and is_north_up(grid)):
            return grid.crs
        return utm_of(grid)


def find_shots(
    folder: Path, manifest: Manifest, *, places: Sequence[Path] = ()
) -> tuple[dict[str, Shot], list[str]]:
    """Open the pictures of a run.

    Args:
        folder: of the run.
        manifest: of the run.
        places: files and folders where pictures are said to be by now.

    Returns:
        By scene, and a sentence for each picture that is missing or another file by now.
    """
    shots, gaps = {}, []
    for one in manifest.inputs:
        if not one.scene_id or one.role == WINDOW:
            continue
        try:
            shots[one.scene_id] = _shot(find_again(folder, one, places=places), one)
        except (InputError, SourceError) as error:
            gaps.append(f"No picture of {one.scene_id}: {error}")
    return shots, gaps


def chips_for(leaving: Leaving, found: Found, shots: Mapping[str, Shot]) -> dict[str, Chip]:
    """Cut a chip for every layout whose picture may leave.

    Args:
        leaving: what leaves.
        found: the run at home, which knows exact outlines.
        shots: its pictures.

    Returns:
        By the name under which a layout leaves.
    """
    rows = found.layers["compounds"].set_index("id")
    scenes = {
        at_home.id: told for at_home, told in zip(found.scenes, leaving.scenes, strict=True)
    }
    chips = {}
    for new, old in leaving.pictured.items():
        scene = rows["scene_id"][old]
        shot = shots.get(scene) if isinstance(scene, str) else None
        if shot is None:
            continue
        told = scenes[scene]
        when = told.observed_at[:10] + " UTC" if told.observed_at else "date unknown"
        words = ". ".join(word for word in (told.credit, told.licence) if word)
        caption = f"{told.id}, {when}" + (f". {words}" if words else "")
        if leaving.level is not Level.INTERNAL:
            caption += f". Shown at {leaving.finest:g} m a pixel or coarser"
        chip = cut_chip(
            shot, rows.geometry[old], found.crs, finest=leaving.finest, caption=caption
        )
        if chip is not None:
            chips[new] = chip
    return chips


def cut_chip(
    shot: Shot,
    outline: BaseGeometry,
    crs: Any,
    *,
    finest: float = 0.0,
    caption: str = "",
    longest: int = LONGEST,
) -> Chip | None:
    """Cut the ground around an outline from a picture.

    Args:
        shot: the picture.
        outline: in ``crs``.
        crs: of the outline; none for local metres.
        finest: metres a pixel, no finer.
        caption: what a person must know of it.
        longest: pixels of the longer side, at most.

    Returns:
        The chip, or ``None`` where the file is damaged there.
    """
    frame = shot.crs
    series = gpd.GeoSeries([outline], crs=crs and getattr(crs, "proj", crs))
    [shape] = series if frame is None else series.to_crs(getattr(frame, "proj", frame))
    left, bottom, right, top = shape.bounds
    room = max(LEAST, ROOM * max(right - left, top - bottom))
    width, height = right - left + 2 * room, top - bottom + 2 * room
    gsd = max(ground_gsd(shot.image.grid), finest, max(width, height) / longest)
    size = (max(1, math.ceil(height / gsd)), max(1, math.ceil(width / gsd)))
    grid = Grid(size, Affine(gsd, 0, left - room, 0, -gsd, top + room), frame)
    try:
        pixels, valid = shot.image.picture(grid, shot.stretch)
    except SourceError as error:
        log.warning("%s: %s", shot.image.path.name, error)
        return None
    return Chip(np.where(valid, pixels, 255).astype(np.uint8), grid, caption)


def _shot(path: Path, one: Input) -> Shot:
    gsd = one.gsd_m
    try:
        image = open_image(path)
    except InputError:
        image = open_image(path, gsd=gsd)  # a photograph without a place
    known = Stretch.from_dict(one.stretch) if one.stretch else measure_stretch(image)
    return Shot(image=image, stretch=known)
