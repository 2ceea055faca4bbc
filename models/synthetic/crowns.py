"""Grow crowns over the place: lumpy domes with leaves, lit from the sun's side.

    trees ──stamp──► heights (H, W), species ──slope to the sun──► crowns painted over all

Source: stamped domes combined by maximum; the light is a hill shade.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.synthetic.materials import Palette
from models.synthetic.noise import Noise, Surface, Window
from models.synthetic.shapes import Tree
from models.synthetic.sun import Light

VARIANTS = 6
"""Shapes of crown of each size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canopy:
    """Crowns burnt into one window."""

    heights: Surface
    """(H, W) metres; 0 where no crown is."""
    species: NDArray[np.uint8]
    """(H, W)."""


@functools.lru_cache(maxsize=1024)
def _dome(radius: int, variant: int, palm: bool) -> Surface:  # noqa: FBT001 - a cache key
    """Draw a lumpy dome of a radius in pixels, 0 to 1."""
    rng = np.random.default_rng([radius, variant, palm])
    n = radius + 1
    y, x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
    angle, r = np.arctan2(y, x), np.hypot(x, y) / max(radius, 1)
    if palm:
        rim = 0.55 + 0.45 * np.abs(
            np.cos(angle * rng.integers(4, 7) / 2 * 1.0 + rng.uniform(0, 6))
        )
    else:
        rim = np.full_like(r, 0.84)
        for k in (2, 3, 5, 7):
            rim += rng.uniform(0.02, 0.16) / k**0.4 * np.cos(k * angle + rng.uniform(0, 6.3))
    dome: Surface = np.sqrt(np.clip(1 - (r / np.clip(rim, 0.3, 1.1)) ** 2, 0, 1)).astype(
        np.float32
    )
    lumps = rng.standard_normal((2 * n // 4 + 3, 2 * n // 4 + 3)).repeat(4, 0).repeat(4, 1)
    size = 2 * n + 1
    return dome * (1 + 0.12 * lumps[:size, :size]).astype(np.float32)


def grow(trees: tuple[Tree, ...], window: Window) -> Canopy:
    """Stamp every crown; the taller leaf is seen."""
    heights = np.zeros((window.rows, window.cols), np.float32)
    species = np.zeros((window.rows, window.cols), np.uint8)
    for i in _near(trees, window):
        t = trees[i]
        col, row = (t.x - window.left) / window.step, (window.top - t.y) / window.step
        radius = max(1, round(t.radius / window.step))
        n = radius + 1
        r0, c0 = int(row) - n, int(col) - n
        a, b = max(0, -r0), max(0, -c0)
        e, f = min(2 * n + 1, window.rows - r0), min(2 * n + 1, window.cols - c0)
        if a >= e or b >= f:
            continue
        dome = _dome(radius, i % VARIANTS, t.species == 2)[a:e, b:f]
        here = heights[r0 + a : r0 + e, c0 + b : c0 + f]
        crown = dome * np.float32(t.height)
        over = crown > here
        here[over] = crown[over]
        species[r0 + a : r0 + e, c0 + b : c0 + f][over] = t.species
    return Canopy(heights=heights, species=species)


def _near(trees: tuple[Tree, ...], window: Window) -> list[int]:
    """Find the trees whose crowns may reach into a window."""
    if not trees:
        return []
    x, y = np.array([(t.x, t.y) for t in trees]).T
    reach = max(t.radius for t in trees) * 1.2 + 1
    right, low = window.left + window.cols * window.step, window.top - window.rows * window.step
    near = (x > window.left - reach) & (x < right + reach)
    near &= (y < window.top + reach) & (y > low - reach)
    return [int(i) for i in np.flatnonzero(near)]


def lean_over(canopy: Canopy, light: Light, step: float) -> Canopy:
    """Shift crowns as their middle height leans; a fair stand-in for each its own."""
    tall = 4.0
    row, col = round(-light.lean_y * tall / step), round(light.lean_x * tall / step)
    if row == col == 0:
        return canopy
    return Canopy(
        heights=np.roll(canopy.heights, (row, col), (0, 1)),
        species=np.roll(canopy.species, (row, col), (0, 1)),
    )


def paint_crowns(
    picture: Surface,
    canopy: Canopy,
    palette: Palette,
    light: Light,
    *,
    noise: Noise,
    window: Window,
    above: Surface,
) -> NDArray[np.bool_]:
    """Paint crowns over what they overhang, in place.

    Args:
        picture: (3, H, W).
        canopy: as leaned.
        palette: leaf colours.
        light: of the scene.
        noise: of the place.
        window: where.
        above: (H, W) metres; crowns lower than this stay hidden.

    Returns:
        (H, W) where a crown is seen.
    """
    seen: NDArray[np.bool_] = canopy.heights > np.maximum(above, 0.15)
    rows, cols = np.nonzero(seen)
    if len(rows) == 0:
        return seen
    turn = math.radians(light.azimuth)
    sx, sy = math.sin(turn), math.cos(turn)
    h = canopy.heights
    r1, c1 = np.minimum(rows + 1, window.rows - 1), np.minimum(cols + 1, window.cols - 1)
    gx, gy = h[rows, c1] - h[rows, cols], h[r1, cols] - h[rows, cols]
    tilt = (-gx * sx + gy * sy) / window.step
    flat = math.tan(math.radians(light.elevation))
    bright = np.clip(0.92 + 0.42 * np.tanh(tilt * 0.8) / max(0.7, flat), 0.35, 1.5)
    leaves = noise.field(13, (0.8,), window)[rows, cols]
    bright *= 1 + 0.16 * leaves
    kind = canopy.species[rows, cols]
    for band in range(3):
        picture[band, rows, cols] = palette.crowns[kind, band] * bright
    return seen
