"""Hold all coarse dates of an area against each other: ``stockade monitor``.

    dates, each prepared once ──monitor──► events with brackets ──► Survey

What the command leaves lies in the area's folder, with its page, and is gone on with next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shapely.geometry.base import BaseGeometry

from aoi.area import find_area
from aoi.runs.ledger import key_of
from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_eyes import frame_of
from aoi.runs.watch_survey import SERIES, Ask, Change, Survey
from aoi.runs.watch_visits import FIRST_DAY, Coarse
from geo.sources.named import open_source
from geo.vectors import read_vectors

if TYPE_CHECKING:
    from aoi.runs.monitor_request import MonitorRequest


def survey_series(watch: Watch, place: WatchedArea, ask: Ask) -> Survey:
    """Monitor all coarse dates; those that are prepared are not prepared again.

    Args:
        watch: whose settings hold.
        place: where.
        ask: the dates.
    """
    from aoi.runs.monitor_tell import run_monitor  # noqa: PLC0415 - only where wanted

    request = _monitored(watch, place, ask)
    archives = {w: Coarse(open_source(w, request.fetch(w).manner)) for w in place.source}
    outcome = run_monitor(request, archives=archives)
    crs = frame_of(find_area(place.area))
    rows = read_vectors(request.out / "stockade.gpkg", "changes").to_crs(crs.proj)
    shapes = dict(zip(rows["id"], rows.geometry, strict=True))
    return Survey(
        key=ask.key,
        asked=ask.asked,
        dates=tuple(visit.key for visit in ask.dates),
        changes=tuple(_begun(event, shapes[event["event_id"]]) for event in outcome.events),
        gaps=outcome.gaps,
        folder=str(request.out.relative_to(watch.out)),
    )


def _monitored(watch: Watch, place: WatchedArea, ask: Ask) -> MonitorRequest:
    """Say what is monitored; other settings or another version have a folder of their own."""
    from aoi.runs.monitor_request import MonitorRequest  # noqa: PLC0415

    request = MonitorRequest(
        area=place.area,
        sources=place.source,
        start=place.since or FIRST_DAY,
        end=ask.dates[-1].time.date(),
        out=watch.out / place.name,
        cloud=place.cloud,
        coordinates=watch.coordinates,
    )
    settings = {k: v for k, v in request.parameters().items() if k not in {"to", "coordinates"}}
    return replace(request, out=request.out / f"{SERIES}-{key_of(settings=settings)[:6]}")


def _begun(event: Mapping[str, Any], outline: BaseGeometry) -> Change:
    return Change(
        kind=event["kind"],
        outline=outline,
        confidence=event["confidence"],
        sure=event["state"] != "provisional",
        last_without=event["begun_after"],
        first_with=event["begun_before"],
        before=event["before_scene"],
        after=event["after_scene"],
        note=event["note"],
    )
