"""Work one look into a story: names first, then parts and new ones, then what is missing.

heirs ──► found again?  size? ──► parts ──► new ──► joined ──► missed ──► settle what waited
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.sites.assign import NOBODY
from aoi.sites.identity_kin import Geometries, Kin
from aoi.sites.identity_story import Compound, Event, Found, Look, Rule, Story
from aoi.sites.identity_telling import Bracket, Telling
from aoi.sites.match import looked_at

SEEN = 0.9
"""Share of an outline's ground that must have been seen before it can be missed."""

DOUBT = 2
"""Clear looks in vain after which what was found only once is taken back, and before which what
is found is not called new."""

STEADY = 5
"""Looks whose mean is the size against which growth is measured."""

ABSORB = 1 / 3
"""Of two that become one, one smaller than this share of the other is absorbed; else they
merge."""


class Work:
    """One look on its way into a story."""

    def __init__(
        self,
        story: Story,
        look: Look,
        rule: Rule,
        names: Mapping[str, str],
        known: Sequence[Compound],
        found: Sequence[Found],
    ) -> None:
        """Begin with ``known`` and ``found`` in the order in which ``Kin`` numbers them."""
        self.story, self.look, self.rule, self.names = story, look, rule, names
        self.known, self.found = known, found
        self.before = {compound.id: compound for compound in known}
        self.telling = Telling.of(story, look)
        self.ids: dict[str, str] = {}
        self.apart = {
            frozenset((story.name(c.one), story.name(c.other)))
            for c in story.corrections
            if c.kind == "apart"
        }

    def tell(self, kin: Kin) -> None:
        """Names first, then parts and new ones, then the missing, then what was pending."""
        pieces = self._pieces(kin)
        reshaped = self._reshaped(kin)
        for f in np.flatnonzero(kin.heir != NOBODY).tolist():
            name = self.known[kin.heir[f]].id
            self.ids[self.found[f].id] = name
            one = self._with_pieces(self.found[f], pieces.get(int(kin.heir[f]), ()))
            self._wake(name)
            self._continue(name, one, float(kin.shared[f]), sized=name not in reshaped)
        self._split(kin, pieces)
        new = (kin.heir == NOBODY) & (kin.parent == NOBODY)
        self._appear(np.flatnonzero(new).tolist())
        self._join(kin)
        self._miss(kin)
        self._settle()

    def _pieces(self, kin: Kin) -> dict[int, list[int]]:
        """Find parts of compounds that a person put together: they stay with them."""
        pieces: dict[int, list[int]] = {}
        for f in np.flatnonzero(kin.parent != NOBODY).tolist():
            if self.known[kin.parent[f]].by_hand:
                pieces.setdefault(int(kin.parent[f]), []).append(f)
        return pieces

    def _with_pieces(self, found: Found, pieces: Sequence[int]) -> Found:
        if not pieces:
            return found
        parts = [self.found[f] for f in pieces]
        outline = shapely.union_all([found.outline, *(part.outline for part in parts)])
        whole = found.whole and all(part.whole for part in parts)
        return Found(id=found.id, outline=outline, whole=whole)

    def _reshaped(self, kin: Kin) -> set[str]:
        """Name compounds whose size changes for another reason than growth."""
        own = {self.known[k].id for k in kin.parent[kin.parent != NOBODY]}
        own |= {self.known[k].id for k in kin.into[kin.into != NOBODY]}
        for k in kin.heir[kin.heir != NOBODY].tolist():
            if self.known[k].state == "joined":
                own |= {self.known[k].id, self.story.name(self.known[k].into)}
        return own

    def _wake(self, name: str) -> None:
        """Tell of a compound that is found again after it was gone, joined or doubted."""
        known, telling = self.telling.compounds[name], self.telling
        telling.present.setdefault(name, "persist")
        if known.state == "joined":
            other = self.story.name(known.into)
            undone = [e for e in telling.waiting(other, "merge", "absorb") if name in e.others]
            for event in undone:
                telling.settle(event, "withdrawn")
            if not undone:
                before = self.before[other]
                bracket = Bracket(before.sized_at, before.sized_key)
                telling.open("split", other, bracket, others=[name])
        elif known.state == "gone":
            telling.open("return", name, Bracket(known.last_miss, known.missing_key))
        elif known.state == "doubtful":  # found twice, then: the first time was no fault
            first = Bracket(known.first_seen, known.last_key)
            telling.open("appear", name, Bracket(known.first_without), first=first)
        elif known.state == "missed":
            for event in telling.waiting(name, "vanish"):
                telling.settle(event, "withdrawn")

    def _continue(self, name: str, found: Found, shared: float, *, sized: bool) -> None:
        """Write down that a compound was found, and how large."""
        known, look = self.telling.compounds[name], self.look
        new = {
            "state": "standing",
            "into": "",
            "last_seen": look.time,
            "last_key": look.key,
            "sightings": known.sightings + 1,
            "missing_since": None,
            "missing_key": "",
            "misses": 0,
        }
        if found.whole:
            new |= {"outline": found.outline, "sized_at": look.time, "sized_key": look.key}
            new |= self._size(name, found, shared) if sized else _fresh(found, look)
        self.telling.change(name, **new)

    def _size(self, name: str, found: Found, shared: float) -> dict[str, float]:
        """Compare with the size so far; open, confirm or withdraw growth and shrinking."""
        known, telling, area = self.telling.compounds[name], self.telling, found.outline.area
        blur = found.outline.length * (known.gsd_m + self.look.gsd_m) / 2
        limit = 1 + self.rule.growth + blur / min(area, known.area_m2)
        for event in telling.waiting(name, "grow", "shrink"):
            old = event.evidence["area_before_m2"]
            # Nearer to the size before than to the new one: the look between was at fault.
            if abs(np.log(area / old)) < abs(np.log(area / known.area_m2)):
                telling.settle(event, "withdrawn")
                return {"area_m2": old, "measured": 1}
            if 1 / limit <= area / known.area_m2 <= limit:
                telling.settle(event, "confirmed")
        if 1 / limit <= area / known.area_m2 <= limit:
            if known.measured >= STEADY:
                return {}
            mean = known.area_m2 + (area - known.area_m2) / (known.measured + 1)
            gsd = max(known.gsd_m, self.look.gsd_m)
            return {"area_m2": mean, "measured": known.measured + 1, "gsd_m": gsd}
        telling.open(
            "grow" if area > known.area_m2 else "shrink",
            name,
            Bracket(known.sized_at, known.sized_key),
            evidence={
                "area_before_m2": known.area_m2,
                "area_after_m2": area,
                "overlap": shared,
            },
        )
        return _fresh(found, self.look)

    def _split(self, kin: Kin, pieces: Mapping[int, Sequence[int]]) -> None:
        for k in np.unique(kin.parent[kin.parent != NOBODY]).tolist():
            parts = [self.found[f] for f in np.flatnonzero(kin.parent == k).tolist()]
            before = self.known[k]
            if k in pieces:
                self.ids |= {part.id: before.id for part in parts}
                continue
            bracket = Bracket(before.sized_at, before.sized_key)
            names = [self._mint(part, bracket) for part in parts]
            self.telling.open(
                "split",
                before.id,
                bracket,
                others=names,
                evidence={"area_before_m2": before.area_m2, "parts": float(len(parts) + 1)},
            )

    def _appear(self, new: Sequence[int]) -> None:
        found = [self.found[f] for f in new]
        for one, bracket in zip(found, self._last_bare(found), strict=True):
            name = self._mint(one, bracket)
            self.telling.open(
                "appear", name, bracket, evidence={"area_after_m2": one.outline.area}
            )

    def _last_bare(self, found: Sequence[Found]) -> list[Bracket]:
        """Find the last look before that saw each outline's ground, and nothing on it.

        One look in vain proves little, so there must have been two; else nobody knows since
        when it stands.
        """
        shapes = outlines([one.outline for one in found])
        brackets = [Bracket(None)] * len(found)
        clear = np.zeros(len(found), dtype=int)
        latest: list[Bracket | None] = [None] * len(found)
        for sight in reversed(self.story.looks):
            at = np.flatnonzero(clear < DOUBT)
            if sight.seen is None or not at.size:
                continue
            bare = at[looked_at(shapes[at], sight.seen) >= SEEN]
            clear[bare] += 1
            for i in bare.tolist():
                latest[i] = latest[i] or Bracket(sight.time, sight.key)
                if clear[i] == DOUBT:
                    brackets[i] = latest[i] or brackets[i]
        return brackets

    def _mint(self, found: Found, bracket: Bracket) -> str:
        """Name a new compound after its first outline; a name is never given twice."""
        name = self.names.get(found.id, found.id)
        taken = self.telling.compounds
        while name in taken or name in self.story.aliases:
            digest = hashlib.sha256(f"{name}|{self.look.key}".encode()).hexdigest()
            name = f"{found.id[:2]}{digest[:10]}"
        look = self.look
        taken[name] = Compound(
            id=name,
            outline=found.outline,
            area_m2=found.outline.area,
            gsd_m=look.gsd_m,
            first_without=bracket.time,
            first_seen=look.time,
            last_seen=look.time,
            last_key=look.key,
            sized_at=look.time,
            sized_key=look.key,
        )
        self.ids[found.id] = name
        self.telling.present[name] = "persist"
        return name

    def _join(self, kin: Kin) -> None:
        """Tell which compounds went into which."""
        gone: dict[tuple[str, str], list[str]] = {}
        for k in np.flatnonzero(kin.into != NOBODY).tolist():
            lost, heir = self.known[k], self.known[kin.into[k]]
            if frozenset((lost.id, heir.id)) in self.apart:
                continue
            undone = [e for e in self.telling.waiting(heir.id, "split") if lost.id in e.others]
            for event in undone:
                self.telling.settle(event, "withdrawn")
            state = {"state": "doubtful"} if undone else {"state": "joined", "into": heir.id}
            self.telling.change(lost.id, **state, misses=0, missing_since=None)
            for event in self.telling.waiting(lost.id, "vanish", "appear"):
                self.telling.settle(
                    event, "withdrawn" if event.kind == "vanish" else "confirmed"
                )
            if not undone:
                kind = "absorb" if lost.area_m2 < ABSORB * heir.area_m2 else "merge"
                gone.setdefault((heir.id, kind), []).append(lost.id)
        before = self.before
        for (heir_id, kind), names in gone.items():
            apart = min((before[n] for n in (heir_id, *names)), key=lambda c: c.last_seen)
            evidence = {"area_before_m2": before[heir_id].area_m2}
            bracket = Bracket(apart.last_seen, apart.last_key)
            self.telling.open(kind, heir_id, bracket, others=names, evidence=evidence)

    def _miss(self, kin: Kin) -> None:
        """Count clear looks in vain, for those of whose ground enough was seen."""
        held = set(kin.heir[kin.heir != NOBODY].tolist())
        lost = [
            c
            for k, c in enumerate(self.known)
            if c.alive and k not in held and kin.into[k] == NOBODY and not kin.near[k]
        ]
        if not lost or self.look.seen is None:
            return
        shares = looked_at(outlines([c.outline for c in lost]), self.look.seen)
        for known, share in zip(lost, shares.tolist(), strict=True):
            if share < SEEN:
                continue
            since = known.missing_since or self.look.time
            self.telling.change(
                known.id,
                state="missed",
                misses=known.misses + 1,
                missing_since=since,
                missing_key=self.look.key,
                last_miss=self.look.time,
            )
            if not any(self.telling.waiting(known.id, "vanish", "appear", "return")):
                self.telling.open(
                    "vanish",
                    known.id,
                    Bracket(known.last_seen, known.last_key),
                    evidence={"seen_share": share},
                )

    def _settle(self) -> None:
        """Confirm what this look agrees with, and take back what was found only once."""
        telling = self.telling
        waiting = {key for keys in telling.pending.values() for key in keys}
        for key in sorted(waiting):
            event = telling.events[key]
            if key in telling.opened and not (event.kind == "vanish" and self.rule.misses == 1):
                continue
            found = [name in telling.present for name in (event.compound, *event.others)]
            misses = telling.compounds[event.compound].misses
            if event.kind in {"appear", "return"}:
                if found[0]:
                    telling.settle(event, "confirmed")
                elif misses >= DOUBT:
                    state = "doubtful" if event.kind == "appear" else "gone"
                    telling.change(event.compound, state=state)
                    telling.settle(event, "withdrawn")
            elif event.kind == "vanish" and misses >= self.rule.misses:
                self._gone(event)
            elif (event.kind == "split" and all(found)) or (
                event.kind in {"merge", "absorb"} and found[0]
            ):
                telling.settle(event, "confirmed")

    def _gone(self, event: Event) -> None:
        """Settle that a compound is gone; what was never confirmed of it never will be."""
        telling, name = self.telling, event.compound
        once = [e for e in telling.waiting(name, "split") if name in e.others]
        telling.settle(event, "withdrawn" if once else "confirmed")
        telling.change(name, state="doubtful" if once else "gone")
        for other in telling.waiting(name, "grow", "shrink", "split"):
            telling.settle(other, "withdrawn")


def _fresh(found: Found, look: Look) -> dict[str, float]:
    """Begin measuring a compound's size anew."""
    return {"area_m2": found.outline.area, "measured": 1, "gsd_m": look.gsd_m}


def outlines(shapes: Sequence[BaseGeometry]) -> Geometries:
    """Put outlines into an array (N,) of objects."""
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
