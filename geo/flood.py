"""Let water rise over a surface of 256 heights, in one pass.

A queue with one bucket a height (Dial 1969) visits every pixel once, in the order in which the
water reaches it.  What is written down is the height at which that happens.  Compiled by numba
at first use and kept on disk; importing this module costs a quarter of a second, so
:mod:`geo.escape` does it late.

    heights (H, W) uint8 + exits (H, W) bool ──► water (H, W) uint8

Source: priority flood, R. Barnes et al., Computers & Geosciences 62, 2014.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def rise(
    heights: NDArray[np.uint8], exits: NDArray[np.bool_], water: NDArray[np.uint8]
) -> None:
    """Fill ``water`` with the height at which each pixel is reached from the exits.

    Args:
        heights: (H, W) contiguous.
        exits: (H, W) contiguous; where the water comes from.  Its outermost ring is never
            visited and must be false.
        water: (H, W) contiguous, all zero; written in place.
    """
    cols = heights.shape[1]
    size = heights.size
    ground, level = heights.ravel(), water.ravel()
    source = exits.ravel()
    seen = np.zeros(size, np.bool_)
    seen[:cols] = True
    seen[size - cols :] = True
    for start in range(0, size, cols):
        seen[start] = True
        seen[start + cols - 1] = True
    bucket = np.full(256, -1, np.int32)  # first pixel waiting at each height...
    after = np.empty(size, np.int32)  # ...and the one behind it
    for pixel in range(size):
        if source[pixel]:
            height = ground[pixel]
            seen[pixel] = True
            level[pixel] = height
            after[pixel] = bucket[height]
            bucket[height] = pixel

    stack = np.empty(size, np.int32)  # what is reached at this very height needs no bucket
    for height in range(256):
        count = 0
        pixel = bucket[height]
        while pixel >= 0:
            stack[count] = pixel
            count += 1
            pixel = after[pixel]
        while count > 0:
            count -= 1
            pixel = stack[count]
            for step in (-cols, cols, -1, 1):
                near = pixel + step
                if seen[near]:
                    continue
                seen[near] = True
                wall = ground[near]
                if wall <= height:
                    level[near] = height
                    stack[count] = near
                    count += 1
                else:
                    level[near] = wall
                    after[near] = bucket[wall]
                    bucket[wall] = near
