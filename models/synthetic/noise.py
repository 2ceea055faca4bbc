"""Unevenness that belongs to the ground, not to the window one looks through.

Each octave is a lattice of random numbers over the whole plane; a window is cut from it and
smoothed up to pixels, so that neighbouring windows meet without a seam.

    seed, cell sizes ──► lattices ──window──► (H, W) float32, mean 0, about unit spread

Source: value noise with bicubic interpolation, K. Perlin's idea in its cheapest form.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Surface = NDArray[np.float32]
"""(H, W) float32."""

PERIOD = 600
"""Lattice points after which an octave repeats: 300 m for the finest, kilometres for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A rectangle of fine pixels on the place."""

    left: float
    """Metres, x of its left edge."""
    top: float
    """Metres, y of its top edge."""
    rows: int
    cols: int
    step: float
    """Metres per fine pixel."""

    def grid(self) -> tuple[Surface, Surface]:
        """Return x (1, W) and y (H, 1) of pixel centres, metres."""
        x = self.left + (np.arange(self.cols, dtype=np.float32) + 0.5) * self.step
        y = self.top - (np.arange(self.rows, dtype=np.float32) + 0.5) * self.step
        return x[None, :].astype(np.float32), y[:, None].astype(np.float32)


@functools.lru_cache(maxsize=64)
def _lattice(seed: tuple[int, ...]) -> Surface:
    """Throw the random numbers of one octave."""
    return np.random.default_rng(seed).standard_normal((PERIOD, PERIOD), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Noise:
    """Octaves over the whole plane."""

    seed: tuple[int, ...]

    def field(self, key: int, cells: tuple[float, ...], window: Window) -> Surface:
        """Sum octaves.

        Args:
            key: different keys give unrelated fields.
            cells: metres between lattice points, one an octave; all weigh the same.
            window: where to look.
        """
        if min(cells) >= 10 * window.step:  # smooth enough to be summed on a coarser mesh
            return self._coarsely(key, cells, window)
        total = self._octave(key * 16, cells[0], window)
        for i, cell in enumerate(cells[1:], start=1):
            total += self._octave(key * 16 + i, cell, window)
        total *= np.float32(1.3 / len(cells) ** 0.5)
        return total

    def _coarsely(self, key: int, cells: tuple[float, ...], window: Window) -> Surface:
        pad = 2  # coarse pixels on each side, so that the last step needs no extrapolation
        mesh = Window(
            left=window.left - pad * 4 * window.step,
            top=window.top + pad * 4 * window.step,
            rows=-(-window.rows // 4) + 2 * pad,
            cols=-(-window.cols // 4) + 2 * pad,
            step=window.step * 4,
        )
        coarse = Image.fromarray(self.field(key, cells, mesh))
        fine = coarse.resize(
            (window.cols, window.rows),
            Image.Resampling.BILINEAR,
            box=(pad, pad, pad + window.cols / 4, pad + window.rows / 4),
        )
        return np.array(fine, np.float32)

    def _octave(self, key: int, cell: float, window: Window) -> Surface:
        left, top = window.left / cell, -window.top / cell
        right = left + window.cols * window.step / cell
        low = top + window.rows * window.step / cell
        r0, c0 = math.floor(top) - 3, math.floor(left) - 3
        lattice = _lattice((*self.seed, key))
        rows = np.arange(r0, math.ceil(low) + 4) % PERIOD
        cols = np.arange(c0, math.ceil(right) + 4) % PERIOD
        image = Image.fromarray(lattice[np.ix_(rows, cols)])
        out = image.resize(
            (window.cols, window.rows),
            Image.Resampling.BICUBIC,
            box=(left - c0, top - r0, right - c0, low - r0),
        )
        return np.array(out, np.float32)

    def grain(self, key: int, window: Window) -> Surface:
        """Return noise without any memory, one number a fine pixel, (H, W)."""
        rows = (round(-window.top / window.step) + np.arange(window.rows)) % PERIOD
        cols = (round(window.left / window.step) + np.arange(window.cols)) % PERIOD
        return _lattice((*self.seed, key, PERIOD)).take(rows, 0).take(cols, 1)
