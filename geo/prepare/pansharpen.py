"""Give colours the sharpness of the panchromatic picture taken with them.

What the panchromatic band knows beyond the colours is its detail: itself, less what one would
make of the colours.  Brovey's way scales all colours alike by it, Gram-Schmidt's (in its
adaptive form) adds to each what it usually shares.  In both the colours, averaged back, are
what they were: nothing is invented but the detail.

    colours (C, H, W) on the fine grid + pan (H, W) ──► intensity by regression ──► detail
                                                                      └──► (C, H, W) float32

Source: B. Aiazzi et al., IEEE TGRS 45(10), 2007 (GSA); A. Gillespie et al., RSE 22, 1987
    (Brovey).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from geo.errors import InputError, ShapeError
from geo.types import Mask

Sharpening = Literal["gram-schmidt", "brovey"]
"""How detail is put into colours."""

Bands = NDArray[np.float32]

FADED = 1e-6
"""Intensities below this carry no colour to scale."""


def sharpen(
    colours: Bands,
    pan: Bands,
    *,
    ratio: int = 4,
    valid: Mask | None = None,
    way: Sharpening = "gram-schmidt",
) -> Bands:
    """Sharpen colours.

    Args:
        colours: (C, H, W), already on the grid of ``pan`` (bilinear will do).
        pan: (H, W).
        ratio: how many fine pixels a side lie in one coarse pixel.
        valid: (H, W); all, when ``None``.
        way: ``gram-schmidt`` keeps colours best, ``brovey`` keeps their proportions exactly.

    Returns:
        (C, H, W) float32; not valid pixels are as they came.

    Raises:
        InputError: ``ratio`` is no ratio.
        ShapeError: colours and pan do not lie on one grid.
    """
    if colours.ndim != 3 or colours.shape[1:] != pan.shape:
        raise ShapeError(f"colours {colours.shape} and pan {pan.shape} must lie on one grid")
    if ratio < 2:
        raise InputError(
            f"A panchromatic pixel is smaller than a colour's; ratio {ratio} is not."
        )
    seen = np.ones(pan.shape, np.bool_) if valid is None else valid
    if not seen.any():
        return colours.astype(np.float32)
    coarse_pan = _blurred(pan.astype(np.float32), seen, ratio)
    weights = _weights(colours[:, seen], coarse_pan[seen])
    intensity = np.tensordot(weights[:-1], colours, 1) + weights[-1]
    # Pan on the brightness scale of the colours: what is left over is detail alone.
    detail = pan - coarse_pan
    if way == "brovey":
        factor = (intensity + detail) / np.maximum(intensity, FADED)
        sharp = colours * np.clip(factor, 0, 4)
    else:
        sharp = colours + _gains(colours, intensity, seen)[:, None, None] * detail
    return np.where(seen, sharp, colours).astype(np.float32)


def _blurred(pan: Bands, seen: Mask, ratio: int) -> Bands:
    """Show pan as the colours' sensor would: averaged over its pixels, and laid out again."""
    rows, cols = (-(-side // ratio) * ratio for side in pan.shape)
    pad = ((0, rows - pan.shape[0]), (0, cols - pan.shape[1]))
    values, weight = np.pad(np.where(seen, pan, 0), pad), np.pad(seen.astype(np.float32), pad)
    shape = (rows // ratio, ratio, cols // ratio, ratio)
    total, count = values.reshape(shape).sum((1, 3)), weight.reshape(shape).sum((1, 3))
    mean = np.where(count > 0, total / np.maximum(count, 1), pan[seen].mean())
    fine: Bands = zoom(mean, ratio, order=1, mode="nearest", grid_mode=True)
    return fine[: pan.shape[0], : pan.shape[1]].astype(np.float32)


def _weights(colours: Bands, pan: Bands) -> Bands:
    """Find how much of each colour, and what constant, make up the panchromatic band."""
    step = max(1, pan.size // 200_000)  # a sample tells the same
    left = np.vstack([colours[:, ::step], np.ones_like(pan[::step])]).T
    weights: Bands = np.linalg.lstsq(left, pan[::step], rcond=None)[0]
    return weights.astype(np.float32)


def _gains(colours: Bands, intensity: Bands, seen: Mask) -> Bands:
    """Find how much each colour usually moves with intensity."""
    known = intensity[seen].astype(np.float64)
    known -= known.mean()
    power = float(np.dot(known, known)) or 1.0
    return np.array(
        [np.dot(c[seen].astype(np.float64) - c[seen].mean(), known) / power for c in colours],
        np.float32,
    )
