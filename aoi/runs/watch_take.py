"""Take one look in: into the story, against the register, into alerts, all at once.

    Sight ──► advance, or retell if it came late ──► outcomes of sites ──► alerts
          ──► Taken ──► one transaction of the ledger

What is worked out here depends on nothing but what was remembered and what was seen, so a look
that is taken in again after a kill gives the same story, word for word.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

import shapely

from aoi.area import find_area
from aoi.runs.alerts import raise_alerts
from aoi.runs.alerts_message import Alert, Finding
from aoi.runs.ledger import key_of
from aoi.runs.ledger_digests import Digests
from aoi.runs.ledger_leases import Lease
from aoi.runs.ledger_watch import LookRow, Memory, Taken
from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_displace import Emptied, lift_of
from aoi.runs.watch_eyes import Sight, frame_of
from aoi.runs.watch_ranking import standing_of
from aoi.runs.watch_sites import outcomes_of
from aoi.runs.watch_visits import Visit
from aoi.sites.identity import advance
from aoi.sites.identity_keep import (
    look_from_text,
    look_to_text,
    story_from_text,
    story_to_text,
)
from aoi.sites.identity_retell import correct, retell
from aoi.sites.identity_story import Correction, Event, Look, Story
from aoi.sites.site import Registry
from geo.errors import InputError

log = logging.getLogger(__name__)

Names = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What lies on the desk during one run."""

    watch: Watch
    memory: Memory
    register: Registry
    emptied: tuple[Emptied, ...] = ()
    """Known sites that emptied, as far as was known when the run began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story after one more look."""

    story: Story
    ids: Mapping[str, str]
    """Outline of this look to compound."""

    renamed: Names
    """Look to names, for the others, where they were told anew."""

    changed: tuple[Event, ...]


def story_of(memory: Memory, area: str) -> Story:
    """Read an area's story; an empty one for an area without."""
    text = memory.story(area)
    return Story() if text is None else story_from_text(text)


def step_key(watch: Watch, place: WatchedArea, visit: Visit) -> str:
    """Name the step of one look: its pictures, the settings and the code."""
    return key_of(
        visit=visit.key,
        name=place.name,
        area=find_area(place.area).outline.wkt,
        scan=watch.scan,
        score=watch.score,
        rule=watch.rule,
        stockade=version("stockade"),
    )


def take_in(
    desk: Desk, lease: Lease, place: WatchedArea, visit: Visit, sight: Sight, *, seconds: float
) -> list[Event]:
    """Take one look in; return the events it changed.

    Args:
        desk: what the run knows.
        lease: on the area.
        place: the area.
        visit: what was looked at.
        sight: what it showed.
        seconds: it took.

    Raises:
        LostLeaseError: another process has the area by now.
    """
    memory, watch = desk.memory, desk.watch
    before = story_of(memory, place.name)
    rows = memory.looks(place.name)
    told = tell(before, sight.look, rows, watch)
    row = _row_of(desk, place, sight, told, before, looks=rows)
    looks = sorted([*rows, row], key=lambda one: (one.taken_at, one.key))
    alerts = _alerts_of(desk, place, told, looks, row)
    memory.take_in(
        lease,
        Taken(
            look=row,
            renamed=told.renamed,
            story=story_to_text(told.story),
            alerts=[(alert.id, alert.to_dict()) for alert in alerts],
            step=step_key(watch, place, visit),
            left_behind={"area": place.name, "look": row.key, "bytes": visit.size},
            seconds=seconds,
            inputs=visit.inputs,
        ),
    )
    log.info("%s: look %s, %d events, %d alerts", place.name, row.key, len(told.changed),
             len(alerts))  # fmt: skip
    return list(told.changed)


def _row_of(
    desk: Desk,
    place: WatchedArea,
    sight: Sight,
    told: Told,
    before: Story,
    *,
    looks: Sequence[LookRow],
) -> LookRow:
    """Write a look down as it is remembered, with the outcomes of all sites near it."""
    area = find_area(place.area)
    crs = frame_of(area)
    seen, ground = sight.look.seen, area.to(crs)
    share = 0.0 if seen is None else shapely.intersection(seen, ground).area / ground.area
    return LookRow(
        area=place.name,
        key=sight.look.key,
        taken_at=sight.look.time,
        body=look_to_text(sight.look),
        names=dict(told.ids),
        sites={
            **outcomes_of(sight, told.ids, before, crs, desk.register, looks=looks),
            "clear_share": round(share, 4),
            "folder": sight.folder,
            "gaps": list(sight.gaps),
        },
    )


def _alerts_of(
    desk: Desk, place: WatchedArea, told: Told, looks: list[LookRow], row: LookRow
) -> list[Alert]:
    """Say what a look brought that was not said before."""
    watch = desk.watch
    return raise_alerts(
        Finding(
            area=place.name,
            story=told.story,
            changed=told.changed,
            looks=looks,
            newest=row.key,
            register=desk.register,
            crs=frame_of(find_area(place.area)),
            known=Digests(desk.memory.ledger).alert_ids(place.name),
            status=watch.alerts.status,
            coordinates=watch.coordinates,
            quiet=watch.alerts.quiet,
            lifts=_lifts(place, told.story, looks, desk.emptied, row.taken_at),
        )
    )


def tell(before: Story, look: Look, rows: list[LookRow], watch: Watch) -> Told:
    """Add a look to a story; tell it anew if the look came late."""
    last = before.looks[-1] if before.looks else None
    if last is None or (look.time, look.key) > (last.time, last.key):
        step = advance(before, look, rule=watch.rule)
        return Told(story=step.story, ids=step.ids, renamed={}, changed=step.changed)
    log.info("look %s came late: the story is told anew", look.key)
    return _anew(before, [*rows], watch, look)


def correct_area(memory: Memory, lease: Lease, place: WatchedArea, word: Correction) -> Story:
    """Let a person's word stand in the story of an area.

    Raises:
        InputError: nobody knows the compound.
    """
    before = story_of(memory, place.name)
    if before.newest() is None:
        raise InputError(f"{place.name} was never looked at; there is nothing to correct.")
    story = correct(before, replace(word, at=before.newest() or word.at))
    memory.retold(lease, place.name, story_to_text(story), {})
    return story


def _anew(before: Story, rows: list[LookRow], watch: Watch, look: Look) -> Told:
    looks = [look_from_text(row.body) for row in rows if row.key != look.key]
    names = {row.key: row.names for row in rows}
    retold = retell(
        [*looks, look], names=names, corrections=before.corrections, rule=watch.rule
    )
    changed = tuple(
        event
        for key, event in retold.story.events.items()
        if key not in before.events or before.events[key].status != event.status
    )
    return Told(
        story=retold.story,
        ids=retold.names[look.key],
        renamed={key: ids for key, ids in retold.names.items() if names.get(key) != ids},
        changed=changed,
    )


def _lifts(
    place: WatchedArea,
    story: Story,
    looks: list[LookRow],
    emptied: tuple[Emptied, ...],
    at: datetime,
) -> dict[str, str]:
    """Say of each standing compound why it is ranked higher, if it is."""
    said: dict[str, Any] = {}
    for one in standing_of(place, story, looks) if emptied else []:
        _, words = lift_of(one, emptied, now=at)
        if words:
            said[one.compound] = words
    return said
