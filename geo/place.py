"""Find where a picture lies, in whichever of GDAL's ways its file says so.

    CRS + geotransform ────► its own frame
    ground control points ─► the UTM frame that GDAL suggests; pixels are bent onto it
    nothing, but a gsd ────► local metres
    RPC, or nothing ───────► refused, with what to do

Source: GDAL's raster data model, https://gdal.org/user/raster_data_model.html
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from odc.geo.crs import CRS
from rasterio.warp import calculate_default_transform

from geo.errors import InputError
from geo.grid import Grid, ground_gsd, local_grid, utm_at
from geo.vrt import NOWHERE, GroundPoint, placed_by_affine, placed_by_points

MERCATOR = 20_037_508.342789244
"""Metres from the first meridian to the 180th on the map of the web (EPSG:3857)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a picture lies."""

    grid: Grid
    """The frame of its pixels."""

    words: str
    """The same, as ``geo.vrt`` tells GDAL."""

    straight: bool = True
    """False when ground control points bend its pixels onto ``grid``."""


def find_place(path: Path, source: Any, gsd: float | None) -> Place:
    """Ask an open file where it lies.

    Args:
        path: for messages.
        source: an open rasterio dataset.
        gsd: metres per pixel, for a file that does not say where it lies.

    Raises:
        InputError: it does not say, or nothing usable; the message says what to do.
    """
    if _has_frame(source):
        return _by_affine(path, source)
    if all(source.gcps):
        return _by_points(path, source)
    if source.rpcs is not None:
        raise InputError(
            f"{path.name} is placed by rational polynomials (RPC) only, which needs a terrain "
            f"model. Orthorectify it first: gdalwarp -rpc -t_srs EPSG:... {path.name} ortho.tif"
        )
    if gsd is None:
        raise InputError(
            f"{path.name} does not say where on Earth it lies. Pass --gsd METRES, the size of "
            "a pixel on the ground, to work in local metres."
        )
    grid = local_grid(source.height, source.width, gsd)
    return Place(grid=grid, words=placed_by_affine(NOWHERE, grid.affine))


def _has_frame(source: Any) -> bool:
    """Tell whether a file has both a CRS on Earth and a geotransform."""
    if source.crs is None or source.crs.to_wkt().startswith(("LOCAL", "ENG")):
        return False
    return bool(source.transform != Affine.identity())


def _by_affine(path: Path, source: Any) -> Place:
    wkt = source.crs.to_wkt()
    epsg = source.crs.to_epsg(confidence_threshold=90)  # other names, the same numbers
    grid = Grid(source.shape, source.transform, CRS(f"EPSG:{epsg}" if epsg else wkt))
    _refuse_beyond_the_date_line(path, grid)
    try:
        size = ground_gsd(grid)
    except InputError as error:
        raise InputError(
            f"{path.name} says it lies in {source.crs.to_string()[:60]}, but its corner "
            f"({source.transform.c:g}, {source.transform.f:g}) is no place there: {error}"
        ) from error
    if not 0 < size < np.inf:
        raise InputError(f"{path.name} has pixels without a size; its georeference is broken.")
    return Place(grid=grid, words=placed_by_affine(wkt, grid.affine))


def _refuse_beyond_the_date_line(path: Path, grid: Grid) -> None:
    """Refuse a picture whose columns run on past the longitude at which its frame ends.

    Whoever warps it wraps the longitudes beyond, and half of the picture is lost in silence.
    """
    frame = CRS(grid.crs)
    half = 180.0 if frame.geographic else MERCATOR if frame.epsg == 3857 else np.inf
    box, spare = grid.boundingbox, abs(grid.affine.a) + abs(grid.affine.b)
    for end in (-half, half):
        if box.left < end - spare and box.right > end + spare:
            zone = utm_at(180 if end > 0 else -180, _latitude(grid))
            raise InputError(
                f"{path.name} lies across the 180th meridian in {str(frame)[:60]}, which ends "
                f"there. Warp it first: gdalwarp -t_srs EPSG:{zone.epsg} {path.name} warped.tif"
            )


def _latitude(grid: Grid) -> float:
    """Give that of the middle, as near as a hint needs it."""
    point = grid.extent.centroid
    _, lat = point.to_crs("EPSG:4326").coords[0] if not CRS(grid.crs).geographic else point.xy
    return float(np.clip(np.ravel(lat)[0], -90, 90))


def _by_points(path: Path, source: Any) -> Place:
    """Place by ground control points, in the UTM zone of their middle."""
    points, crs = source.gcps
    lonlat = CRS(crs.to_wkt()).proj
    x, y = (float(np.mean([getattr(p, axis) for p in points])) for axis in "xy")
    if not lonlat.is_geographic:
        raise InputError(
            f"{path.name} is placed by ground control points in {crs.to_string()[:60]}; only "
            f"those in degrees are read. Warp it first: gdalwarp {path.name} warped.tif"
        )
    if np.ptp([point.x for point in points]) > 180:
        raise InputError(
            f"{path.name} is placed by ground control points on both sides of the 180th "
            f"meridian. Warp it first, to the UTM zone of one side: gdalwarp {path.name} "
            "warped.tif -t_srs EPSG:32660"
        )
    utm = utm_at(x, y)
    affine, width, height = calculate_default_transform(
        crs, utm.to_wkt(), source.width, source.height, gcps=points
    )
    known = [GroundPoint(col=p.col, row=p.row, x=p.x, y=p.y) for p in points]
    words = placed_by_points(crs.to_wkt(), known)
    return Place(grid=Grid((height, width), affine, utm), words=words, straight=False)
