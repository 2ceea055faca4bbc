"""Place areas and footprints on a round Earth: the 180th meridian, UTM zones, work frames.

Outlines are longitude and latitude.  One that crosses the 180th meridian is told in two ways:
as parts on both sides of it (``cut``), which is how it is kept, or as one piece whose
longitudes run past 180 (``unroll``), which is how it is measured.

    geometry as an archive gives it ──► mend ──► parts within -180..180
    outline + pixel size ──► frame ──► Grid in the UTM zone of its middle, on whole pixels

Source: RFC 7946, section 3.1.9 (geometries that cross the antimeridian are cut in two).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from odc.geo.crs import CRS
from pyproj import Transformer
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError
from geo.grid import Grid, is_metric, utm_at

PIECES = 64
"""Edges are cut into so many pieces before they are projected, for they bend on the way."""

LARGEST = 100_000_000
"""Pixels.  A frame of 10 000 x 10 000, which is 100 km at 10 m: a pass is held in memory."""


def mend(geometry: Mapping[str, Any] | BaseGeometry) -> BaseGeometry:
    """Bring a footprint into order: flat, valid, cut at the 180th meridian.

    Args:
        geometry: GeoJSON or a shape, in degrees.  A ring whose neighbouring corners lie more
            than half the Earth apart is meant to go the short way, over the meridian.

    Raises:
        InputError: it is empty, or no polygon.
    """
    ground = geometry if isinstance(geometry, BaseGeometry) else shape(dict(geometry))
    parts = [_unwound(part) for part in _polygons(shapely.force_2d(ground))]
    if not parts:
        raise InputError(f"A footprint is a polygon, not {ground.geom_type or 'nothing'}.")
    return cut(shapely.union_all([shapely.make_valid(part) for part in parts]))


def cut(outline: BaseGeometry) -> BaseGeometry:
    """Tell an outline whose longitudes may run past 180 as parts within -180 to 180."""
    west, _, east, _ = outline.bounds
    turns = range(math.floor((west + 180) / 360), math.floor((east + 180) / 360) + 1)
    parts = []
    for turn in turns:
        world = box(-180 + 360 * turn, -90, 180 + 360 * turn, 90)
        parts.append(translate(outline & world, -360 * turn))
    whole = shapely.union_all(parts)
    ground = [part for part in _polygons(whole) if part.area > 0]
    return ground[0] if len(ground) == 1 else MultiPolygon(ground)


def unroll(outline: BaseGeometry) -> BaseGeometry:
    """Tell parts on both sides of the 180th meridian as one piece that runs past it."""
    parts = _polygons(outline)
    west, _, east, _ = outline.bounds
    if east - west <= 180:
        return outline
    return shapely.union_all([translate(p, 360 * (p.centroid.x < 0)) for p in parts])


def boxes(outline: BaseGeometry) -> list[tuple[float, float, float, float]]:
    """Give west, south, east, north around an outline: two where it crosses the meridian."""
    west, _, east, _ = outline.bounds
    if east - west <= 180:
        return [outline.bounds]
    sides = [
        [p for p in _polygons(outline) if (p.centroid.x < 0) == far] for far in (False, True)
    ]
    return [shapely.union_all(side).bounds for side in sides if side]


def middle(outline: BaseGeometry) -> tuple[float, float]:
    """Give the longitude and latitude of the middle of an outline."""
    point = unroll(outline).centroid
    return (point.x + 180) % 360 - 180, point.y


def to_crs(outline: BaseGeometry, crs: CRS) -> BaseGeometry:
    """Carry an outline from degrees to ``crs``, edges bent, over the meridian in one piece.

    Raises:
        InputError: part of it has no place there.
    """
    whole = unroll(outline)
    west, south, east, north = whole.bounds
    step = max(east - west, north - south) / PIECES
    go = Transformer.from_crs("EPSG:4326", crs.proj, always_xy=True)

    def move(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry corners, (N, 2), longitudes brought back into -180 to 180."""
        lon = (corners[:, 0] + 180) % 360 - 180 if east > 180 else corners[:, 0]
        return np.column_stack(go.transform(lon, corners[:, 1]))

    there = shapely.transform(shapely.segmentize(whole, step), move)
    if not np.isfinite(shapely.get_coordinates(there)).all():
        raise InputError(f"Part of the area has no place in {crs}; choose a CRS made for it.")
    return there


def frame(
    outline: BaseGeometry,
    gsd: float,
    *,
    crs: CRS | None = None,
    origin: tuple[float, float] = (0, 0),
) -> Grid:
    """Choose the frame on which all scenes of an area are laid.

    Args:
        outline: in degrees.
        gsd: metres a pixel.
        crs: projected, in metres; the UTM zone of the middle when ``None``.
        origin: x, y of any pixel corner; lines run through it, so that pixels of scenes with
            the same lines are taken as they are.

    Raises:
        InputError: no such frame, or one of more than ``LARGEST`` pixels.
    """
    if not 0 < gsd < math.inf:
        raise InputError(f"--gsd takes metres a pixel, a positive number, not {gsd}.")
    crs = crs or utm_at(*middle(outline))
    left, bottom, right, top = to_crs(outline, crs).bounds
    x0, y0 = origin
    col0, col1 = math.floor((left - x0) / gsd + 1e-6), math.ceil((right - x0) / gsd - 1e-6)
    row0, row1 = math.ceil((top - y0) / gsd - 1e-6), math.floor((bottom - y0) / gsd + 1e-6)
    rows, cols = max(1, row0 - row1), max(1, col1 - col0)
    if rows * cols > LARGEST:
        raise InputError(
            f"The area is {cols} x {rows} pixels at {gsd:g} m, more than {LARGEST:,}. Take a "
            "smaller area or a coarser --gsd."
        )
    grid = Grid((rows, cols), Affine(gsd, 0, x0 + col0 * gsd, 0, -gsd, y0 + row0 * gsd), crs)
    if not is_metric(grid):
        raise InputError(f"{crs} does not measure in metres here; leave --crs out.")
    return grid


def _polygons(ground: BaseGeometry) -> list[Polygon]:
    return [
        part for part in shapely.get_parts(ground).tolist() if isinstance(part, Polygon)
    ] + [
        piece
        for part in shapely.get_parts(ground).tolist()
        if not isinstance(part, Polygon) and hasattr(part, "geoms")
        for piece in _polygons(part)
    ]


def _unwound(part: Polygon) -> Polygon:
    """Let a ring that jumps over the 180th meridian run past it instead."""

    def unwind(ring: Any) -> NDArray[np.float64]:
        """Add a turn at each jump, so that a ring runs on."""
        corners = np.array(ring.coords)[:, :2]
        jumps = np.diff(corners[:, 0], prepend=corners[0, 0])
        corners[:, 0] -= 360 * np.cumsum(np.rint(jumps / 360) * (np.abs(jumps) > 180))
        return corners

    return Polygon(unwind(part.exterior), [unwind(hole) for hole in part.interiors])
