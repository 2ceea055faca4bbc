"""Ask of every probability whether things come true that often.

Probabilities are sorted into bins that hold the same number of pixels each, so that the many
sure ones do not hide the few that decide.  In each bin the mean probability should be the share
of pixels that are a yes; the mean distance between both is the *expected calibration error*.
Sums are kept by block and by narrow step of probability, so a place of any size takes the same
memory, and intervals come from blocks.

    chance, labels (H, W) ──► sums (B, STEPS, 3) ──► bins of equal mass ──► error, Reliability

Source: equal-mass bins, A. Nixon et al., CVPR workshops 2019; G. Brier, Mon. Weather Rev. 78,
1950.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from geo.types import Surface
from models.labels import Labels
from models.metrics import Blocks
from models.metrics_interval import Measure, Values, Weights, of_counts

STEPS = 400
"""Narrow steps of probability, even in log-odds from -10 to 10; sums inside them are exact."""

REACH = 10.0
"""Log-odds of the last step; what is surer falls into it."""

BINS = 15
"""Bins of equal mass, the usual number."""

COUNT, CHANCE, TRUE, SQUARES = range(4)
"""Columns of the sums: pixels, their probabilities, how many are a yes, squared errors."""

Sums = NDArray[np.float64]
"""(B, STEPS, 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What a reliability diagram shows; one entry a bin that holds anything."""

    chance: tuple[float, ...]
    """Mean probability."""

    share: tuple[float, ...]
    """How often it came true."""

    low: tuple[float, ...]
    """Lower end of the 95 % interval of ``share``, by blocks."""

    high: tuple[float, ...]
    """Upper end of it."""


def add_up(chance: Surface, labels: Labels, blocks: Blocks) -> Sums:
    """Sum the known pixels of a picture by block and step of probability.

    Args:
        chance: (H, W) 0 to 1.
        labels: (H, W): 0 no, 1 yes, others say nothing.
        blocks: (H, W).
    """
    known = labels <= 1
    p, true = chance[known].astype(np.float64), labels[known] == 1
    odds = np.clip(logit(p), -REACH, REACH)
    step = np.minimum(((odds + REACH) / (2 * REACH) * STEPS).astype(np.intp), STEPS - 1)
    number = int(blocks.max(initial=-1)) + 1
    where = blocks[known].astype(np.intp) * STEPS + step
    columns = [
        np.bincount(where, weights, number * STEPS)
        for weights in (None, p, true, (p - true) ** 2)
    ]
    return np.stack(columns, -1).reshape(number, STEPS, len(columns)).astype(np.float64)


def calibration_error(sums: Sums, *, bins: int = BINS) -> Measure:
    """Measure how far probabilities are from frequencies, in bins of equal mass.

    The bins are cut once, for all blocks together.  Drawn again, an error only grows by chance
    and never shrinks below nothing, so the interval leans upwards.
    """
    bundle = _into_bins(sums, bins)  # (B, bins, 4)
    gaps = bundle[..., CHANCE] - bundle[..., TRUE]
    count = bundle[..., COUNT].sum(1)

    def figure(weights: Weights) -> Values:
        """Weigh the gaps of all bundles, (D,)."""
        total = weights @ count
        off = np.abs(weights @ gaps).sum(1)
        return np.where(total > 0, off / np.maximum(total, 1e-12), np.nan)

    return Measure(figure, len(sums))


def brier(sums: Sums) -> Measure:
    """Mean squared distance between probability and truth."""
    table = sums.sum(1)[:, [SQUARES, COUNT]]
    return of_counts(
        table, lambda s: np.where(s[..., 1] > 0, s[..., 0] / np.maximum(s[..., 1], 1), np.nan)
    )


def reliability(sums: Sums, *, seed: int, bins: int = BINS) -> Reliability:
    """Tell of each bin how probable its pixels were said to be, and how many are a yes."""
    bundle = _into_bins(sums, bins)
    told, parts = bundle.sum(0), []
    for i in np.flatnonzero(told[:, COUNT] > 0):
        share = of_counts(
            bundle[:, i, [TRUE, COUNT]],
            lambda s: np.where(s[..., 1] > 0, s[..., 0] / np.maximum(s[..., 1], 1e-12), np.nan),
        )
        parts.append(
            (told[i, CHANCE] / told[i, COUNT], share.value, *share.interval(seed=seed))
        )
    chance, share_, low, high = zip(*parts, strict=True) if parts else ((), (), (), ())
    return Reliability(
        chance=tuple(map(float, chance)), share=share_, low=low, high=high,
    )  # fmt: skip


def _into_bins(sums: Sums, bins: int) -> Sums:
    """Bundle steps into bins that hold the same number of pixels; (B, bins, 4).

    A step on the border of two bins is shared out between them.
    """
    mass = sums[..., COUNT].sum(0)
    top = np.cumsum(mass)
    edges = np.linspace(0, top[-1] if len(top) else 0, bins + 1)
    # How much of each step's stretch of ranks lies in each bin, (bins, STEPS).
    upper = np.minimum(top, edges[1:, None])
    lower = np.maximum(top - mass, edges[:-1, None])
    share = np.clip(upper - lower, 0, None) / np.maximum(mass, 1e-12)
    bundle: Sums = np.einsum("ks,bsc->bkc", share, sums)
    return bundle
