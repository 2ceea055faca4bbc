"""Sum a picture up in cells of a few metres: what a glance tells of the ground.

picture (3, H, W), valid (H, W) ──band by band──► colour, spread, steepness, share seen (h, w)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from geo.errors import ShapeError
from geo.types import Mask, Picture

CELL = 4.0
"""Metres a side of a cell, about."""

BAND = 512
"""Rows of a picture that are summed up at once, about."""

Triple = tuple[float, float, float]
"""One number a colour."""


@dataclass(frozen=True, slots=True)
class Glance:
    """One picture in cells."""

    colour: NDArray[np.float32]
    """(3, h, w) means of what is valid."""

    spread: NDArray[np.float32]
    """(h, w) standard deviation of brightness inside a cell."""

    steep: NDArray[np.float32]
    """(h, w) largest step of brightness from pixel to pixel."""

    seen: NDArray[np.float32]
    """(h, w) share of valid pixels."""

    @property
    def light(self) -> NDArray[np.float32]:
        """(h, w) brightness."""
        return np.asarray(self.colour.mean(0), np.float32)

    def matched(self, gain: Triple, offset: Triple) -> Glance:
        """Give the cells as they would look in another picture's numbers."""
        gains, offsets = (np.array(v, np.float32)[:, None, None] for v in (gain, offset))
        size = np.float32(np.mean(gain))
        return replace(
            self,
            colour=self.colour * gains + offsets,
            spread=self.spread * size,
            steep=self.steep * size,
        )


def glance(picture: Picture, valid: Mask, side: int) -> Glance:
    """Sum a picture up in cells of ``side`` pixels; a rest at the far edges fills cells partly.

    Args:
        picture: (3, H, W) uint8, in memory or on disk; it is walked in bands of rows.
        valid: (H, W).
        side: pixels along a cell.

    Raises:
        ShapeError: the mask does not lie on the picture.
    """
    if picture.shape[1:] != valid.shape:
        raise ShapeError(f"valid must be {picture.shape[1:]}, not {valid.shape}")
    rows = max(1, BAND // side) * side
    bands = [
        _glance(picture, valid, side, slice(top, min(top + rows, len(valid))))
        for top in range(0, len(valid), rows)
    ]
    colour, *rest = (
        np.concatenate(parts, axis=-2)
        for parts in zip(*((b.colour, b.spread, b.steep, b.seen) for b in bands), strict=True)
    )
    return Glance(colour, *rest)


def _glance(picture: Picture, valid: Mask, side: int, own: slice) -> Glance:
    """Sum up some rows; those next to them tell how steep it is at their edge."""
    around = slice(max(0, own.start - 1), own.stop + 1)
    inner = slice(own.start - around.start, own.stop - around.start)
    light = picture[:, around].mean(0, dtype=np.float32)
    step = np.maximum(*(np.abs(slope) for slope in np.gradient(light)))
    step[~binary_erosion(valid[around], border_value=1)] = 0  # the end of the scene is no edge
    light, step = light[inner], step[inner]
    known = valid[own]
    rows, cols = (-(-n // side) for n in known.shape)
    pad = [(0, rows * side - known.shape[0]), (0, cols * side - known.shape[1])]

    def cells(values: NDArray[Any]) -> NDArray[Any]:
        """Part an array into cells; what fills them up is nought."""
        return np.pad(values, pad).reshape(rows, side, cols, side)

    count = np.maximum(cells(known).sum((1, 3)), 1)

    def mean(values: NDArray[Any]) -> NDArray[np.float32]:
        """Average what is known of each cell."""
        total = cells(np.where(known, values, 0)).sum((1, 3), dtype=np.float32)
        return np.asarray(total / count, np.float32)

    variance = mean(light**2) - mean(light) ** 2
    size = cells(np.ones(known.shape, np.float32)).sum((1, 3))
    return Glance(
        colour=np.stack([mean(band) for band in picture[:, own]]),
        spread=np.sqrt(np.maximum(variance, 0)),
        steep=cells(step).max((1, 3)).astype(np.float32),
        seen=(cells(known).sum((1, 3)) / np.maximum(size, 1)).astype(np.float32),
    )
