"""Tell building works: what was built, torn down or altered, in which compound, between when.

Surveys tell of single buildings and pieces of ground; a desk wants one line a compound and
bracket.  *Works* are that line, with an id for ever.  They are worked out anew from all surveys
each time, and laid over those that were told before, so a later picture may narrow a bracket or
take works back, but never tells the same works twice.

    surveys ──what a later pair takes back cancels──► changes, sure or not
            ──by compound, kind and bracket──► Works ──laid over those told before──► ids
    Works + story ──► the event of the scans that tells the same, if there is one

Source: docs/decisions/0021-watch-changes.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

import shapely
from shapely.geometry.base import BaseGeometry

from aoi.runs.ledger import key_of
from aoi.runs.watch_settled import alike, settled
from aoi.runs.watch_survey import Change, Survey
from aoi.sites.identity_story import Compound, Event, Story

RIM = 5.0
"""Metres by which a building may stand outside of its compound's outline: a wall is a roof's
neighbour, and pictures lie some metres off."""

ACCORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "built": frozenset({"appear", "grow", "return", "merge", "absorb"}),
        "demolished": frozenset({"vanish", "shrink", "split"}),
        "altered": frozenset({"grow", "shrink", "split", "merge", "absorb"}),
    }
)
"""Kind of works to the kinds of events by which scans tell the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What befell the buildings of one compound, or one piece of ground, in one bracket."""

    id: str
    """For ever."""

    kind: str
    """``built``, ``demolished`` or ``altered``."""

    compound: str
    """To which it belongs; empty for ground outside of all."""

    outline: BaseGeometry
    """Metres; all that changed."""

    count: int
    """Buildings; 0 where only a series tells, which shows no single ones."""

    last_without: datetime
    first_with: datetime
    """The bracket, aware, UTC."""

    before: str
    after: str
    """Names of the two pictures."""

    confidence: float
    """Of the surest of them, 0 to 1."""

    by: tuple[str, ...]
    """``pair``, ``series`` or both."""

    status: str = "provisional"
    """``provisional``, ``confirmed`` once later pictures agree, or ``withdrawn``."""

    event: str = ""
    """Key of the event by which the scans tell the same; empty if none does."""

    note: str = ""


def tell_works(
    surveys: Iterable[Survey], story: Story, known: Iterable[Works] = ()
) -> list[Works]:
    """Work out all works of an area.

    Args:
        surveys: all that were made.
        story: of the area's compounds.
        known: as they were told before.

    Returns:
        Those of today, and those taken back, oldest first.
    """
    ordered = sorted(surveys, key=lambda s: s.key)
    pairs = [s for s in ordered if not s.is_series]
    works = _of_pairs(pairs, story)
    for survey in ordered:
        if survey.is_series:
            works = _joined(works, [_of_ground(one, story) for one in survey.changes])
    told = [
        replace(one, event=_event_of(one, story)) for one in _recognised(works, list(known))
    ]
    return sorted(told, key=lambda w: (w.first_with, w.last_without, w.id))


def _of_pairs(pairs: Sequence[Survey], story: Story) -> list[Works]:
    """Put the buildings of each pair together, by compound and kind."""
    groups: dict[tuple[str, str, str], list[Change]] = defaultdict(list)
    for key, change in settled(pairs):
        compound = _owner(change, story)
        groups[key, change.kind, compound or change.outline.wkb_hex].append(change)
    return [_works(group, _owner(group[0], story)) for group in groups.values()]


def _owner(change: Change, story: Story) -> str:
    """Name the compound a building stands in; the one that stands before those that did."""
    point = change.outline.representative_point()
    near = [c for c in story.compounds.values() if c.outline.distance(point) <= RIM]
    return _first(near)


def _owner_of_ground(outline: BaseGeometry, story: Story) -> str:
    return _first([c for c in story.compounds.values() if alike(c.outline, outline)])


def _first(compounds: Sequence[Compound]) -> str:
    real = [c for c in compounds if c.state != "doubtful"]
    best = min(real, key=lambda c: (not c.alive, c.first_seen, c.id), default=None)
    return best.id if best else ""


def _works(changes: Sequence[Change], compound: str) -> Works:
    first = min(changes, key=lambda c: (-c.confidence, c.outline.bounds))
    outline = shapely.union_all([c.outline for c in changes])
    sure = sum(c.sure for c in changes) * 2 > len(changes)
    return Works(
        id=_id(first.kind, compound, outline, first),
        kind=first.kind,
        compound=compound,
        outline=outline,
        count=len(changes),
        last_without=first.last_without,
        first_with=first.first_with,
        before=first.before,
        after=first.after,
        confidence=first.confidence,
        by=("pair",),
        status="confirmed" if sure else "provisional",
        note=first.note if len(changes) == 1 else "",
    )


def _of_ground(change: Change, story: Story) -> Works:
    compound = _owner_of_ground(change.outline, story)
    works = _works([change], compound)
    return replace(works, count=0, by=("series",))


def _id(kind: str, compound: str, outline: BaseGeometry, first: Change) -> str:
    where = compound or [round(v) for v in outline.bounds]
    when = first.last_without.isoformat(), first.first_with.isoformat()
    return f"k-{key_of(kind=kind, where=where, when=when)[:10]}"


def _joined(pairs: Sequence[Works], series: Sequence[Works]) -> list[Works]:
    """Tell once what pictures and series both show; each narrows the other's bracket."""
    left, joined = list(pairs), []
    for ground in sorted(series, key=lambda w: (w.first_with, w.outline.bounds)):
        twin = min((w for w in left if _same(w, ground)), key=_when, default=None)
        if twin is None:
            joined.append(ground)
            continue
        left.remove(twin)
        late = ground if ground.last_without > twin.last_without else twin
        early = ground if ground.first_with < twin.first_with else twin
        both = {twin.status, ground.status}
        joined.append(
            replace(
                twin,
                last_without=late.last_without, before=late.before,
                first_with=early.first_with, after=early.after,
                confidence=max(twin.confidence, ground.confidence),
                status="confirmed" if "confirmed" in both else "provisional",
                by=("pair", "series"), note=ground.note,
            )
        )  # fmt: skip
    return [*left, *joined]


def _same(one: Works, other: Works) -> bool:
    """Tell whether two works may be one: of one kind, at one time, at one place."""
    meet = max(one.last_without, other.last_without) < min(one.first_with, other.first_with)
    named = one.compound == other.compound != ""
    return meet and one.kind == other.kind and (named or alike(one.outline, other.outline))


def _when(works: Works) -> tuple[datetime, datetime, str]:
    return works.first_with, works.last_without, works.id


def _recognised(works: Sequence[Works], known: Sequence[Works]) -> list[Works]:
    """Give works the ids by which they were told before; take back what is told no more."""
    left = {k.id: k for k in sorted(known, key=lambda k: (k.status == "withdrawn", *_when(k)))}
    ordered = sorted(works, key=_when)
    told = [one for one in ordered if left.pop(one.id, None) is not None]
    same = {one.id for one in told}
    for one in ordered:
        if one.id in same:
            continue
        twin = next((k for k in left.values() if _same(k, one)), None)
        if twin is not None:
            del left[twin.id]
        told.append(one if twin is None else replace(one, id=twin.id))
    return [*told, *(replace(k, status="withdrawn") for k in left.values())]


def _event_of(works: Works, story: Story) -> str:
    """Find the event by which the scans tell the same."""
    kinds = ACCORDS[works.kind]
    events = [
        event
        for event in story.events.values()
        if event.kind in kinds
        and works.compound in {event.compound, *event.others}
        and event.status != "withdrawn"
        and _meets(event, works)
    ]
    return min((event.key for event in events), default="") if works.compound else ""


def _meets(event: Event, works: Works) -> bool:
    if event.last_without is None:
        return False  # what stood there at the first look did not happen then
    return max(event.last_without, works.last_without) < min(event.first_with, works.first_with)
