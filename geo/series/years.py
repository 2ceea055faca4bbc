"""Choose the looks that are held against each other at a possible step: whole years of them.

A whole year holds every season once, so seasons cancel.  A year with fewer than three looks is
widened to two or three; a side with less than a year is held against the same season a year off
as well, or, where that was not seen, of the year before that.

    days (T,), look ──► [(past, coming), ...]: windows of looks, all of which must tell the step
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

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
    plain = _widened(days, day, -year, years), _widened(days, day, year, years)
    pairs = [plain]
    lasts, lasted = last - day, day - first
    if lasts < year and lasted > SEASON:
        pairs.append((_season(days, day, day + lasts, -SEASON), plain[1]))
    if lasted < year and lasts > SEASON:
        pairs.append((plain[0], _season(days, day - lasted, day, SEASON)))
    return pairs if all(b - a >= HITS for pair in pairs for a, b in pair) else []


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
