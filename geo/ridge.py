"""Push outlines of ground up to the crest of the walls around it.

A net draws walls soft and fat: three metres of rising and falling score for half a metre of
stone.  Ground that ends where the score begins is a metre short all round, a quarter of a small
yard.  So ground climbs: step by step each wall pixel goes to the one neighbour below it that
somebody owns, and stays nobody's where two owners meet.  That is the crest.

    ground (H, W) int32 + wall (H, W) uint8 ──climb──► ground (H, W) int32

Source: watershed by topographical distance, Meyer 1994, on walls only and a few steps far.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.escape import Heights
from geo.types import Labels, Mask


def climb(ground: Labels, wall: Heights, climbable: Mask, *, steps: int) -> Labels:
    """Spread ground uphill over walls until it meets other ground.

    All fronts move at once and a pixel that two reach together stays nobody's, so turning the
    picture changes nothing.

    Args:
        ground: (H, W), 1 to N on owned ground; what is 0 and not climbable is the outside.
        wall: (H, W) uint8, the surface that is climbed.
        climbable: (H, W), the wall pixels that may be taken.
        steps: pixels, the furthest a front climbs.

    Returns:
        (H, W) labels; unclimbed pixels keep theirs.
    """
    if not ground.any():
        return ground
    outside = int(ground.max()) + 1
    owner = np.pad(np.where((ground == 0) & ~climbable, outside, ground), 1)
    height = np.pad(wall, 1).ravel()
    flat, cols = owner.ravel(), owner.shape[1]
    left = np.flatnonzero(np.pad(climbable & (ground == 0), 1).ravel())
    for _ in range(steps):
        low, high = _claims(flat, height, left, cols, outside)
        won = (high > 0) & (low == high)
        if not won.any():
            break
        flat[left[won]] = high[won]
        left = left[high == 0]  # what two claim is the crest
    inner = flat.reshape(owner.shape)[1:-1, 1:-1]
    climbed: Labels = np.where(inner == outside, 0, inner).astype(np.int32)
    return climbed


def _claims(
    flat: NDArray[np.int32],
    height: NDArray[np.uint8],
    pixels: NDArray[np.intp],
    cols: int,
    outside: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Tell the least and greatest owner among the neighbours not above each pixel; 0: none."""
    low = np.full(len(pixels), outside + 1, np.int32)
    high = np.zeros(len(pixels), np.int32)
    for step in (-cols, cols, -1, 1):
        near = flat[pixels + step]
        claims = (near > 0) & (height[pixels + step] <= height[pixels])
        np.minimum(low, near, out=low, where=claims)
        np.maximum(high, near, out=high, where=claims)
    return low, high
