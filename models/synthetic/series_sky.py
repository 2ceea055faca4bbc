"""Draw what comes between the ground and a picture of ten metres: snow, clouds, haze, sensor.

    ground (T, 4, H, W), days ──snow──► clouds, shadows, haze ──► hidden, masked (T, H, W)
                              ──shift, sun, noise──► the numbers of a picture

All of it is laid onto the ground in place, look by look, for that is how weather comes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift

from models.synthetic.spectra import SPECTRA

Stack = NDArray[np.float32]


def smooth(size: int, scale: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw smooth noise of standard deviation one, (size, size)."""
    noise = gaussian_filter(rng.standard_normal((size, size)), scale, mode="wrap")
    even: NDArray[np.float32] = (noise / noise.std()).astype(np.float32)
    return even


def lay_snow(ground: Stack, days: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Let snow lie in winter, on most passes, over nearly all."""
    for look, day in enumerate(days):
        phase = day % 365.25
        if (phase > 335 or phase < 60) and rng.random() < 0.8:
            cover = np.clip(0.8 + 0.25 * smooth(ground.shape[-1], 6, rng), 0, 0.97)
            white = SPECTRA["snow"][:, None, None]
            ground[look] += cover * (white - ground[look])


def let_clouds_pass(
    ground: Stack,
    days: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    cloudy: float,
    missed: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw clouds, shadows and haze.

    Args:
        ground: (T, 4, H, W) reflectance, changed in place.
        days: (T,) days since 1970-01-01.
        rng: of all chance.
        cloudy: share of passes with clouds over the year; up to twice that in the wet season.
        missed: share of clouds that an archive's mask misses.

    Returns:
        (T, H, W): where the ground is hidden, and what the mask says of it.
    """
    size = ground.shape[-1]
    hidden = np.zeros((len(days), size, size), np.bool_)
    masked = np.zeros_like(hidden)
    for look, day in enumerate(days):
        wet = 0.5 - 0.5 * np.cos(2 * np.pi * ((day % 365.25) / 365.25 - 0.1))
        ground[look] += (rng.exponential(0.008) * np.array([1, 0.7, 0.5, 0.2]))[:, None, None]
        if rng.random() > min(1.0, 2 * cloudy * wet):
            continue
        field = smooth(size, rng.uniform(4, 12), rng) + rng.normal(0.4, 1.2)
        thick = np.clip(field, 0, 1)
        dark = np.roll(thick > 0.5, (6, -5), (0, 1)) & (thick < 0.1)
        ground[look] *= np.where(dark, 0.45, 1.0).astype(np.float32)
        ground[look] += thick * (SPECTRA["cloud"][:, None, None] - ground[look])
        hidden[look] = (thick > 0.15) | dark
        seen_by_mask = rng.random() > missed
        masked[look] = hidden[look] & seen_by_mask
    return hidden, masked


def take_pictures(ground: Stack, rng: np.random.Generator) -> None:
    """Misplace each look by some tenths of a pixel, and add sun and noise."""
    for look in range(len(ground)):
        moved = shift(ground[look], (0, *rng.normal(0, 0.25, 2)), order=1, mode="nearest")
        noise = rng.normal(0, 0.004, moved.shape).astype(np.float32)
        ground[look] = np.maximum(moved * rng.normal(1.0, 0.04) + noise, 0.002)
