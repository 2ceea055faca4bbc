"""When a known site empties, look harder around it.

People who ran one place open another, often a drive away.  So compounds in rings around a site
that emptied are ranked higher, those most that appeared or grew since.  The score stays what it
is; only the order changes, and every lift is said in words.  Nothing here claims that anybody
moved anywhere.

    sites that emptied (place, bracket) + compounds ──► rings ──► lift in log-odds ──► order

Source: reports of workers scattered to other compounds after raids (AP, 2025); the rings and
lifts are a judgement, written down in docs/decisions/0014-watch.md, not a measurement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aoi.outputs.spreadsheet import write_rows

RANKING = ("rank", "area", "compound", "site_id", "score", "lift", "why")
"""Columns of ranking.csv."""

RINGS = ((5_000.0, 1.0), (15_000.0, 0.6), (40_000.0, 0.3))
"""Metres from the site, and log-odds added: a walk, a short drive, the next town."""

FADES = timedelta(days=365)
"""After so long a lift has fallen to nothing."""

STANDING = 0.3
"""Share of the lift for a compound that already stood when the site emptied."""

EMPTIED = frozenset(
    {"emptied", "abandoned", "raided", "seized", "closed", "demolished_partial",
     "demolished_claimed"}
)  # fmt: skip
"""Statuses of a register that say people left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """A known site that emptied."""

    site: str
    name: str
    lon: float
    lat: float
    since: datetime | None
    """The last time it was seen standing, or nothing."""

    by: datetime
    """The first time it was seen gone, or the register said so."""

    how: str
    """``its compound is no longer found`` or ``the register says raided``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A compound that stands, for ranking."""

    area: str
    compound: str
    score: float
    lon: float
    lat: float
    changed: datetime | None
    """When it first was seen to have appeared or grown; nothing if it always stood."""

    site: str = ""
    """The known site it is tied to, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A compound in the order in which to look at it."""

    one: Standing
    lift: float
    """Log-odds added."""

    words: str
    """Why; empty without a lift."""


def rank(
    compounds: Sequence[Standing], emptied: Sequence[Emptied], *, now: datetime
) -> list[Ranked]:
    """Order compounds by score and lift, highest first; ties by name."""
    ranked = []
    for one in compounds:
        lift, words = lift_of(one, emptied, now=now)
        ranked.append(Ranked(one=one, lift=lift, words=words))
    return sorted(ranked, key=lambda r: (-_odds(r.one.score) - r.lift, r.one.compound))


def lift_of(one: Standing, emptied: Sequence[Emptied], *, now: datetime) -> tuple[float, str]:
    """Tell how much a compound is lifted, by the strongest of all sites, and why."""
    best, words = 0.0, ""
    for site in emptied:
        if site.site == one.site:
            continue
        metres = distance(one.lon, one.lat, site.lon, site.lat)
        ring = next((weight for reach, weight in RINGS if metres <= reach), 0.0)
        age = max(now - site.by, timedelta()) / FADES
        new = one.changed is not None and (site.since is None or one.changed >= site.since)
        lift = ring * max(0.0, 1 - age) * (1.0 if new else STANDING)
        if lift > best:
            best = lift
            what = "appeared or grew since then" if new else "stood there before"
            since = f"after {site.since:%Y-%m-%d} and " if site.since else ""
            words = (
                f"Ranked higher: within {_ring(metres)} km of {site.name}, which emptied "
                f"{since}by {site.by:%Y-%m-%d} ({site.how}); it {what}. That anybody moved "
                "there is not known."
            )
    return best, words


def _ring(metres: float) -> str:
    return f"{next(reach for reach, _ in RINGS if metres <= reach) / 1000:.0f}"


def _odds(score: float) -> float:
    score = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(score / (1 - score))


def distance(lon: float, lat: float, lon2: float, lat2: float) -> float:
    """Measure metres along a great circle on a sphere of 6,371 km."""
    a, b = math.radians(lat), math.radians(lat2)
    turn = math.radians(lon2 - lon)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * 6_371_000.0 * math.asin(math.sqrt(min(1.0, half)))


def said_empty(
    changes: Sequence[tuple[datetime, Mapping[str, Any]]],
) -> dict[str, tuple[datetime, str]]:
    """Find sites of which a register newly says that people left: when noticed, and how."""
    found: dict[str, tuple[datetime, str]] = {}
    for at, change in changes:
        if change["kind"] == "status" and change["after"] in EMPTIED:
            found.setdefault(change["site"], (at, f"the register says {change['after']}"))
    return found


def write_ranking(path: Path, ranked: Sequence[Ranked]) -> Path:
    """Write the order as a table, without any place in it."""
    rows: list[tuple[object, ...]] = [RANKING]
    for number, row in enumerate(ranked, start=1):
        one = row.one
        figures = (f"{one.score:.3f}", f"{row.lift:.2f}")
        rows.append((number, one.area, one.compound, one.site, *figures, row.words))
    return write_rows(path, rows)
