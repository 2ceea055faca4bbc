"""Say between which two looks a place left one state, and when it had arrived in the other.

A building site does not begin everywhere at once.  Every pixel goes over from its own state
before to its own state after, once: at the look where both together misfit least.  When the
first pixels have gone over it has begun; when nine of ten have, it is finished.  A pixel alone
may err; a bulldozer leaves no single pixel, so the first ones count where they lie together.

    values (T, F, N), cut ──► misfit to before, to after (T, N) ──► crossing of each (N,)
        ──► last look without, first look with     ──► last look unfinished, first look finished

A look that shows neither state (``geo.series.misfit``) is not used, so the bracket is as wide
as what could not be seen.

Source: least-squares change point, D. V. Hinkley, Biometrika 57, 1970, pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import rank_filter

from geo.series.looks import Days, Stack
from geo.series.misfit import Fit, fit_states
from geo.series.years import HITS
from geo.types import Mask

BEGUN, DONE = 0.025, 0.9
"""Share of the pixels that have gone over when a change has begun, and when it is finished."""

FEW = 3
"""Pixels without which nothing has begun, however small the place."""

TOUCHING = 3
"""Pixels of three by three, itself among them, that must have gone over before one counts."""

FADING = 0.15
"""Mean progress of a place from which all of it has begun to change, however slowly."""

Curve = NDArray[np.float64]
"""(T,) 0 before, 1 after; NaN where a look is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """Between which looks something happened; indices of looks."""

    last_without: int
    """The last usable look that does not show it."""

    first_with: int
    """The first that does."""

    hits: int
    """Usable looks from ``first_with`` until the state ends."""

    finished: tuple[int, int] | None
    """Last look that shows it unfinished, first that shows it finished; ``None`` if too few
    looks have seen it so."""

    curve: Curve
    """Mean progress of all pixels; NaN outside the two states."""


def find_bracket(
    values: Stack,
    days: Days,
    least: NDArray[np.float32],
    cut: int,
    span: tuple[int, int],
    *,
    inside: Mask | None = None,
) -> Bracket | None:
    """Find the bracket of one change of state.

    Args:
        values: (T, F, N) usable looks of the pixels of a place.
        days: (T,), rising.
        least: (F,) least change.
        cut: about the first look of the new state.
        span: looks (first, end) that belong to the two states.
        inside: (H, W) where the N pixels lie, row by row; left out, nobody knows.

    Returns:
        ``None`` where the pixels do not show it.
    """
    first, end = span
    fit = fit_states(values[first:end], days[first:end], least, cut - first)
    if fit.distinct.sum() < min(FEW, values.shape[2]):
        return None
    lean = np.where(fit.strange[:, None], 0, fit.lean[:, fit.distinct])
    crossing = _crossings(lean)
    if inside is not None:
        crossing = _together(crossing, fit.distinct, inside)
    share = (crossing[None] <= np.arange(len(lean))[:, None]).mean(axis=1)
    used = np.flatnonzero(~fit.strange)
    begun = used[share[used] >= _enough(lean, crossing)]
    if len(begun) == 0 or begun[0] == used[0]:
        return None
    curve = np.full(len(values), np.nan)
    curve[first:end] = mean = _mean(fit)
    shown = _back(mean, used, int(begun[0]))
    if shown == used[0]:
        return None
    return Bracket(
        last_without=first + int(used[used < shown][-1]),
        first_with=first + shown,
        hits=int((used >= shown).sum()),
        finished=_finish(share, used, first),
        curve=curve,
    )


def _crossings(lean: Stack) -> NDArray[np.int64]:
    """Tell at which look each pixel goes over, (N,): the cut with the least misfit.

    Of equal cuts the last: a look on which a pixel was hidden does not show that it went over.
    """
    ahead = np.concatenate([np.zeros((1, lean.shape[1])), np.cumsum(lean, axis=0)])
    return np.asarray(len(lean) - ahead[::-1].argmin(axis=0), np.int64)


def _together(
    crossing: NDArray[np.int64], distinct: NDArray[np.bool_], inside: Mask
) -> NDArray[np.int64]:
    """Let a pixel go over when its neighbours do, and not before."""
    never = np.iinfo(np.int64).max
    ground = np.full(inside.shape, never, np.int64)
    where = np.flatnonzero(inside)[distinct]
    ground.ravel()[where] = crossing
    nth = rank_filter(ground, TOUCHING - 1, size=3, mode="constant", cval=never)
    own = np.maximum(crossing, nth.ravel()[where])
    return np.asarray(np.where(own == never, crossing.max(), own), np.int64)


def _enough(lean: Stack, crossing: NDArray[np.int64]) -> float:
    """Choose the share of pixels from which a change has begun: beyond what errs before."""
    calm = lean[: max(int(np.quantile(crossing, BEGUN)) - HITS, 0)]
    errs = float((calm > 0).mean()) if calm.size else 0.0
    return min(0.3, max(BEGUN, float(FEW / lean.shape[1]), 2 * errs))


def _back(mean: Curve, used: NDArray[np.intp], begun: int) -> int:
    """Go back to where all pixels together began to lean, if they fade over slowly."""
    past = mean[used[used < begun - HITS]]
    if len(past) < HITS:
        return begun
    usual = float(np.median(past))
    spread = 1.4826 * float(np.median(np.abs(past - usual)))
    for look in used[used < begun][::-1]:
        if mean[look] - usual < max(FADING, 4 * spread):
            break
        begun = int(look)
    return begun


def _mean(fit: Fit) -> Curve:
    """Average the progress of distinct pixels; NaN for strange looks."""
    own = np.clip(fit.progress[:, fit.distinct], -0.5, 1.5)
    seen = np.isfinite(own)
    mean = np.where(seen, own, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.where(fit.strange | ~seen.any(axis=1), np.nan, mean)


def _finish(
    share: NDArray[np.float64], used: NDArray[np.intp], first: int
) -> tuple[int, int] | None:
    """Find the last look that shows it unfinished, and the first that shows it finished."""
    done = used[share[used] >= DONE]
    if len(done) < HITS:
        return None
    return first + int(used[used < done[0]][-1]), first + int(done[0])
