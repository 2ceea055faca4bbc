"""Say where the ground of one picture lies in another, and show the other where it belongs.

A registration is a matrix, and where terrain bends the ground a smooth field on top of it.  It
is found by ``geo.prepare.coregister``; here it is only asked and applied, window by window, so
that a scene is never moved as a whole.

    Registration + rows, cols of the fixed picture ──► rows, cols of the moving one
    Pictures, Registration, window ──► (3, h, w) uint8, valid (h, w)

Invalid is a pixel of whose four neighbours one is not real.

Source: bilinear interpolation; fields as in AROSICS (D. Scheffler et al., Remote Sensing 9(7),
2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from geo.agree import Matrix
from geo.types import Mask, Picture


class Pictures(Protocol):
    """Whoever shows windows of a picture; ``geo.reader.Reader`` is one."""

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window, which may reach outside: (3, h, w) uint8 and (h, w) bool."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """A picture in memory, shown by windows."""

    pixels: Picture
    """(3, H, W)."""

    valid: Mask
    """(H, W)."""

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Show a window; what lies outside is not valid."""
        height, width = self.valid.shape
        pixels = np.zeros((3, rows.stop - rows.start, cols.stop - cols.start), np.uint8)
        valid = np.zeros(pixels.shape[1:], np.bool_)
        r0, r1 = max(rows.start, 0), min(rows.stop, height)
        c0, c1 = max(cols.start, 0), min(cols.stop, width)
        if r0 < r1 and c0 < c1:
            there = np.s_[r0 - rows.start : r1 - rows.start, c0 - cols.start : c1 - cols.start]
            pixels[:, *there] = self.pixels[:, r0:r1, c0:c1]
            valid[there] = self.valid[r0:r1, c0:c1]
        return pixels, valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Where the ground of a fixed picture lies in a moving one."""

    matrix: Matrix
    """(2, 3): moving row, col from fixed row, col, 1."""

    shape: tuple[int, int]
    """Rows, cols of the fixed picture."""

    rule: str = "none"
    """``shift``, ``similarity``, ``affine``, ``field`` or ``none``."""

    quality: float = 0.0
    """Share of the windows with a clear answer that agree within a pixel, 0 to 1."""

    agreeing: int = 0
    """How many windows those are."""

    residual_px: float = math.nan
    """Median distance of the agreeing windows from the rule; NaN without any."""

    refused: str = ""
    """Why nothing is moved, as a sentence; empty when it is."""

    field: NDArray[np.float32] | None = None
    """(2, h, w) added to rows and cols, on nodes spread evenly over the picture."""

    @property
    def shift_px(self) -> tuple[float, float]:
        """Rows down and cols right by which the moving picture is off, at the middle."""
        row, col = ((side - 1) / 2 for side in self.shape)
        there = self.where(np.array([row]), np.array([col]))[:, 0, 0]
        return float(there[0] - row), float(there[1] - col)

    @property
    def turn(self) -> float:
        """Degrees by which the moving picture is turned, clockwise."""
        (a, b, _), (c, d, _) = self.matrix
        return math.degrees(math.atan2(b - c, a + d))

    def off_at(self, row: float, col: float) -> float:
        """Pixels by which the moving picture is off at a place of the fixed one."""
        there = self.where(np.array([row]), np.array([col]))[:, 0, 0]
        return float(np.hypot(there[0] - row, there[1] - col))

    def where(
        self, rows: NDArray[np.floating], cols: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Tell where fixed pixels lie in the moving picture.

        Args:
            rows: (h,) rows of the fixed picture.
            cols: (w,) cols.

        Returns:
            (2, h, w) rows and cols of the moving picture.
        """
        r, c = np.meshgrid(rows, cols, indexing="ij")
        there = np.stack([m[0] * r + m[1] * c + m[2] for m in self.matrix])
        if self.field is not None:
            at = [
                x * ((nodes - 1) / max(1, side - 1))
                for x, side, nodes in zip((r, c), self.shape, self.field.shape[1:], strict=True)
            ]
            for axis in (0, 1):
                there[axis] += map_coordinates(self.field[axis], at, order=1, mode="nearest")
        return there


def moved(
    moving: Pictures, registration: Registration, rows: slice, cols: slice
) -> tuple[Picture, Mask]:
    """Show a window of the moving picture where its ground lies in the fixed one.

    Args:
        moving: shows the picture where its file would have it.
        registration: where its ground lies.
        rows: of the fixed picture; may reach outside.
        cols: likewise.

    Returns:
        (3, h, w) uint8, bilinear, and (h, w) bool, true where all four neighbours are real.
    """
    there = registration.where(
        np.arange(rows.start, rows.stop), np.arange(cols.start, cols.stop)
    )
    (top, left), (bottom, right) = (f((1, 2)) for f in (there.min, there.max))
    box = (
        slice(math.floor(top), math.floor(bottom) + 2),
        slice(math.floor(left), math.floor(right) + 2),
    )
    pixels, valid = moving.picture(*box)
    at = there - np.array([box[0].start, box[1].start])[:, None, None]
    low = np.floor(at).astype(np.intp)
    share = (at - low).astype(np.float32)
    r, c = low[0], low[1]
    weights = (
        ((0, 0), (1 - share[0]) * (1 - share[1])), ((0, 1), (1 - share[0]) * share[1]),
        ((1, 0), share[0] * (1 - share[1])), ((1, 1), share[0] * share[1]),
    )  # fmt: skip
    out = np.full((3, *r.shape), 0.5, np.float32)
    seen = np.ones(r.shape, np.bool_)
    for (down, across), weight in weights:
        out += pixels[:, r + down, c + across] * weight
        seen &= valid[r + down, c + across] | (weight < 1e-3)
    return out.astype(np.uint8), seen
