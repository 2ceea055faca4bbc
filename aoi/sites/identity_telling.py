"""A story while it is being told: compounds and events that the newest look may still change.

An event is opened when it is first seen, confirmed when later looks agree, withdrawn when they
show its opposite.  So a flaw of one picture ends as a pair that cancelled itself, never as
two events.

    open(kind) ──► provisional ──later looks agree──► confirmed
                        └────────later looks disagree──► withdrawn
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aoi.sites.identity_story import Compound, Event, Look, Story

SIZES = ("grow", "shrink")
SHAPES = ("split", "merge", "absorb")
"""Kinds of events that undo each other."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """One end of a bracket: a look's time and its name."""

    time: datetime | None
    key: str = ""

    @classmethod
    def without(cls, event: Event) -> Bracket:
        """Give the last look that showed the old state."""
        return cls(event.last_without, event.before_look)

    @classmethod
    def of(cls, event: Event) -> Bracket:
        """Give the first look that showed the new state."""
        return cls(event.first_with, event.after_look)


@dataclass(slots=True)
class Telling:
    """One look being worked into a story."""

    look: Look
    compounds: dict[str, Compound]
    events: dict[str, Event]
    pending: dict[str, list[str]] = field(default_factory=dict)
    """Compound to the keys of provisional events it takes part in."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Events so far, by compound and kind."""

    changed: dict[str, None] = field(default_factory=dict)
    """Keys of events that are new or have a new status, in order."""

    opened: set[str] = field(default_factory=set)
    """Keys of events of this look."""

    present: dict[str, str] = field(default_factory=dict)
    """Compounds found in this look, and what befell them: ``persist`` or a kind."""

    @classmethod
    def of(cls, story: Story, look: Look) -> Telling:
        """Take a story up where it stands."""
        telling = cls(look, dict(story.compounds), dict(story.events))
        for event in story.events.values():
            telling.counts[event.compound, event.kind] += 1
            if event.status == "provisional":
                telling._await(event)
        return telling

    def open(
        self,
        kind: str,
        compound: str,
        bracket: Bracket,
        *,
        others: Sequence[str] = (),
        first: Bracket | None = None,
        evidence: Mapping[str, float] | None = None,
    ) -> None:
        """Begin an event; ``first`` is the look that showed it first, if not this one."""
        self.counts[compound, kind] += 1
        shown = first or Bracket(self.look.time, self.look.key)
        event = Event(
            key=f"{compound}:{kind}:{self.counts[compound, kind]}",
            kind=kind,
            compound=compound,
            others=tuple(others),
            last_without=bracket.time,
            first_with=shown.time or self.look.time,
            before_look=bracket.key,
            after_look=shown.key,
            evidence=dict(evidence or {}),
        )
        self.events[event.key] = event
        self.opened.add(event.key)
        self._await(event)
        self.changed[event.key] = None
        self.present[compound] = kind if kind != "vanish" else self.present.get(compound, kind)

    def settle(self, event: Event, status: str) -> None:
        """Confirm or withdraw an event."""
        self.events[event.key] = replace(event, status=status, settled=self.look.time)
        self.changed[event.key] = None
        for name in (event.compound, *event.others):
            waiting = self.pending.get(name, [])
            if event.key in waiting:
                waiting.remove(event.key)

    def agree(self, event: Event, misses: int) -> bool:
        """Let this look agree with an event; tell whether it is confirmed now.

        One look is enough, unless the like of it was told of this compound before and taken
        back: then it takes as many looks in all as it takes to call a compound gone.
        """
        family = SIZES if event.kind in SIZES else SHAPES
        before = [
            self.events[f"{event.compound}:{kind}:{n}"]
            for kind in family
            for n in range(1, self.counts[event.compound, kind] + 1)
        ]
        wrong = any(e.status == "withdrawn" and e.key != event.key for e in before)
        agreed = event.agreed + 1
        if agreed < (max(1, misses - 1) if wrong else 1):
            self.events[event.key] = replace(event, agreed=agreed)
            return False
        self.settle(replace(event, agreed=agreed), "confirmed")
        return True

    def waiting(self, compound: str, *kinds: str) -> Iterator[Event]:
        """Go through the provisional events of these kinds that a compound takes part in."""
        for key in list(self.pending.get(compound, ())):
            event = self.events[key]
            if event.kind in kinds:
                yield event

    def newest(self, compound: str, kind: str) -> Event:
        """Give the newest event of a kind that befell a compound."""
        return self.events[f"{compound}:{kind}:{self.counts[compound, kind]}"]

    def drop_sizes(self, compound: str) -> Event | None:
        """Withdraw growth and shrinking: once the shape changes otherwise, none can confirm it.

        Returns:
            The shrinking, if there was one: what it lost may have been a part.
        """
        shrunk = None
        for event in self.waiting(compound, "grow", "shrink"):
            self.settle(event, "withdrawn")
            shrunk = event if event.kind == "shrink" else shrunk
        return shrunk

    def change(self, compound: str, **new: Any) -> Compound:
        """Keep a changed copy of a compound."""
        self.compounds[compound] = replace(self.compounds[compound], **new)
        return self.compounds[compound]

    def _await(self, event: Event) -> None:
        for name in (event.compound, *event.others):
            self.pending.setdefault(name, []).append(event.key)
