"""Compare two small patches, and an outline with the edges about it, at the best small shift.

    (h, w) on two dates, where ──shifts──► correlation, -1 to 1
    outline, (h, w) directions of edges ──shifts──► how far edges run along it, 0 to 1

Source: the search window answers the parallax of roofs, which co-registration of the ground
cannot mend.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.correlate import Directions
from geo.grid import Grid, gsd_of
from geo.types import Mask

SEARCH = 2
"""Pixels by which a roof may stand elsewhere on the other date and still be compared."""

RIM = 3
"""Pixels by which an outline may lie beside the edges of its roof: lists are drawn from other
pictures, and roofs lean."""


def rim(
    shape: BaseGeometry, field: Directions, window: tuple[slice, slice], grid: Grid
) -> float:
    """Tell how far edges run along an outline, at the best of several small shifts.

    Args:
        shape: the outline, in the CRS of the grid.
        field: (h, w) directions of edges in the window.
        window: rows, cols of the grid.
        grid: metric.

    Returns:
        1 where a clear edge runs along all of it, 0 where none does or they run anyhow.
    """
    outline: Any = shape.boundary
    count = int(np.clip(outline.length / gsd_of(grid), 8, 600))
    along = np.arange(count) * outline.length / count
    ends = [
        shapely.get_coordinates(shapely.line_interpolate_point(outline, at % outline.length))
        for at in (along, along + 0.2)
    ]
    (x, y), (u, v) = (~grid.affine @ tuple(end.T) for end in ends)
    step = (u - x) + 1j * (v - y)
    normal = (step * 1j / np.maximum(np.abs(step), 1e-9)) ** 2
    rows = np.floor(y).astype(int) - window[0].start
    cols = np.floor(x).astype(int) - window[1].start
    height, width = field.shape
    best = 0.0
    for down, right in itertools.product(range(-RIM, RIM + 1), repeat=2):
        r, c = rows + down, cols + right
        ok = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        if ok.sum() > count / 2:
            best = max(best, float((field[r[ok], c[ok]] * normal[ok].conj()).real.mean()))
    return best


def likeness(one: NDArray[Any], other: NDArray[Any], where: Mask, *, centred: bool) -> float:
    """Correlate two patches at the best of several small shifts.

    Args:
        one: (h, w) light and dark, or directions of edges.
        other: the same on the other date.
        where: (h, w), which pixels are compared.
        centred: take the mean out first.

    Returns:
        -1 to 1; 0 where there is too little to compare.
    """
    rows, cols = np.nonzero(where)
    height, width = where.shape
    ok = (
        (rows >= SEARCH) & (rows < height - SEARCH) & (cols >= SEARCH) & (cols < width - SEARCH)
    )
    if ok.sum() < 9:
        return 0.0
    rows, cols = rows[ok], cols[ok]
    span = range(-SEARCH, SEARCH + 1)
    return max(
        _correlation(one[rows, cols], other[rows + down, cols + right], centred=centred)
        for down, right in itertools.product(span, span)
    )


def _correlation(a: NDArray[Any], b: NDArray[Any], *, centred: bool) -> float:
    if centred:
        a, b = a - a.mean(), b - b.mean()
    power = float(np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum()))
    return float((np.conj(a) * b).sum().real) / power if power > 1e-6 else 0.0
