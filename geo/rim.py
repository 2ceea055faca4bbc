"""Take back what a net says of walls along the end of what it saw.

To a net the end of a picture, or of its valid pixels, looks like a wall.  A true wall there is
lost with it; ground that touches the rim is never called enclosed anyway.

    wall (H, W), seen (H, W) ──► wall without its rim (H, W)
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from geo.errors import ShapeError, UnitsError
from geo.types import Mask

RIM = 2.5
"""Metres.  How far from the end of what was seen a net still takes that end for a wall."""

Walls = TypeVar("Walls", np.uint8, np.float32)


def without_rim(wall: NDArray[Walls], seen: Mask, gsd: float) -> NDArray[Walls]:
    """Call nothing a wall within ``RIM`` of the end of what was seen.

    Args:
        wall: (H, W) scores or probabilities.
        seen: (H, W), true where the picture has pixels.
        gsd: metres per pixel.

    Returns:
        A copy, 0 on seen ground along the rim; what was not seen stays as it is.

    Raises:
        ShapeError: the two do not lie on one grid.
        UnitsError: ``gsd`` is not a positive number of metres.
    """
    if wall.shape != seen.shape:
        raise ShapeError(f"Walls of {wall.shape} and seen ground of {seen.shape} do not match.")
    if not 0 < gsd < np.inf:
        raise UnitsError(f"gsd must be metres per pixel, not {gsd}.")
    depth = max(1, round(RIM / gsd))
    beyond = np.pad(~seen, 1, constant_values=True)
    near = binary_dilation(beyond, iterations=depth)[1:-1, 1:-1]
    return np.where(near & seen, wall.dtype.type(0), wall)
