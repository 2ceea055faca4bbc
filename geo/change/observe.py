"""Tell of each building whether a change could have been seen at all, and if not, why not.

A building is *not observable* when too much of it lay under cloud, in a cloud's shadow, in haze
or off the scene on either date, when its roof is too small for the coarser picture, or when the
pictures lean too far.  Nothing is said of such a building: neither that it changed nor that it
did not.

    units + codes of both dates + pixel sizes + tilts ──► Hidden: what hid it, by date
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.change.sight import CLEAR, WORDS, Codes
from geo.errors import ShapeError
from geo.grid import Grid

HIDDEN = 0.3
"""Share of a building that may be hidden before nothing is said of it."""

FEWEST = 4.0
"""Pixels along a roof's shorter side, on average, below which a roof is a blot."""

OBLIQUE = 40.0
"""Degrees off nadir beyond which a facade hides more than a roof shows."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What hid one building."""

    one: str = ""
    """On the first date, in words; empty if it could be seen."""

    other: str = ""
    """On the second."""

    def __bool__(self) -> bool:
        """Tell whether anything hid it."""
        return bool(self.one or self.other)


def hidden(
    units: gpd.GeoDataFrame,
    codes: tuple[Codes, Codes],
    cells: Grid,
    *,
    gsds: tuple[float, float],
    tilts: tuple[float | None, float | None] = (None, None),
) -> list[Hidden]:
    """Tell what hid each building.

    Args:
        units: outlines, metres.
        codes: of the first and the second date, (h, w) as ``geo.change.sight`` has them.
        cells: the frame the codes lie on, in the CRS of the units.
        gsds: metres per pixel of both pictures themselves.
        tilts: degrees off nadir of both, where known.

    Raises:
        ShapeError: codes do not lie on the frame.
    """
    if any(code.shape != tuple(cells.shape) for code in codes):
        raise ShapeError(f"Codes of {codes[0].shape} do not lie on a frame of {cells.shape}.")
    found = []
    for shape in units.geometry:
        width = shapely.area(shape) / max(shapely.length(shape) / 2, 1e-6) * 2
        words = [
            _tilted(tilt) or _small(width, gsd) or covered(shape, code, cells)
            for code, gsd, tilt in zip(codes, gsds, tilts, strict=True)
        ]
        found.append(Hidden(*words))
    return found


def _tilted(tilt: float | None) -> str:
    if tilt is None or abs(tilt) <= OBLIQUE:
        return ""
    return f"too oblique, {abs(tilt):.0f} degrees off nadir"


def _small(width: float, gsd: float) -> str:
    if width >= FEWEST * gsd:
        return ""
    return f"too coarse, a roof {width:.0f} m wide in pixels of {gsd:.2g} m"


def covered(shape: BaseGeometry, codes: Codes, cells: Grid) -> str:
    """Name what hides most of an outline, where enough of it is hidden; else nothing."""
    share = _shares(shape, codes, cells)
    lost = {code: part for code, part in share.items() if code != CLEAR}
    if sum(lost.values()) <= HIDDEN:
        return ""
    return WORDS[max(lost, key=lambda code: lost[code])]


def _shares(shape: BaseGeometry, codes: Codes, cells: Grid) -> dict[int, float]:
    """Share of an outline under each code; ground off the frame is unseen."""
    left, bottom, right, top = shape.bounds
    corners = [~cells.affine @ (x, y) for x in (left, right) for y in (bottom, top)]
    cols, rows = (np.array(v) for v in zip(*corners, strict=True))
    height, width = codes.shape
    r0, r1 = int(np.floor(rows.min())), int(np.ceil(rows.max()))
    c0, c1 = int(np.floor(cols.min())), int(np.ceil(cols.max()))
    row, col = np.mgrid[r0 : max(r1, r0 + 1), c0 : max(c1, c0 + 1)]
    x, y = cells.affine @ (
        col.ravel() + np.array([[0.0], [1.0]]),
        row.ravel() + np.array([[0.0], [1.0]]),
    )
    common = shapely.area(shapely.intersection(shapely.box(x[0], y[1], x[1], y[0]), shape))
    inside = ((row >= 0) & (row < height) & (col >= 0) & (col < width)).ravel()
    code = np.where(
        inside, codes[row.ravel().clip(0, height - 1), col.ravel().clip(0, width - 1)], 1
    )
    total = max(float(common.sum()), 1e-9)
    return {int(c): float(common[code == c].sum()) / total for c in np.unique(code)}


def worst(words: Sequence[Hidden]) -> dict[str, int]:
    """Count buildings by what hid them, most first."""
    told = [one or other for one, other in ((h.one, h.other) for h in words) if one or other]
    return {word: told.count(word) for word in sorted(set(told), key=lambda w: -told.count(w))}
