"""Let later pictures agree with what one pair shows, or take it back.

A roof that a cloud's edge made, or hid, shows as built in one pair and as demolished in the
next; neither happened.  So each change waits for the next pair that sees its ground:

    change ──next pairs that see the ground──► all show the opposite: both are dropped
                                          └──► one does not: the change is sure
                  └──none yet──► it stands, not sure

Several pairs may begin with one picture: partial pictures that share no ground with each other
are held against the same one before them, and so is a picture whose neighbour is clouded.  What
two pairs of one beginning both show is told once, of the one that ends first, and is sure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
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
    begun: dict[str, list[Survey]] = defaultdict(list)
    for one in pairs:
        if len(one.dates) == 2:
            begun[one.dates[0]].append(one)
    told, dropped = [], set[tuple[str, int]]()
    for survey in sorted(chain.from_iterable(begun.values()), key=_order):
        for number, change in enumerate(survey.changes):
            if (survey.key, number) in dropped:
                continue
            beside = [one for one in begun[survey.dates[0]] if one.key != survey.key]
            again = [_found(change.kind, change, one) for one in beside]
            judges = _judges(survey, change, begun)
            undone = [_found(OPPOSITE.get(change.kind, ""), change, one) for one in judges]
            dropped.update(twin for twin in again if twin)
            if undone and all(undone) and not any(again):
                dropped.update(twin for twin in undone if twin)
                continue
            sure = bool(judges) or any(again)
            told.append((survey.key, replace(change, sure=sure)))
    return told


def alike(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Tell whether two outlines are of one thing."""
    least = min(one.area, other.area)
    return bool(one.intersection(other).area >= SHARED * least > 0)


def _order(survey: Survey) -> tuple[list[tuple[datetime, datetime]], str]:
    """Put pairs by their bracket; those without changes tell nothing wherever they come."""
    return [(c.last_without, c.first_with) for c in survey.changes[:1]], survey.key


def _judges(
    survey: Survey, change: Change, begun: Mapping[str, Sequence[Survey]]
) -> list[Survey]:
    """Find the next pairs that see the ground of a change.

    Go on from where each pair ends to all that begin there; every picture ends one pair at
    most, so no pair is met twice.
    """
    here: Sequence[Survey] = (survey,)
    while here:
        here = [after for one in here for after in begun.get(one.dates[-1], ())]
        seeing = [one for one in here if _sees(one, change)]
        if seeing:
            return seeing
    return []


def _sees(survey: Survey, change: Change) -> bool:
    point = change.outline.representative_point()
    return survey.seen is not None and bool(survey.seen.contains(point))


def _found(kind: str, change: Change, survey: Survey) -> tuple[str, int] | None:
    """Find what another pair tells of the same thing, if it is of that kind."""
    for number, other in enumerate(survey.changes):
        if other.kind == kind and alike(other.outline, change.outline):
            return survey.key, number
    return None
