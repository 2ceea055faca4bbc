"""Prepare radar: decibels, speckle, and an orbit's scenes kept apart from another's.

Speckle is noise that multiplies: bright ground is noisy in proportion.  Two filters are here.
Lee's looks at one picture: where a window varies no more than speckle would, its mean is taken,
and the more it varies beyond that, the more the pixel itself counts.  Quegan's looks at a
series: each date keeps its own mean and borrows the others' looks, so no edge is blurred.

    power (H, W) ──lee──► power      powers (T, H, W) ──quegan──► powers      power ──► dB

Power is linear; NaN is what was not seen, and so is power of 0 or less, which no ground has.

Source: J.-S. Lee, IEEE PAMI 2(2), 1980; S. Quegan and J. J. Yu, IEEE TGRS 39(11), 2001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from geo.errors import InputError, ShapeError
from geo.scene import Scene

LOOKS = 4.4
"""Equivalent number of looks of Sentinel-1 GRD in IW mode, as its items tell."""

SIDE = 7
"""Pixels; the window in which ground is taken to be alike, 70 m in Sentinel-1."""

Calming = Literal["lee", "quegan"]
"""How speckle is smoothed: date by date, or with the help of an orbit's other dates."""

Power = NDArray[np.float32]


def to_db(power: Power) -> Power:
    """Turn linear power into decibels; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(power > 0, 10 * np.log10(power), np.nan).astype(np.float32)


def from_db(decibels: Power) -> Power:
    """Turn decibels into linear power."""
    return np.power(10.0, decibels / 10).astype(np.float32)


def lee(power: Power, *, looks: float = LOOKS, side: int = SIDE) -> Power:
    """Smooth speckle in one picture.

    Args:
        power: (H, W) linear.
        looks: equivalent number of looks; fewer means more speckle.
        side: pixels of the window, odd.

    Returns:
        (H, W) linear; NaN where ``power`` is NaN or not positive.

    Raises:
        InputError: looks or side make no sense.
        ShapeError: ``power`` is no picture.
    """
    if looks <= 0 or side < 3 or side % 2 == 0:
        raise InputError(
            f"Lee's filter wants looks above 0 and an odd side, not {looks}, {side}."
        )
    if power.ndim != 2:
        raise ShapeError(f"power must be (H, W), not {power.shape}")
    seen, mean = _local_mean(power, side)
    _, square = _local_mean(np.square(power.astype(np.float64)), side)
    spread = np.maximum(square - mean**2, 0)
    noise = mean**2 / looks
    ground = np.maximum(spread - noise, 0) / (1 + 1 / looks)  # what varies beyond speckle
    with np.errstate(invalid="ignore", divide="ignore"):
        trust = np.where(spread > 0, ground / spread, 0)
        smooth = mean + trust * (np.where(seen, power, 0) - mean)
    return np.where(seen, smooth, np.nan).astype(np.float32)


def quegan(powers: Power, *, side: int = SIDE) -> Power:
    """Smooth speckle in a series of one orbit, without blurring what changed or did not.

    Args:
        powers: (T, H, W) linear, of one orbit and polarisation.
        side: pixels of the window in which each date's own mean is taken.

    Returns:
        (T, H, W) linear; NaN where a date is NaN or not positive.

    Raises:
        ShapeError: ``powers`` is no series.
    """
    if powers.ndim != 3:
        raise ShapeError(f"powers must be (T, H, W), not {powers.shape}")
    shared = texture(powers, side=side)
    return np.stack([textured(power, shared, side=side) for power in powers])


def texture(powers: Iterable[Power], *, side: int = SIDE) -> Power:
    """Tell how much each pixel of a series differs from its window's mean on most dates.

    Args:
        powers: (H, W) linear, a date each.
        side: pixels of the window.

    Returns:
        (H, W); 1 where a pixel is like its neighbours, NaN where no date saw it.
    """
    total: NDArray[np.float64] | float = 0.0
    count: NDArray[np.int32] | int = 0
    for power in powers:
        seen, mean = _local_mean(power, side)
        with np.errstate(invalid="ignore", divide="ignore"):
            total = total + np.where(seen, power / mean, 0)
        count = count + seen
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / count, np.float32)


def textured(power: Power, shared: Power, *, side: int = SIDE) -> Power:
    """Give a date its own window means, and the texture that its series shares.

    Returns:
        (H, W) linear; NaN where ``power`` is NaN or not positive.
    """
    seen, mean = _local_mean(power, side)
    return np.where(seen, mean * shared, np.nan).astype(np.float32)


def by_orbit(scenes: Iterable[Scene]) -> dict[str, list[Scene]]:
    """Keep apart what was seen from different sides: one list an orbit, oldest first.

    Returns:
        ``ascending 26`` and the like to its scenes; scenes that do not tell stand under
        ``unknown``, for they must not be compared with anything.
    """
    groups: dict[str, list[Scene]] = defaultdict(list)
    for scene in sorted(scenes, key=lambda s: (s.time, s.id)):
        known = scene.orbit is not None and scene.direction
        groups[f"{scene.direction} {scene.orbit}" if known else "unknown"].append(scene)
    return dict(groups)


def _local_mean(
    power: NDArray[np.floating], side: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Average what is seen in a window around each pixel."""
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(power) & (power > 0)
    weight = uniform_filter(seen.astype(np.float64), side, mode="nearest")
    total = uniform_filter(np.where(seen, power, 0).astype(np.float64), side, mode="nearest")
    return seen, total / np.maximum(weight, 1e-12)
