"""Draw each roof where it ends, not where a threshold happens to lie.

A net is surer of one roof than of the next, and half sure of the yard between them.  No one
threshold outlines them all: a low one joins a row of houses, a high one leaves holes.  So every
level is tried.  Each patch is asked how much it looks like one roof, and of every line of
nested patches those are taken that promise most roofs found for the fewest claims.

    roof, edge (H, W) uint8 ──geo.patches──► nested patches ──Looks──► P(one roof)
                            ──best that do not overlap──► labels (H, W) ──► outlines

Source: the choice of disjoint nodes of a component tree by dynamic programming (C. Arteta et
al., MICCAI 2012).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.grid import Grid, gsd_of
from geo.looks import Looks
from geo.outline import polygons, straighten
from geo.patches import LEAST, LEVELS, Patches, find_patches
from geo.types import FULL, NODATA, Labels, Mask, Scores

DOUBTFUL = 600.0
"""Square metres.  Ground this large that does not look like one roof is several."""

LEFT = 0.3
"""Chance of being one roof from which sure ground is outlined that no roof was found on."""

LEFT_M2 = (40.0, 200.0)
"""Square metres, sure ones at least and all at most, of such a piece: a house, not a car
park."""

ROOF = 0.5
"""Score from which a pixel beside a roof that is outlined belongs to it."""

EDGE = 2
"""Pixels, as many as the net's edges lie on a roof beyond the one that every patch is given."""


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
        One row a roof: ``geometry``; ``score``, the mean score within its edges, and ``chance``
        to be one roof, both 0 to 1; ``area_m2``.  All outlines are valid and no two overlap.

    Raises:
        ShapeError: the scores do not lie on the grid.
        UnitsError: the grid does not measure in metres.
    """
    if roof.shape != tuple(grid.shape):
        raise ShapeError(
            f"roof must be {tuple(grid.shape)} to lie on the grid, not {roof.shape}"
        )
    gsd = gsd_of(grid)
    labels, score, chance = draw_labels(roof, edge, gsd, looks)
    traced = polygons(labels, grid)
    which = traced["label"].to_numpy(int)
    drawn = straighten(traced.geometry.to_numpy(), gsd)
    frame = gpd.GeoDataFrame(
        {"score": score[which], "chance": chance[which]},
        geometry=drawn,
        crs=traced.crs,
    )
    frame["area_m2"] = shapely.area(drawn) if len(drawn) else np.zeros(0)
    return frame[frame["area_m2"] >= LEAST / 2].reset_index(drop=True)


def draw_labels(
    roof: Scores, edge: Scores | None, gsd: float, looks: Looks
) -> tuple[Labels, NDArray[np.float64], NDArray[np.float64]]:
    """Label roofs.

    Args:
        roof: (H, W) uint8, 255 nodata.
        edge: (H, W) score of roof edges, or None.
        gsd: metres per pixel.
        looks: what a roof looks like.

    Returns:
        (H, W) int32, 1 to N; the mean score of each within its edges, 0 to 1, and its chance to
        be one roof, both (N + 1,) with 0 first.

    Raises:
        ShapeError: the two do not lie on each other.
    """
    from geo.contours import paint  # noqa: PLC0415 - imports numba

    patches = find_patches(roof, edge, gsd)
    taken, chance = choose(patches, looks)
    labels = np.zeros(roof.shape, np.int32)
    for value, row in enumerate(np.flatnonzero(taken), 1):
        paint(patches.levels, patches.first[row], patches.level[row] + 1, value, labels)
    score = _mean_scores(roof, labels)
    complete(labels, roof)
    return labels, score, np.concatenate([[0.0], chance[taken]])


def choose(patches: Patches, looks: Looks) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Choose patches that do not overlap and together promise most.

    Where sure ground counts (``looks.cover``), a whole slum may be taken as one patch that is
    hardly one roof; such ground is parted into what most looks like roofs.  And where nothing
    was taken, a house of which the net is sure is outlined though it hardly looks like one
    roof.

    Returns:
        Which are chosen, (N,), and how likely each patch is one roof, (N,) 0 to 1.
    """
    chance = looks.chance(patches.table)
    gain = chance - looks.price + looks.cover * patches.sure_m2 / 100
    taken = _best(patches, gain)
    doubtful = taken & (chance < looks.price) & (patches.area_m2 >= DOUBTFUL)
    if doubtful.any():
        within = _within(patches, doubtful)
        pieces = _best(patches, np.where(within, chance * np.sqrt(patches.sure_m2), -np.inf))
        taken = (taken & ~doubtful) | pieces
    if looks.cover:
        least, most = LEFT_M2
        left = (patches.sure_m2 >= least) & (patches.area_m2 < most) & _is_free(patches, taken)
        taken |= _best(patches, np.where(left, gain + looks.price - LEFT, -np.inf))
    return taken, chance


def _is_free(patches: Patches, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which patches neither lie in one that is taken nor hold one, (N,)."""
    holds = taken.copy()
    for here, parent in reversed(_levels(patches)):
        holds[parent[holds[here] & (parent >= 0)]] = True
    return ~_within(patches, taken) & ~holds


def _within(patches: Patches, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which patches are some of these or lie in one of them, (N,)."""
    within = some.copy()
    for here, parent in _levels(patches):
        within[here] |= (parent >= 0) & within[parent]
    return within


def _best(patches: Patches, gain: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Choose the disjoint patches of most gain in all, those that gain anything, (N,)."""
    inner = np.zeros(len(gain))  # what the best choice among the patches inside is worth
    for here, parent in reversed(_levels(patches)):
        worth = np.maximum(np.maximum(gain, inner)[here], 0)
        np.add.at(inner, parent[parent >= 0], worth[parent >= 0])
    taken = np.zeros(len(gain), np.bool_)
    shut = np.zeros(len(gain), np.bool_)  # lies in a patch that is taken
    for here, parent in _levels(patches):
        inside = (parent >= 0) & (taken | shut)[parent]
        shut[here] = inside
        taken[here] = ~inside & (gain[here] > 0) & (gain[here] >= inner[here])
    return taken


def _levels(patches: Patches) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """List the patches of each level, and in which each lies, from the lowest level up."""
    each = [np.flatnonzero(patches.level == n) for n in range(len(LEVELS))]
    return [(here, patches.parent[here]) for here in each]


def complete(labels: Labels, roof: Scores) -> None:
    """Let labels take their own edges, in place.

    The net's edges lie half on the roof, and patches are cut inside them.  So every label takes
    a pixel all round, and more where there is roof to be seen.

    Args:
        labels: (H, W) int32, 0 where none is.
        roof: (H, W) uint8, 255 nodata, which stays empty.
    """
    real = roof != NODATA
    labels[~real] = 0
    _swell(labels, real)
    for _ in range(EDGE):
        _swell(labels, real & (roof >= ROOF * FULL))


def _swell(labels: Labels, where: Mask) -> None:
    """Let labels take the pixels of ``where`` at their four sides that nobody has, in place."""
    before = labels.copy()
    empty = (before == 0) & where
    for here, there in (
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
    ):
        # Of several about a pixel the lowest number takes it.
        mine, other = labels[here], before[there]
        wins = empty[here] & (other > 0) & ((mine == 0) | (other < mine))
        mine[wins] = other[wins]


def _mean_scores(scores: Scores, labels: Labels) -> NDArray[np.float64]:
    """Mean score of each label, 0 to 1, (N + 1,)."""
    at = np.flatnonzero(labels)
    own = labels.ravel()[at]
    mean: NDArray[np.float64] = np.bincount(own, scores.ravel()[at], minlength=1) / FULL
    return mean / np.maximum(np.bincount(own, minlength=1), 1)
