"""Let later pictures agree with what one pair shows, or take it back.

A roof that a cloud's edge made, or hid, shows as built in one pair and as demolished in the
next; neither happened.  So each change waits for the next pair that sees its ground:

    change ──next pair that sees the ground──► shows the opposite: both are dropped
                                          └──► does not: the change is sure
                  └──none yet──► it stands, not sure
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from shapely.geometry.base import BaseGeometry

from aoi.runs.watch_survey import Change, Survey

SHARED = 0.5
"""Share of the smaller of two outlines from which they are of one thing."""

OPPOSITE = MappingProxyType({"built": "demolished", "demolished": "built"})
"""What takes what back; of what was altered nobody knows the way back."""


def settled(pairs: Sequence[Survey]) -> list[tuple[str, Change]]:
    """Give the changes that stand, each with the key of its survey, oldest first.

    Args:
        pairs: surveys of two dates each; others have nothing to tell.
    """
    chain = {one.dates[0]: one for one in pairs if len(one.dates) == 2}
    told, dropped = [], set[tuple[str, int]]()
    for survey in sorted(chain.values(), key=lambda s: (_began(s), s.key)):
        for number, change in enumerate(survey.changes):
            if (survey.key, number) in dropped:
                continue
            judge = next((s for s in _after(survey, chain) if _sees(s, change)), None)
            twin = None if judge is None else _undone(change, judge)
            if judge is not None and twin is not None:
                dropped.add((judge.key, twin))
                continue
            told.append((survey.key, replace(change, sure=judge is not None)))
    return told


def alike(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Tell whether two outlines are of one thing."""
    least = min(one.area, other.area)
    return bool(one.intersection(other).area >= SHARED * least > 0)


def _began(survey: Survey) -> str:
    return min((c.last_without.isoformat() for c in survey.changes), default="")


def _after(survey: Survey, chain: Mapping[str, Survey]) -> Iterator[Survey]:
    """Go through the pairs that follow, each beginning where the one before ends."""
    here: Survey | None = survey
    while here is not None:
        here = chain.get(here.dates[-1])
        if here is not None:
            yield here


def _sees(survey: Survey, change: Change) -> bool:
    point = change.outline.representative_point()
    return survey.seen is not None and bool(survey.seen.contains(point))


def _undone(change: Change, survey: Survey) -> int | None:
    """Find the change of a later pair that takes this one back."""
    wanted = OPPOSITE.get(change.kind)
    for number, other in enumerate(survey.changes):
        if other.kind == wanted and alike(other.outline, change.outline):
            return number
    return None
