"""Read pictures and labels that know where they lie: GeoTIFF, GeoPackage, GeoJSON, KML.

    GeoTIFF ──► picture (3, H, W) uint8, stretched as a scan would; valid (H, W); GSD
    vectors, any CRS ──► the picture's CRS ──► its pixels ──► labels (H, W)

A user's own data come this way, often one file of outlines for many pictures.  Lines become
bands as wide as a wall.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely import GeometryCollection, LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.grid import Grid, crs_name
from geo.read import open_image
from geo.stretch import measure_stretch
from geo.types import Mask, Picture
from geo.vectors import read_vectors
from models.labels import WALL_WIDTH, Labels, burn, parts_of

SUFFIXES = {".tif", ".tiff", ".vrt", ".jp2"}
"""Pictures that are read through the door of georeferenced ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture on its frame."""

    picture: Picture
    """(3, H, W) uint8, red, green, blue."""

    valid: Mask
    """(H, W)."""

    grid: Grid
    """Its frame; without a CRS in local metres."""

    gsd: float
    """Metres per pixel on the ground."""


def read_placed(path: Path, *, gsd: float | None = None) -> Placed:
    """Read a picture the way a scan would, stretch and all.

    Args:
        path: GeoTIFF and the like.
        gsd: metres per pixel, for one without a CRS; where given it is believed over the
            picture's own.

    Raises:
        InputError: missing, no picture, or without a place and ``gsd``.
    """
    image = open_image(path, gsd=gsd)
    picture, valid = image.picture(None, measure_stretch(image))
    return Placed(picture=picture, valid=valid, grid=image.grid, gsd=gsd or image.gsd_m)


def from_vectors(path: Path, placed: Placed) -> Labels:
    """Rasterise polygons and lines onto a picture.

    Args:
        path: any vector file; in whatever CRS it names.  It may reach far beyond the picture.
        placed: the picture; its invalid ground stays unknown by the caller's hand.

    Returns:
        (H, W): 1 inside polygons and along lines, 0 elsewhere.  A file that is empty, or whose
        outlines all lie round about, says there is nothing of the kind here.

    Raises:
        InputError: no CRS on either side, a point among the outlines, or no outline anywhere
            near the picture.
    """
    frame = read_vectors(path, mend=True)
    shape = (placed.grid.height, placed.grid.width)
    _refuse_points(path, frame)
    drawn = frame.geometry[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if not len(drawn):
        return np.zeros(shape, np.uint8)
    if placed.grid.crs is None:
        raise InputError(
            f"{path.name} has a CRS and its picture has none, so one cannot be laid on the "
            "other. Give the picture its CRS (gdal_translate -a_srs ... -a_ullr ...)."
        )
    inverse = ~placed.grid.affine
    there = drawn.to_crs(placed.grid.crs.proj).to_numpy()
    there = there[np.isfinite(shapely.bounds(there)).all(1)]  # the CRS may not reach as far
    moved = shapely.transform(there, lambda xy: _applied(inverse, xy))
    if not _any_near(moved, shape):
        raise InputError(
            f"None of the {len(drawn)} outlines in {path.name} lies anywhere near its picture, "
            f"which is in {crs_name(placed.grid)}. A CRS is wrong; an empty file would say "
            "there are none."
        )
    half = WALL_WIDTH / 2 / placed.gsd
    return burn((_widened(one, half) for one in moved), shape).astype(np.uint8)


def _refuse_points(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Raise when a record marks a place and no ground, which would be taught as none."""
    flat = shapely.get_dimensions(frame.geometry.to_numpy()) == 0
    found = np.flatnonzero(flat & ~frame.geometry.is_empty)
    if found.size:
        more = f", and so are {found.size - 1} more" if found.size > 1 else ""
        raise InputError(
            f"{path.name}, record {found[0] + 1} is a point, or an outline no larger than "
            f"one{more}: it cannot say which ground is meant. Draw it, or take it out."
        )


def _any_near(shapes: NDArray[np.object_], shape: tuple[int, int]) -> bool:
    """Tell whether the shapes' common bounds come within a picture's diagonal of it."""
    if not len(shapes):
        return False
    left, top, right, bottom = shapely.total_bounds(shapes)
    height, width = shape
    reach = math.hypot(height, width)
    across = bool(right >= -reach and left <= width + reach)
    return across and bool(bottom >= -reach and top <= height + reach)


def _applied(affine: Affine, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map (N, 2) coordinates."""
    x, y = xy.T
    return np.stack(
        [affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f], 1
    )


def _widened(geometry: BaseGeometry, half: float) -> BaseGeometry:
    """Give a line the width of a wall; leave polygons as they are.

    Mending parts a spike from its polygon as a line that touches it: it holds no ground, and
    would get some.
    """
    if isinstance(geometry, LineString | MultiLineString):
        return geometry.buffer(half)
    if not isinstance(geometry, GeometryCollection):
        return geometry
    parts = list(parts_of(geometry))
    ground = GeometryCollection([part for part in parts if shapely.get_dimensions(part) == 2])
    lines = [part for part in parts if isinstance(part, LineString)]
    walls = [line.buffer(half) for line in lines if not line.dwithin(ground, half)]
    return GeometryCollection([*ground.geoms, *walls])
