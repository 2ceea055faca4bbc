"""Pictures for the report: the whole place, and each compound with some ground around it.

    SceneResult ──► coarse grid ──► Overview     + outlines ──► a fine grid each ──► Chip

Read through the same door and the same contrast as the net's own view, so that a person judges
what the net judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from affine import Affine
from odc.geo.crs import CRS

from aoi.outputs.chips import Chip, Overview
from aoi.runs.scenes import SceneResult
from geo.errors import SourceError
from geo.grid import Grid, gsd_of

OVERVIEW = 1600
"""Pixels along the longer side of the overview."""

CHIP = 640
"""Pixels along the longer side of a chip, at most."""

AROUND = 0.35
"""Share of a compound's size shown on every side: what it stands in is half of the
judgement."""

LEAST = 40.0
"""Metres shown around even the smallest."""

CHIPS = 200
"""As many as the report has cards."""


def overview_of(results: Sequence[SceneResult], crs: CRS | None) -> Overview | None:
    """Show all pictures on one coarse grid; ``None`` where they share no map."""
    if crs is None and len(results) > 1:
        return None
    extents = [r.grid.extent if crs is None else r.grid.extent.to_crs(crs) for r in results]
    boxes = np.array([extent.boundingbox for extent in extents])
    left, bottom = boxes[:, :2].min(axis=0)
    right, top = boxes[:, 2:].max(axis=0)
    gsd = max(right - left, top - bottom) / OVERVIEW
    gsd = max(gsd, min(gsd_of(result.grid) for result in results))
    grid = _grid(left, top, right - left, top - bottom, gsd, crs)
    picture = np.full((3, *grid.shape), 255, np.uint8)
    for result in results:
        pixels, valid = result.image.picture(grid, result.stretch)
        picture[:, valid] = pixels[:, valid]
    return Overview(picture, grid, _caption(results[0]) if len(results) == 1 else "")


def chips_of(result: SceneResult, compounds: gpd.GeoDataFrame) -> dict[str, Chip]:
    """Cut one chip for each of a picture's compounds, best first, as many as a report shows."""
    finest = gsd_of(result.grid)
    crs = result.grid.crs
    shapes = compounds if crs is None else compounds.to_crs(crs.proj)
    chips = {}
    for name, shape in zip(compounds["id"], shapes.geometry[:CHIPS], strict=False):
        left, bottom, right, top = shape.bounds
        room = max(LEAST, AROUND * max(right - left, top - bottom))
        width, height = right - left + 2 * room, top - bottom + 2 * room
        gsd = max(finest, max(width, height) / CHIP)
        grid = _grid(left - room, top + room, width, height, gsd, crs)
        try:
            pixels, valid = result.image.picture(grid, result.stretch)
        except SourceError:
            continue  # the report says that the picture is missing; coverage says why
        chips[str(name)] = Chip(
            np.where(valid, pixels, 255).astype(np.uint8), grid, _caption(result)
        )
    return chips


def _grid(
    left: float, top: float, width: float, height: float, gsd: float, crs: CRS | None
) -> Grid:
    shape = (max(1, math.ceil(height / gsd)), max(1, math.ceil(width / gsd)))
    return Grid(shape, Affine(gsd, 0, left, 0, -gsd, top), crs)


def _caption(result: SceneResult) -> str:
    """Say what a person must know of a picture: its name, its day, and whom to name for it."""
    when = result.image.time
    day = f"{when:%Y-%m-%d} UTC" if when else "date unknown"
    rights = [word for word in (result.credit, result.licence) if word]
    return ". ".join([f"{result.image.id}, {day}", *rights])
