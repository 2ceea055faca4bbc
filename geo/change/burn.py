"""Say which pixels of a grid lie in an outline.

    outline, window ──rings in pixels──► filled, holes left out ──► (h, w) bool

A pixel belongs to an outline when its centre lies inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from skimage.draw import polygon as fill_polygon

from geo.grid import Grid
from geo.types import Mask


def burnt(
    units: gpd.GeoDataFrame, grid: Grid, *, margin: int = 0
) -> Iterator[tuple[tuple[slice, slice], Mask]]:
    """Yield for each unit a window of the grid, and its pixels in there.

    Args:
        units: outlines in the CRS of the grid.
        grid: of the pictures.
        margin: pixels of ground around each that its window takes along.
    """
    to_pixels = ~grid.affine
    height, width = grid.shape
    for shape in units.geometry:
        left, top, right, bottom = shapely.transform(
            shape, lambda xy: np.column_stack(to_pixels @ tuple(xy.T))
        ).bounds
        r0, r1 = int(np.floor(top)) - margin, int(np.ceil(bottom)) + margin
        c0, c1 = int(np.floor(left)) - margin, int(np.ceil(right)) + margin
        rows = slice(min(max(r0, 0), height), min(max(r1, 0), height))
        cols = slice(min(max(c0, 0), width), min(max(c1, 0), width))
        yield (rows, cols), burn(shape, grid, (rows, cols))


def burn(shape: BaseGeometry, grid: Grid, window: tuple[slice, slice]) -> Mask:
    """Tell which pixels of a window have their centre in a polygon, (h, w).

    Args:
        shape: in the CRS of the grid.
        grid: of the pictures.
        window: rows, cols.
    """
    rows, cols = window
    inside = np.zeros((rows.stop - rows.start, cols.stop - cols.start), np.bool_)
    if not inside.size:
        return inside
    for part in shapely.get_parts(shape):
        for ring, value in _rings(part):
            col, row = ~grid.affine @ tuple(shapely.get_coordinates(ring).T)
            # Whole numbers are centres to the filler; ours lie half a pixel further in.
            hit = fill_polygon(row - rows.start - 0.5, col - cols.start - 0.5, inside.shape)  # type: ignore[no-untyped-call]
            inside[hit] = value
    return inside


def _rings(part: BaseGeometry) -> Sequence[tuple[BaseGeometry, bool]]:
    if not isinstance(part, Polygon):
        return []
    return [(part.exterior, True), *((ring, False) for ring in part.interiors)]
