"""Cut the curve of one place into states that last, and forget what only passed.

    curve (T, F) ──strongest step, again on both sides──► cuts ──► states
                 ──short and back to where it was──► dropped: flood, fire, snow, harvest

Where the mean of a place tells nothing its pixels are asked one by one: white roofs and dark
ones that become one grey rubble leave the mean where it was.

A state lasts three looks at least.  One that ends within a season and gives back the state
before it was weather or farming, and its looks are not used any more.

Source: binary segmentation, A. J. Scott and M. Knott, Biometrics 30, 1974.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.series.looks import Days, Stack
from geo.series.steps import effect_of, find_crowd_step, find_steps
from geo.series.years import HITS, SEASON, YEAR, windows

STEP = 1.3
"""Least effect of a step between states of a place: its mean is calmer than a pixel."""

TOGETHER = 1.45
"""Least effect that a quarter of the pixels share at one look.  Of 36 drawn places on which
nothing lasted none reached 1.31; of 60 others, those that the mean missed had 1.64."""

ASKED = 400
"""Pixels of a place that are asked, at most."""

UNSEASONED = 1.6
"""Factor by which a step must be stronger where no season a year off can be asked: fields in
growth are a little rougher, too."""

MOST = 7
"""States of one place, at most; more is a field, not a site."""

PASSES = 150.0
"""Days within which what gives the old state back has only passed: a flood season."""

ALIKE = 0.8
"""Effect below which two states are the same again."""

Curve = NDArray[np.float32]
"""(T, F) mean of a place, usable looks only."""


_Swing: TypeAlias = Callable[[int], NDArray[np.float32] | None]
"""Range within a year of each measure, (F,), seen before a look; ``None`` if no year was."""


@dataclass(frozen=True, slots=True)
class State:
    """Looks from ``first`` up to ``end``, which is not among them."""

    first: int
    end: int

    level: tuple[float, ...]
    """(F,) median of each measure."""

    late: tuple[float, ...]
    """(F,) the same of its second half: what became of it."""


def find_states(
    curve: Curve,
    days: Days,
    least: NDArray[np.float32],
    steady: NDArray[np.bool_],
    *,
    pixels: Stack | None = None,
) -> tuple[list[State], NDArray[np.bool_]]:
    """Cut a curve into lasting states.

    Args:
        curve: (T, F), no NaN.
        days: (T,), rising.
        least: (F,).
        steady: (F,) measures that seasons leave alone, such as roughness and radar.
        pixels: (T, F, N) what the curve is the mean of, asked where it tells nothing.

    Returns:
        states: one at least if there are looks; they follow each other in ``kept`` looks.
        kept: (T,) false for looks of what only passed.
    """
    kept = np.ones(len(curve), np.bool_)
    while True:
        where = np.flatnonzero(kept)
        cuts = _cuts(curve[where], days[where], least, steady)
        passing = _passing(curve[where], days[where], least, cuts)
        if passing is None:
            break
        kept[where[passing[0] : passing[1]]] = False
    if not cuts and pixels is not None:
        few = pixels[where][:, :, :: -(-pixels.shape[2] // ASKED)]
        look, effect = find_crowd_step(few, days[where], least)
        cuts = [look] if effect >= TOGETHER else []
    edges = [0, *cuts, len(where)]
    states = [
        State(a, b, _level(curve[where[a:b]]), _level(curve[where[(a + b) // 2 : b]]))
        for a, b in pairwise(edges)
        if b > a
    ]
    return states, kept


def _level(part: Curve) -> tuple[float, ...]:
    return tuple(np.median(part, axis=0).tolist())


def _cuts(
    curve: Curve, days: Days, least: NDArray[np.float32], steady: NDArray[np.bool_]
) -> list[int]:
    """Find all cuts: the strongest first, then the strongest on both sides of it.

    A part may be too short to hold a season against the same a year off.  Then only what no
    season does is a step: roughness, and what goes farther than seasons went before the change
    that the part begins with.  The part of a whole series that is as short is judged all the
    same, and the story says what that is worth.
    """
    swing = _swing(curve, days)
    found: list[tuple[float, int]] = []
    todo = [(0, len(curve))]
    while todo:
        a, b = todo.pop()
        if b - a < 2 * HITS:
            continue
        steps = find_steps(curve[a:b, :, None], days[a:b], least)
        effect, cut = float(steps.effect[0]), a + int(steps.look[0])
        part = b - a < len(curve) and len(windows(days[a:b], cut - a)) < 2
        if part and not _has_year(days, a, cut, b):
            effect, cut = _short(curve, days, least, steady, (a, b), swing)
        if effect >= STEP:
            found.append((effect, cut))
            todo += [(a, cut), (cut, b)]
    strongest = sorted(found, reverse=True)[: MOST - 1]
    return sorted(cut for _, cut in strongest)


def _short(
    curve: Curve,
    days: Days,
    least: NDArray[np.float32],
    steady: NDArray[np.bool_],
    part: tuple[int, int],
    swing: _Swing,
) -> tuple[float, int]:
    """Find the strongest step of a part of less than a year that no season explains."""
    a, b = part
    own = np.ascontiguousarray(curve[a:b][:, steady])
    steps = find_steps(own[:, :, None], days[a:b], least[steady])
    best = float(steps.effect[0]) / UNSEASONED, a + int(steps.look[0])
    range_before = swing(a)
    if range_before is not None:
        wide = np.hypot(least, range_before).astype(np.float32)
        steps = find_steps(curve[a:b, :, None], days[a:b], wide)
        best = max(best, (float(steps.effect[0]), a + int(steps.look[0])))
    return best


def _swing(curve: Curve, days: Days) -> _Swing:
    """Learn how far each measure goes within a year, from all years before a look."""

    def before(look: int) -> NDArray[np.float32] | None:
        """Give the widest of the whole years before a look, (M,); None before the first."""
        ranges = []
        for first in range(look):
            end = int(np.searchsorted(days[:look], days[first] + YEAR))
            whole = days[end - 1] - days[first] >= SEASON - YEAR / 10
            if whole and end - first >= 2 * HITS:
                low, high = np.quantile(curve[first:end], (0.05, 0.95), axis=0)
                ranges.append(high - low)
        return np.max(ranges, axis=0).astype(np.float32) if ranges else None

    return before


def _has_year(days: Days, first: int, cut: int, end: int) -> bool:
    """Tell whether a year was seen on both sides of a cut."""
    return bool(days[cut] - days[first] >= SEASON and days[end - 1] - days[cut] >= SEASON)


def _passing(
    curve: Curve, days: Days, least: NDArray[np.float32], cuts: list[int]
) -> tuple[int, int] | None:
    """Find the shortest state between two alike ones, if it passes within a season."""
    edges = [0, *cuts, len(curve)]
    short: list[tuple[float, int, int]] = []
    for k in range(1, len(edges) - 2):
        a, b = edges[k], edges[k + 1]
        lasts = days[b] - days[a]
        if lasts <= PASSES and _alike(curve, days, least, (edges[k - 1], a), (b, edges[k + 2])):
            short.append((lasts, a, b))
    return min(short)[1:] if short else None


def _alike(
    curve: Curve,
    days: Days,
    least: NDArray[np.float32],
    one: tuple[int, int],
    other: tuple[int, int],
) -> bool:
    """Tell whether two states are the same, by the year at their near ends."""
    past = curve[one[0] : one[1]][days[one[0] : one[1]] >= days[one[1] - 1] - YEAR]
    coming = curve[other[0] : other[1]][days[other[0] : other[1]] <= days[other[0]] + YEAR]
    change = np.median(coming, axis=0) - np.median(past, axis=0)
    noise = (past.var(axis=0) + coming.var(axis=0)) / 2
    many = np.full(1, 1e6)
    return bool(effect_of(many, many, change[:, None], noise[:, None], least)[0] < ALIKE)
