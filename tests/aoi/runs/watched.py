"""Two areas watched by eyes that see what a test paints."""

import csv
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shapely import affinity
from shapely.geometry import Point, box

from aoi.area import find_area
from aoi.runs.watch import run_once
from aoi.runs.watch_eyes import Sight, frame_of
from aoi.runs.watch_visits import Visit, Waiting
from aoi.sites.identity_story import Found, Look
from tests.aoi.runs.drawn_year import lonlat

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLACES = {"park": "103.5,10.6,103.52,10.62", "yard": "103.6,10.6,103.62,10.62"}
COURT, HALL = box(500, 500, 620, 600), box(900, 500, 1000, 600)


def frame(place):
    """The area's metric frame, and its south-west corner."""
    crs = frame_of(find_area(PLACES[place]))
    ground = find_area(PLACES[place]).to(crs)
    return crs, ground, ground.bounds[:2]


@dataclass
class Painted:
    """Eyes that see what a test paints: area to day to outlines, or to an error."""

    days: dict = field(default_factory=dict)
    looks: list = field(default_factory=list)

    def paint(self, place, day, shapes, *, seen=1.0):
        self.days.setdefault(place, {})[day] = (shapes, seen)

    def visits(self, place, *, digest, until):  # noqa: ARG002
        return Waiting(visits=tuple(
            Visit(
                key=f"{place.name}-{day:03}", time=NOON + timedelta(days=day - 0.1),
                sources=(), size=4_000_000, gsd_m=0.5,
            )
            for day in sorted(self.days.get(place.name, {}))
            if NOON + timedelta(days=day - 0.1) <= until
        ))  # fmt: skip

    def look(self, watch, place, visit):  # noqa: ARG002
        self.looks.append(visit.key)
        shapes, seen = self.days[place.name][int(visit.key[-3:])]
        if isinstance(shapes, Exception):
            raise shapes
        _, ground, (x, y) = frame(place.name)
        found = tuple(
            Found(id=f"c-{visit.key}-{n}", outline=affinity.translate(shape, x, y))
            for n, shape in enumerate(shapes)
        )
        view = affinity.scale(ground, seen, 1, origin=(x, y))
        look = Look(key=visit.key, time=visit.time, seen=view, found=found)
        return Sight(look=look, scores={one.id: 0.8 for one in found}, folder=visit.key)


def register(tmp_path, **statuses):
    """One site on the court of each area; statuses by area."""
    features = []
    for place in PLACES:
        crs, _, (x, y) = frame(place)
        lon, lat = lonlat(Point(x + 560, y + 550), crs)
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {
                    "id": f"site-{place}", "name": f"Drawn {place}", "precision_m": 80,
                    "status_class": statuses.get(place, "reported"), "precision": "source",
                },
            }
        )  # fmt: skip
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def weekly(watch, hands, clock, weeks=1):
    reports = []
    for _ in range(weeks):
        reports.append(run_once(watch, hands))
        clock.move(days=7)
    return reports


def told(watch):
    path = watch.alerts.jsonl
    return [json.loads(line) for line in path.read_text().splitlines()]


def table(path):
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def grown(eyes, place="park"):
    """Six weeks: the court always, the hall from the third."""
    for week in range(7):
        eyes.paint(place, 7 * week, [COURT] if week < 3 else [COURT, HALL])
