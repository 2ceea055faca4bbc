"""Relate two grids: where one begins on the other, how far it reaches there, how much finer.

Plain geometry, without pixels.  A picture on a grid's own lines is found at a whole offset; any
other is covered by a *lattice*: the grid, extended or cut along its own lines.

    own Grid, target Grid ──► offset  or  lattice and offset, kernel scales

Source: affine algebra; PROJ for what lies between two CRSs.
"""

from __future__ import annotations

import math

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from geo.errors import InputError
from geo.grid import Grid, crs_name

ALIGNED = 0.01
"""Pixels.  Grids whose lines differ by less over their whole extent are the same."""

MARGIN = 512
"""Target pixels kept around the picture's outline, for PROJ and pyproj may shift datums
differently."""


def offset_of(own: Grid, grid: Grid) -> tuple[int, int] | None:
    """Tell at which row, col of ``grid`` ``own`` begins; ``None`` if their lines differ."""
    if own.crs != grid.crs:
        return None
    a = ~grid.affine @ own.affine
    reach = max(*own.shape, *grid.shape)
    skew = max(abs(a.a - 1), abs(a.b), abs(a.d), abs(a.e - 1)) * reach
    row, col = round(a.f), round(a.c)
    if max(skew, abs(a.f - row), abs(a.c - col)) > ALIGNED:
        return None
    return row, col


def cover(own: Grid, grid: Grid) -> tuple[Grid, tuple[int, int]]:
    """Extend or cut ``grid`` along its own lines until it just covers the picture ``own``.

    Returns:
        The lattice, and the row, col of ``grid`` at which it begins.
    """
    rows, cols = own.shape
    t = np.linspace(0, 1, 65)
    rim = np.concatenate([[t, 0 * t], [t, 0 * t + 1], [0 * t, t], [0 * t + 1, t]], axis=1)
    x, y = _carry(own, grid, rim[0] * cols, rim[1] * rows)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(
            f"The picture lies in {crs_name(own)}, part of which has no place in "
            f"{crs_name(grid)}. Choose a CRS made for the region."
        )
    left, top = math.floor(x.min()) - MARGIN, math.floor(y.min()) - MARGIN
    right, bottom = math.ceil(x.max()) + MARGIN, math.ceil(y.max()) + MARGIN
    affine = grid.affine @ Affine.translation(left, top)
    return Grid((bottom - top, right - left), affine, grid.crs), (top, left)


def _carry(
    of: Grid, to: Grid, col: NDArray[np.float64], row: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Carry pixel positions of one grid over to another."""
    x, y = _apply(of.affine, col, row)
    if of.crs != to.crs:
        if of.crs is None or to.crs is None:
            raise InputError(
                f"No way leads from {crs_name(of)} to {crs_name(to)}: pictures with and "
                "without a place on Earth cannot share one grid."
            )
        x, y = Transformer.from_crs(of.crs.proj, to.crs.proj, always_xy=True).transform(x, y)
    return _apply(~to.affine, x, y)


def _apply(
    a: Affine, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return a.a * x + a.b * y + a.c, a.d * x + a.e * y + a.f


def kernel_scales(own: Grid, lattice: Grid) -> tuple[float, float]:
    """Measure target pixels per source pixel, along the source's columns and rows."""
    row, col = (side / 2 for side in lattice.shape)
    x, y = _carry(
        lattice, own, np.array([col, col + 1.0, col]), np.array([row, row, row + 1.0])
    )
    across, down = (float(np.hypot(v[1] - v[0], v[2] - v[0])) for v in (x, y))
    return round(1 / across, 6), round(1 / down, 6)
