"""Look at one compound again: its picture, its scores, and the walk round its yards.

    Account ──► picture, wall and roof scores on one grid ──► barrier, escape, walks ──► Ground

The same rooms as in the scan do the measuring, on the same work pixels, so what is drawn is
what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geom import Geometry
from odc.geo.xr import rasterize
from shapely.geometry.base import BaseGeometry

from aoi.outputs.explain import Account
from aoi.outputs.whereabouts import find_again
from geo.errors import InputError
from geo.escape import Heights, drive
from geo.follow import firm
from geo.grid import Grid
from geo.heights import surfaces_of
from geo.images import file_name_of
from geo.perimeter import Perimeter, walk
from geo.read import open_image
from geo.stretch import Stretch
from geo.types import NODATA, Picture
from geo.yards import GATE, MIN_AREA, WIDER, task_of

AROUND = 60.0
"""Metres shown round a compound: its streets, and the way out of its gates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is drawn of one compound."""

    picture: Picture | None
    """(3, H, W) uint8; ``None`` where the file is not found, or was not asked for."""

    grid: Grid
    """Frame of the picture, north-up and metric."""

    barrier: Heights
    """(h, w) uint8, the stronger of wall and roof, on work pixels."""

    escape: Heights
    """(h, w) uint8, what leaving costs the gate's vehicle."""

    walks: tuple[Perimeter, ...]
    """One a yard, largest first, in work pixels."""

    step: int
    """Pixels of the picture along a work pixel."""

    pixel: float
    """Metres per work pixel."""

    gate: float = GATE
    """Metres; a wider gap is no gate."""

    trouble: str = ""
    """Why there is no picture, in a sentence."""


def ground_of(account: Account, *, picture: bool = True, places: Sequence[Path] = ()) -> Ground:
    """Read and measure the ground of a compound again.

    Args:
        account: the compound.
        picture: whether to read its picture as well.
        places: files and folders where the picture is said to be by now.

    Raises:
        InputError: the scores of its picture are not in the run's folder.
    """
    grid = grid_of(account)
    wall, building = _scores(account, grid)
    gsd = float(grid.affine.a)
    task, step = task_of(gsd, gate=GATE, min_area=MIN_AREA, wider=WIDER)
    on = surfaces_of(wall, building, None, step=step, bar=task.bar)
    escape = drive(on.barrier, on.seen, task.reaches[0] + 0.5)[2]
    held = firm(on.barrier, task.bar)
    yards = account.layers["yards"].sort_values("area_m2", ascending=False)
    walks = []
    for shape in yards.geometry:
        region = _region(shape, grid, step, (len(on.seen), on.seen.shape[1]))
        if region.any():
            walks.append(walk(region, held, task.pixel, bar=task.bar, seen=on.seen))
    pixels, trouble = _picture(account, grid, places) if picture else (None, "")
    return Ground(
        picture=pixels,
        trouble=trouble,
        grid=grid,
        barrier=on.barrier,
        escape=escape,
        walks=tuple(walks),
        step=step,
        pixel=task.pixel,
    )


def grid_of(account: Account) -> Grid:
    """Frame a compound with some ground around it, in the CRS of the run."""
    compounds = account.layers["compounds"]
    left, bottom, right, top = compounds.total_bounds
    gsd = float(account.row["gsd_m"] or 0.5)
    step = max(1, round(1.0 / gsd))
    # Whole work pixels, or the last row would be half a pixel.
    rows = step * math.ceil((top - bottom + 2 * AROUND) / gsd / step)
    cols = step * math.ceil((right - left + 2 * AROUND) / gsd / step)
    affine = Affine(gsd, 0, left - AROUND, 0, -gsd, top + AROUND)
    return Grid((rows, cols), affine, compounds.crs)


def _scores(account: Account, grid: Grid) -> tuple[Heights, Heights]:
    """Read the scores of walls and roofs, 255 where nothing was seen."""
    scene = str(account.row["scene_id"])
    folder = account.folder / "rasters"
    path = folder / f"{file_name_of(scene)}_scores.tif"
    if not path.exists():
        raise InputError(
            f"{path} is gone, so there is nothing to draw. Run the scan again, or ask for the "
            "words alone with --no-picture."
        )
    raster = open_image(path, gsd=float(grid.affine.a)).read(grid, resampling="nearest")
    found = dict(zip(raster.names, raster.bands, strict=False))
    if not {"wall", "building"} <= set(found):
        raise InputError(
            f"{path} has no bands named wall and building; it is no scan's scores."
        )
    wall, building = (
        np.where(raster.valid, found[name], NODATA).astype(np.uint8)
        for name in ("wall", "building")
    )
    return wall, building


def _picture(
    account: Account, grid: Grid, places: Sequence[Path]
) -> tuple[Picture | None, str]:
    """Read the picture with the contrast of the run, or say why that cannot be."""
    scene = account.row["scene_id"]
    source = next((one for one in account.manifest.inputs if one.scene_id == scene), None)
    if source is None:
        return None, f"The manifest names no picture {scene}."
    try:
        path = find_again(account.folder, source, places=places)
    except InputError as error:
        return None, str(error)
    stretch = Stretch.from_dict(dict(source.stretch)) if source.stretch else Stretch.identity()
    image = open_image(path, gsd=source.gsd_m or float(grid.affine.a))
    pixels, valid = image.picture(grid, stretch)
    return np.where(valid, pixels, 255).astype(np.uint8), ""


def _region(
    shape: BaseGeometry, grid: Grid, step: int, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Draw a yard on work pixels."""
    a = grid.affine
    coarse = Grid(size, Affine(a.a * step, 0, a.c, 0, a.e * step, a.f), grid.crs)
    mask: NDArray[np.bool_] = rasterize(Geometry(shape, grid.crs), coarse).values.astype(
        np.bool_
    )
    return mask
