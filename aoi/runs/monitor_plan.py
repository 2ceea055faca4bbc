"""Decide what a monitor looks at: series, each of one sensor from one side, all on one frame.

    sources ──find──► Scenes ──by sensor; radar by orbit──► Series: name, kind, passes
    area + ground around it ──► one frame on the scenes' own pixels

Looks are compared only with looks of their own series: another sensor, or radar from another
side, shows the same ground with other numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from odc.geo.crs import CRS
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from aoi.area import LONLAT, Area, find_area, project
from aoi.runs.fetch_plan import Plan, make_plan
from aoi.runs.monitor_request import MonitorRequest
from geo.bands import RGB
from geo.errors import InputError, UnitsError
from geo.grid import Grid, utm_at
from geo.prepare.radar import by_orbit
from geo.raster import Raster
from geo.read import open_image
from geo.scene import Asset, Scene
from geo.sources.base import Found, Source, Wish, found
from geo.sources.choose import Pass, until
from geo.sources.globe import frame, middle
from geo.sources.named import open_source

AROUND = 500.0
"""Metres of ground around the area that are looked at as well: what happens to a cloud, a flood
or a snowfall is told by the surroundings."""

Kind = Literal["optical", "radar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """All passes of one sensor from one side."""

    name: str
    """``sentinel-2``, ``sentinel-1 descending 18``, ``pictures``."""

    kind: Kind
    bands: tuple[str, ...]
    """Common names, quality bands included."""

    passes: tuple[Pass, ...]
    """Oldest first."""

    source: Source
    """Reads any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorPlan:
    """What will be looked at."""

    area: Area
    grid: Grid
    """Of the area and the ground around it; metric, north-up."""

    crs: CRS
    """Of ``grid``."""

    outline: BaseGeometry
    """The area in the frame's CRS."""

    series: tuple[Series, ...]
    """Optical ones first."""

    gaps: tuple[str, ...]
    """What archives could not tell."""


@dataclass(frozen=True, slots=True)
class Known:
    """Scenes already found, in whatever archives they lie; a source among sources."""

    name: str
    scenes: Sequence[Scene]
    archives: Mapping[str, Source]
    """By the name scenes carry."""

    def find(self, wish: Wish) -> Found:
        """Tell of those that meet the wish."""
        return found(self.scenes, wish, self.name)

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Read from the archive that told of the scene."""
        return self.archives[scene.source].read(scene, asset, grid)


_: type[Source] = Known


def plan_monitor(
    request: MonitorRequest,
    archives: Mapping[str, Source] | None = None,
    *,
    now: datetime | None = None,
) -> MonitorPlan:
    """Search all sources and sort what they tell of.

    Args:
        request: what is asked.
        archives: by the words of the request; opened by their words when ``None``.
        now: aware; pictures dated later are left out, and a gap says so.

    Raises:
        InputError: no scene meets the wish, or only one does.
        SourceError: an archive does not answer.
        UnitsError: the area lies nowhere on Earth.
    """
    area = find_area(request.area)
    if area.crs is None:
        raise UnitsError(
            f"Area {area.name} is in local metres; a series needs a place on Earth."
        )
    opened = archives or {
        words: open_source(words, request.fetch(words).manner) for words in request.sources
    }
    wide = replace(area, outline=_around(area))
    scenes: list[Scene] = []
    gaps: list[str] = []
    for words, source in opened.items():
        told = source.find(request.fetch(words).wish(area.outline))
        early = told if now is None else until(now, told)
        scenes += [replace(scene, source=words) for scene in early.scenes]
        gaps += early.gaps
    plans = _plans(request, wide, scenes, opened)
    if not plans:
        why = f" ({gaps[0]})" if gaps else ""
        raise InputError(
            f"None of the sources has a picture of {area.title or area.name} between "
            f"{request.start} and {request.end}. Widen the days, or see whether the area is "
            f"where you think.{why}"
        )
    series = [
        one for name, plan in plans.items() for one in _series(name, plan, scenes, opened)
    ]
    _refuse_namesakes(series)
    _refuse_colourless(series)
    grid, crs = _frame(plans, wide), next(iter(plans.values())).crs
    return MonitorPlan(
        area=area,
        grid=grid,
        crs=crs,
        outline=area.to(crs),
        series=tuple(sorted(series, key=lambda one: (one.kind, one.name))),
        gaps=tuple(gaps),
    )


def _around(area: Area) -> Polygon | MultiPolygon:
    """Take the ground around an area along, EPSG:4326."""
    crs = utm_at(*middle(area.outline))
    grown = area.to(crs).buffer(AROUND, quad_segs=2)
    return project(grown, crs, LONLAT)


def _plans(
    request: MonitorRequest, area: Area, scenes: Sequence[Scene], opened: Mapping[str, Source]
) -> dict[str, Plan]:
    """Plan each sensor as a fetch would."""
    by_sensor: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        by_sensor[scene.sensor].append(scene)
    plans = {}
    for sensor, own in sorted(by_sensor.items()):
        fetch = replace(request.fetch(request.sources[0]), collections=())
        plans[sensor] = make_plan(fetch, area, Known(sensor, own, opened))
    return plans


def _series(
    sensor: str, plan: Plan, scenes: Sequence[Scene], opened: Mapping[str, Source]
) -> list[Series]:
    """Make series of the passes of a sensor; radar one an orbit."""
    whole = Series(
        name="pictures" if sensor == "vhr" else sensor,
        kind="radar" if {"vv", "vh", "hh", "hv"} & set(plan.bands) else "optical",
        bands=plan.bands,
        passes=plan.passes,
        source=Known(sensor, scenes, opened),
    )
    if whole.kind == "optical":
        return [whole]
    orbits = by_orbit(one.scenes[0] for one in plan.passes)
    return [
        replace(
            whole,
            name=whole.name if orbit == "unknown" else f"{whole.name} {orbit}",
            passes=tuple(one for one in plan.passes if one.scenes[0] in firsts),
        )
        for orbit, firsts in orbits.items()
    ]


def _frame(plans: Mapping[str, Plan], area: Area) -> Grid:
    """Choose the frame: that of the sensor with most passes, on its own pixels."""
    plan = max(plans.values(), key=lambda one: (len(one.passes), one.sensor))
    gsd = abs(plan.grid.affine.a)
    asset = next(iter(plan.passes[0].scenes[0].assets.values()))
    if asset.extent is None and Path(asset.href).is_file():
        own = open_image(asset.href).grid
        if own.crs == plan.crs and abs(own.affine.a / gsd - 1) < 1e-6:
            origin = own.affine.c % gsd, own.affine.f % gsd
            return frame(area.outline, gsd, crs=plan.crs, origin=origin)
    return plan.grid


def _refuse_namesakes(series: Sequence[Series]) -> None:
    """Refuse two passes of one name: files are named after them."""
    names = [one.id for row in series for one in row.passes]
    twin = next((name for name in names if names.count(name) > 1), None)
    if twin is not None:
        raise InputError(
            f"Two pictures are called {twin}, and files are named after them. Rename one, or "
            "monitor them apart."
        )


def _refuse_colourless(series: Sequence[Series]) -> None:
    """Refuse optical series without colours: looks are judged by them."""
    for one in series:
        if one.kind == "radar" or set(RGB) <= set(one.bands):
            continue
        scenes = [scene for each in one.passes for scene in each.scenes]
        grey = [s for s in scenes if any(s.asset_of(band) is None for band in RGB)]
        told = f"; {len(grey)} of {len(scenes)} lack them, {grey[0].id} first" if grey else ""
        raise InputError(
            f"The {one.name} are judged by the bands red, green and blue, and not all of them "
            f"have these{told}. Leave those out, or say in index.csv, column bands, which band "
            "is which."
        )
