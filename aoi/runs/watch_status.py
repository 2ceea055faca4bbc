"""Tell how a watch stands, without touching anything.

ledger + CONFIG ──► Status: areas, what is being worked at, what waits to be told
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aoi.runs.ledger_digests import Digests
from aoi.runs.ledger_leases import Held, Leases, Owner
from aoi.runs.ledger_surveys import Surveys
from aoi.runs.ledger_watch import Memory
from aoi.runs.watch_config import Watch
from aoi.runs.watch_due import next_due
from aoi.runs.watch_take import story_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaStatus:
    """How one area stands."""

    area: str
    next_due: str
    """ISO 8601; a time that has passed means at once."""

    looked_at: str | None
    """When a run last went through it."""

    newest: str | None
    """Date of the newest picture that was taken in."""

    looks: int
    compounds: int
    """That stand."""

    gone: int
    series: int
    """Coarse dates that are watched as a series."""

    works: int
    """Building works that were told and not taken back."""

    failures: int
    """Runs in a row that failed."""

    words: str
    """What the last failure said."""

    busy: str
    """Who is at it now; empty for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a watch stands."""

    watch: str
    now: str
    areas: tuple[AreaStatus, ...]
    alerts: Mapping[str, int]
    """``told``, ``gathered`` (waiting for the cool-down) and ``unsent`` digests."""

    last_run: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Turn into what JSON can hold."""
        return asdict(self)


def status_of(watch: Watch, memory: Memory) -> Status:
    """Read how everything stands."""
    now = memory.ledger.clock()
    held = {one.key: one for one in Leases(memory.ledger, Owner.me()).held()}
    digests = Digests(memory.ledger)
    unsent = digests.all(unsent=True) if watch.alerts.webhook else []
    return Status(
        watch=watch.name,
        now=now.isoformat(timespec="seconds"),
        areas=tuple(_area(watch, memory, n, held, now) for n in range(len(watch.areas))),
        alerts={
            "told": len(digests.alerts(released=True)),
            "gathered": len(digests.alerts(released=False)),
            "unsent": len(unsent),
        },
        last_run=next(iter(memory.runs()), {}),
    )


def _area(
    watch: Watch, memory: Memory, number: int, held: Mapping[str, Held], now: datetime
) -> AreaStatus:
    place = watch.areas[number]
    row, story = memory.area(place.name), story_of(memory, place.name)
    surveys = Surveys(memory.ledger)
    at = held.get(f"area:{place.name}")
    due = next_due(place, row, now)
    newest = story.newest()
    return AreaStatus(
        area=place.name,
        next_due=due.isoformat(timespec="seconds"),
        looked_at=row.looked_at.isoformat(timespec="seconds") if row.looked_at else None,
        newest=newest.date().isoformat() if newest else None,
        looks=len(story.looks),
        compounds=len(story.living()),
        gone=sum(c.state == "gone" for c in story.compounds.values()),
        series=sum(len(one.dates) for one in surveys.of(place.name).values() if one.is_series),
        works=sum(one.status != "withdrawn" for one in surveys.works(place.name)),
        failures=row.failures,
        words=row.words,
        busy=f"{at.host}, process {at.pid}" if at else "",
    )
