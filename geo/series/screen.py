"""Find places worth a story on a map of effects: pieces of ground that changed together.

    effect (H, W) ──grown from strong pixels──► closed ──► pieces ──at least so large──► labels

Sites larger than a pixel's chance: a place is what stands out strongly somewhere and clearly
all over.  Places that lie a pixel or two apart are one.

Source: double thresholds, J. Canny, IEEE PAMI 8(6), 1986.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_propagation, label, median_filter

from geo.errors import ShapeError, UnitsError
from geo.series.looks import Looks
from geo.series.steps import find_steps
from geo.types import Labels, Mask

STRONG, CLEAR = 1.6, 1.25
"""Effects from which a pixel begins a place, and belongs to one."""

GAP = 2
"""Pixels between parts of one place."""

EVERY_SIDE = np.ones((3, 3), np.bool_)
"""Pixels that touch at a corner touch."""


def effects_of(looks: Looks) -> NDArray[np.float32]:
    """Map the strongest lasting step of each pixel, (H, W) in least changes.

    Args:
        looks: unveiled.
    """
    count, size, *shape = looks.values.shape
    flat = looks.values.reshape(count, size, -1)
    steps = find_steps(flat, looks.days, np.array(looks.least, np.float32))
    return steps.effect.reshape(shape)


def find_places(
    effect: NDArray[np.float32], inside: Mask, *, gsd: float, min_area: float
) -> Labels:
    """Label places that changed.

    Args:
        effect: (H, W) in least changes.
        inside: (H, W); only what touches it is a place.
        gsd: metres a pixel.
        min_area: square metres.

    Returns:
        (H, W), 0 where nothing changed, else 1 and on, from the top left.

    Raises:
        ShapeError: the arrays do not lie on each other.
        UnitsError: gsd or area are no positive numbers.
    """
    if effect.shape != inside.shape or effect.ndim != 2:
        raise ShapeError(f"effect and inside differ: {effect.shape}, {inside.shape}")
    if not (0 < gsd < np.inf and 0 < min_area < np.inf):
        raise UnitsError(f"gsd and min_area must be positive, not {gsd} and {min_area}")
    calm = median_filter(effect, 3, mode="nearest")
    clear = calm >= CLEAR
    grown = binary_propagation(clear & (calm >= STRONG), EVERY_SIDE, mask=clear)
    pad = np.pad(grown, GAP)
    closed = binary_closing(pad, EVERY_SIDE, iterations=GAP)[GAP:-GAP, GAP:-GAP]
    pieces, _ = label(closed, EVERY_SIDE)
    areas = np.bincount(pieces.ravel()) * gsd**2
    touched = np.bincount(pieces[inside].ravel(), minlength=len(areas)) > 0
    keep = touched & (areas >= min_area)
    keep[0] = False
    renumbered = np.where(keep, np.cumsum(keep), 0)
    return renumbered[pieces].astype(np.int32)
