"""Tell how much a pixel looks like cloud from its colours alone, where no archive says.

Clouds are bright in blue, about white, not green, and large.  Four such measures are weighed by
a small logistic model and averaged over a few pixels.  It is a second opinion, and the only one
for scenes without a class band; it cannot tell a white roof from a cloud by colour, and nothing
can: see ``geo.prepare.builtup`` for that.

    blue, green, red, nir (H, W) reflectance ──► four measures ──► weighed ──► 0..1 (H, W)

Source: Z. Zhu and C. Woodcock, Fmask, RSE 118, 2012 (whiteness, haze-optimised transform);
weights fitted to three labelled chips of ukis-csmask (Apache-2.0), see docs/results/imagery.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from geo.errors import ShapeError
from geo.types import Mask

WEIGHTS = (20.7, 13.1, -5.2, -5.0)
"""Of blue, blue less half of red, lack of whiteness, and NDVI."""

BIAS = 1.6
"""Log-odds of a pixel without any of them."""

DARK = 0.12
"""Surface reflectance in blue.  What is darker is ground, or a veil one can see through."""

DARK_IN_AIR = 0.06
"""The same at the top of the atmosphere, after what the air adds was taken off generously."""

SPREAD = 5
"""Pixels; the side of the window in which opinions are averaged."""

DARKEST = 1.0
"""Percentile that is taken for ground without light: what it shows is air."""

THICKEST = 0.12
"""Reflectance; air shows no more than this at the top of the atmosphere, clouds do."""

FAINT = 0.02
"""Reflectance below which colours say nothing."""

Band = NDArray[np.float32]


def cloudiness(
    blue: Band, green: Band, red: Band, nir: Band, valid: Mask, *, through_air: bool = False
) -> Band:
    """Tell how much each pixel looks like cloud.

    Args:
        blue: (H, W) reflectance, 0 to 1 and more.
        green: likewise.
        red: likewise.
        nir: likewise.
        valid: (H, W).
        through_air: whether it is reflectance at the top of the atmosphere; then what the air
            adds is measured on the darkest pixels and taken off.

    Returns:
        (H, W) float32, 0 to 1; NaN where not valid.

    Raises:
        ShapeError: the bands differ in shape.
    """
    if len({band.shape for band in (blue, green, red, nir, valid)}) > 1:
        raise ShapeError("blue, green, red, nir and valid must be of one shape")
    if not valid.any():
        return np.full(valid.shape, np.nan, np.float32)
    colours = [np.where(valid, band, 0).astype(np.float32) for band in (blue, green, red)]
    if through_air:
        colours = [band - _air(band[valid]) for band in colours]
    measures = _measures(colours[0], colours[1], colours[2], np.where(valid, nir, 0))
    weights = np.array(WEIGHTS, np.float32)
    logit = np.tensordot(weights, measures, 1) + np.float32(BIAS)
    dark = colours[0] < (DARK_IN_AIR if through_air else DARK)
    likely = np.where(valid & ~dark, 1 / (1 + np.exp(-logit)), 0).astype(np.float32)
    seen = uniform_filter(valid.astype(np.float32), SPREAD, mode="nearest")
    mean = uniform_filter(likely, SPREAD, mode="nearest") / np.maximum(seen, 1e-6)
    return np.where(valid, mean, np.nan).astype(np.float32)


def _measures(blue: Band, green: Band, red: Band, nir: Band) -> Band:
    """Measure what ``WEIGHTS`` weighs, (4, H, W)."""
    mean = (blue + green + red) / 3
    strays = np.abs(blue - mean) + np.abs(green - mean) + np.abs(red - mean)
    return np.stack(
        [
            np.minimum(blue, 0.4),
            blue - red / 2,
            np.minimum(strays / np.maximum(mean, FAINT), 1.5),
            (nir - red) / np.maximum(nir + red, FAINT),
        ]
    ).astype(np.float32)


def _air(band: Band) -> float:
    """Measure what the air adds."""
    return min(float(np.percentile(band, DARKEST)), THICKEST)
