"""Say what is new, once, and how sure that is.

An alert begins *provisional* when something is seen for the first time, is *confirmed* when a
later look agrees, and *finished* when it is taken back or something else has overtaken it.
Each of the three is one message with an id of its own, so nothing is ever told twice.

    events of a look, outcomes of sites, clear looks ──► Alert (id, status, sentence, evidence)

Places are rounded to the watch's precision before they enter an alert; finer ones are nowhere
in it.  No sentence says what a place is, or that anybody did anything.

Source: status rules after OPERA DIST-ALERT; docs/decisions/0014-watch.md.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from odc.geo.crs import CRS
from shapely.geometry.base import BaseGeometry

from aoi.area import LONLAT, carry
from aoi.runs.ledger_watch import LookRow
from aoi.runs.watch_sites import spells
from aoi.sites.identity_story import Event, Story
from aoi.sites.site import Registry

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "new_compound": "A walled-compound-like layout that was not there before.",
        "growth": "A compound covers more ground.",
        "reduction": "A compound covers less ground.",
        "demolition": "A compound is no longer found.",
        "return": "A compound is found again.",
        "reshaped": "Compounds split, grew together or took one in.",
        "not_detected": "A known site was looked at and not detected.",
        "clear_look": "The first clear look after a long time without one.",
        "built": "Buildings were built in a compound, or ground was built over.",
        "demolished": "Buildings in a compound were torn down, or ground was cleared of them.",
        "altered": "Buildings in a compound, or ground, became something else.",
    }
)
"""What is told; the last three by ``aoi.runs.alerts_works``."""

OF_EVENT = MappingProxyType(
    {
        "appear": "new_compound",
        "grow": "growth",
        "shrink": "reduction",
        "vanish": "demolition",
        "return": "return",
        "split": "reshaped",
        "merge": "reshaped",
        "absorb": "reshaped",
    }
)
"""Kind of event to kind of alert."""

OVERTAKEN = MappingProxyType(
    {"vanish": ("appear", "grow", "shrink", "return"), "return": ("vanish",)}
)
"""A confirmed event of this kind finishes the alerts of those before it."""

CLEAR = 0.5
"""Share of an area that must be seen for a look to count as clear."""

SURE = 2
"""Looks in vain, one after the other, from which *not detected* is confirmed."""

DEGREE = 111_195.0
"""Metres a degree of latitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message."""

    id: str
    """``AREA:EVENT:STATUS``; never given twice."""

    kind: str
    """A key of ``KINDS``."""

    status: str
    """``provisional``, ``confirmed`` or ``finished``."""

    area: str
    compound: str = ""
    others: tuple[str, ...] = ()
    site: str = ""
    last_without: str | None = None
    """ISO 8601 UTC: the bracket in which it happened."""

    first_with: str
    looks: tuple[str, ...] = ()
    """The two looks that are its evidence."""

    place: tuple[float, float] | None = None
    """Longitude and latitude, rounded to ``precision_m``; nothing if places are withheld."""

    precision_m: float | None = None
    text: str
    """In words."""

    evidence: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Turn into what JSON can hold."""
        return {**asdict(self), "others": list(self.others), "looks": list(self.looks)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look changed, with all an alert must know of it."""

    area: str
    story: Story
    """After the look."""

    changed: Sequence[Event]
    looks: Sequence[LookRow]
    """All looks at the area, this one among them, oldest first."""

    newest: str
    """Key of this look."""

    register: Registry
    crs: CRS
    known: Collection[str]
    """Ids of alerts raised before."""

    status: str = "confirmed"
    """From which status on something is told."""

    coordinates: float | None = 1000.0
    quiet: timedelta = timedelta(days=60)
    lifts: Mapping[str, str] = field(default_factory=dict)
    """Compound to the sentence that says why it is ranked higher."""


def raise_alerts(finding: Finding) -> list[Alert]:
    """Say what one look brought: nothing said before, nothing that is not sure enough."""
    alerts = [*_of_events(finding), *_of_sites(finding), *_of_clear_looks(finding)]
    return only_new(alerts, finding.known, finding.status)


def only_new(alerts: Iterable[Alert], known: Collection[str], status: str) -> list[Alert]:
    """Drop what was told before, what is not sure enough, and ends of what was never told.

    Args:
        alerts: in the order in which they are to be told.
        known: ids of alerts raised before.
        status: from which status on something is told.
    """
    told, seen = [], set(known)
    for alert in alerts:
        begun = any(i.startswith(alert.id.rpartition(":")[0] + ":") for i in seen)
        early = alert.status == "provisional" and status == "confirmed"
        late = alert.status == "finished" and not begun  # what was never told needs no end
        if alert.id not in seen and not early and not late:
            told.append(alert)
            seen.add(alert.id)
    return told


def _of_events(finding: Finding) -> list[Alert]:
    alerts = []
    for event in finding.changed:
        if event.last_without is None or event.compound not in finding.story.compounds:
            continue  # what the first look showed may have been so before we were
        status = {"withdrawn": "finished"}.get(event.status, event.status)
        alerts.append(_alert_of(event, status, finding))
        if event.status == "confirmed":
            alerts += _overtaken(event, finding)
    return alerts


def _overtaken(event: Event, finding: Finding) -> list[Alert]:
    kinds = OVERTAKEN.get(event.kind, ())
    return [
        _alert_of(other, "finished", finding)
        for other in finding.story.events.values()
        if other.compound == event.compound
        and other.kind in kinds
        and other.status == "confirmed"
        and other.first_with < event.first_with
    ]


def _alert_of(event: Event, status: str, finding: Finding) -> Alert:
    compound = finding.story.compounds[event.compound]
    text = _sentence(event, status)
    if event.kind in {"appear", "grow"} and status != "finished":
        text = " ".join(filter(None, (text, finding.lifts.get(event.compound, ""))))
    return Alert(
        id=f"{finding.area}:{event.key}:{status}",
        kind=OF_EVENT[event.kind],
        status=status,
        area=finding.area,
        compound=event.compound,
        others=event.others,
        last_without=_iso(event.last_without),
        first_with=event.first_with.isoformat(),
        looks=tuple(filter(None, (event.before_look, event.after_look))),
        place=rounded(compound.outline, finding.crs, finding.coordinates),
        precision_m=finding.coordinates,
        text=text,
        evidence={name: round(value, 2) for name, value in event.evidence.items()},
    )


def _sentence(event: Event, status: str) -> str:
    """Say what an event is, when it happened, and how sure it is."""
    what = {
        "appear": f"A walled-compound-like layout, {event.compound}, was found where none was",
        "grow": f"{event.compound} covers more ground{_areas(event)}",
        "shrink": f"{event.compound} covers less ground{_areas(event)}",
        "vanish": f"{event.compound} is no longer found: torn down, covered or missed by the "
        "model",
        "return": f"{event.compound} is found again",
        "split": f"{event.compound} shows as {len(event.others) + 1} layouts",
        "merge": f"{event.compound} and {', '.join(event.others)} show as one layout",
        "absorb": f"{event.compound} took in {', '.join(event.others)}",
    }[event.kind]
    since = f"after {event.last_without:%Y-%m-%d} and " if event.last_without else ""
    when = f"{since}by {event.first_with:%Y-%m-%d}"
    how = {
        "provisional": "Seen once; the next clear look decides.",
        "confirmed": "Later looks agree.",
        "finished": "Taken back: later looks disagree."
        if event.status == "withdrawn"
        else "Overtaken by what came after.",
    }[status]
    return f"{what}, {when}. {how}"


def _areas(event: Event) -> str:
    before, after = (event.evidence.get(f"area_{w}_m2", 0) / 1e4 for w in ("before", "after"))
    return f" ({before:.1f} ha, then {after:.1f} ha)"


def _of_sites(finding: Finding) -> list[Alert]:
    """Tell of known sites that were looked at in vain, and of those found again."""
    alerts = []
    for site in finding.register:
        if not site.precise:
            continue  # in a town's disc nobody knows which building was meant
        for number, (first, end, count) in enumerate(spells(finding.looks, site.id), start=1):
            shown = next(look for look in finding.looks if look.key == finding.newest)
            status = "finished" if end else "confirmed" if count >= SURE else "provisional"
            ended = f"It is detected again by {end.taken_at:%Y-%m-%d}." if end else ""
            alerts.append(
                Alert(
                    id=f"{finding.area}:site:{site.id}:not_detected:{number}:{status}",
                    kind="not_detected",
                    status=status,
                    area=finding.area,
                    site=site.id,
                    last_without=_iso(_seen_before(finding.looks, site.id, first)),
                    first_with=first.taken_at.isoformat(),
                    looks=(first.key, shown.key),
                    precision_m=finding.coordinates,
                    text=(
                        f"{site.name} was looked at {_times(count)} since "
                        f"{first.taken_at:%Y-%m-%d} and not detected: missed by the model, or "
                        f"not there; which of the two cannot be told. {ended}"
                    ).strip(),
                )
            )
    return alerts


def _seen_before(looks: Sequence[LookRow], site: str, first: LookRow) -> datetime | None:
    """Find when a site was last seen before a spell."""
    seen = [
        look.taken_at
        for look in looks
        if look.taken_at < first.taken_at
        and look.sites["outcomes"].get(site, [""])[0] in {"known_seen", "known_unchanged"}
    ]
    return seen[-1] if seen else None


def _of_clear_looks(finding: Finding) -> list[Alert]:
    clear = [look for look in finding.looks if look.sites.get("clear_share", 0.0) >= CLEAR]
    at = next((n for n, look in enumerate(clear) if look.key == finding.newest), 0)
    if at == 0 or clear[at].taken_at - clear[at - 1].taken_at < finding.quiet:
        return []
    look, before = clear[at], clear[at - 1]
    days = (look.taken_at - before.taken_at).days
    return [
        Alert(
            id=f"{finding.area}:clear:{look.key}:confirmed",
            kind="clear_look",
            status="confirmed",
            area=finding.area,
            last_without=_iso(before.taken_at),
            first_with=look.taken_at.isoformat(),
            looks=(before.key, look.key),
            precision_m=finding.coordinates,
            text=f"The first clear look at {finding.area} in {days} days.",
        )
    ]


def rounded(
    outline: BaseGeometry, crs: CRS, precision: float | None
) -> tuple[float, float] | None:
    """Give the place of an outline, no finer than the precision.

    Args:
        outline: in ``crs``.
        crs: metric.
        precision: metres; ``None`` withholds places altogether.
    """
    if precision is None:
        return None
    point = shapely.centroid(outline)
    point = carry(np.array([point], dtype=object), crs, LONLAT)[0]
    step = precision / DEGREE
    lat = round(point.y / step) * step
    wide = step / max(0.01, math.cos(math.radians(lat)))
    lon = round(point.x / wide) * wide
    digits = max(0, math.ceil(-math.log10(step)))
    return round(lon, digits), round(lat, digits)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
