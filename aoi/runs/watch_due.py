"""Decide which areas are due, and what waits there.

    AreaRow + cadence + now ──► due? ──► visits not looked at yet, dates not held against each
                                         other yet ──► Plan, with bytes and time

After a clock has jumped back an area seems to have been visited in the future; it is due then,
which costs a question and no work, for no visit is ever made twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aoi.counted import counted
from aoi.outputs.manifest import hash_file
from aoi.runs.ledger_surveys import Surveys
from aoi.runs.ledger_watch import AreaRow, Memory
from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_eyes import Eyes
from aoi.runs.watch_survey import Ask, asks_of
from aoi.runs.watch_visits import Visit
from geo.errors import StockadeError
from geo.series.story import ENOUGH

log = logging.getLogger(__name__)

SLACK = 0.05
"""Share of the cadence by which a run may come early: cron is never quite on time."""

FIRST_WAIT = timedelta(minutes=15)
"""After the first failure; each further wait is twice the last, up to the cadence."""

PACE = 2.0e6
"""Bytes a second, before any look was measured: a net on two cores, compressed pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be done at one area."""

    place: WatchedArea
    due: bool
    next_due: datetime
    row: AreaRow
    visits: tuple[Visit, ...] = ()
    """Sharp pictures not looked at yet, oldest first."""

    asks: tuple[Ask, ...] = ()
    """Dates to be held against each other."""

    failure: str = ""
    """Why its sources could not be asked, or not all of them."""

    gaps: tuple[str, ...] = ()
    """Pictures that cannot be used as they are."""

    notes: tuple[str, ...] = ()
    """What a reader should know."""

    @property
    def size(self) -> int:
        """Bytes to be read."""
        return sum(visit.size for visit in self.visits) + sum(ask.size for ask in self.asks)

    @property
    def coarse(self) -> tuple[Visit, ...]:
        """Coarse dates that no series holds yet, oldest first."""
        return tuple(v for ask in self.asks for v in ask.dates if ask.is_new(v))


def next_due(place: WatchedArea, row: AreaRow, now: datetime) -> datetime:
    """Tell when an area is due; ``now`` or earlier means at once."""
    if row.failures and row.not_before is not None:
        return min(row.not_before, now + place.cadence)
    if row.looked_at is None or row.looked_at > now:
        return now
    return row.looked_at + place.cadence * (1 - SLACK)


def plan(
    watch: Watch, memory: Memory, eyes: Eyes, *, now: datetime, everything: bool = False
) -> list[Plan]:
    """Look which areas are due, and ask their sources what waits.

    Args:
        watch: what is watched.
        memory: what was done.
        eyes: ask the sources.
        now: the time.
        everything: as if every area were due.
    """
    plans = []
    for place in watch.areas:
        row = memory.area(place.name)
        when = next_due(place, row, now)
        due = everything or when <= now
        if not due:
            plans.append(Plan(place=place, due=False, next_due=when, row=row))
            continue
        plans.append(_asked(watch, row, when, memory, eyes, now))
    return plans


def _asked(
    watch: Watch, row: AreaRow, when: datetime, memory: Memory, eyes: Eyes, now: datetime
) -> Plan:
    place = next(one for one in watch.areas if one.name == row.name)
    looked = memory.looked(place.name)
    try:
        told = eyes.visits(
            place, digest=lambda path: memory.ledger.hashed(path, hash_file), until=now
        )
    except StockadeError as error:
        log.info("%s: %s", place.name, error)
        return Plan(place=place, due=True, next_due=when, row=row, failure=str(error))
    found = told.visits
    waiting = sorted(
        (visit for visit in found if visit.key not in looked and not visit.coarse),
        key=lambda v: (v.time, v.key),
    )
    asks = asks_of(found, Surveys(memory.ledger).of(place.name)) if watch.changes else []
    return Plan(
        place=place,
        due=True,
        next_due=when,
        row=row,
        visits=tuple(waiting),
        asks=tuple(asks),
        failure=told.failure,
        gaps=told.gaps,
        notes=tuple(_notes(found, watch)),
    )


def _notes(found: Sequence[Visit], watch: Watch) -> Iterator[str]:
    """Say what coarse dates wait for."""
    count = sum(visit.coarse for visit in found)
    if count and not watch.changes:
        yield f"Left alone, for the file says changes = false: {counted(count, 'coarse date')}."
    elif 0 < count < ENOUGH:
        there = f"there {'is' if count == 1 else 'are'} {count}"
        yield f"A series wants {ENOUGH} dates at least; so far {there}."


def after_failure(row: AreaRow, place: WatchedArea, words: str, now: datetime) -> AreaRow:
    """Wait longer with every failure, but never longer than the cadence."""
    wait = min(FIRST_WAIT * 2 ** min(row.failures, 30), place.cadence)
    return AreaRow(
        name=row.name,
        looked_at=row.looked_at,
        failures=row.failures + 1,
        not_before=now + wait,
        words=words,
    )


def expected_seconds(plans: list[Plan], pace: tuple[float, float]) -> float:
    """Tell how long the plans would take, by what looks took so far."""
    seconds, size = pace
    speed = size / seconds if seconds and size else PACE
    return sum(plan.size for plan in plans) / speed


def as_row(one: Plan) -> Mapping[str, object]:
    """Write a plan for machines."""
    return {
        "area": one.place.name,
        "due": one.due,
        "next_due": one.next_due.isoformat(),
        "visits": [visit.time.isoformat() for visit in (*one.visits, *one.coarse)],
        "comparisons": len(one.asks),
        "megabytes": round(one.size / 1e6, 1),
        "failure": one.failure,
        "gaps": list(one.gaps),
    }
