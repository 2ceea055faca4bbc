"""Where the light comes from, where the sensor stands, and what lies in shadow.

The shadow of everything at once: at each pixel we ask how high above the ground the light is
blocked.  Blocked height falls by tan(elevation) a metre away from the sun, and doubling the
step asks all distances up to 2^n in n passes.

    heights (H, W) ──n doublings──► blocked (H, W) metres;  shadow = blocked > own height

Source: running maximum by doubling (van Herk's idea for dilations); the geometry is plain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from models.synthetic.noise import Surface


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Sun and sensor of one acquisition."""

    azimuth: float
    """Degrees clockwise from north, where the sun stands."""

    elevation: float
    """Degrees above the horizon, 15 to 85."""

    lean_x: float = 0.0
    """Metres by which one metre of height leans east in the picture."""

    lean_y: float = 0.0
    """The same, north."""

    ambient: float = 0.5
    """Brightness in shadow, share of that in the sun."""

    @property
    def shadow(self) -> tuple[float, float]:
        """Return x, y in metres by which one metre of height throws its shadow."""
        long = 1 / math.tan(math.radians(self.elevation))
        turn = math.radians(self.azimuth)
        return -math.sin(turn) * long, -math.cos(turn) * long

    def on_slope(self, tilt: float, facing: float) -> float:
        """Tell how bright a slope is beside level ground.

        Args:
            tilt: degrees from level.
            facing: degrees clockwise from north that it looks to.
        """
        e, t = math.radians(self.elevation), math.radians(tilt)
        cos = math.cos(t) * math.sin(e)
        cos += math.sin(t) * math.cos(e) * math.cos(math.radians(facing - self.azimuth))
        direct = max(0.0, cos) / math.sin(e)
        return self.ambient + (1 - self.ambient) * min(direct, 1.6)


def blocked_height(heights: Surface, light: Light, step: float) -> Surface:
    """Tell up to which height the sun is blocked at each pixel.

    Args:
        heights: (H, W) metres above ground.
        light: of the scene.
        step: metres per pixel.

    Returns:
        (H, W) metres; a surface is in shadow where this is above its own height.
    """
    dx, dy = light.shadow
    far = math.hypot(dx, dy)
    if far < 1e-6:
        return heights.copy()
    ux, uy = dx / far, -dy / far  # columns and rows a metre
    main = max(abs(ux), abs(uy))
    ux, uy, per = ux / main, uy / main, step / main  # one whole pixel along the main axis
    drop = per / far
    blocked = heights.copy()
    reach = float(heights.max()) / drop
    pixels = 1
    while pixels <= reach:
        row, col = round(uy * pixels), round(ux * pixels)
        shifted, here = _overlap(blocked, row, col)
        if here.size == 0:
            break
        np.maximum(here, shifted - np.float32(drop * pixels), out=here)
        pixels *= 2
    # Whole pixels on the minor axis are rounded: close the holes this leaves behind thin walls.
    minor = 0 if abs(ux) > abs(uy) else 1
    return minimum_filter1d(maximum_filter1d(blocked, 3, axis=minor), 3, axis=minor)


def _overlap(a: Surface, row: int, col: int) -> tuple[Surface, Surface]:
    """Return what lies ``row, col`` before each pixel, a copy, and those pixels themselves."""
    h, w = a.shape
    r0, r1, c0, c1 = max(0, row), min(h, h + row), max(0, col), min(w, w + col)
    here = a[r0:r1, c0:c1]
    before = a[r0 - row : r1 - row, c0 - col : c1 - col].copy()
    return before, here


def make_light(rng: np.random.Generator) -> Light:
    """Choose a plausible morning acquisition: sun from east to south or north, mild lean."""
    theta = float(rng.choice([0, rng.uniform(2, 12), rng.uniform(12, 24)], p=[0.2, 0.5, 0.3]))
    turn = rng.uniform(0, 2 * math.pi)
    reach = math.tan(math.radians(theta))
    return Light(
        azimuth=float(rng.uniform(70, 290) if rng.random() < 0.85 else rng.uniform(0, 360)),
        elevation=float(rng.uniform(34, 78)),
        lean_x=reach * math.cos(turn),
        lean_y=reach * math.sin(turn),
        ambient=float(rng.uniform(0.34, 0.72)),
    )
