"""Put a monitor into words, pictures and curves for its page.

MonitorRun ──► a card a place: brackets, chips, curves ──► SeriesPage
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pyproj import CRS

from aoi import palette
from aoi.outputs.cards import area as area_words
from aoi.outputs.cards import where
from aoi.outputs.curves import CurveSheet, Panel, svg_of
from aoi.outputs.manifest import Manifest
from aoi.outputs.series_page import PlaceCard, SeriesPage
from aoi.runs.monitor import MonitorRun
from aoi.runs.monitor_judge import Judged, Told
from aoi.runs.monitor_read import Eyes
from aoi.runs.monitor_rows import events_of, time_of
from aoi.runs.monitor_sights import chips_of, overview_of
from aoi.runs.request import named
from geo.series.years import HITS


def sheet_of(one: Judged, told: Told) -> CurveSheet:
    """Put the curve of one series at one place on a sheet, with its brackets as bands."""
    panels = [Panel(title="changed", values=told.progress)] if told.events else []
    panels += [
        Panel(title=name, values=tuple(row[i] for row in told.curve))
        for i, name in enumerate(told.names)
    ]
    bands = tuple(
        (change.last_without, change.first_with, _colour(change.kind)) for change in one.changes
    )
    return CurveSheet(days=told.days, usable=told.usable, panels=tuple(panels), bands=bands)


def _colour(kind: str) -> str:
    return palette.find_swatch(palette.CHANGES, kind, palette.CHANGES[-1]).colour


def page_of(run: MonitorRun, manifest: Manifest) -> SeriesPage:
    """Put a run into words and pictures."""
    crs = run.plan.crs.proj
    main = run.eyes[0]
    times = [time for one in run.looked for time in one.times]
    hectares = run.request.min_area
    return SeriesPage(
        title=named(run.plan.area, run.request.coordinates),
        span=f"{len(times)} looks from {min(times):%Y-%m-%d} to {max(times):%Y-%m-%d}.",
        series=[_series_row(one) for one in run.eyes],
        cards=[_card(one, run, crs) for one in run.judged],
        overview=overview_of(main, run.plan.outline),
        crs=crs,
        silent=(
            f"No lasting change of {hectares:g} hectares or more was found on the ground and "
            "the days that could be seen. What could not be seen stands in the layer coverage. "
            + _reach(main)
        ),
        notes=run.notes,
        gaps=(*(f"Cannot tell: {why}" for why in run.untold), *run.gaps),
        manifest=manifest.to_dict(),
        rounding=run.request.coordinates or 0.0,
    )


def _reach(eyes: Eyes) -> str:
    """Say from when to when a change could be told at all."""
    days = np.unique(eyes.days)
    first, last = (f"{time_of(float(day)):%Y-%m-%d}" for day in (days[HITS - 1], days[-HITS]))
    return (
        f"A change is told where {HITS} usable looks stand before it and {HITS} after it: at "
        f"best between {first} and {last} here."
    )


def _card(one: Judged, run: MonitorRun, crs: CRS) -> PlaceCard:
    kinds = {"unchanged": "unchanged", "cannot_tell": "not_observable"}
    events = events_of(one)
    best = max(events, key=telling, default=None)
    point = one.place.outline.representative_point()
    return PlaceCard(
        id=one.place.id,
        name=one.place.name,
        kind=kinds.get(one.answer, "altered") if best is None else best["kind"],
        where=where(point, crs=crs, rounding=run.request.coordinates or 0.0),
        area=area_words(one.place.outline.area),
        events=[_words(event) for event in events],
        reasons=one.reasons,
        curves=[
            svg_of(sheet_of(one, told), f"{one.place.id} as {told.series} shows it")
            for told in one.told
        ],
        chips=chips_of(one, run.eyes[0]),
        outline=one.place.outline,
    )


def telling(event: Mapping[str, Any]) -> tuple[bool, float, float]:
    """Rank what a place is known by: built and torn down before repainted, then the surest."""
    return event["kind"] != "altered", event["confidence"], event["effect"]


def _words(event: Mapping[str, Any]) -> dict[str, str]:
    days = event["bracket_days"]
    return {
        "kind": palette.find_swatch(palette.CHANGES, event["kind"], palette.CHANGES[-1]).name,
        "bracket": f"between {event['begun_after']:%Y-%m-%d} and "
        f"{event['begun_before']:%Y-%m-%d} ({days:.0f} days)",
        "state": event["state"].capitalize(),
        "confidence": f"{100 * event['confidence']:.0f} %",
        "note": event["note"],
    }


def _series_row(eyes: Eyes) -> dict[str, str]:
    looked, days = eyes.looked, np.sort(eyes.days)
    masked = eyes.contrasts is None  # of plain pictures every pixel counts as clear
    clear = [record for record in looked.records if record.clear_share >= 0.5]
    named = {str(s["credit"]) for r in looked.records for s in r.scenes if s["credit"]}
    return {
        "Series": looked.series.name,
        "Looks": str(len(looked.records)),
        "More than half clear": str(len(clear)) if masked else "no mask came with them",
        "Longest gap": f"{np.diff(days).max():.0f} days",
        "Credit": "; ".join(sorted(named)) or "not told",
    }
