"""What is known of the compounds of one area: their names, their outlines and what befell them.

A *look* is what one date showed: outlines, and the ground that could be seen.  A *story* is
what all looks together tell.  Nothing here decides anything; ``aoi.sites.identity`` does.

    Look, Look, … ──► Story: Compound (one each, for ever) and Event (with bracket and status)

Every event carries a bracket: the last look that showed the old state, the first that showed
the new one.  What happened, happened in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import InputError

STATES: Mapping[str, str] = MappingProxyType(
    {
        "standing": "found at the last look that could see it",
        "missed": "not found at the last look, but before",
        "gone": "not found at several looks in a row that could see it",
        "joined": "went into another compound",
        "doubtful": "found once and never confirmed",
    }
)
"""What a compound can be; the first two are alive."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "appear": "was found for the first time",
        "grow": "covers more ground",
        "shrink": "covers less ground",
        "split": "fell into parts with outlines of their own",
        "merge": "grew together with others",
        "absorb": "took in a much smaller one",
        "vanish": "is no longer found",
        "return": "is found again",
    }
)
"""What can befall a compound, beside persisting."""

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "provisional": "seen once; the next look may take it back",
        "confirmed": "later looks agree",
        "withdrawn": "later looks disagree: a fault of the first",
    }
)
"""How sure an event is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a difference counts."""

    growth: float = 0.25
    """Share of the area by which a compound must change; outlines jitter by a tenth."""

    misses: int = 3
    """Clear looks in vain, in a row, from which a compound is gone, and after which one is new.
    A net that misses one in twenty misses three in a row once in 8,000 looks."""

    def __post_init__(self) -> None:
        """Refuse rules under which everything or nothing would happen."""
        if not 0 < self.growth <= 10 or not 1 <= self.misses <= 50:
            raise InputError("Growth is a share from 0 to 10, misses a number from 1 to 50.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One outline of one look."""

    id: str
    """Its name in that look."""

    outline: BaseGeometry
    """Polygon in metres, valid."""

    whole: bool = True
    """False where cloud or the picture's edge cut it: it then says nothing of size."""

    def __post_init__(self) -> None:
        """Mend outlines that cross themselves; refuse those that enclose nothing."""
        if not self.outline.is_valid:
            object.__setattr__(self, "outline", shapely.make_valid(self.outline))
        if not self.outline.area > 0:
            raise InputError(f"The outline of {self.id} encloses nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one date showed."""

    key: str
    """Unique in the area: the hash of its pictures, or their name."""

    time: datetime
    """When the pictures were taken, aware, UTC."""

    seen: BaseGeometry | None
    """Ground that could be seen, in metres; ``None`` if nobody recorded it, and then nothing is
    ever missed."""

    found: tuple[Found, ...]
    """In any order."""

    gsd_m: float = 0.5
    """Metres a pixel of the pictures: outlines are no surer than that."""

    def __post_init__(self) -> None:
        """Refuse times without a zone and names that occur twice."""
        if self.time.tzinfo is None:
            raise InputError(f"Look {self.key} needs a time with a zone; use UTC.")
        if len({found.id for found in self.found}) < len(self.found):
            raise InputError(f"Look {self.key} holds one id twice.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """One compound, over all looks."""

    id: str
    """For ever."""

    outline: BaseGeometry
    """As last seen whole, metres."""

    area_m2: float
    """Against which growth is measured: the mean of the looks since the last change."""

    measured: int = 1
    """Looks in that mean."""

    gsd_m: float = 0.5
    """Of the coarsest of them."""

    shown: int = 2
    """Looks that showed all of it; in stories older than this field enough to be believed."""

    before: BaseGeometry | None = None
    """Its outline before a change of size that no second look has confirmed yet, laid onto the
    first look."""

    shift_x: float = 0.0
    shift_y: float = 0.0
    """Metres east and north that the look which showed its outline lay off the first."""

    state: str = "standing"
    """A key of ``STATES``."""

    into: str = ""
    """For ``joined``: the id of the other."""

    first_without: datetime | None = None
    """The last look before that saw the ground bare of it; none if there never was one."""

    first_seen: datetime
    last_seen: datetime
    """Found, at the first and the last time."""

    last_key: str
    """Name of that last look."""

    sized_at: datetime
    """The last look that showed all of it."""

    sized_key: str
    missing_since: datetime | None = None
    """The first clear look in vain since ``last_seen``."""

    missing_key: str = ""
    last_miss: datetime | None = None
    """The last clear look in vain."""

    misses: int = 0
    """Clear looks in vain since ``last_seen``."""

    sightings: int = 1
    """Looks that found it."""

    by_hand: bool = False
    """Whether a person put it together from several: then its parts never split off."""

    @property
    def alive(self) -> bool:
        """Whether it is taken to stand there now."""
        return self.state in {"standing", "missed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that befell a compound."""

    key: str
    """``c-1234567890:grow:2``: the second growth of that compound.  A look that comes late may
    narrow the bracket, but not change the key."""

    kind: str
    """A key of ``KINDS``."""

    compound: str
    """Its id."""

    others: tuple[str, ...] = ()
    """Ids of those that split off it, or went into it."""

    last_without: datetime | None
    """The last look that showed the old state; none if too few did: it may have been so all
    along, and nobody is told."""

    first_with: datetime
    """The first look that showed the new state."""

    before_look: str = ""
    after_look: str = ""
    """Names of those two looks: the evidence."""

    evidence: Mapping[str, float] = field(default_factory=dict)
    """Numbers behind it: ``area_before_m2``, ``area_after_m2``, ``overlap``, …"""

    status: str = "provisional"
    """A key of ``STATUSES``."""

    agreed: int = 0
    """Later looks that agree."""

    settled: datetime | None = None
    """The look that confirmed or withdrew it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person knows better; kept for ever."""

    kind: str
    """``same``: the two are one, and keep the first's id.  ``apart``: they never join."""

    one: str
    other: str
    at: datetime
    """Time of the newest look when it was said; a story told anew says it there again."""

    by: str = ""
    """A role or initials, never more of a person."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.kind not in {"same", "apart"} or self.one == self.other:
            raise InputError("A correction says same or apart of two different compounds.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """When and where one looked; what remains of a look once it is told."""

    key: str
    time: datetime
    seen: BaseGeometry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything known of the compounds of one area."""

    compounds: Mapping[str, Compound] = field(default_factory=dict)
    """By id; none is ever forgotten."""

    events: Mapping[str, Event] = field(default_factory=dict)
    """By key, in the order in which they were first told."""

    looks: tuple[Sighting, ...] = ()
    """Oldest first."""

    corrections: tuple[Correction, ...] = ()
    """In the order in which they were said."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    """Ids that were given up, to those that stand for them."""

    def name(self, compound: str) -> str:
        """Follow an id that was given up to the one that stands for it."""
        while compound in self.aliases:
            compound = self.aliases[compound]
        return compound

    def living(self) -> list[Compound]:
        """List what stands, by id."""
        return [c for _, c in sorted(self.compounds.items()) if c.alive]

    def newest(self) -> datetime | None:
        """Tell the time of the newest look."""
        return self.looks[-1].time if self.looks else None
