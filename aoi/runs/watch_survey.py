"""What several dates of one area tell when they are held against each other.

Two sharp pictures are compared building by building; coarse dates are monitored as one series.
Either is a *survey*: it is asked about some visits, and answers with changes.

    visits of an area ──► [Ask]: a pair each sharp picture, one series of all coarse dates
    Ask ──aoi.runs.watch_surveyor──► Survey: changes with brackets, and the ground that was seen

An ask is known by a hash of the visits it is about.  As long as that stays the same nothing is
asked twice; a picture that comes late changes it for the picture after.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

import shapely
from shapely.geometry.base import BaseGeometry

from aoi.runs.ledger import key_of
from aoi.runs.watch_visits import Visit
from geo.errors import InputError
from geo.series.story import ENOUGH

FORM = 1
"""Version of what surveys tell; those of another one are asked again."""

TRIES = 4
"""Earlier pictures a picture is held against, at most, until one of them can be used."""

SERIES = "series"
"""Key of the survey of all coarse dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One survey to be made."""

    key: str
    """``pair:VISIT`` for a sharp picture, or ``series``; a later survey replaces the one
    before."""

    asked: str
    """Hash of all it depends on."""

    dates: tuple[Visit, ...]
    """A pair: the new picture, then earlier ones, newest first.  A series: oldest first."""

    fresh: tuple[str, ...] = ()
    """Keys of dates that no survey of this key knew before."""

    def is_new(self, visit: Visit) -> bool:
        """Tell whether a coarse date is new to its series."""
        return self.key == SERIES and visit.key in self.fresh

    @property
    def size(self) -> int:
        """Bytes to be read, about: a pair reads both pictures, a series what is new."""
        if self.key == SERIES:
            return sum(visit.size for visit in self.dates if self.is_new(visit))
        return sum(visit.size for visit in self.dates[:2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One building, or one piece of ground, that is no longer what it was."""

    kind: str
    """``built``, ``demolished`` or ``altered``."""

    outline: BaseGeometry
    """In the area's metric frame."""

    confidence: float
    """0 to 1."""

    sure: bool = False
    """Whether the survey itself calls it lasting; a pair never can, later pairs do."""

    last_without: datetime
    first_with: datetime
    """The bracket, aware, UTC."""

    before: str
    after: str
    """Names of the two pictures."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a survey found."""

    key: str
    asked: str
    dates: tuple[str, ...]
    """Keys of the visits it used: a pair's earlier and later one, or all of a series; only the
    later one if no earlier picture could be used."""

    changes: tuple[Change, ...] = ()
    seen: BaseGeometry | None = None
    """For a pair: ground that both dates showed clearly."""

    gaps: tuple[str, ...] = ()
    """What could not be seen, in sentences."""

    folder: str = ""
    """Where its pages and layers lie, relative to the watch's folder."""

    @property
    def is_series(self) -> bool:
        """Whether it is about a series of coarse dates."""
        return self.key == SERIES

    def to_text(self) -> str:
        """Write it down."""
        body = {f.name: getattr(self, f.name) for f in fields(self)}
        changes = [{f.name: getattr(one, f.name) for f in fields(one)} for one in self.changes]
        return json.dumps(body | {"changes": changes}, default=_plain, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read it back.

        Raises:
            InputError: it is none.
        """
        try:
            body = json.loads(text)
            changes = tuple(_change(one) for one in body["changes"])
            lists = {name: tuple(body[name]) for name in ("dates", "gaps")}
            seen = body["seen"] and shapely.from_wkb(body["seen"])
            return cls(**{**body, **lists, "changes": changes, "seen": seen or None})
        except (ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
            raise InputError(f"This is no survey that can be read: {error}.") from error


def _change(body: Mapping[str, Any]) -> Change:
    times = {n: datetime.fromisoformat(body[n]) for n in ("last_without", "first_with")}
    return Change(**{**body, **times, "outline": shapely.from_wkb(body["outline"])})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True)
    return asdict(value)


def asks_of(visits: Sequence[Visit], known: Mapping[str, Survey]) -> list[Ask]:
    """List the surveys that are still to be made.

    Args:
        visits: all there are of the area, whether looked at or not; without files there is
            nothing to be held against anything.
        known: surveys that were made, by key.
    """
    ordered = sorted((v for v in visits if v.sources), key=lambda v: (v.time, v.key))
    sharp = [visit for visit in ordered if not visit.coarse]
    coarse = [visit for visit in ordered if visit.coarse]
    asks = [
        _ask(f"pair:{visit.key}", (visit, *sharp[:at][::-1][:TRIES]), known)
        for at, visit in enumerate(sharp)
        if at
    ]
    if len(coarse) >= ENOUGH:
        asks.append(_ask(SERIES, tuple(coarse), known))
    return [ask for ask in asks if ask.key not in known or known[ask.key].asked != ask.asked]


def _ask(key: str, dates: tuple[Visit, ...], known: Mapping[str, Survey]) -> Ask:
    before = set(known[key].dates) if key in known else set()
    return Ask(
        key=key,
        asked=key_of(form=FORM, dates=[visit.key for visit in dates]),
        dates=dates,
        fresh=tuple(visit.key for visit in dates if visit.key not in before),
    )
