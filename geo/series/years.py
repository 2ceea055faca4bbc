"""Choose the looks that are held against each other at a possible step: whole years of them.

A whole year holds every season once, so seasons cancel.  A year with fewer than three looks is
widened to two or three; a side with less than a year is held against the same season a year off
as well, or, where that was not seen, of the year before that.  Beyond a gap of more than three
years the year is counted from its far end.

    days (T,), look ──► [(past, coming), ...]: windows of looks, all of which must tell the step
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.series.looks import Days

Window: TypeAlias = tuple[int, int]
"""First look, and the one after the last."""

FARTHEST = 3
"""Years that are put together or gone back, at most, to find looks enough."""

YEAR = 370.0
"""Days of a window: one of every season, and a little, for looks are not daily."""

SEASON = 365.25
"""Days after which a season comes again."""

MARGINS = (8.0, 20.0)
"""Days by which a season is widened on both sides until it has enough looks."""

HITS = 3
"""Looks in a row without which nothing counts as a state."""

MOSTLY = 2 / 3
"""Share of the looks of a window that must lie on its side of a change: what is left of one of
twice the usual size is still a step, with three looks on each side."""


def windows(
    days: Days, look: int, year: float = YEAR, *, years: int = 1
) -> list[tuple[Window, Window]]:
    """Choose what is compared at a look: past and coming, as (first, end) of looks.

    A side with less than a year is held against the same season a year off as well, and both
    comparisons must tell the difference; so the last green-up is not taken for something new.

    Args:
        days: (T,), rising.
        look: the first of what is coming.
        year: days.
        years: put together at least; more where clouds left too little of one.

    Returns:
        The plain pair first; nothing where a side has too few looks, or the season a year off
        was not seen.
    """
    day, first, last = days[look], days[0], days[-1]
    plain = (
        _past_gaps(days, (0, look), _widened(days, day, -year, years)),
        _past_gaps(days, (look, len(days)), _widened(days, day, year, years)),
    )
    pairs = [plain]
    lasts, lasted = last - day, day - first
    if lasts < year and lasted > SEASON:
        pairs.append((_season(days, day, day + lasts, -SEASON), plain[1]))
    if lasted < year and lasts > SEASON:
        pairs.append((plain[0], _season(days, day - lasted, day, SEASON)))
    return pairs if all(b - a >= HITS for pair in pairs for a, b in pair) else []


def told_at(days: Days) -> NDArray[np.bool_]:
    """Tell at which looks a change would be told that they are the first to show, (T,).

    It is told by a comparison at its own look, or at another whose windows lie mostly on their
    own side of it.

    Args:
        days: (T,), rising.
    """
    judged = [pairs for look in range(1, len(days)) if (pairs := windows(days, look))]
    inner = range(HITS, len(days) - HITS + 1)
    told = [any(_tells(pairs, look) for pairs in judged) for look in inner]
    return np.isin(np.arange(len(days)), np.array(inner)[told])


def blind_spans(days: Days) -> list[tuple[float, float]]:
    """Find the spans within which a change would not be told, though looks stand around it.

    Args:
        days: (T,), rising.

    Returns:
        The days of the looks before and after each.  What lies before the third look or after
        the last but two is none, nor half a year beside it: there every series is blind, and
        only tells of less time.
    """
    told = told_at(days)
    spans: list[tuple[float, float]] = []
    for look in range(HITS, len(days) - HITS + 1):
        if told[look]:
            continue
        before, after = float(days[look - 1]), float(days[look])
        if spans and spans[-1][1] == before:
            before = spans.pop()[0]
        spans.append((before, after))
    ends = days[HITS - 1], days[-HITS]
    return [
        (a, b) for a, b in spans if b - a > SEASON / 2 or not (a == ends[0] or b == ends[1])
    ]


def _tells(pairs: Sequence[tuple[Window, Window]], look: int) -> bool:
    """Tell whether all that is compared lies mostly on its own side of a look."""
    return all(
        look - a >= MOSTLY * (b - a) and d - look >= MOSTLY * (d - c)
        for (a, b), (c, d) in pairs
    )


def _past_gaps(days: Days, side: Window, found: Window) -> Window:
    """Take a year from the nearest look on where all years that may be asked hold too few.

    Where that is too little again, take the nearest looks whatever their age.
    """
    first, end = side
    if found[1] - found[0] >= HITS or end - first < HITS:
        return found
    if first > 0:
        return first, first + HITS
    far = _looks(days, days[end - 1] - YEAR, days[end - 1])[0]
    return min(far, end - HITS), end


def _widened(days: Days, day: float, year: float, least: int) -> Window:
    """Find the looks of the years before a day (below 0) or from it on; of more if few."""
    for years in range(least, FARTHEST + 1):
        found = _looks(days, *sorted((day, day + years * year)))
        if found[1] - found[0] >= HITS:
            break
    return found


def _season(days: Days, start: float, end: float, year: float) -> Window:
    """Find the looks of a season a year off, widened until they say what it is like.

    Where that year has too few, the same season of the next one is asked.
    """
    for years in range(1, FARTHEST + 1):
        for margin in MARGINS:
            off = years * year
            found = _looks(days, start + off - margin, end + off + margin)
            if found[1] - found[0] >= HITS:
                return found
    return found


def _looks(days: Days, start: float, end: float) -> Window:
    """Find the looks from one day up to another, which is not among them."""
    a, b = np.searchsorted(days, (start, end), side="left")
    return int(a), int(b)
