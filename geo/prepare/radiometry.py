"""Match the brightness of two pictures on the ground that did not change.

Sun, haze and product give one ground other numbers on another day.  Per colour a gain and an
offset are found that carry the moving picture's numbers to the fixed one's.  Nobody says which
ground is unchanged: one begins with all of it, and what does not fit loses its say, round by
round, until only ground that fits is left.

    fixed, moving (3, H, W) ──cells──► robust line a colour ──► Match ──apply──► (3, H, W) uint8

The line is the reduced major axis, which has no favourite side: matched the other way round, it
gives the inverse.

Source: pseudo-invariant features, J. Schott et al., RSE 26(1), 1988; reweighting as in IR-MAD,
A. Nielsen, IEEE TIP 16(2), 2007; reduced major axis, R. Warton et al., Biol. Rev. 81, 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.types import Mask, Picture

CELL = 4
"""Pixels a side of the cells that are compared: a pixel's misplacement must not matter."""

CELLS = 60_000
"""Cells at most, or nearly: of a larger picture, one in so many is looked at."""

ROWS = 128
"""Rows of cells that are cut at once."""

ENOUGH = 50
"""Cells without which nothing is matched."""

ROUNDS = 12
"""Of reweighting; it settles in five or six."""

TRUST = 0.35
"""Least correlation of the unchanged cells.  Below it the two have nothing in common."""

CLIPPED = (3, 252)
"""Darker and brighter numbers hit the end of the scale and say nothing of gain."""

GAINS = (0.4, 2.5)
"""A gain beyond is no weather but another sensor, or a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a picture's numbers become another's, per colour."""

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """In units of 0 to 255."""

    unchanged: float = 0.0
    """Share of the ground on which it rests, 0 to 1; 0 where nothing was matched."""

    spread: float = float("nan")
    """Standard deviation left on that ground, in units of 0 to 255."""

    def apply(self, picture: Picture) -> Picture:
        """Carry a picture over, (3, H, W) uint8."""
        levels = np.arange(256, dtype=np.float32)
        tables = [
            np.clip(g * levels + o + 0.5, 0, 255).astype(np.uint8)
            for g, o in zip(self.gain, self.offset, strict=True)
        ]
        return np.stack([table[band] for table, band in zip(tables, picture, strict=True)])


def match_radiometry(fixed: Picture, moving: Picture, valid: Mask) -> Match:
    """Find how the moving picture's numbers become the fixed one's.

    Args:
        fixed: (3, H, W) uint8.
        moving: (3, H, W) uint8, laid onto the fixed one.
        valid: (H, W), true where both are real and clear.

    Returns:
        The match; the identity, with ``unchanged`` 0, where the two have too little in common.

    Raises:
        ShapeError: the arrays do not lie on each other.
    """
    if fixed.shape != moving.shape or fixed.shape[1:] != valid.shape:
        raise ShapeError(
            f"fixed, moving and valid must lie on each other, not {fixed.shape}, "
            f"{moving.shape}, {valid.shape}"
        )
    one, two = _cells(fixed, moving, valid)
    if one.shape[1] < ENOUGH:
        return Match()
    weight = np.ones(one.shape[1])
    gain, offset = np.ones(3), np.zeros(3)
    for _ in range(ROUNDS):
        gain, offset, alike = _line(one, two, weight)
        left = one - (gain[:, None] * two + offset[:, None])
        scale = 1.4826 * np.median(np.abs(left), axis=1, keepdims=True) + 0.5
        away = np.sqrt(((left / scale) ** 2).mean(0))
        weight = np.clip(1 - (away / 3) ** 2, 0, None) ** 2  # Tukey
    kept = weight > 0.1
    trusted = kept.sum() >= ENOUGH and alike.min() >= TRUST
    if not trusted or gain.min() < GAINS[0] or gain.max() > GAINS[1]:
        return Match()
    return Match(
        gain=(float(gain[0]), float(gain[1]), float(gain[2])),
        offset=(float(offset[0]), float(offset[1]), float(offset[2])),
        unchanged=float(kept.mean()),
        spread=float(left[:, kept].std()),
    )


def _cells(
    fixed: Picture, moving: Picture, valid: Mask
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average cells that are wholly real and nowhere clipped; (3, N) each."""
    rows, cols = (side // CELL for side in valid.shape)
    every = max(1, rows * cols // CELLS)
    parts = [
        _some_cells(fixed[:, some], moving[:, some], valid[some], first, every)
        for first in range(0, max(rows, 1), ROWS)
        for some in [slice(first * CELL, min(first + ROWS, rows) * CELL)]
    ]
    one, two = (np.concatenate(side, axis=1) for side in zip(*parts, strict=True))
    return one, two


def _some_cells(
    fixed: Picture, moving: Picture, valid: Mask, first: int, every: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average those of some rows of cells; one in so many is looked at.

    Args:
        fixed: (3, h, W), whole rows of cells.
        moving: likewise.
        valid: (h, W).
        first: number of the first row of cells.
        every: cells from one that is looked at to the next, in reading order.
    """
    rows, cols = (side // CELL for side in valid.shape)

    def cut(band: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Part a band into cells, leaving off what fills none: (N, pixels of a cell)."""
        cells = band[:, : cols * CELL].reshape(rows, CELL, cols, CELL).transpose(0, 2, 1, 3)
        return cells.reshape(-1, CELL**2)[-first * cols % every :: every]

    good = cut(valid.view(np.uint8)).min(1) > 0
    sides = [[cut(band) for band in picture] for picture in (fixed, moving)]
    for cells in (cells for side in sides for cells in side):
        good &= (cells.min(1) >= CLIPPED[0]) & (cells.max(1) <= CLIPPED[1])
    one, two = (np.stack([cells[good].mean(1) for cells in side]) for side in sides)
    return one, two


def _line(
    one: NDArray[np.float64], two: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw the reduced major axis through weighted points; gain, offset and correlation."""
    share = weight / max(weight.sum(), 1e-9)
    mean_one, mean_two = one @ share, two @ share
    a, b = one - mean_one[:, None], two - mean_two[:, None]
    var_one, var_two = (a**2) @ share + 1e-6, (b**2) @ share + 1e-6
    gain = np.sqrt(var_one / var_two)
    return gain, mean_one - gain * mean_two, (a * b) @ share / np.sqrt(var_one * var_two)
