"""See a plan from above: ground, structures, crowns and shadows in one window of fine pixels.

    Plan + Palette + Light ──► ground ──► structures ──► crowns ──► shadow ──► (3, H, W) float32

Source: orthographic painting from the ground up; shadows from the heights (``sun``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.synthetic.crowns import grow, lean_over, paint_crowns
from models.synthetic.ground import paint_ground
from models.synthetic.materials import Palette
from models.synthetic.noise import Noise, Surface, Window
from models.synthetic.shapes import Plan
from models.synthetic.structures import Standing, Structures, paint_structures, stand
from models.synthetic.sun import Light, blocked_height


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything that decides how a plan looks, but the plan itself."""

    palette: Palette
    light: Light
    noise: Noise
    structures: Structures


def view(plan: Plan, look: Look, window: Window) -> Surface:
    """Paint one window.

    Returns:
        (3, H, W) float32, about 0 to 1, at the window's fine step.
    """
    light = look.light
    picture = paint_ground(plan.patches, look.palette, look.noise, window)
    standing = stand(look.structures, window)
    paint_structures(picture, standing, look.structures, look.noise, window)
    table = np.concatenate([[0], look.structures.top]).astype(np.float32)
    above = table[standing.number]
    canopy = grow(plan.trees, window)
    leaned = lean_over(canopy, light, window.step)
    crowned = paint_crowns(
        picture, leaned, look.palette, light, noise=look.noise, window=window, above=above
    )
    dark = _shadow(standing, canopy.heights, above, look, window)
    dark &= ~crowned
    tint = np.array([0.94, 0.98, 1.1], np.float32) * light.ambient
    for band in range(3):
        picture[band][dark] *= tint[band]
    return picture


def _shadow(
    standing: Standing, crowns: Surface, above: Surface, look: Look, window: Window
) -> NDArray[np.bool_]:
    """Tell where the sun does not reach what is seen, (H, W)."""
    light, step = look.light, window.step
    blocked = blocked_height(np.maximum(standing.heights, crowns), light, step)
    dark: NDArray[np.bool_] = blocked > 0.3
    rows, cols = np.nonzero(standing.number)
    if len(rows) == 0:
        return dark
    high = above[rows, cols]
    back_r = np.rint(light.lean_y * high / step).astype(np.int32)
    back_c = np.rint(-light.lean_x * high / step).astype(np.int32)
    r = np.clip(rows + back_r, 0, window.rows - 1)
    c = np.clip(cols + back_c, 0, window.cols - 1)
    dark[rows, cols] = blocked[r, c] > high + 0.25
    face = np.concatenate([[False], look.structures.face])[standing.number[rows, cols]]
    dark[rows[face], cols[face]] = False
    return dark
