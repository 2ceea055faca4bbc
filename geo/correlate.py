"""Find the shift at which two pictures of one ground agree best, to a fraction of a pixel.

Brightness changes with season and sun, the run of edges hardly.  So each picture becomes a
field of edge directions, arrows in the complex plane, doubled in angle so that a roof brighter
than its yard matches one that is darker.  What is not valid is zero and has no say, so masks
cost nothing.  Correlating two such fields is a phase correlation for pictures with holes.

    grey (H, W) ──directions──► complex (H, W) ──correlate──► peak: rows, cols, how sure

Source: orientation correlation, A. Fitch et al., BMVC 2002; masked correlation, D. Padfield,
IEEE TIP 21(5), 2012; sub-pixel peak by matrix Fourier transform, M. Guizar-Sicairos et al.,
Optics Letters 33(2), 2008.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import binary_dilation, gaussian_filter

from geo.errors import ShapeError
from geo.types import Mask, Picture

Directions = NDArray[np.complex64]
"""(H, W), directions of edges; 0 where nothing is known."""

Grey = NDArray[np.float32]
"""(H, W), brightness."""

STEP = 20
"""Parts of a pixel in which the peak is looked for."""

SHOULDER = 3
"""Pixels about a peak that belong to it."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The best shift: ``fixed(p) = moving(p + shift)``."""

    row: float
    """Pixels down."""

    col: float
    """Pixels right."""

    stands: float
    """Standard deviations by which it stands above the other shifts; 0 at the rim of the
    search, beyond which a better one may lie."""


def brightness(picture: Picture) -> Grey:
    """Average the colours, (H, W) float32."""
    return np.asarray(picture.mean(axis=0, dtype=np.float32))


def directions(
    grey: Grey, valid: Mask, *, blur: float = 1.0, usual: float | None = None
) -> Directions:
    """Turn a picture into the directions of its edges.

    Args:
        grey: (H, W).
        valid: (H, W); next to what is not, nothing is said.
        blur: pixels; sigma of the smoothing before slopes are taken.
        usual: the usual slope; the median of this very picture when not given.

    Returns:
        (H, W) complex64: length 0 to 1 by how far the edge stands above the usual slope, angle
        twice that of the slope.

    Raises:
        ShapeError: the two do not lie on each other.
    """
    if grey.shape != valid.shape or grey.ndim != 2:
        raise ShapeError(
            f"grey and valid must be (H, W) alike, not {grey.shape}, {valid.shape}"
        )
    if not valid.any():
        return np.zeros(grey.shape, np.complex64)
    slope = slopes(grey, valid, blur)
    steep = np.abs(slope)
    base = usual_slope(grey, valid, blur) if usual is None else usual
    field = slope**2 / np.maximum(steep * (steep + 2 * base), np.float32(1e-6))
    if not valid.all():
        field[binary_dilation(~valid, iterations=math.ceil(3 * blur))] = 0
    return np.asarray(field, np.complex64)


def slopes(grey: Grey, valid: Mask, blur: float = 1.0) -> Directions:
    """Take the slope of brightness, right as the real part and down as the imaginary."""
    filled = grey if valid.all() else np.where(valid, grey, grey[valid].mean())
    down, right = (gaussian_filter(filled, blur, order=o) for o in ((1, 0), (0, 1)))
    return np.asarray(right + 1j * down, np.complex64)


def usual_slope(grey: Grey, valid: Mask, blur: float = 1.0) -> float:
    """Measure the median slope; 0 where nothing is valid."""
    if not valid.any():
        return 0.0
    return float(np.median(np.abs(slopes(grey, valid, blur))[valid]))


def find_peak(fixed: Directions, moving: Directions, reach: float) -> Peak:
    """Find the shift at which two fields agree best.

    Args:
        fixed: (H, W).
        moving: (H, W) on the same frame.
        reach: pixels; how far to look in every direction.
    """
    far = math.ceil(reach)
    size = [fft.next_fast_len(side + far + 1) for side in fixed.shape]
    cross = np.conj(fft.fft2(fixed, size)) * fft.fft2(moving, size)
    span = np.arange(-far, far + 1)
    near = np.ix_(span % size[0], span % size[1])
    most = _possible(fixed, moving, size)[near]
    surface = fft.ifft2(cross).real[near] / np.maximum(most, 0.1 * most.max() + 1e-9)
    top = np.unravel_index(int(surface.argmax()), surface.shape)
    row, col = (int(span[i]) for i in top)
    if far in (abs(row), abs(col)):
        return Peak(float(row), float(col), 0.0)
    rest = np.ones(surface.shape, np.bool_)
    rest[
        max(0, top[0] - SHOULDER) : top[0] + SHOULDER + 1,
        max(0, top[1] - SHOULDER) : top[1] + SHOULDER + 1,
    ] = False
    others = surface[rest] if rest.any() else np.zeros(1)
    stands = (surface[top] - others.mean()) / max(float(others.std()), 1e-6)
    down, right = _refined(cross, (row, col))
    return Peak(down, right, float(stands))


def _possible(fixed: Directions, moving: Directions, size: list[int]) -> NDArray[np.float64]:
    """Tell for each shift how much the two fields could agree at most."""
    power = [np.abs(f) ** 2 for f in (fixed, moving)]
    known = [(p > 0).astype(np.float32) for p in power]

    def correlate(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
        """Correlate two spectra for every shift."""
        both = np.conj(fft.rfft2(a, size)) * fft.rfft2(b, size)
        return np.maximum(fft.irfft2(both, size), 0)

    most: NDArray[np.float64] = np.sqrt(
        correlate(power[0], known[1]) * correlate(known[0], power[1])
    )
    return most


def _refined(cross: NDArray[np.complexfloating], about: tuple[int, int]) -> tuple[float, float]:
    """Look for the peak in steps of 1 / ``STEP`` pixel within a pixel of a whole one."""
    fine = np.arange(-STEP, STEP + 1) / STEP
    waves = [
        np.exp(2j * np.pi * np.outer(middle + fine, fft.fftfreq(side)))
        for side, middle in zip(cross.shape, about, strict=True)
    ]
    surface = (waves[0] @ cross @ waves[1].T).real
    row, col = np.unravel_index(int(surface.argmax()), surface.shape)
    return about[0] + float(fine[row]), about[1] + float(fine[col])
