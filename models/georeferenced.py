"""Read pictures and labels that know where they lie: GeoTIFF, GeoPackage, GeoJSON, KML.

    GeoTIFF ──► picture (3, H, W) uint8, stretched as a scan would; valid (H, W); GSD
    vectors, any CRS ──► the picture's CRS ──► its pixels ──► labels (H, W)

A user's own data come this way.  Lines become bands as wide as a wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.grid import Grid, crs_name
from geo.read import open_image
from geo.stretch import measure_stretch
from geo.types import Mask, Picture
from geo.vectors import read_vectors
from models.labels import WALL_WIDTH, Labels, burn

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
        path: any vector file; in whatever CRS it names.
        placed: the picture; its invalid ground stays unknown by the caller's hand.

    Returns:
        (H, W): 1 inside polygons and along lines, 0 elsewhere.  An empty file says there is
        nothing of the kind here.

    Raises:
        InputError: no CRS on either side, or no outline anywhere near the picture.
    """
    frame = read_vectors(path, mend=True)
    shape = (placed.grid.height, placed.grid.width)
    if not len(frame):
        return np.zeros(shape, np.uint8)
    if placed.grid.crs is None:
        raise InputError(
            f"{path.name} has a CRS and its picture has none, so one cannot be laid on the "
            "other. Give the picture its CRS (gdal_translate -a_srs ... -a_ullr ...)."
        )
    inverse = ~placed.grid.affine
    half = WALL_WIDTH / 2 / placed.gsd
    shapes = [
        _widened(shapely.transform(geometry, lambda xy: _applied(inverse, xy)), half)
        for geometry in frame.to_crs(placed.grid.crs.proj).geometry
        if geometry is not None and not geometry.is_empty
    ]
    labels = burn(shapes, shape).astype(np.uint8)
    if shapes and not labels.any():
        raise InputError(
            f"None of the {len(shapes)} outlines in {path.name} lies on its picture, which "
            f"is in {crs_name(placed.grid)}. A CRS is wrong; an empty file would say there are "
            "none."
        )
    return labels


def _applied(affine: Affine, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map (N, 2) coordinates."""
    x, y = xy.T
    return np.stack(
        [affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f], 1
    )


def _widened(geometry: BaseGeometry, half: float) -> BaseGeometry:
    """Give a line the width of a wall; leave polygons as they are."""
    if isinstance(geometry, LineString | MultiLineString):
        return geometry.buffer(half)
    return geometry
