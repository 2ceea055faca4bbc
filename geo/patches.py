"""Cut the score of roofs at every level, and describe the patches that are cut out.

The patches of all levels lie in each other like contour lines, a forest.  Each is described by
how it would look if it were one roof: its score against that of the ground right about it,
edges along its rim and none inside, its shape, its size.

    roof, edge (H, W) uint8 ──levels──► nested patches ──sums──► features (N, F)

Source: maximally stable regions (J. Matas et al., BMVC 2002).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from geo.errors import ShapeError
from geo.types import FULL, NODATA, Labels, Scores

LEVELS = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85)
"""Of the score of being well inside a roof; where patches are cut."""

LEAST = 12.0
"""Square metres: a hut of three by four."""

MOST = 40_000.0
"""Square metres; the largest halls.  What is larger is a town."""

SURE_LEVEL = 3
"""Index of the level from which ground is more roof than not."""

NEAREST = 0.02
"""Scores nearer to 0 or 1 count as this near."""

FEATURES = ("inside", "outside", "rim", "core", "size", "size2", "fill", "round", "level")
"""Of a patch, in the order of a row."""

Table = NDArray[np.float64]
"""(N, F), a row of features a patch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """The nested patches of a picture, level by level from the lowest."""

    table: Table
    level: NDArray[np.intp]
    """(N,) number of the level."""

    number: NDArray[np.intp]
    """(N,) label in its level, from 1."""

    parent: NDArray[np.intp]
    """(N,) row of the patch of a lower level in which it lies; -1 for none."""

    first: NDArray[np.intp]
    """(N,) its first pixel, counted row by row."""

    area_m2: NDArray[np.float64]
    """(N,) square metres."""

    sure_m2: NDArray[np.float64]
    """(N,) square metres of it that reach ``SURE_LEVEL``."""

    levels: NDArray[np.uint8]
    """(H, W) how many levels a pixel reaches, small holes filled."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The patches of one level."""

    level: int
    labels: Labels
    """(H, W) from 1; overwritten when the next level is cut."""

    firsts: NDArray[np.intp]
    """(N,) first pixel of each."""

    outer: NDArray[np.intp]
    """(N,) number of the patch of the level below in which each lies; 0 at the lowest."""

    pixels: NDArray[np.intp]
    """All pixels of the level, ascending."""


def find_patches(roof: Scores, edge: Scores | None, gsd: float) -> Patches:
    """Cut a picture of scores at every level, and describe what is cut out.

    Args:
        roof: (H, W) uint8, 255 nodata.
        edge: (H, W) score of roof edges, likewise, if there is any.
        gsd: metres per pixel.

    Raises:
        ShapeError: the two do not lie on each other.
    """
    from geo.weigh import SUMS, look_about, weigh  # noqa: PLC0415 - imports numba

    lip = _lip(roof, edge)
    reached = levels_of(roof, edge, gsd)
    sure = reached > SURE_LEVEL
    owner = np.full(1, -1, np.intp)  # row of the patch, or of the nearest about it, by number
    none = np.zeros(0, np.intp)
    parts = [(np.zeros((0, SUMS)), np.zeros((0, len(FEATURES))), none, none, none, none)]
    rows = 0
    for cut in cuts(reached):
        sums = np.zeros((len(cut.firsts) + 1, SUMS))
        border = weigh(cut.pixels, cut.labels, roof, lip, sure, sums)
        look_about(border, cut.labels, roof, sums)
        parent = owner[cut.outer]
        area = sums[1:, 0] * gsd**2
        good = np.flatnonzero((area >= LEAST) & (area <= MOST))
        owner = np.concatenate([[-1], parent])
        owner[good + 1] = rows + np.arange(len(good))
        rows += len(good)
        kept = sums[good + 1]
        table = _describe(kept, gsd, LEVELS[cut.level])
        level = np.full(len(good), cut.level, np.intp)
        parts.append((kept, table, level, good + 1, parent[good], cut.firsts[good]))
    kept, table, level, number, parent, first = map(np.concatenate, zip(*parts, strict=True))
    return Patches(
        table=table,
        level=level,
        number=number,
        parent=parent,
        first=first,
        area_m2=kept[:, 0] * gsd**2,
        sure_m2=kept[:, 14] * gsd**2,
        levels=reached,
    )


def levels_of(roof: Scores, edge: Scores | None, gsd: float) -> NDArray[np.uint8]:
    """Count how many levels each pixel reaches, holes smaller than a hut filled.

    Returns:
        (H, W) uint8, 0 to the number of ``LEVELS``; 0 where nobody judged.
    """
    from geo.contours import close_holes, count_levels  # noqa: PLC0415 - imports numba

    bars = np.ceil(np.array(LEVELS) * FULL).astype(np.int64)
    reached = count_levels(np.ascontiguousarray(roof), _lip(roof, edge), bars)
    closed = close_holes(reached, len(LEVELS), max(1, round(LEAST / gsd**2)))
    closed[roof == NODATA] = 0
    return closed


def cuts(levels: NDArray[np.uint8]) -> Iterator[Cut]:
    """Cut at every level that is reached, from the lowest.

    Args:
        levels: (H, W) as ``levels_of`` gives them.

    Yields:
        Patches numbered by their first pixels, row by row; the same for the same levels.
    """
    from geo.contours import number  # noqa: PLC0415 - imports numba

    labels = np.zeros(levels.shape, np.int32)
    reached = levels.ravel()
    pixels = np.flatnonzero(reached)
    for level in range(len(LEVELS)):
        here = reached[pixels] > level
        labels.ravel()[pixels[~here]] = 0
        pixels = pixels[here]
        if not len(pixels):
            return
        firsts, outer = np.empty(len(pixels), np.int64), np.empty(len(pixels), np.int32)
        count = number(pixels, labels, firsts, outer)
        yield Cut(level, labels, firsts[:count], outer[:count].astype(np.intp), pixels)


def _lip(roof: Scores, edge: Scores | None) -> Scores:
    if edge is None:
        return np.zeros_like(roof)
    if edge.shape != roof.shape:
        raise ShapeError(f"edge must be {roof.shape} like the roofs, not {edge.shape}")
    return np.ascontiguousarray(edge)


def _describe(sums: NDArray[np.float64], gsd: float, level: float) -> Table:
    """Describe patches by their sums, (N, F)."""
    area, roof, row, col, rows, cols, both, border = sums[:, :8].T
    rim, core, about = (_mean(*sums[:, at : at + 2].T) for at in (8, 10, 12))
    tall = rows / area - (row / area) ** 2 + 1 / 12  # a pixel has a width of its own
    broad = cols / area - (col / area) ** 2 + 1 / 12
    slant = both / area - row * col / area**2
    spread = np.sqrt(np.maximum(tall * broad - slant**2, 1e-6))
    size = np.log10(area * gsd**2) - 2
    return np.stack(
        [
            _logit(_mean(roof, area)),
            _logit(about),
            rim,
            core,
            size,
            size**2,
            area / (12 * spread),
            border / np.sqrt(area),
            np.full(len(area), level),
        ],
        axis=1,
    )


def _mean(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean score, 0 to 1; 0 of nothing."""
    mean: NDArray[np.float64] = total / np.maximum(count, 1) / FULL
    return mean


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    answer: NDArray[np.float64] = logit(np.clip(share, NEAREST, 1 - NEAREST))
    return answer
