"""From building scores to one label a building, touching roofs parted.

    building, edge (H, W) uint8 ──hysteresis──► bodies ──part at edges──► labels (H, W) int32

Bodies start where the score is high and spread to where it is fair.  A body with several cores,
the edge score standing between them, is several roofs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label
from skimage.segmentation import watershed

from geo.types import FULL, NODATA, Labels, Mask, Scores


def bodies(
    building: Scores, edge: Scores | None, *, keep: int, grow: int, least: int
) -> Labels:
    """Label buildings.

    Args:
        building: (H, W) uint8, 255 nodata.
        edge: (H, W) score of roof edges, or None: then touching roofs stay one.
        keep: score a body must reach somewhere, 0 to 254.
        grow: score down to which it spreads.
        least: pixels; smaller bodies are dropped, smaller holes filled, and no part is smaller.

    Returns:
        (H, W) int32, 1 to N.  Parts of one body touch along pixel edges.
    """
    roofs = (building >= min(grow, keep)) & (building != NODATA)
    labels, count = label(roofs)
    sure = np.zeros(count + 1, np.bool_)
    sure[np.unique(labels[(building >= keep) & roofs])] = True
    sure &= np.bincount(labels.ravel(), minlength=count + 1) >= least
    sure[0] = False
    roofs = fill_holes(sure[labels], least) & (building != NODATA)
    solid, count = label(roofs)
    whole: Labels = solid.astype(np.int32)
    if edge is None or count == 0:
        return whole
    return _part_roofs(whole, count, _inwardness(building, edge, roofs), keep, least)


def fill_holes(mask: Mask, least: int) -> Mask:
    """Fill holes of fewer than ``least`` pixels."""
    holes, count = label(~mask)
    if count == 0:
        return mask
    small = np.bincount(holes.ravel(), minlength=count + 1) < least
    small[0] = False
    rim = np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]])
    small[rim] = False  # a hole that runs off the picture may be anything
    return mask | small[holes]


def _inwardness(building: Scores, edge: Scores, roofs: Mask) -> NDArray[np.uint8]:
    """Score of being well inside a roof, ``body * (1 - edge / 2)``, 0 to 254."""
    lip = np.where(edge == NODATA, 0, edge).astype(np.uint32)
    body = building.astype(np.uint32) * (2 * FULL - lip) // (2 * FULL)
    return np.where(roofs, body, 0).astype(np.uint8)


def _part_roofs(
    labels: Labels, count: int, inward: NDArray[np.uint8], keep: int, least: int
) -> Labels:
    """Part each body that has several cores; the others keep their label."""
    cores, core_count = label(inward >= keep)
    size = np.bincount(cores.ravel(), minlength=core_count + 1)
    big = size >= max(1, least // 2)
    big[0] = False
    seed = big[cores]
    owner = np.zeros(core_count + 1, np.int32)
    owner[cores[seed]] = labels[seed]
    several = np.bincount(owner[big], minlength=count + 1) > 1
    several[0] = False
    spare = count + 1
    windows = find_objects(labels)
    for number in np.flatnonzero(several):
        window = windows[number - 1]
        body = labels[window] == number
        inside = np.where(body & big[cores[window]], cores[window], 0)
        parts = watershed(FULL - inward[window], inside, mask=body)  # type: ignore[no-untyped-call]
        for part in np.unique(parts[body])[1:]:  # the first keeps the body's own number
            labels[window][parts == part] = spare
            spare += 1
    return labels
