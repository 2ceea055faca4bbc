"""How far two reviewers agree, beyond what chance would give.

Cohen's kappa with a credible interval: the table of verdict pairs is one draw of a multinomial,
its posterior under a weak Dirichlet prior is sampled, and kappa computed of each sample.  So
ten agreements out of ten do not claim certainty, as the usual large-sample formula would.

    pairs of verdicts ──► table (K, K) ──► kappa, low, high

Source: J. Cohen, Educational and Psychological Measurement 20(1), 1960; prior of W. Perks,
J. Institute of Actuaries 73, 1947 (one pseudo-count in all).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aoi.verdicts import VERDICTS

DRAWS = 20_000
"""Samples of the posterior; the ends of the interval move by less than 0.005."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two reviewers agree."""

    layouts: int
    """Judged by both."""

    same: int
    """With the same verdict."""

    kappa: float | None
    """1 full agreement, 0 as by chance; nothing if both always said one and the same."""

    low: float
    """Lower end of the 95 % interval."""

    high: float
    """Upper end of the 95 % interval."""

    def sentence(self) -> str:
        """Say it in words."""
        if not self.layouts:
            return "No layout was judged by two reviewers yet."
        kappa = "not defined, for one verdict was all either gave"
        if self.kappa is not None:
            kappa = f"{self.kappa:.2f} (95 % interval {self.low:.2f} to {self.high:.2f})"
        return f"{self.same} of {self.layouts} verdicts agree; Cohen's kappa is {kappa}."


def agreement(
    pairs: Sequence[tuple[str, str]], *, verdicts: Iterable[str] = VERDICTS, seed: int = 0
) -> Agreement:
    """Measure agreement over pairs of verdicts.

    Args:
        pairs: verdict of one reviewer and of the other, one pair a layout.
        verdicts: all that might have been given.
        seed: of the samples; the same pairs give the same interval.
    """
    words = list(verdicts)
    table = np.zeros((len(words), len(words)))  # (K, K) counts
    for one, other in pairs:
        table[words.index(one), words.index(other)] += 1
    total = int(table.sum())
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(table.ravel() + 1 / table.size, DRAWS)
    low, high = np.nanquantile(_kappa(shares.reshape(-1, *table.shape)), [0.025, 0.975])
    point = float(_kappa(table[None] / total)[0]) if total else np.nan
    return Agreement(
        layouts=total,
        same=int(np.trace(table)),
        kappa=None if np.isnan(point) else point,
        low=float(low),
        high=float(high),
    )


def _kappa(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute kappa of tables of shares (N, K, K); NaN where chance alone agrees fully."""
    observed = np.trace(tables, axis1=1, axis2=2)
    chance = (tables.sum(2) * tables.sum(1)).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = (observed - chance) / (1 - chance)
    return np.where(np.isclose(chance, 1), np.nan, kappa)
