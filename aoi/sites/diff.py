"""Tell what changed between two registers, so that a new list is not a new history.

Sites are the same if their ids are.  One that is gone while a new one has its name or its very
place was given another id; everything else is added, removed or changed, field by field.

    old, new Registry ──► by id ──► Change: kind, site, from, to, and a sentence
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import shapely
from shapely.geometry import Point

from aoi.sites.site import DEGREE, Registry, Site

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "added": "a site that was not in the register before",
        "removed": "a site that is no longer in it",
        "renumbered": "the same name or place under another id",
        "renamed": "another name",
        "moved": "another place or outline",
        "precision": "known better or worse",
        "status": "another status",
        "words": "other aliases, sources or notes",
    }
)
"""What can happen to a site between two registers, most important first."""

WORDS = (
    *("status", "country", "province", "town", "kind", "coord_source", "notes"),
    *("aliases", "aliases_unverified", "related_names", "sources"),
)
"""Fields whose change matters to nobody's match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is different."""

    kind: str
    """A key of ``KINDS``."""

    site: str
    """Id, in the new register where it is there."""

    before: str = ""
    after: str = ""
    """In words."""

    text: str
    """The sentence."""


def diff(old: Registry, new: Registry) -> list[Change]:
    """Compare two registers.

    Returns:
        All changes, in the order of ``KINDS`` and then of ids; empty when nothing changed.
    """
    before, after = ({site.id: site for site in register} for register in (old, new))
    local = new.crs is None
    changes: list[Change] = []
    renumbered = _renumbered(before, after)
    for was, now in renumbered.items():
        changes.append(
            Change(
                kind="renumbered",
                site=now,
                before=was,
                after=now,
                text=f"{after[now].name} was {was} and is {now} now.",
            )
        )
    for site in after.values():
        if site.id not in before and site.id not in renumbered.values():
            text = f"{site.name} ({site.id}) is new: {site.status_class}."
            changes.append(Change(kind="added", site=site.id, text=text))
    for site in before.values():
        if site.id not in after and site.id not in renumbered:
            text = f"{site.name} ({site.id}) is no longer in the register."
            changes.append(Change(kind="removed", site=site.id, text=text))
    pairs = [(before[k], after[renumbered.get(k, k)]) for k in before if k in after]
    pairs += [(before[was], after[now]) for was, now in renumbered.items()]
    for one, other in pairs:
        changes += _changed(one, other, local=local)
    order = list(KINDS)
    return sorted(changes, key=lambda c: (order.index(c.kind), c.site))


def _renumbered(before: Mapping[str, Site], after: Mapping[str, Site]) -> dict[str, str]:
    """Find sites that only got another id: the same name, or the same place, used once."""
    gone = [site for site in before.values() if site.id not in after]
    fresh = [site for site in after.values() if site.id not in before]
    found: dict[str, str] = {}
    given: set[str] = set()
    for key in (_name, _place):
        left, come = _alone(gone, key), _alone(fresh, key)
        for what, was in left.items():
            now = come.get(what)
            if now and was not in found and now not in given:
                found[was] = now
                given.add(now)
    return found


def _alone(
    sites: Sequence[Site], key: Callable[[Site], Hashable | None]
) -> dict[Hashable, str]:
    """Give the ids of sites by what no other of them shares."""
    keys = [key(site) for site in sites]
    often = Counter(keys)
    named = zip(keys, sites, strict=True)
    return {k: site.id for k, site in named if k is not None and often[k] == 1}


def _name(site: Site) -> str | None:
    return site.name.casefold().strip() or None


def _place(site: Site) -> bytes | None:
    return None if site.geometry is None else shapely.to_wkb(site.geometry.normalize())


def _changed(was: Site, now: Site, *, local: bool) -> list[Change]:
    found = []

    def note(kind: str, before: Any, after: Any, text: str) -> None:
        """Add one change, in words."""
        found.append(
            Change(kind=kind, site=now.id, before=str(before), after=str(after), text=text)
        )

    if was.name != now.name:
        note("renamed", was.name, now.name, f"{was.name} is called {now.name} now.")
    if _place(was) != _place(now):
        how = _moved(was, now, local=local)
        note("moved", _where(was), _where(now), f"{now.name} {how}.")
    if (was.precision_m, was.precision) != (now.precision_m, now.precision):
        before, after = _precision(was), _precision(now)
        note("precision", before, after, f"{now.name} was placed to {before}, now to {after}.")
    if was.status_class != now.status_class:
        text = f"{now.name} was {was.status_class} and is {now.status_class} now."
        note("status", was.status_class, now.status_class, text)
    words = [field for field in WORDS if getattr(was, field) != getattr(now, field)]
    if words:
        text = f"{now.name}: {', '.join(w.replace('_', ' ') for w in words)} changed."
        note("words", "", ", ".join(words), text)
    return found


def _where(site: Site) -> str:
    if site.geometry is None:
        return "no place"
    return "a point" if isinstance(site.geometry, Point) else "an outline"


def _moved(was: Site, now: Site, *, local: bool) -> str:
    """Say how a site was moved."""
    if was.geometry is None or now.geometry is None:
        return "has a place now" if was.geometry is None else "has no place any more"
    if _where(was) != _where(now):
        return f"was {_where(was)} and is {_where(now)} now"
    metres = _metres(was.geometry.centroid, now.geometry.centroid, local=local)
    far = f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
    if _where(now) == "an outline" and metres < 1:
        return "has another outline"
    return f"was moved by {far}"


def _metres(one: Point, other: Point, *, local: bool) -> float:
    if local:
        return float(one.distance(other))
    east = ((other.x - one.x + 180) % 360 - 180) * math.cos(math.radians((one.y + other.y) / 2))
    return math.hypot(east, other.y - one.y) * DEGREE


def _precision(site: Site) -> str:
    return f"{site.precision_m:g} m" if site.precision_m else site.precision
