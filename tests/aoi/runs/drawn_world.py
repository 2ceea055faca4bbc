"""A drawn world of which everything is known, and eyes that see it as a scan would.

Each area has compounds that stand, grow, grow together, fall apart, are torn down, are built
and come back, on days nobody tells the watch.  Its pictures are drawn as what a scan leaves:
outlines with jitter, shifted with the sensor, missed, doubled, cut by cloud.
"""
# ruff: noqa: ARG002, C901, PLR0915 - a world is long to tell, and eyes have a protocol

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import box

from aoi.area import find_area
from aoi.runs.watch_eyes import Sight, frame_of
from aoi.runs.watch_visits import Visit, Waiting
from aoi.sites.identity_story import Found, Look

START = datetime(2026, 1, 5, 3, tzinfo=UTC)
WEEKS = 52
CELL = 330.0
"""Metres between compounds."""
SENSORS = ((0, 0.5, 1.0, 1.0), (17, 1.5, 2.5, 5.0), (35, 0.5, 1.2, 3.0))
"""From week: metres a pixel, jitter of corners, shift of whole pictures; two changes."""
MISSED_MONTH = range(27, 31)
"""Weeks in which nobody started the watch; the pictures were taken all the same."""
LATE = {("area-3", 20): 26}
"""One picture that arrived six weeks late."""
NO_PICTURE = {("area-2", week) for week in range(38, 42)}
KINDS = ("grow", "merge", "split", "vanish", "appear", "return", "absorb")
MISS, DOUBLE, JOIN = 0.03, 0.04, 0.04
"""Chances, per look, that a compound is missed, that something is found that is not there, and
that two neighbours are found as one."""


class Crash(BaseException):
    """The plug was pulled."""


@dataclass(frozen=True)
class Group:
    """What stands as one compound from one day to another."""

    units: tuple[str, ...]
    outline: shapely.Polygon
    begin: float
    end: float


@dataclass(frozen=True)
class Truth:
    """Everything about one area."""

    groups: tuple[Group, ...]
    events: tuple[tuple[str, tuple[str, ...], float], ...]
    """Kind, units, day."""

    ground: shapely.Polygon

    def at(self, day):
        return [group for group in self.groups if group.begin <= day < group.end]


@dataclass(frozen=True)
class Drawn:
    """Eyes that see the drawn world."""

    seed: int = 5
    crash: tuple = ()
    """Weeks at which looking crashes the first time; kept on disk by name."""

    marks: str = ""

    def visits(self, place, *, digest, until):
        found = []
        for week in range(WEEKS):
            when = START + timedelta(weeks=week)
            there = START + timedelta(weeks=LATE.get((place.name, week), week))
            if there <= until and (place.name, week) not in NO_PICTURE:
                gsd = sensor(week)[1]
                key = f"{place.name}-w{week:02}"
                found.append(Visit(key=key, time=when, sources=(), size=10**7, gsd_m=gsd))
        return Waiting(visits=tuple(found))

    def look(self, watch, place, visit):
        week = int(visit.key[-2:])
        mark = Path(self.marks) / f"crash-{week}"
        if week in self.crash and place.name == "area-1" and not mark.exists():
            mark.touch()
            raise Crash
        rng = np.random.default_rng([self.seed, int(place.name[5:]), week])
        return Sight(**draw(truth_of(place, self.seed), visit, week, rng))


def sensor(week):
    return next(one for one in reversed(SENSORS) if week >= one[0])


def truth_of(place, seed):
    """Decide what happens in an area in the year."""
    number = int(place.name[5:])
    rng = np.random.default_rng([seed, number])
    crs = frame_of(find_area(place.area))
    ground = find_area(place.area).to(crs)
    x0, y0, _, _ = ground.bounds
    groups, events = [], []

    def cell(n):
        return x0 + 150 + (n % 5) * CELL, y0 + 150 + (n // 5) * CELL

    def stand(name, shape, begin=-999.0, end=9999.0):
        units = (name,) if isinstance(name, str) else name
        groups.append(Group(units, shape, begin, end))

    for n, kind in enumerate(("still", "small", "pair", *KINDS)):
        x, y = cell(n)
        w, h = rng.uniform(90, 160, 2)
        day = float(rng.uniform(5, 42) * 7)
        happens = kind in {"still", "small", "pair"} or rng.random() < 0.55
        whole = box(x, y, x + w, y + h)
        name = f"{place.name}/{kind}"
        a, b = f"{name}-a", f"{name}-b"
        left, right = box(x, y, x + w, y + h), box(x + w + 3, y, x + 1.7 * w, y + h)
        if kind == "small":
            stand(name, box(x, y, x + 24, y + 24))
        elif kind == "pair":
            stand(a, left)
            stand(b, right)
        elif kind == "still" or not happens:
            stand(name, whole)
            continue
        elif kind == "grow":
            stand(name, whole, end=day)
            stand(name, box(x, y, x + 1.6 * w, y + h), begin=day)
        elif kind == "appear":
            stand(name, whole, begin=day)
        elif kind == "vanish":
            stand(name, whole, end=day)
        elif kind == "return":
            day = float(rng.uniform(5, 20) * 7)
            back = day + float(rng.uniform(10, 18) * 7)
            stand(name, whole, end=day)
            stand(name, whole, begin=back)
            events.append(("vanish", (name,), day))
            day = back
        elif kind in {"merge", "absorb"}:
            if kind == "absorb":
                right = box(x + w + 3, y, x + w + 3 + 0.22 * w, y + h)
            stand(a, left, end=day)
            stand(b, right, end=day)
            stand((a, b), left.union(right).buffer(2).buffer(-2), begin=day)
            name = (a, b)
        else:
            stand((a, b), left.union(right).buffer(2).buffer(-2), end=day)
            stand(a, left, begin=day)
            stand(b, right, begin=day)
            name = (a, b)
        if kind in KINDS:
            events.append((kind, (name,) if isinstance(name, str) else name, day))
    return Truth(tuple(groups), tuple(events), ground)


def draw(truth, visit, week, rng):
    """Draw what a scan would have left, and say which units each outline shows."""
    _, gsd, jitter, shift = sensor(week)
    day = (visit.time - START) / timedelta(days=1)
    cloud = clouds(truth.ground, rng)
    seen = truth.ground.difference(cloud)
    dx, dy = rng.normal(0, shift, 2)
    shapes = {group.units: group.outline for group in truth.at(day)}
    pair = [units for units in shapes if "/pair" in units[0]]
    if rng.random() < JOIN:
        joined = shapely.union_all([shapes.pop(units) for units in pair])
        shapes[tuple(unit for units in pair for unit in units)] = joined.buffer(2).buffer(-2)
    found, scores = [], {}
    for number, (_, shape) in enumerate(sorted(shapes.items())):
        if rng.random() < MISS:
            continue
        outline = affinity.translate(shape.buffer(gsd / 4, join_style="mitre"), dx, dy)
        corners = shapely.get_coordinates(outline)[:-1]
        moved = shapely.Polygon(corners + rng.normal(0, jitter, corners.shape)).buffer(0)
        hidden = moved.intersection(cloud).area / moved.area
        if hidden > 0.6:
            continue
        clear = moved.difference(cloud)
        clear = max(getattr(clear, "geoms", [clear]), key=lambda part: part.area)
        name = f"c-{visit.key}-{number}"
        found.append(Found(id=name, outline=clear, whole=hidden < 0.02))
        scores[name] = 0.9
    if rng.random() < DOUBLE:
        x0, y0, x1, y1 = truth.ground.bounds
        x, y = rng.uniform(x0 + 1900, x1 - 200), rng.uniform(y0 + 200, y1 - 200)
        found.append(Found(id=f"c-{visit.key}-ghost", outline=box(x, y, x + 80, y + 60)))
        scores[f"c-{visit.key}-ghost"] = 0.6
    order = rng.permutation(len(found))
    look = Look(
        key=visit.key, time=visit.time, seen=seen, gsd_m=gsd,
        found=tuple(found[i] for i in order),
    )  # fmt: skip
    return {"look": look, "scores": scores, "folder": visit.key}


def clouds(ground, rng):
    """Draw clouds: none, some, or everything."""
    if rng.random() < 0.08:
        return ground.buffer(100)
    x0, y0, x1, y1 = ground.bounds
    boxes = []
    for _ in range(rng.integers(1, 4) if rng.random() < 0.35 else 0):
        x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
        w, h = rng.uniform(300, 1800, 2)
        boxes.append(box(x, y, x + w, y + h))
    return shapely.union_all(boxes) if boxes else shapely.Polygon()


def shown(truth, visit, week, seed, number):
    """Say which units each outline of a look shows: what only the drawer knows."""
    rng = np.random.default_rng([seed, number, week])
    day = (visit.time - START) / timedelta(days=1)
    clouds(truth.ground, rng)
    rng.normal(0, 1, 2)
    shapes = [group.units for group in truth.at(day)]
    pair = [units for units in shapes if "/pair" in units[0]]
    if rng.random() < JOIN:
        shapes = [units for units in shapes if units not in pair]
        shapes.append(tuple(unit for units in pair for unit in units))
    return {f"c-{visit.key}-{n}": units for n, units in enumerate(sorted(shapes))}
