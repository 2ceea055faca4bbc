"""Turn dated pictures of one piece of ground into measures whose changes mean something.

A colour changes with sun, haze and sensor; what people build changes *relations*: how green the
ground is, how light, how warm its colour, how rough.  Each measure has a *least change*, the
smallest one that an analyst would call a change; all later rooms count in it.

    bands {name: (T, H, W)}, days (T,) ──► Looks: values (T, F, H, W), names, least
    two pictures of one moment ──► one     any order ──► oldest first

    green  (nir - red) / (nir + red), or (green - red) / (green + red) without infrared
    light  ln of the mean of red, green and blue
    warm   ln (red / blue): soil is warm; water, asphalt and many roofs are not
    rough  standard deviation of ``light`` over 5 x 5 pixels: roofs beside yards are rough
    vv, vh decibels, averaged over 5 x 5 pixels in linear power: speckle is no change

Values are float32; NaN where nothing usable was seen, in all measures of a look at once.

Source: J. W. Rouse et al., 1973 (NDVI); C. J. Tucker, RSE 8, 1979 (green and red alone);
J.-S. Lee, IEEE PAMI 2(2), 1980 (speckle).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from geo.errors import InputError, ShapeError

Stack: TypeAlias = NDArray[np.float32]
"""(T, H, W) or (T, F, H, W); NaN where nothing usable was seen."""

Days: TypeAlias = NDArray[np.float64]
"""(T,) days since 1970-01-01, UTC, with fractions."""

WINDOW = 5
"""Pixels a side of the window for roughness and for averaging radar; 50 m."""

FAINT = 0.02
"""Reflectance, or share of an 8-bit scale, below which a colour says nothing of itself."""

OPTICAL = ("green", "light", "warm", "rough")
"""Names of the measures of optical looks."""

LEAST = {
    "green": 0.12,
    "light": 0.22,
    "warm": 0.12,
    "rough": 0.06,
    "vv": 2.0,
    "vh": 2.0,
    "hh": 2.0,
    "hv": 2.0,
}
"""Least change of each measure: NDVI, natural logarithms, and dB."""

LEAST_PLAIN_GREEN = 0.05
"""Least change of green told from green and red alone, whose range is narrower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """All looks at one piece of ground by one sensor from one side, oldest first."""

    values: Stack
    """(T, F, H, W) float32; NaN in all F at once where a look shows nothing usable."""

    days: Days
    """(T,), strictly rising."""

    names: tuple[str, ...]
    """(F,) measures."""

    least: tuple[float, ...]
    """(F,) least change of each, in its own unit."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together, and days out of order."""
        shape = self.values.shape
        if len(shape) != 4 or shape[:2] != (len(self.days), len(self.names)):
            raise ShapeError(
                f"values must be (T={len(self.days)}, F={len(self.names)}, H, W), not {shape}"
            )
        if len(self.least) != len(self.names) or min(self.least, default=1.0) <= 0:
            raise ShapeError("each measure needs a least change above 0")
        if (np.diff(self.days) <= 0).any():
            raise InputError("Looks must be oldest first, one a moment; use gathered().")

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(T, H, W); true where a look shows something usable."""
        return np.asarray(np.isfinite(self.values).all(axis=1))

    def only(self, usable: NDArray[np.bool_]) -> Looks:
        """Forget what is not usable.

        Args:
            usable: (T, H, W).
        """
        return replace(self, values=np.where(usable[:, None], self.values, np.float32("nan")))


def date_of(day: float) -> str:
    """Write days since 1970-01-01 as a date."""
    return str(np.datetime64(math.floor(day), "D"))


def optical(bands: Mapping[str, Stack], days: Days) -> Looks:
    """Measure optical pictures.

    Args:
        bands: ``red``, ``green``, ``blue`` and, if there is one, ``nir``, each (T, H, W):
            reflectance, or shares of an 8-bit scale; NaN where nothing usable was seen.
        days: (T,), in any order; two looks of one moment become one.

    Raises:
        InputError: red, green or blue is missing.
    """
    missing = {"red", "green", "blue"} - set(bands)
    if missing:
        raise InputError(f"Optical looks need red, green and blue; {min(missing)} is missing.")
    red, green, blue = (np.maximum(bands[name], FAINT) for name in ("red", "green", "blue"))
    light = np.log((red + green + blue) / 3)
    least = [LEAST[name] for name in OPTICAL]
    if "nir" in bands:
        nir = np.maximum(bands["nir"], FAINT)
        verdure = (nir - red) / (nir + red)
    else:
        verdure = (green - red) / (green + red)
        least[0] = LEAST_PLAIN_GREEN
    measures = [verdure, light, np.log(red / blue), _roughness(light)]
    return gathered(np.stack(measures, axis=1), days, OPTICAL, tuple(least))


def radar(bands: Mapping[str, Stack], days: Days) -> Looks:
    """Measure radar pictures of one orbit.

    Args:
        bands: by polarisation, each (T, H, W) in dB; NaN where nothing was seen.
        days: (T,), in any order.

    Raises:
        InputError: there is no polarisation that we know.
    """
    names = tuple(name for name in ("vv", "vh", "hh", "hv") if name in bands)
    if not names:
        raise InputError(f"Radar looks need vv or vh, not {', '.join(bands) or 'nothing'}.")
    measures = [10 * np.log10(_mean(np.power(10, bands[name] / 10))) for name in names]
    return gathered(
        np.stack(measures, axis=1), days, names, tuple(LEAST[name] for name in names)
    )


def gathered(
    values: Stack, days: Days, names: tuple[str, ...], least: tuple[float, ...]
) -> Looks:
    """Put looks in order and make one of those of one moment.

    Args:
        values: (T, F, H, W).
        days: (T,), in any order.
        names: (F,).
        least: (F,).
    """
    if values.shape[:1] != days.shape:
        raise ShapeError(f"{len(values)} looks cannot have {len(days)} days")
    moments, which = np.unique(days, return_inverse=True)
    out = np.full((len(moments), *values.shape[1:]), np.nan, np.float32)
    finite = np.asarray(np.isfinite(values).all(axis=1))[:, None]
    for moment in range(len(moments)):
        same = which == moment
        count = finite[same].sum(axis=0)
        total = np.where(finite[same], values[same], 0).sum(axis=0)
        np.divide(total, count, out=out[moment], where=count > 0)
    return Looks(values=out, days=moments, names=names, least=least)


def _roughness(light: Stack) -> Stack:
    """Measure the spread of lightness around each pixel, (T, H, W)."""
    mean = _mean(light)
    square = _mean(np.square(light))
    return np.sqrt(np.maximum(square - np.square(mean), 0)).astype(np.float32)


def _mean(stack: Stack) -> Stack:
    """Average what is seen in a window around each pixel; NaN stays where nothing is."""
    there = np.isfinite(stack)
    size = (1, WINDOW, WINDOW)
    weight = uniform_filter(there.astype(np.float32), size, mode="nearest")
    total = uniform_filter(np.where(there, stack, 0).astype(np.float32), size, mode="nearest")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(there, total / np.maximum(weight, 1e-6), np.nan).astype(np.float32)
