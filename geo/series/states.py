"""Cut the curve of one place into states that last, and forget what only passed.

    curve (T, F) ──strongest step, again on both sides──► cuts ──► states
                 ──short and back to where it was──► dropped: flood, fire, snow, harvest

A state lasts three looks at least.  One that ends within a season and gives back the state
before it was weather or farming, and its looks are not used any more.

Source: binary segmentation, A. J. Scott and M. Knott, Biometrics 30, 1974.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geo.series.looks import Days
from geo.series.steps import HITS, SEASON, YEAR, effect_of, find_steps, windows

STEP = 1.3
"""Least effect of a step between states of a place: its mean is calmer than a pixel."""

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
    curve: Curve, days: Days, least: NDArray[np.float32], steady: NDArray[np.bool_]
) -> tuple[list[State], NDArray[np.bool_]]:
    """Cut a curve into lasting states.

    Args:
        curve: (T, F), no NaN.
        days: (T,), rising.
        least: (F,).
        steady: (F,) measures that seasons leave alone, such as roughness and radar.

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
    season does is a step: the part of a whole series that is as short is judged all the same,
    and the story says what that is worth.
    """
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
            own = np.ascontiguousarray(curve[a:b][:, steady])
            steps = find_steps(own[:, :, None], days[a:b], least[steady])
            effect, cut = float(steps.effect[0]) / UNSEASONED, a + int(steps.look[0])
        if effect >= STEP:
            found.append((effect, cut))
            todo += [(a, cut), (cut, b)]
    strongest = sorted(found, reverse=True)[: MOST - 1]
    return sorted(cut for _, cut in strongest)


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
