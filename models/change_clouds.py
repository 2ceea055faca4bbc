"""Let clouds drift over a drawn picture, with their shadows, and tell what they hide.

    picture (3, H, W) ──billows, shadow thrown aside──► picture, cover (H, W) 0 to 1
    an outline on the cover ──► share of it that cannot be seen

Source: clouds as smooth noise of two scales under a threshold; K. Perlin, SIGGRAPH 1985.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift
from shapely.geometry import Polygon

from geo.types import Picture

THICK = 0.4
"""Cover from which the ground cannot be made out."""


def overcast(
    picture: Picture, share: float, rng: Generator, gsd: float
) -> tuple[Picture, NDArray[np.float32]]:
    """Let clouds drift over a picture, with their shadows.

    Args:
        picture: (3, H, W) uint8.
        share: of the picture under cloud.
        rng: of their shapes.
        gsd: metres per pixel.

    Returns:
        The picture, and how much cloud or shadow hides, (H, W) 0 to 1.
    """
    if share <= 0:
        return picture, np.zeros(picture.shape[1:], np.float32)
    shape = picture.shape[1:]
    # Wide billows with a little crumble, thickened softly where the field is highest.
    field = gaussian_filter(rng.standard_normal(shape), 45 / gsd * 0.5) * 45
    field += gaussian_filter(rng.standard_normal(shape), 12 / gsd * 0.5) * 3
    field /= field.std()
    low = np.quantile(field, 1 - share)
    thick = np.clip((field - low) / 0.5 + 0.5, 0, 1).astype(np.float32)
    turn, far = rng.uniform(0, 2 * math.pi), rng.uniform(60, 120) / gsd
    dark = shift(thick, (far * math.sin(turn), far * math.cos(turn)), order=1, mode="nearest")
    white = np.array([238, 240, 244], np.float32)[:, None, None]
    white = (
        white - 14 * gaussian_filter(rng.random(shape).astype(np.float32), 6)[None] * 6 * 0.2
    )
    ground = picture * (1 - 0.6 * dark * (1 - thick))
    out = ground * (1 - thick) + white * thick
    return np.clip(out + 0.5, 0, 255).astype(np.uint8), np.maximum(thick, dark)


def share_hidden(shape: Polygon, cover: NDArray[np.float32], gsd: float) -> float:
    """Share of an outline where cloud or shadow is thick."""
    left, bottom, right, top = shape.bounds
    height, width = cover.shape
    x = np.clip(np.arange(int(left / gsd), int(right / gsd) + 1), 0, width - 1)
    y = np.clip(np.arange(int(-top / gsd), int(-bottom / gsd) + 1), 0, height - 1)
    cols, rows = np.meshgrid(x, y)
    inside = shapely.contains_xy(shape, (cols + 0.5) * gsd, -(rows + 0.5) * gsd)
    if not inside.any():
        return 1.0
    return float((cover[rows[inside], cols[inside]] > THICK).mean())
