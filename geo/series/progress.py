"""Say between which two looks a place left one state, and when it had arrived in the other.

A building site does not begin everywhere at once.  Every pixel is laid on the line between its
own state before (0) and after (1); the quarter of the pixels that crossed first tells the
*onset*, the quarter that crossed last tells the *end*.

    values (T, F, N), cut ──► progress of each pixel (T, N) ──► first and last quarter (T,)
        ──► last look without, first look with     ──► last look unfinished, first look finished

A look tells *without* when it lies within the spread of the looks before, *with* when it lies
clearly beyond and the next ones do too.  What lies between is neither: then the bracket is as
wide as the doubt.  A look that is far from both states and from all between (cloud, smoke,
water) is not used.

Source: linear discriminant with diagonal covariance (R. A. Fisher, 1936), pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.series.looks import Stack
from geo.series.steps import HITS

QUARTER = 0.25
"""Share of the pixels that tells the onset, and the end."""

WITHOUT = (0.15, 2.0)
"""Progress that may still be nothing: at least, and in spreads of the looks before."""

WITH = (0.3, 3.0)
"""Progress that is something: at least, and in spreads."""

HALFWAY = 0.6
"""Beyond this progress a look is *with*, however wide the spread."""

STRANGE = 3.0
"""Distance from the line between both states, in least changes and spreads, from which a look
shows something else."""

Curve = NDArray[np.float64]
"""(T,) 0 before, 1 after; NaN where a look is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """Between which looks something happened; indices of looks."""

    last_without: int
    """The last look that does not show it."""

    first_with: int
    """The first that does; the next ones do, too."""

    hits: int
    """Looks from ``first_with`` on that show it, until the state ends."""

    finished: tuple[int, int] | None
    """Last look that shows it unfinished, first that shows it finished; ``None`` if it goes
    on."""

    curve: Curve
    """Progress of the first quarter; NaN outside the two states."""

    end_curve: Curve
    """Progress of the last quarter."""


def find_bracket(
    values: Stack, least: NDArray[np.float32], cut: int, span: tuple[int, int]
) -> Bracket | None:
    """Find the bracket of one change of state.

    Args:
        values: (T, F, N) usable looks of the pixels of a place.
        least: (F,) least change.
        cut: about the first look of the new state.
        span: looks (first, end) that belong to the two states.

    Returns:
        ``None`` where no pixel was seen in both states.
    """
    part = values[span[0] : span[1]]
    here = cut - span[0]
    progress, strange, weight = _progress(part, least, here)
    good = weight > 0
    if not good.any():
        return None
    crossing = _crossings(progress[:, good])
    early, late = np.quantile(crossing, (QUARTER, 1 - QUARTER))
    first = _mean(progress[:, good], weight[good] * (crossing <= early))
    last = _mean(progress[:, good], weight[good] * (crossing >= late))
    first[strange], last[strange] = np.nan, np.nan
    onset = _onset(first, round(float(np.median(crossing[crossing <= early]))))
    if onset is None:
        return None
    without, shown = onset
    hits = int(np.count_nonzero(first[shown:] >= WITH[0]))
    ended = _finish(last, shown)
    offset = span[0]
    return Bracket(
        last_without=without + offset,
        first_with=shown + offset,
        hits=hits,
        finished=None if ended is None else (ended[0] + offset, ended[1] + offset),
        curve=_placed(first, values, span),
        end_curve=_placed(last, values, span),
    )


def _progress(
    part: Stack, least: NDArray[np.float32], cut: int
) -> tuple[Stack, NDArray[np.bool_], NDArray[np.float64]]:
    """Lay each pixel on its own line from before to after.

    Returns:
        progress (T, N), which looks are strange (T,), how much each pixel counts (N,).
    """
    before, noise = _level(part[:cut])
    after, _ = _level(part[cut:])
    change = after - before  # (F, N)
    scale = np.square(least)[:, None] / 4 + noise
    weight = np.nan_to_num((change**2 / scale).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        away = (part - before) * change / scale
        progress = away.sum(axis=1) / np.where(weight > 0, weight, np.nan)
        rest = part - before - progress[:, None] * change  # beside the line
        own = np.sqrt((rest**2 / (np.square(least)[:, None] + noise)).sum(axis=1))
        strange = np.nan_to_num(_middle(own), nan=np.inf) > STRANGE
    return progress.astype(np.float32), strange, np.minimum(weight, 100.0).astype(np.float64)


def _level(part: Stack) -> tuple[Stack, Stack]:
    """Take median and variance of a state, (F, N); the variance is robust."""
    ordered = np.sort(part, axis=0)
    count = np.isfinite(part[:, 0]).sum(axis=0)
    middle = np.maximum(count - 1, 0)

    def at(share: float) -> Stack:
        index = np.floor(middle * share + 0.5).astype(int)[None, None]
        picked: Stack = np.take_along_axis(ordered, index, axis=0)[0]
        return picked

    spread = (at(0.84) - at(0.16)) / 2  # one standard deviation of a normal on each side
    return at(0.5), np.square(spread)


def _middle(stack: Stack) -> NDArray[np.float64]:
    """Take the median of the pixels that were seen, look by look, (T,)."""
    return np.array(
        [
            np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan
            for row in stack
        ]
    )


def _crossings(progress: Stack) -> NDArray[np.int64]:
    """Tell at which look each pixel goes over, (N,): the cut with the least misfit."""
    misfit = np.nan_to_num(
        np.clip(progress, -0.5, 1.5) ** 2 - (1 - np.clip(progress, -0.5, 1.5)) ** 2
    )
    ahead = np.concatenate([np.zeros((1, progress.shape[1])), np.cumsum(misfit, axis=0)])
    return np.asarray(ahead.argmin(axis=0), np.int64)


def _mean(progress: Stack, weight: NDArray[np.float64]) -> Curve:
    """Average pixels, look by look; NaN where fewer than half of them were seen."""
    seen = np.isfinite(progress)
    total = (seen * weight).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (np.where(seen, np.clip(progress, -1, 2), 0) * weight).sum(axis=1) / total
    return np.where(total >= weight.sum() / 2, mean, np.nan)


def _onset(curve: Curve, crossing: int) -> tuple[int, int] | None:
    """Find the last look without and the first with, near where most pixels cross."""
    known = np.flatnonzero(np.isfinite(curve))
    past = curve[known[known < crossing]]
    if len(past) == 0 or not (known >= crossing).any():
        return None
    spread = 1.4826 * float(np.median(np.abs(past - np.median(past))))
    usual = float(np.median(past))
    low = min(HALFWAY / 2, max(WITHOUT[0], WITHOUT[1] * spread)) + usual
    high = min(HALFWAY, max(WITH[0], WITH[1] * spread) + max(usual, 0))
    shown = int(known[known >= crossing][0])
    for look in known[known >= crossing]:  # the first that shows it
        shown = int(look)
        if curve[look] >= high:
            break
    for look in known[known < shown][::-1]:  # and back, as long as it does
        if curve[look] < high:
            break
        shown = int(look)
    earlier = known[known < shown]
    without = earlier[curve[earlier] < low]
    return None if len(without) == 0 else (int(without[-1]), shown)


def _finish(curve: Curve, shown: int) -> tuple[int, int] | None:
    """Find the last look that shows it unfinished, and the first finished one after it."""
    known = np.flatnonzero(np.isfinite(curve))
    known = known[known >= shown - 1]
    undone = known[curve[known] < HALFWAY]
    last = int(undone[-1]) if len(undone) else shown - 1
    done = known[known > last]
    if len(done) < HITS:
        return None
    before = known[known < done[0]]
    return (int(before[-1]) if len(before) else last), int(done[0])


def _placed(curve: Curve, values: Stack, span: tuple[int, int]) -> Curve:
    whole = np.full(len(values), np.nan)
    whole[span[0] : span[1]] = curve
    return whole
