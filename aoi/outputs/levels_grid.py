"""Coarsen a place so that no figure gives away more than the cell it lies in.

The cells lie on the world, not on what was found: squares of an equal-area frame, counted from
the meridian of Greenwich and the equator.  Two exports show the same cell for one place, and no
number of exports narrows it.

    outline ──► its middle ──► cell of the world's lattice ──► square, in the run's CRS

Source: geographic masking by aggregation, M. Armstrong et al., Statistics in Medicine 18, 1999;
random shifts are weaker, for repeated exports average out.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

EQUAL_AREA = "EPSG:6933"
"""NSIDC EASE-Grid 2.0: a square of a kilometre is a square kilometre everywhere."""

EDGE = 4
"""Corners added to every side of a cell, for its sides bend in another CRS."""


def coarsened(shapes: gpd.GeoSeries, cell: float) -> gpd.GeoSeries:
    """Replace each shape by the cell its middle lies in.

    Args:
        shapes: in any CRS, or in local metres.
        cell: metres a side.

    Returns:
        Squares in the CRS of ``shapes``, corners rounded to the metre or to 1e-5 degrees.
    """
    crs: Any = shapes.crs
    middles = shapes.representative_point()
    flat = middles if crs is None else middles.to_crs(EQUAL_AREA)
    columns = np.floor(flat.x.to_numpy() / cell)
    rows = np.floor(flat.y.to_numpy() / cell)
    boxes = shapely.box(columns * cell, rows * cell, (columns + 1) * cell, (rows + 1) * cell)
    squares = gpd.GeoSeries(
        shapely.segmentize(boxes, cell / EDGE), index=shapes.index, crs=crs and EQUAL_AREA
    )
    if crs is None:
        return squares
    own = squares.to_crs(crs)
    step = 1e-5 if crs.is_geographic else 1.0
    return own.set_precision(step, mode="pointwise")
