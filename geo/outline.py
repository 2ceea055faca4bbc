"""From labels to outlines: exact polygons of pixels, and straight walls.

A roof is drawn with few corners, and as a rectangle where it is one.

    labels (H, W) ──► pixel outlines ──► Polygons with few corners, metres
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.grid import Grid

TOLERANCE = 0.6
"""Metres.  How far a drawn line may leave the pixels: a little over one pixel at 0.5 m, so that
stairs of pixels become straight."""

RIGHT = 0.9
"""Least overlap (IoU) of a roof with a squared outline for the squared one to be drawn."""


def polygons(labels: NDArray[np.integer], grid: Grid) -> gpd.GeoDataFrame:
    """Outline every piece of every label, exactly along pixel edges.

    Args:
        labels: (H, W) integers up to 32 bits; 0 is no thing.  Pieces that only touch at a
            corner are two.
        grid: the frame the labels lie on; any CRS, north-up or rotated.

    Returns:
        One row a piece: ``label`` and ``geometry`` in the CRS of the grid.  A label in two
        pieces has two rows.

    Raises:
        ShapeError: the labels do not lie on the grid.
    """
    if labels.shape != tuple(grid.shape):
        raise ShapeError(
            f"labels must be {tuple(grid.shape)} to lie on the grid, not {labels.shape}"
        )
    values, outlines = _trace(labels, grid.affine)
    return gpd.GeoDataFrame({"label": values}, geometry=outlines, crs=_crs(grid))


def _trace(
    labels: NDArray[np.integer], affine: Affine
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Trace pixel outlines; values (N,) and polygons (N,) in the units of the affine.

    GDAL walks in pixels, and all corners are moved to the ground at once: one array of corners
    is far cheaper than a polygon at a time.
    """
    picture = np.ascontiguousarray(labels)
    if picture.dtype not in (np.uint8, np.int16, np.uint16, np.int32):
        picture = picture.astype(np.int32)
    values: list[int] = []
    rings: list[list[tuple[float, float]]] = []
    first_ring = [0]
    for shape, value in rasterio.features.shapes(picture, mask=picture != 0, connectivity=4):
        values.append(int(value))
        rings.extend(shape["coordinates"])
        first_ring.append(len(rings))
    if not values:
        return np.zeros(0, np.int64), np.zeros(0, object)
    corners = np.array([corner for ring in rings for corner in ring])  # (P, 2) col, row
    col, row = corners.T
    x, y = (
        affine.a * col + affine.b * row + affine.c,
        affine.d * col + affine.e * row + affine.f,
    )
    first_corner = np.cumsum([0, *map(len, rings)])
    outlines = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        np.column_stack([x, y]),
        (first_corner, np.array(first_ring)),
    )
    return np.array(values), outlines


def straighten(exact: NDArray[np.object_], gsd: float) -> NDArray[np.object_]:
    """Draw pixel outlines with few corners, as rectangles where they are nearly that.

    Args:
        exact: (N,) polygons in metres, none overlapping another.
        gsd: metres per pixel.

    Returns:
        (N,) valid polygons, none overlapping another.
    """
    if not len(exact):
        return exact
    simple = shapely.simplify(exact, max(TOLERANCE, 1.2 * gsd))
    simple = np.where(shapely.is_valid(simple) & ~shapely.is_empty(simple), simple, exact)
    squared = _squared(exact)
    drawn = np.where(_overlap(squared, exact) >= RIGHT, squared, simple)
    return _part(_part(drawn, simple), exact, cut=True)


def _squared(exact: NDArray[np.object_]) -> NDArray[np.object_]:
    """Draw the rectangle of least area round each outline, shrunk to the area of the outline.

    The rectangle hugs the outermost corners of pixels, half a pixel too far out on each side.
    """
    hull = np.asarray(shapely.oriented_envelope(exact))
    share = np.sqrt(shapely.area(exact) / np.maximum(shapely.area(hull), 1e-9))
    corners, owner = shapely.get_coordinates(hull, return_index=True)
    middle = shapely.get_coordinates(shapely.centroid(hull))[owner]
    return np.asarray(
        shapely.set_coordinates(hull, middle + (corners - middle) * share[owner, None])
    )


def _overlap(one: NDArray[np.object_], other: NDArray[np.object_]) -> NDArray[np.float64]:
    """Share two outlines have in common (IoU), pair by pair."""
    common = shapely.area(shapely.intersection(one, other))
    iou: NDArray[np.float64] = common / (shapely.area(one) + shapely.area(other) - common)
    return iou


def _part(
    drawn: NDArray[np.object_], fallback: NDArray[np.object_], *, cut: bool = False
) -> NDArray[np.object_]:
    """Give outlines that overlap their plainer form; with ``cut``, cut what then remains."""
    drawn = drawn.copy()
    pairs = _overlapping(drawn)
    drawn[np.unique(pairs)] = fallback[np.unique(pairs)]
    if cut:
        for one, other in _overlapping(drawn).T:
            keep, give = (one, other) if drawn[one].area >= drawn[other].area else (other, one)
            left = shapely.get_parts(shapely.difference(drawn[give], drawn[keep]))
            drawn[give] = max(left, key=shapely.area, default=shapely.Polygon())
    return drawn


def _overlapping(outlines: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return pairs (2, P) of outlines that share ground, not only a border."""
    one, other = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(outlines[one], outlines[other])) > 1e-9
    return np.stack([one[shared], other[shared]])


def _crs(grid: Grid) -> object:
    return grid.crs and grid.crs.proj
