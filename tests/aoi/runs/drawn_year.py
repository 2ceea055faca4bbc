"""A drawn world to be watched for a year, of which everything is known.

Each area has compounds that stand, grow, grow together, fall apart, are torn down, are built
and come back, on days nobody tells the watch.  Its pictures are drawn as what a scan leaves:
outlines with jitter, shifted with the sensor, missed, doubled, cut by cloud.

    python -m tests.aoi.runs.drawn_year [AREAS] [SEED]
"""
# ruff: noqa: ARG002, C901, PLR0915, S106 - a world is long to tell, and eyes have a protocol

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import box

from aoi.area import LONLAT, carry, find_area
from aoi.runs import watch as watching
from aoi.runs.ledger_digests import Digests
from aoi.runs.ledger_watch import Memory
from aoi.runs.watch import Hands, open_memory, run_once
from aoi.runs.watch_config import Telling, Watch, WatchedArea
from aoi.runs.watch_eyes import Sight, frame_of
from aoi.runs.watch_take import story_of
from aoi.runs.watch_visits import Visit, Waiting
from aoi.sites.identity_story import Found, Look
from geo.errors import SourceError

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


@dataclass
class Receiver:
    """A webhook that fails every other time."""

    calls: int = 0
    got: list = field(default_factory=list)

    def __call__(self, url, body, secret):
        self.calls += 1
        if self.calls % 2:
            raise SourceError("The server is out to lunch.")
        self.got.append(body)


class Clock:
    """A clock one can set."""

    def __init__(self):
        self.time = START

    def __call__(self):
        self.time += timedelta(milliseconds=1)
        return self.time


def watch_of(out, areas=12, **alerts):
    """Configure the watch."""
    places = tuple(
        WatchedArea(name=f"area-{n}", area=f"{103 + n / 5},11,{103 + n / 5 + 0.027},11.027",
                    source=("drawn",))
        for n in range(areas)
    )  # fmt: skip
    sites = out.parent / "sites.geojson"
    telling = Telling(
        webhook="https://drawn.invalid/hook", jsonl=out / "alerts.jsonl",
        atom=out / "feed.atom", mail=out / "mail", **alerts,
    )  # fmt: skip
    return Watch(name="drawn year", out=out, areas=places, sites=sites, alerts=telling)


def write_register(watch, seed, *, emptied=False):
    """Register the still compound of each area, one place without anything, one town."""
    features = []
    for place in watch.areas:
        truth = truth_of(place, seed)
        crs = frame_of(find_area(place.area))
        still = next(g for g in truth.groups if g.units[0].endswith("/still"))
        bare = still.outline.centroid.x + 2200, still.outline.centroid.y + 1800
        points = {"still": still.outline.centroid, "bare": shapely.Point(bare)}
        vanish = [g for g in truth.groups if g.units[0].endswith("/vanish")]
        points["vanish"] = vanish[0].outline.centroid
        for name, point in points.items():
            lon, lat = lonlat(point, crs)
            status = "emptied" if emptied and name == "still" else "reported"
            features.append(
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [lon, lat]},
                    "properties": {
                        "id": f"{place.name}-{name}", "name": f"Drawn {place.name} {name}",
                        "status_class": status, "precision_m": 60, "precision": "source",
                    },
                }
            )  # fmt: skip
    whole = {"type": "FeatureCollection", "features": features}
    watch.sites.parent.mkdir(parents=True, exist_ok=True)
    watch.sites.write_text(json.dumps(whole))


def lonlat(point, crs):
    there = carry(np.array([point], dtype=object), crs, LONLAT)[0]
    return there.x, there.y


def live(watch, seed=5, *, crashes=True, on="serial", weeks=WEEKS):
    """Live through the year; return the webhook's receiver."""
    clock, receiver = Clock(), Receiver()
    eyes = Drawn(seed, (9,) if crashes else (), str(watch.out.parent))
    hands = Hands(eyes=eyes, clock=clock, secret="drawn", post=receiver, on=on)
    write_register(watch, seed)
    for week in range(weeks):
        if week in MISSED_MONTH:
            continue
        if week == 33:
            write_register(watch, seed, emptied=True)
        clock.time = max(clock.time, START + timedelta(weeks=week, hours=5))
        for hour in range(3):
            try:
                with crashing(crashes and hour == 0 and week):
                    run_once(watch, hands)
                break
            except Crash:
                clock.time += timedelta(hours=1)
    for _ in range(8):  # the receiver fails every other time: let what waits arrive
        clock.time += timedelta(hours=13)
        run_once(watch, hands)
    return receiver


class crashing:  # noqa: N801 - reads like a word
    """Pull the plug in the middle of week 22's second commit and of week 40's delivery."""

    def __init__(self, week):
        self.week, self.kept = week, (Memory.take_in, watching.deliver)

    def __enter__(self):  # noqa: D105
        count = [0]
        take_in, deliver = self.kept

        def take(memory, lease, taken):
            count[0] += 1
            if count[0] == 2:
                raise Crash
            take_in(memory, lease, taken)

        def half(watch, memory, **how):
            deliver(watch, memory, **how)
            raise Crash

        if self.week == 22:
            Memory.take_in = take
        if self.week == 40:
            watching.deliver = half

    def __exit__(self, *_):  # noqa: D105
        Memory.take_in, watching.deliver = self.kept


def judge(watch, receiver, seed=5):
    """Hold what was told against what happened."""
    memory = open_memory(watch)
    memory.ledger.check()
    figures = judge_stories(
        {p: (story_of(memory, p.name), memory.looks(p.name)) for p in watch.areas}, seed
    )
    told = Digests(memory.ledger)
    alerts = told.alerts(released=True)
    got = [alert["id"] for body in receiver.got for alert in body["alerts"]]
    return figures | {
        "alerts": len(alerts),
        "alerts_gathered": len(told.alerts(released=False)),
        "webhook_calls": receiver.calls,
        "webhook_doubled": len(got) - len(set(got)),
        "webhook_lost": len({alert["id"] for alert in alerts} - set(got)),
    }


def judge_stories(told, seed):
    """Hold stories, with the names given in each of their looks, against what happened."""
    figures = {"looks": 0, "outlines": 0, "switches": 0, "true_events": 0, "told_true": 0,
               "missed": 0, "false": 0, "in_bracket": 0, "brackets": [], "by_kind": {},
               "false_events": []}  # fmt: skip
    for place, (story, rows) in told.items():
        truth = truth_of(place, seed)
        last: dict = {}
        names: dict = {}
        for row in rows:
            week, number = int(row.key[-2:]), int(place.name[5:])
            visit = Visit(key=row.key, time=row.taken_at, sources=(), size=0, gsd_m=1)
            units_of = shown(truth, visit, week, seed, number)
            figures["looks"] += 1
            for found, told_as in row.names.items():
                if found not in units_of:
                    continue
                name = story.name(told_as)
                units = units_of[found]
                figures["outlines"] += 1
                figures["switches"] += units in last and last[units] != name
                last[units] = name
                for unit in units:
                    names.setdefault(unit, set()).add(name)
        figures["switches"] += sum(
            not any(last.get((u,)) == last[units] for u in units)
            for units in last
            if len(units) > 1 and any((u,) in last for u in units)
        )
        _judge_events(story, truth, names, figures)
    figures["brackets"] = float(np.median(figures["brackets"])) if figures["brackets"] else None
    return figures


def _judge_events(story, truth, names, figures):
    told = [
        e for e in story.events.values()
        if e.status == "confirmed" and e.last_without is not None  # the others are not told
    ]  # fmt: skip
    used = set()
    for kind, units, day in truth.events:
        figures["true_events"] += 1
        mine = set().union(*(names.get(unit, set()) for unit in units))
        when = START + timedelta(days=day)
        near = [
            e for e in told
            if e.key not in used and _alike(e.kind, kind)
            and ({story.name(e.compound)} | set(e.others)) & mine
            and abs((e.first_with - when).days) < 80
        ]  # fmt: skip
        best = min(near, key=lambda e: abs(e.first_with - when), default=None)
        count = figures["by_kind"].setdefault(kind, [0, 0, 0])
        count[0] += 1
        if best is None:
            figures["missed"] += 1
            continue
        used.add(best.key)
        inside = best.last_without is not None and best.last_without <= when <= best.first_with
        figures["told_true"] += 1
        figures["in_bracket"] += inside
        count[1] += 1
        count[2] += inside
        if best.last_without:
            figures["brackets"].append((best.first_with - best.last_without).days)
    figures["false"] += len([e for e in told if e.key not in used])
    figures.setdefault("false_events", []).extend(
        f"{e.key} {e.last_without:%m-%d}..{e.first_with:%m-%d}"
        for e in told
        if e.key not in used
    )


def _alike(told, true):
    return told == true or {told, true} <= {"merge", "absorb"}


def stories(watch):
    """All stories, word for word."""
    memory = open_memory(watch)
    return {place.name: memory.story(place.name) for place in watch.areas}


def raised(memory):
    """Ids of all alerts, in the order in which they were raised."""
    return [alert["id"] for alert in Digests(memory.ledger).alerts()]


def main():
    """Live the year and print the figures."""
    areas = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        watch = watch_of(Path(folder) / "one" / "out", areas)
        began = time.perf_counter()
        figures = judge(watch, live(watch, seed), seed)
        figures["seconds"] = round(time.perf_counter() - began, 1)
        sys.stdout.write(json.dumps(figures, indent=1, default=str) + "\n")
        sys.stdout.flush()
        again = replace(watch_of(Path(folder) / "two" / "out", areas))
        live(again, seed, crashes=False)
        same = stories(watch) == stories(again)
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"the same story without crashes: {same}\n")


if __name__ == "__main__":
    main()
