"""Draw each roof where it ends, not where a threshold happens to lie.

A net is surer of one roof than of the next, and half sure of the yard between them.  No one
threshold outlines them all: a low one joins a row of houses, a high one leaves holes.  So
every level is tried: the patches of all levels lie in each other like contour lines, a forest.
Each patch is asked how much it looks like one roof (its score against that of the ground right
about it, edges along its rim and none inside, its shape, its size), and of every line of nested
patches those are taken that promise most roofs found for the fewest claims.

    roof, edge (H, W) uint8 ──levels──► nested patches ──features──► P(one roof)
                            ──best that do not overlap──► labels (H, W) ──► outlines

Source: maximally stable regions (J. Matas et al., BMVC 2002), and the choice of disjoint nodes
of a component tree by dynamic programming (C. Arteta et al., MICCAI 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import label, maximum_filter, minimum_filter
from scipy.special import logit
from skimage.segmentation import expand_labels

from geo.bodies import fill_holes
from geo.change.weights import Looks
from geo.errors import ShapeError
from geo.grid import Grid, gsd_of
from geo.outline import polygons, straighten
from geo.types import FULL, NODATA, Labels, Scores

LEVELS = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85)
"""Of the score of being well inside a roof; where patches are cut."""

LEAST = 12.0
"""Square metres: a hut of three by four."""

MOST = 40_000.0
"""Square metres; the largest halls.  What is larger is a town."""

ABOUT = 11
"""Pixels a side of what lies just beyond: 2.5 m, wider than the ridge of a roof."""

LIP = 1.0
"""Pixels that a chosen patch grows by: the net's edges lie half on the roof."""

SURE = 0.02
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


def find_patches(roof: Scores, edge: Scores | None, gsd: float) -> Patches:
    """Cut a picture of scores at every level, and describe what is cut out.

    Args:
        roof: (H, W) uint8, 255 nodata.
        edge: (H, W) score of roof edges, likewise, if there is any.
        gsd: metres per pixel.

    Raises:
        ShapeError: the two do not lie on each other.
    """
    if edge is not None and edge.shape != roof.shape:
        raise ShapeError(f"edge must be {roof.shape} like the roofs, not {edge.shape}")
    lip = np.zeros_like(roof) if edge is None else np.where(edge == NODATA, 0, edge)
    seen = np.where(roof == NODATA, 0, roof)
    above = np.zeros(roof.shape, np.int64) - 1  # row of the patch that covers a pixel
    parts: list[tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], int]] = []
    rows = 0
    for n, labels, count in cuts(roof, edge, gsd):
        if not count:
            break
        table = _describe(labels, count, seen, lip, gsd, LEVELS[n])
        area = np.bincount(labels.ravel(), minlength=count + 1)[1:] * gsd**2
        good = np.flatnonzero((area >= LEAST) & (area <= MOST))
        first = np.zeros(count + 1, np.intp)
        ravelled = labels.ravel()
        at = np.flatnonzero(ravelled)
        first[ravelled[at[::-1]]] = at[::-1]
        parents = above.ravel()[first[good + 1]]
        parts.append((table[good], good + 1, parents, n))
        row = np.full(count + 1, -2, np.int64)
        row[good + 1] = rows + np.arange(len(good))
        here = row[labels]
        above = np.where((labels > 0) & (here >= 0), here, above)
        rows += len(good)
    if not parts:
        none = np.zeros(0, np.intp)
        return Patches(table=np.zeros((0, len(FEATURES))), level=none, number=none, parent=none)
    return Patches(
        table=np.concatenate([p[0] for p in parts]),
        level=np.concatenate([np.full(len(p[1]), p[3], np.intp) for p in parts]),
        number=np.concatenate([p[1] for p in parts]),
        parent=np.concatenate([p[2] for p in parts]),
    )


def choose(patches: Patches, looks: Looks) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Choose patches that do not overlap and together promise most.

    Returns:
        Which are chosen, (N,), and how likely each patch is one roof, (N,) 0 to 1.
    """
    chance = looks.chance(patches.table)
    gain = chance - looks.price
    inner = np.zeros(len(gain))  # what the best choice among the patches inside is worth
    for n in range(len(LEVELS))[::-1]:
        here = np.flatnonzero((patches.level == n) & (patches.parent >= 0))
        worth = np.maximum(np.maximum(gain, inner)[here], 0)
        np.add.at(inner, patches.parent[here], worth)
    taken = np.zeros(len(gain), np.bool_)
    shut = np.zeros(len(gain), np.bool_)  # lies in a patch that is taken
    for n in range(len(LEVELS)):
        here = np.flatnonzero(patches.level == n)
        parent = patches.parent[here]
        inside = (parent >= 0) & (taken | shut)[parent]
        shut[here] = inside
        taken[here] = ~inside & (gain[here] > 0) & (gain[here] >= inner[here])
    return taken, chance


def draw_labels(
    roof: Scores, edge: Scores | None, gsd: float, looks: Looks
) -> tuple[Labels, NDArray[np.float64]]:
    """Label roofs.

    Returns:
        (H, W) int32, 1 to N, and the chance of each to be one roof, (N + 1,) with 0 first.
    """
    patches = find_patches(roof, edge, gsd)
    taken, chance = choose(patches, looks)
    out = np.zeros(roof.shape, np.int32)
    ids = np.zeros(len(taken), np.int32)
    ids[taken] = np.arange(1, int(taken.sum()) + 1)
    for n, labels, count in cuts(roof, edge, gsd):
        mine = taken & (patches.level == n)
        if mine.any():
            name = np.zeros(count + 1, np.int32)
            name[patches.number[mine]] = ids[mine]
            painted = name[labels]
            out = np.where(painted > 0, painted, out)
    grown = np.asarray(expand_labels(out, LIP), np.int32)  # type: ignore[no-untyped-call]
    return np.where(roof == NODATA, 0, grown), np.concatenate([[0.0], chance[taken]])


def outline_roofs(
    roof: Scores, edge: Scores | None, grid: Grid, looks: Looks
) -> gpd.GeoDataFrame:
    """Outline the roofs of one date.

    Args:
        roof: (H, W) uint8, 255 nodata.
        edge: (H, W) score of roof edges, or None.
        grid: the metric frame both lie on.
        looks: what a roof looks like.

    Returns:
        One row a roof: ``geometry``, ``score`` (chance to be one roof, 0 to 1), ``area_m2``.

    Raises:
        ShapeError: the scores do not lie on the grid.
        UnitsError: the grid does not measure in metres.
    """
    if roof.shape != tuple(grid.shape):
        raise ShapeError(
            f"roof must be {tuple(grid.shape)} to lie on the grid, not {roof.shape}"
        )
    gsd = gsd_of(grid)
    labels, chance = draw_labels(roof, edge, gsd, looks)
    traced = polygons(labels, grid)
    drawn = straighten(traced.geometry.to_numpy(), gsd)
    frame = gpd.GeoDataFrame(
        {"score": chance[traced["label"].to_numpy(int)]}, geometry=drawn, crs=traced.crs
    )
    frame["area_m2"] = shapely.area(drawn) if len(drawn) else np.zeros(0)
    return frame[frame["area_m2"] >= LEAST / 2].reset_index(drop=True)


def cuts(roof: Scores, edge: Scores | None, gsd: float) -> Iterator[tuple[int, Labels, int]]:
    """Cut the score of being well inside a roof at every level; small holes are filled.

    Yields:
        Number of the level, (H, W) labels from 1, how many; the same for the same scores.
    """
    lip = np.zeros(roof.shape, np.uint32) if edge is None else edge.astype(np.uint32)
    lip[lip == NODATA] = 0
    inward = roof.astype(np.uint32) * (2 * FULL - lip) // (2 * FULL)
    inward[roof == NODATA] = 0
    hole = max(1, round(LEAST / gsd**2))
    for n, level in enumerate(LEVELS):
        mask = fill_holes(inward >= level * FULL, hole) & (roof != NODATA)
        labels, count = label(mask)
        yield n, np.asarray(labels, np.int32), int(count)


def _describe(
    labels: Labels, count: int, roof: Scores, edge: Scores, gsd: float, level: float
) -> Table:
    """Describe the patches of one level, (count, F)."""

    def mean(values: NDArray[np.float64], of: Labels) -> NDArray[np.float64]:
        total = np.bincount(of, values, minlength=count + 1)[1:]
        return total / np.maximum(np.bincount(of, minlength=count + 1)[1:], 1)

    near, inside = maximum_filter(labels, 3), labels > 0
    about, whose = _about(labels, count, near)
    border = inside & (minimum_filter(labels, 3) == 0)
    rim, core = border | ((near > 0) & ~inside), inside & ~border
    own = labels[inside]
    row, col = (at.astype(np.float64) for at in np.nonzero(inside))
    area = np.bincount(own, minlength=count + 1)[1:].astype(float)
    tall = mean(row**2, own) - mean(row, own) ** 2 + 1 / 12  # a pixel has a width of its own
    broad = mean(col**2, own) - mean(col, own) ** 2 + 1 / 12
    slant = mean(row * col, own) - mean(row, own) * mean(col, own)
    spread = np.sqrt(np.maximum(tall * broad - slant**2, 1e-6))
    round_ = np.bincount(labels[border], minlength=count + 1)[1:] / np.sqrt(area)
    size = np.log10(area * gsd**2) - 2
    return np.stack(
        [
            _logit(mean(roof[inside] / FULL, own)),
            _logit(mean(roof.ravel()[about] / FULL, whose)),
            mean(edge[rim] / FULL, near[rim]),
            mean(edge[core] / FULL, labels[core]),
            size,
            size**2,
            area / (12 * spread),
            round_,
            np.full(count, level),
        ],
        axis=1,
    )


def _about(
    labels: Labels, count: int, near: Labels
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """List pixels just beyond a patch, and whose; those of another patch count as well.

    Half a hip roof ends at its ridge, and beyond the ridge there is more roof: it must not look
    like a roof of its own.  Of several patches about a pixel the first and the last are told.
    """
    turned = np.where(labels > 0, count + 1 - labels, 0)
    last, first = maximum_filter(labels, ABOUT), count + 1 - maximum_filter(turned, ABOUT)
    beyond = (near == 0) | (labels > 0)
    pixels, owners = [], []
    for owner in (first, last):
        at = np.flatnonzero(beyond & (owner > 0) & (owner <= count) & (owner != labels))
        pixels.append(at)
        owners.append(owner.ravel()[at])
    return np.concatenate(pixels), np.concatenate(owners).astype(np.int32)


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    answer: NDArray[np.float64] = logit(np.clip(share, SURE, 1 - SURE))
    return answer
