"""Sum a picture up in cells of a few metres: what a glance tells of the ground.

picture (3, H, W), valid (H, W) ──glance──► colour, spread, steepness, share seen (h, w)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from geo.errors import ShapeError
from geo.types import Mask, Picture

CELL = 4.0
"""Metres a side of a cell, about."""

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
    """Sum a picture up in cells of ``side`` pixels; a rest at the far edges joins no cell.

    Raises:
        ShapeError: the mask does not lie on the picture.
    """
    if picture.shape[1:] != valid.shape:
        raise ShapeError(f"valid must be {picture.shape[1:]}, not {valid.shape}")
    rows, cols = (-(-n // side) for n in valid.shape)
    pad = [(0, rows * side - valid.shape[0]), (0, cols * side - valid.shape[1])]
    known = np.pad(valid, pad).reshape(rows, side, cols, side)
    count = np.maximum(known.sum((1, 3)), 1)

    def mean(band: NDArray[np.float32]) -> NDArray[np.float32]:
        """Average what is known of each cell."""
        blocks = np.pad(band, pad).reshape(rows, side, cols, side)
        return np.asarray(np.where(known, blocks, 0).sum((1, 3)) / count, np.float32)

    bands = picture.astype(np.float32)
    colour = np.stack([mean(band) for band in bands])
    light = bands.mean(0)
    variance = mean(light**2) - mean(light) ** 2
    step = np.maximum(np.abs(np.gradient(light, axis=0)), np.abs(np.gradient(light, axis=1)))
    step[~binary_erosion(valid, border_value=1)] = 0  # the end of the scene is no edge in it
    steep = np.pad(step, pad).reshape(known.shape).max((1, 3))
    size = np.pad(np.ones(valid.shape, np.float32), pad).reshape(known.shape).sum((1, 3))
    return Glance(
        colour=colour,
        spread=np.sqrt(np.maximum(variance, 0)),
        steep=steep.astype(np.float32),
        seen=(known.sum((1, 3)) / np.maximum(size, 1)).astype(np.float32),
    )
