"""Tell of each building whether a change could have been seen at all, and if not, why not.

A building is *not observable* when too much of it lay under cloud, in a cloud's shadow, in haze
or off the scene on either date, when its roof is too small for the coarser picture, or when the
pictures lean too far.  Nothing is said of such a building: neither that it changed nor that it
did not.

    units + codes of both dates + pixel sizes + tilts ──► Hidden: what hid it, by date
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.change.sight import CLEAR, HAZE, UNSEEN, WORDS, Codes
from geo.errors import ShapeError
from geo.grid import Grid

HIDDEN = 0.3
"""Share of a building that may be hidden before nothing is said of it."""

FEWEST = 4.0
"""Pixels along a roof's shorter side, on average, below which a roof is a blot."""

OBLIQUE = 40.0
"""Degrees off nadir beyond which a facade hides more than a roof shows."""

BLOCK = 16
"""Cells a side up to which an outline is cut cell by cell; houses are no wider."""


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
    r0, c0 = int(np.floor(rows.min())), int(np.floor(cols.min()))
    r1, c1 = max(int(np.ceil(rows.max())), r0 + 1), max(int(np.ceil(cols.max())), c0 + 1)
    height, width = codes.shape
    window = (
        slice(min(max(r0, 0), height), min(max(r1, 0), height)),
        slice(min(max(c0, 0), width), min(max(c1, 0), width)),
    )
    common = _areas(shape, codes, cells, window)
    if window != (slice(r0, r1), slice(c0, c1)):
        common[UNSEEN] += max(float(shapely.area(shape) - common.sum()), 0.0)
    shares = common / max(float(common.sum()), 1e-9)
    return {int(code): float(shares[code]) for code in np.flatnonzero(shares)}


def _areas(
    shape: BaseGeometry, codes: Codes, cells: Grid, window: tuple[slice, slice]
) -> NDArray[np.float64]:
    """Square metres of an outline under each code, in a window of the frame.

    A wide window is quartered where the outline neither fills nor misses it, and each quarter
    sees only its own piece: an outline as large as the frame costs what its rim does.
    """
    rows, cols = window
    height, width = rows.stop - rows.start, cols.stop - cols.start
    found = np.zeros(HAZE + 1)
    if max(height, width) <= BLOCK:
        places = np.mgrid[window].reshape(2, -1).T  # (N, 2) row, col
        common = shapely.area(shapely.intersection(_boxes(cells, places, (1, 1)), shape))
        found += np.bincount(codes[window].ravel(), weights=common, minlength=HAZE + 1)
        return found
    [block] = _boxes(cells, np.array([[rows.start, cols.start]]), (height, width))
    piece = shapely.intersection(shape, block)
    if shapely.area(piece) > (1 - 1e-9) * shapely.area(block):
        count = np.bincount(codes[window].ravel(), minlength=HAZE + 1)
        found += count * abs(cells.affine.determinant)
    elif not shapely.is_empty(piece):
        for quarter in itertools.product(_halves(rows), _halves(cols)):
            found += _areas(piece, codes, cells, quarter)
    return found


def _boxes(
    cells: Grid, places: NDArray[np.int64], size: tuple[int, int]
) -> NDArray[np.object_]:
    """Outline rectangles of ``size`` cells whose first row and col stand in ``places``."""
    left, top = cells.affine @ tuple(places[:, ::-1].T)
    right, bottom = cells.affine @ tuple((places + size)[:, ::-1].T)
    return np.asarray(shapely.box(left, bottom, right, top), object)


def _halves(span: slice) -> list[slice]:
    middle = (span.start + span.stop) // 2
    parts = slice(span.start, middle), slice(middle, span.stop)
    return [part for part in parts if part.stop > part.start]


def worst(words: Sequence[Hidden]) -> dict[str, int]:
    """Count buildings by what hid them, most first."""
    told = [one or other for one, other in ((h.one, h.other) for h in words) if one or other]
    return {word: told.count(word) for word in sorted(set(told), key=lambda w: -told.count(w))}
