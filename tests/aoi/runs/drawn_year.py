"""A year of watching the drawn world: months nobody looked, plugs pulled, a webhook that fails.

    python -m tests.aoi.runs.drawn_year [AREAS] [SEED]

Prints what was told, held against what happened, and whether crashes changed the story.
"""
# ruff: noqa: ARG002, S106 - hooks have a protocol, and the key is drawn, too

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import shapely

from aoi.area import LONLAT, carry, find_area
from aoi.runs import watch as watching
from aoi.runs.ledger_watch import Memory
from aoi.runs.watch import Hands, run_once
from aoi.runs.watch_config import Telling, Watch, WatchedArea
from aoi.runs.watch_eyes import frame_of
from geo.errors import SourceError
from tests.aoi.runs.drawn_world import MISSED_MONTH, START, WEEKS, Crash, Drawn, truth_of
from tests.aoi.runs.judged_year import judge, stories


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
