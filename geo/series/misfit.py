"""Hold every look at a place against the state before and the state after, pixel by pixel.

    values (T, F, N), cut ──► misfit to before, to after ──► lean, progress, strange, distinct

The state before is known by its seasons, where more than a year of it was seen: a dry field is
no building site.  A look that is far from both states and from all between (cloud, smoke,
water) is strange, and is not used.

Source: robust standardised distances, F. Hampel, JASA 69, 1974.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.series.looks import Days, Stack
from geo.series.years import HITS, SEASON

DISTINCT = 4.0
"""Squared distance of both states, in spreads, from which a pixel has a say."""

LOUDEST = 9.0
"""Squared spreads that one look may add for one side: no single look decides."""

STRANGE = 3.0
"""Distance from the line between both states, in least changes and spreads, from which a look
shows something else."""

BEYOND = 0.9
"""Distance from the middle between both states, as a share of their distance, from which a
pixel shows something else: a cloud is lighter than any roof."""

NEAR = 25.0
"""Days around a day of the year that tell its season."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How looks lie to both states."""

    lean: Stack
    """(T, N) misfit to before less misfit to after: negative before, positive after."""

    progress: Stack
    """(T, N) place on the line from before (0) to after (1)."""

    strange: NDArray[np.bool_]
    """(T,) looks that show neither."""

    distinct: NDArray[np.bool_]
    """(N,) pixels whose states can be told apart."""


def fit_states(part: Stack, days: Days, least: NDArray[np.float32], cut: int) -> Fit:
    """Hold every look against both states of every pixel.

    Args:
        part: (T, F, N) usable looks of the two states.
        days: (T,), rising.
        least: (F,) least change.
        cut: about the first look of the new state.
    """
    usual = _seasons(part, days, cut)[:, :, None]  # (T, F, 1)
    before, noise = _level(part[:cut] - usual[:cut])
    after, more = _level(part[cut:])
    scale = np.square(least)[:, None] / 4 + (noise + more) / 2
    old = part - before - usual
    apart = after - before - usual  # (T, F, N)
    misfit_old = (old**2 / scale).sum(axis=1)
    misfit_new = ((part - after) ** 2 / scale).sum(axis=1)
    distance = (apart**2 / scale).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        progress = (misfit_old - misfit_new + distance) / (2 * distance)
        rest = old - progress[:, None] * apart  # beside the line
        wide = np.square(least)[:, None] + (noise + more) / 2
        beside = np.sqrt((rest**2 / wide).sum(axis=1))  # (T, N)
        strange = _middle(beside)
        odd = ~(beside <= STRANGE) | (np.abs(progress - 0.5) > BEYOND)
        distinct = np.nan_to_num(_middle(distance.T)) > DISTINCT
    return Fit(
        lean=np.where(odd, 0, np.clip(misfit_old - misfit_new, -LOUDEST, LOUDEST)),
        progress=progress.astype(np.float32),
        strange=~(strange <= STRANGE),
        distinct=distinct,
    )


def _seasons(part: Stack, days: Days, cut: int) -> NDArray[np.float32]:
    """Tell how each look of the old state would differ from its mean by the season, (T, F).

    Nothing is told of seasons that were seen in one year only, nor of the last weeks before the
    cut: they may belong to the change.
    """
    mean = np.array([_middle(look) for look in part])  # (T, F)
    known = np.flatnonzero(days[:cut] <= days[min(cut, len(days) - 1)] - 2 * NEAR)
    usual = np.zeros(mean.shape, np.float32)
    if len(known) < 2 * HITS or days[known[-1]] - days[known[0]] < SEASON:
        return usual
    middle = np.nanmedian(mean[known], axis=0)
    for look, day in enumerate(days):
        away = np.abs((days[known] - day + SEASON / 2) % SEASON - SEASON / 2)
        same = known[away <= NEAR]
        if len(same) >= HITS:
            usual[look] = np.nanmedian(mean[same], axis=0) - middle
    return usual


def _level(part: Stack) -> tuple[Stack, Stack]:
    """Take median and variance of a state, (F, N); the variance is robust."""
    ordered = np.sort(part, axis=0)
    last = np.maximum(np.isfinite(part[:, 0]).sum(axis=0) - 1, 0)

    def at(share: float) -> Stack:
        index = np.floor(last * share + 0.5).astype(int)[None, None]
        picked: Stack = np.take_along_axis(ordered, index, axis=0)[0]
        return picked

    spread = (at(0.84) - at(0.16)) / 2  # one standard deviation of a normal on each side
    return at(0.5), np.square(spread)


def _middle(rows: Stack) -> NDArray[np.float64]:
    """Take the median of what is known of each row; NaN where nothing is."""
    known = (row[np.isfinite(row)] for row in rows)
    return np.array([np.median(row) if len(row) else np.nan for row in known])
