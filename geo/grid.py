"""Frames that pixels lie on, and how to measure in metres on them.

A *Grid* is the field's own ``GeoBox`` (CRS, affine, shape).  Everything metric in Stockade
happens on a *metric* grid: projected in metres with less than one per cent of distortion, or
local metres without any CRS.  Pictures on other grids (degrees, web Mercator, rotated) are read
through a work grid in the UTM zone of the place.  Work grids are *anchored*: their lines pass
through whole multiples of the pixel size, so that a crop of a scene is cut along the same lines
as the scene itself.

    any Grid ──► is_metric? ──yes──► itself, or resampled ──► anchored Grid at the net's GSD
                     └─────no──► UTM zone of its centre ──┘

Source: odc-geo's GeoBox; scale factors from PROJ (``Proj.get_factors``, Snyder 1987).
"""

from __future__ import annotations

import math
from functools import lru_cache

from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from pyproj import Proj

from geo.errors import InputError, UnitsError

Grid = GeoBox
"""CRS + affine + shape; the one frame in which pixels travel."""

DISTORTION = 0.01
"""Share.  A projection that stretches lengths by more than this is not metric.  UTM stays under
0.001 inside its zone and reaches 0.003 a full zone away."""

SQUARENESS = 0.01
"""Share by which the two sides of a pixel may differ before the grid must be resampled."""


def local_grid(height: int, width: int, gsd: float) -> Grid:
    """Frame a picture that has no CRS: x right, y up, origin at its top-left corner, metres.

    Args:
        height: rows.
        width: columns.
        gsd: metres per pixel, the same both ways.

    Raises:
        UnitsError: ``gsd`` is not a positive number.
    """
    if not 0 < gsd < math.inf:
        raise UnitsError(f"--gsd must be metres per pixel, a positive number, not {gsd}.")
    return Grid((height, width), Affine(gsd, 0.0, 0.0, 0.0, -gsd, 0.0), None)


def is_north_up(grid: Grid) -> bool:
    """Tell whether columns run east and rows run south, without rotation or mirroring."""
    a = grid.affine
    return a.a > 0 > a.e and abs(a.b) + abs(a.d) < 1e-6 * (a.a - a.e)


@lru_cache(maxsize=256)  # PROJ takes a millisecond, and bands of a scene share their frame
def is_metric(grid: Grid) -> bool:
    """Tell whether one unit of the grid is one metre on the ground, within ``DISTORTION``."""
    if grid.crs is None:
        return True
    if grid.crs.geographic or grid.crs.epsg == 3857:
        return False
    units = {axis.unit_name for axis in grid.crs.proj.axis_info[:2]}
    if units != {"metre"}:
        return False
    lon, lat = grid.extent.centroid.to_crs("EPSG:4326").coords[0]
    factors = Proj(grid.crs.proj).get_factors(lon, lat)
    stretch = max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))
    return bool(stretch <= DISTORTION)


def gsd_of(grid: Grid) -> float:
    """Measure the ground sample distance of a metric grid.

    Returns:
        Metres per pixel, the mean of both sides; also right for rotated grids.

    Raises:
        UnitsError: the grid is not metric; the message names its CRS.
    """
    if not is_metric(grid):
        raise UnitsError(
            f"Lengths need metres, and {crs_name(grid)} does not measure in metres."
        )
    a = grid.affine
    return (math.hypot(a.a, a.d) + math.hypot(a.b, a.e)) / 2


def ground_gsd(grid: Grid) -> float:
    """Estimate metres per pixel of any grid, measured at its centre in the local UTM zone."""
    if is_metric(grid):
        return gsd_of(grid)
    rows, cols = grid.shape
    centre = grid[rows // 2 : rows // 2 + 1, cols // 2 : cols // 2 + 1]
    return math.sqrt(centre.extent.to_crs(utm_of(grid)).area)


def utm_of(grid: Grid) -> CRS:
    """Return the UTM zone of the centre of a grid that has a CRS.

    Raises:
        UnitsError: the grid has no CRS, so nobody knows where on Earth it lies.
    """
    if grid.crs is None:
        raise UnitsError("A picture without a CRS lies nowhere on Earth; it has no UTM zone.")
    lon, lat = grid.extent.centroid.to_crs("EPSG:4326").coords[0]
    return utm_at(lon, lat)


def utm_at(lon: float, lat: float) -> CRS:
    """Return the UTM zone of a point, by the plain 6 degree rule; polar points get UPS."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(f"{lon}, {lat} is not a longitude and a latitude in degrees.")
    if lat >= 84 or lat < -80:
        return CRS("EPSG:5041" if lat > 0 else "EPSG:5042")
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS(f"EPSG:{(32600 if lat >= 0 else 32700) + zone}")


def work_grid(grid: Grid, gsd: float, *, tolerance: float = 0.15) -> Grid:
    """Choose the frame a net works on: metric, north-up, square, near the net's own GSD.

    Args:
        grid: any frame of a scene.
        gsd: metres per pixel the net was trained at.
        tolerance: share by which the scene's own pixels may differ before it is resampled.

    Returns:
        ``grid`` itself where it already serves; else an anchored grid over the same ground.
    """
    if is_metric(grid) and is_north_up(grid) and _is_square(grid):
        own = gsd_of(grid)
        if abs(own / gsd - 1) <= tolerance:
            return grid
        crs, left, top = grid.crs, grid.affine.c, grid.affine.f
        if crs is None:  # keep the corner: local metres are measured from it
            rows, cols = (max(1, math.ceil(n * own / gsd - 1e-6)) for n in grid.shape)
            return Grid((rows, cols), Affine(gsd, 0, left, 0, -gsd, top), None)
    elif grid.crs is None:  # rotated or oblong local metres
        crs = None
    else:
        crs = grid.crs if is_metric(grid) else utm_of(grid)
    extent = grid.extent if crs is None or crs == grid.crs else grid.extent.to_crs(crs)
    box = extent.boundingbox
    left, top = math.floor(box.left / gsd + 1e-6) * gsd, math.ceil(box.top / gsd - 1e-6) * gsd
    rows = max(1, math.ceil((top - box.bottom) / gsd - 1e-6))
    cols = max(1, math.ceil((box.right - left) / gsd - 1e-6))
    return Grid((rows, cols), Affine(gsd, 0, left, 0, -gsd, top), crs)


def phase_of(grid: Grid, stride: int) -> tuple[int, int]:
    """Tell where a north-up grid lies on the world's lattice of ``stride`` pixels.

    A net with strides sees a picture in blocks.  Starting the blocks at the same places on the
    ground makes a crop give the same scores as the whole.

    Returns:
        row, col: 0 to ``stride - 1``; how many pixels the grid's first pixel lies past a
        lattice line.
    """
    a = grid.affine
    row = round(-a.f / -a.e) if a.e else 0
    col = round(a.c / a.a) if a.a else 0
    return row % stride, col % stride


def crs_name(grid: Grid) -> str:
    """Name the CRS in words an error message can carry."""
    if grid.crs is None:
        return "a picture without a CRS"
    return f"EPSG:{grid.crs.epsg}" if grid.crs.epsg else str(grid.crs.proj.name)


def _is_square(grid: Grid) -> bool:
    return abs(grid.affine.a / -grid.affine.e - 1) <= SQUARENESS
