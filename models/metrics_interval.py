"""Give every figure its interval: count by block of ground, then draw the blocks again.

Neighbouring pixels, or two houses of one street, say the same thing twice; so blocks are drawn,
never pixels.  A *measure* is a figure as a function of how often each block counts: once each
gives the value, drawn with replacement gives the interval.  Measures of the same blocks may be
averaged (seeds) or subtracted (two nets), and the same blocks are then drawn for both.

    counts a block (B, K) ──► Measure ──► value
                                 └─ how often each block counts (D, B) ──► (D,) ──► 95 %

Source: block bootstrap, P. Hall, Ann. Statist. 13, 1985.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import ShapeError

Weights = NDArray[np.float64]
"""(D, B) how often each of B blocks counts, in D draws."""

Values = NDArray[np.float64]
"""(D,) a figure in each draw; NaN where the blocks drawn give none."""

FEW = 10
"""Blocks under which an interval is a rough guess, and every table says so."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure, ready to be asked what it is and how sure."""

    figure: Callable[[Weights], Values]
    """From how often each block counts to the figure."""

    blocks: int
    """How many blocks there are."""

    @property
    def value(self) -> float:
        """The figure with every block counted once; NaN where there is none."""
        return float(self.figure(np.ones((1, self.blocks)))[0])

    def interval(self, *, seed: int, draws: int = 1000) -> tuple[float, float]:
        """Give the 95 % interval; NaN twice where no draw gives a figure.

        Args:
            seed: of the draws; the same seed and number of blocks draw the same blocks.
            draws: how often.
        """
        if not self.blocks:
            return float("nan"), float("nan")
        rng = np.random.default_rng(seed)
        even = np.full(self.blocks, 1 / self.blocks)
        values = self.figure(rng.multinomial(self.blocks, even, size=draws).astype(float))
        values = values[np.isfinite(values)]
        if not len(values):
            return float("nan"), float("nan")
        low, high = np.percentile(values, [2.5, 97.5])
        return float(low), float(high)


def of_counts(
    table: NDArray[np.floating], figure: Callable[[NDArray[np.float64]], Values]
) -> Measure:
    """Make a measure of counts that add up.

    Args:
        table: (B, K) counts of each block.
        figure: from sums (..., K) to the figure (...).
    """
    counts = np.asarray(table, np.float64)
    return Measure(lambda weights: figure(weights @ counts), len(counts))


def mean_of(measures: Sequence[Measure]) -> Measure:
    """Average measures of the same blocks, for instance those of several seeds.

    Raises:
        ShapeError: they are not of the same blocks.
    """
    _check_alike(measures)
    return Measure(
        lambda weights: np.mean([one.figure(weights) for one in measures], axis=0),
        measures[0].blocks,
    )


def difference(one: Measure, other: Measure) -> Measure:
    """Subtract ``other`` from ``one``, block by block drawn alike.

    Raises:
        ShapeError: they are not of the same blocks.
    """
    _check_alike([one, other])
    return Measure(lambda weights: one.figure(weights) - other.figure(weights), one.blocks)


def _check_alike(measures: Sequence[Measure]) -> None:
    blocks = {one.blocks for one in measures}
    if len(blocks) != 1:
        raise ShapeError(
            f"Only figures of the same blocks compare; these have {sorted(blocks)} blocks."
        )
