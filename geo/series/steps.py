"""Find where a series goes from one lasting state to another, for many pixels at once.

At every look two years are compared: the one before it and the one from it on.  A whole year
holds every season once, so rice that greens and dries, floods that come and go and snow that
melts are in both and cancel; what differs is the ground.  Where less than a year is there, the
seasons do not cancel, and the story (``geo.series.story``) must say so.

    values (T, F, N) ──calmed──► at each look: the year past, the year coming
                     ──► effect (T, N) ──► the strongest: look, effect

    effect² = sum over measures of (after - before)² / (least² + pooled variance + chance²)
    chance² = 4 restlessness² (1 / n before + 1 / n after)

A year that holds fewer than three looks is widened to two or three: quarterly pictures show
seasons as well, only slower.

The effect is in *least changes*, shrunk where few looks stand behind it: n / (n + 2) for the
smaller n of both sides.  Three looks are needed on each side.

Source: two-sample mean comparison (B. L. Welch, Biometrika 34, 1947) in moving windows, as in
MOSUM (C.-S. J. Chu et al., Biometrika 82, 1995).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.series.calm import calmed, restlessness, running_median
from geo.series.looks import Days, Stack
from geo.series.years import FARTHEST, HITS, YEAR, Window, windows

CROWD = 0.75
"""Quantile of the pixels of a place that tells how strong its step is, whatever each of them
became: roofs of all colours that end as one grey rubble leave their mean where it was."""

HIDDEN = 0.05
"""Share of the pixels that may stay without looks enough before more years are asked."""

SHRINK = 2.0
"""Looks that chance is worth: an effect of few looks is believed so much less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The strongest step of each pixel."""

    look: NDArray[np.int16]
    """(N,) index of the first look after it; 0 where there are too few looks."""

    effect: NDArray[np.float32]
    """(N,) in least changes; 0 where there are too few looks."""


@dataclass(frozen=True, slots=True)
class _Sums:
    """Running sums over looks, (T + 1, ...), so that any window costs two look-ups."""

    count: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]

    def window(self, a: int, b: int) -> tuple[NDArray[np.float64], Stack, Stack]:
        """Give count (N,), mean and variance (F, N) of looks ``a`` to ``b``."""
        n = self.count[b] - self.count[a]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (self.first[b] - self.first[a]) / n
            spread = (self.second[b] - self.second[a]) / n - mean**2
        return n, mean.astype(np.float32), np.maximum(spread, 0).astype(np.float32)


def find_steps(
    values: Stack, days: Days, least: NDArray[np.float32], *, year: float = YEAR
) -> Steps:
    """Find the strongest lasting step of each pixel.

    Args:
        values: (T, F, N); NaN in all F at once where a look shows nothing usable.
        days: (T,), rising.
        least: (F,) least change of each measure.
        year: days of the windows on both sides.

    Raises:
        ShapeError: the arrays do not belong together.
    """
    pixels = values.shape[2]
    best = Steps(
        look=np.zeros(pixels, np.int16),
        effect=np.zeros(pixels, np.float32),
    )
    for look, effect in _effects(values, days, least, year):
        better = effect > best.effect
        best.look[better], best.effect[better] = look, effect[better]
    return best


def find_crowd_step(
    values: Stack, days: Days, least: NDArray[np.float32], *, year: float = YEAR
) -> tuple[int, float]:
    """Find the look at which a quarter of the pixels of a place step together.

    Args:
        values: (T, F, N) the pixels of one place, usable looks only.
        days: (T,), rising.
        least: (F,).
        year: days of the windows on both sides.

    Returns:
        The first look after it and its effect, in least changes; 0, 0 where there is none.
    """
    best = 0, 0.0
    for look, effect in _effects(values, days, least, year):
        told = float(np.quantile(effect, CROWD))
        if told > best[1]:
            best = look, told
    return best


def _effects(
    values: Stack, days: Days, least: NDArray[np.float32], year: float
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the effect of a step at each look that can be judged, (N,)."""
    calm = calmed(values, least)
    unrest = np.square(restlessness(np.abs(values - running_median(values))))
    offset = np.where(np.isfinite(calm), calm, 0).mean(axis=0).astype(np.float32)
    sums = _sums(calm - offset)
    for look in range(1, len(days)):
        pairs = windows(days, look, year)
        if not pairs:
            continue
        best, told = _effect(sums, pairs, unrest, least)
        for years in range(2, FARTHEST + 1):
            if (~told).mean() <= HIDDEN:
                break
            wider = windows(days, look, year, years=years)
            effect, seen = _effect(sums, wider, unrest, least)
            best, told = np.where(told, best, effect), told | seen
        yield look, best


def _effect(
    sums: _Sums,
    pairs: Sequence[tuple[Window, Window]],
    unrest: NDArray[np.float32],
    least: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Give the least effect of some comparisons, (N,), and where all had looks enough, (N,)."""
    pixels = sums.count.shape[1]
    effect, seen = np.full(pixels, np.inf, np.float32), np.ones(pixels, np.bool_)
    for past, coming in pairs:
        n1, before, noise1 = sums.window(*past)
        n2, after, noise2 = sums.window(*coming)
        noise = (noise1 + noise2) / 2 + chance(n1, n2) * unrest
        told = effect_of(n1, n2, after - before, noise, least)
        effect, seen = np.minimum(effect, told), seen & (np.minimum(n1, n2) >= HITS)
    return effect, seen


def chance(n1: NDArray[np.float64], n2: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weigh the restlessness of single looks in the difference of two means, (N,)."""
    return (4 / np.maximum(n1, 1) + 4 / np.maximum(n2, 1)).astype(np.float32)


def effect_of(
    n1: NDArray[np.float64],
    n2: NDArray[np.float64],
    change: NDArray[np.floating],
    noise: NDArray[np.floating],
    least: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Weigh a change against the least one and the spread around it, (N,).

    Args:
        n1: (N,) looks before.
        n2: (N,) looks after.
        change: (F, N).
        noise: (F, N) variance.
        least: (F,).
    """
    few = np.minimum(n1, n2)
    square = (change**2 / (np.square(least)[:, None] + noise)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        effect = np.sqrt(square) * few / (few + SHRINK)
    return np.where(few >= HITS, effect, 0).astype(np.float32)


def _sums(values: Stack) -> _Sums:
    """Sum up looks; what was not seen counts for nothing."""
    seen = np.isfinite(values)
    filled = np.where(seen, values, 0).astype(np.float64)

    def run(array: NDArray[np.floating]) -> NDArray[np.float64]:
        zero = np.zeros((1, *array.shape[1:]))
        return np.concatenate([zero, np.cumsum(array, axis=0, dtype=np.float64)])

    count = seen[:, 0].astype(np.float32)
    return _Sums(run(count), run(filled), run(np.square(filled)))
