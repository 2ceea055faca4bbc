"""Join the scores of overlapping tiles so that no seam shows.

Tiles come strip by strip, from left to right.  Of each tile the margin is thrown away; its
right and bottom ramps are kept, faded out, until the neighbour that fades in arrives.  Nothing
else is held: memory is one ramp along the width of the picture.

    tile (C, h, w) uint8 ──► drop margins ──► + left carry ──► + upper carry ──► block (C, s, s)
                                                  └► right carry      └► lower carry

Weights are dyadic fractions, (2 i + 1) / (2 ramp), so a pixel's two weights sum to one exactly,
and a pixel on which both tiles agree keeps its score to the bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.tiles import Plan, Tile
from geo.types import Scores

Carry = NDArray[np.uint16]
"""Faded scores waiting for their neighbour, in units of 1 / (2 ramp) of a score."""


class Blender:
    """Blends the tiles of one plan, given in order."""

    def __init__(self, plan: Plan, channels: int) -> None:
        """Start above the first strip.

        Args:
            plan: the tiles to expect.
            channels: C, how many scores a pixel has.
        """
        self.plan = plan
        ramp = plan.cut.ramp
        self._rise = (2 * np.arange(ramp, dtype=np.uint16) + 1)[None, None, :]  # (1, 1, r)
        self._unit = 2 * ramp
        self._left: Carry = np.zeros((channels, plan.rows.step + ramp, ramp), np.uint16)
        across = (channels, plan.rows.step + ramp, plan.cols.step)
        self._across: Scores = np.zeros(across, np.uint8)
        width = plan.cols.count * plan.cols.step
        self.lower: Carry = np.zeros((channels, ramp, width), np.uint16)
        """(C, ramp, width): what the strip above leaves; all that a restart needs to know."""

    def add(self, tile: Tile, scores: Scores) -> Scores:
        """Blend one tile and return what is now final.

        Args:
            tile: the next tile of its strip.
            scores: (C, h, w) uint8, 0 to 254, as the net judged the tile.

        Returns:
            (C, step, step) uint8 for the pixels ``plan.finished(tile)`` would name if the frame
            had no edge; its top-left pixel lies ``margin`` inside the tile.  Overwritten by the
            next call.
        """
        m, ramp = self.plan.cut.margin, self.plan.cut.ramp
        rows, cols = self.plan.rows.step, self.plan.cols.step
        first = (tile.col - self.plan.cols.start) // cols * cols
        if first == 0:
            self._left[:] = 0
        body = scores[:, m : m + rows + ramp, m : m + cols + ramp]

        across = self._across  # (C, rows + r, cols)
        across[:] = body[:, :, :cols]
        across[:, :, :ramp] = self._meet(body[:, :, :ramp], self._rise, self._left)
        self._left = body[:, :, cols:] * (self._unit - self._rise)

        down = self._rise.transpose(0, 2, 1)  # (1, r, 1)
        upper = self.lower[:, :, first : first + cols]
        across[:, :ramp] = self._meet(across[:, :ramp], down, upper)
        self.lower[:, :, first : first + cols] = across[:, rows:] * (self._unit - down)
        return across[:, :rows]

    def skip(self, tile: Tile) -> None:
        """Pass over a tile in which nothing is to be seen."""
        cols = self.plan.cols.step
        first = (tile.col - self.plan.cols.start) // cols * cols
        self._left[:] = 0
        self.lower[:, :, first : first + cols] = 0

    def _meet(self, scores: Scores, weight: NDArray[np.uint16], carry: Carry) -> Scores:
        total = scores * weight + carry  # at most 254 * 2 ramp: see geo.tiles.WIDEST_RAMP
        return ((total + self._unit // 2) // self._unit).astype(np.uint8)
