"""Burn outlines into pixels: this room's only door to rasterio.

    [(outline, number)], Window ──► (H, W) numbers; a later outline covers an earlier one

Source: GDAL's scan-line rasteriser: a pixel is inside when its centre is.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from models.synthetic.noise import Window


def burn(shapes: Iterable[tuple[BaseGeometry, int]], window: Window) -> NDArray[np.int32]:
    """Burn numbered outlines in order.

    Args:
        shapes: outline in metres and its number, 1 or more.
        window: where; outlines beyond it do no harm.

    Returns:
        (H, W) int32, 0 where nothing lies.
    """
    listed = list(shapes)
    if not listed:
        return np.zeros((window.rows, window.cols), np.int32)
    frame = Affine(window.step, 0, window.left, 0, -window.step, window.top)
    burnt: NDArray[np.int32] = rasterize(
        listed, out_shape=(window.rows, window.cols), transform=frame, dtype="int32"
    )
    return burnt


def burn_mask(shapes: Iterable[BaseGeometry], window: Window) -> NDArray[np.uint8]:
    """Burn outlines as 1 on 0, (H, W) uint8."""
    return (burn(((shape, 1) for shape in shapes), window) > 0).astype(np.uint8)
