"""One message of a watch, and the rules that hold for every one of them.

An alert begins *provisional* when something is seen for the first time, is *confirmed* when a
later look agrees, and *finished* when it is taken back or something else has overtaken it.
Each of the three is one message with an id of its own, so nothing is ever told twice.

    Alert, Alert, … + what was told before ──only_new──► what is to be told
    outline ──rounded──► place, no finer than the watch allows

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


def iso(time: datetime | None) -> str | None:
    """Write a time as ISO 8601."""
    return None if time is None else time.isoformat()
