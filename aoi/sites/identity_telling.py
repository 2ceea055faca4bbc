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


@dataclass(frozen=True, slots=True)
class Bracket:
    """The last look that showed the old state, and its name."""

    time: datetime | None
    key: str = ""


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

    def waiting(self, compound: str, *kinds: str) -> Iterator[Event]:
        """Go through the provisional events of these kinds that a compound takes part in."""
        for key in list(self.pending.get(compound, ())):
            event = self.events[key]
            if event.kind in kinds:
                yield event

    def change(self, compound: str, **new: Any) -> Compound:
        """Keep a changed copy of a compound."""
        self.compounds[compound] = replace(self.compounds[compound], **new)
        return self.compounds[compound]

    def _await(self, event: Event) -> None:
        for name in (event.compound, *event.others):
            self.pending.setdefault(name, []).append(event.key)
