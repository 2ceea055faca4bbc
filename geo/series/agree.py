"""Let several series speak of one place: what they agree on is surer, and its bracket narrower.

    changes by series, in days ──same direction, brackets that touch──► one change
        last without = the latest of them, first with = the earliest      if these fit
        the whole of both brackets                                         if they do not
        both ends the earlier                               if what they saw first differs

Optics may see ground opened where radar sees the walls that follow.  The change has begun with
whichever was first, so neither bracket may shorten the other from before.

Radar of several orbits is combined like this as well: each orbit has its own states, none is
ever subtracted from another.  A change that only one of them shows stands with that said.

Source: intersection of censoring intervals (B. W. Turnbull, JRSS B 38, 1976).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geo.series.names import Phase

APART = 60.0
"""Days that two brackets of one change may be apart: radar sees walls, optics see the clearing
before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change as one series tells it, or several together."""

    kind: str
    """``built``, ``demolished`` or ``altered``."""

    last_without: float
    """Day of the last look without it."""

    first_with: float
    """Day of the first look with it."""

    series: tuple[str, ...]
    """Who tells of it, the first of them tells most."""

    members: tuple[int, ...] = ()
    """Its number in each series, in the same order."""

    weight: float = 1.0
    """Strength, in least changes."""

    phase: str = ""
    """What its series saw first of it: ``cleared``, ``building``."""

    radar: bool = False
    """True where radar alone tells it."""

    fits: bool = True
    """False where brackets contradict each other and the wide one stands."""


def combine(changes: Sequence[Change]) -> list[Change]:
    """Make one of changes of different series that tell of the same.

    Args:
        changes: of one place, in any order.

    Returns:
        Oldest first.
    """
    order = sorted(changes, key=lambda c: (-c.weight, c.last_without, c.series, c.members))
    told: list[Change] = []
    for change in order:
        index = next((i for i, one in enumerate(told) if same(one, change)), None)
        if index is None:
            told.append(change)
        else:
            told[index] = _joined(told[index], change)
    return sorted(told, key=lambda c: (c.last_without, c.first_with, c.series))


def same(one: Change, other: Change) -> bool:
    """Tell whether two series may speak of one change."""
    if set(one.series) & set(other.series):
        return False
    if {one.kind, other.kind} == {"built", "demolished"}:
        return False
    gap = max(one.last_without, other.last_without) - min(one.first_with, other.first_with)
    return gap <= APART


def _joined(one: Change, other: Change) -> Change:
    """Tell two changes as one; the stronger comes first."""
    last, first, fits = _bracket(one, other)
    kinds = {one.kind, other.kind} - {"altered"} or {"altered"}
    return replace(
        one,
        kind=kinds.pop(),
        last_without=last,
        first_with=first,
        series=one.series + other.series,
        members=one.members + other.members,
        phase=min(one, other, key=lambda c: c.last_without).phase,
        radar=one.radar and other.radar,
        fits=one.fits and other.fits and fits,
    )


def _alike(one: Change, other: Change) -> bool:
    """Tell whether two series saw the same first of a change.

    All orbits of radar do.  What optics call building may have begun with ground laid bare,
    which is nothing to radar.
    """
    if one.radar == other.radar:
        return one.radar or one.phase == other.phase
    return one.phase == other.phase != Phase.BUILDING


def _bracket(one: Change, other: Change) -> tuple[float, float, bool]:
    """Narrow the bracket to what both allow, or widen it to hold both; tell whether they fit.

    The earlier of two days that lie in brackets of their own lies between the earlier ends.
    """
    inner = (
        max(one.last_without, other.last_without),
        min(one.first_with, other.first_with),
    )
    outer = (
        min(one.last_without, other.last_without),
        max(one.first_with, other.first_with),
    )
    if not _alike(one, other):
        return outer[0], inner[1], True
    fits = inner[0] < inner[1]
    return (*(inner if fits else outer), fits)
