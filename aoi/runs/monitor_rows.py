"""Put what was judged into rows: changes and coverage for the map, events and curves as tables.

    [Judged] ──► changes (a row a change, a row an answer where somebody asked)
             ──► coverage (a row a pass; a row a place and look that could not show it)
             ──► events, curves: rows for CSV

Every change carries its bracket and both scene ids; what stands in a row is what was seen, and
the note says how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas as gpd

from aoi.runs.fetch_pass import PassRecord
from aoi.runs.monitor_gather import Looked
from aoi.runs.monitor_judge import Judged, Told
from aoi.runs.monitor_plan import MonitorPlan
from geo.series.agree import Change
from geo.series.names import WORDS, Phase
from geo.series.states import PASSES
from geo.series.years import HITS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PLACES_COVERED = 200
"""Places whose unusable looks are told one by one in the layer ``coverage``."""

HIDDEN = "cloud, shadow, snow, haze or the edge of the picture over the place"

CONFIDENCE = (0.96, 0.52, 1.3, 0.75)
"""Most, what is lacking at the faintest step, that step's effect, and how fast it is made up
for; see docs/results/monitor.md for what drawn places say of it."""

DOUBT = 0.7
"""Factor for what was seen too seldom, in too short a time, or fits no name."""


def time_of(day: float) -> datetime:
    """Turn days since 1970 into an aware time, UTC, to the second."""
    return EPOCH + timedelta(seconds=round(day * 86_400))


def changes_of(judged: Sequence[Judged], plan: MonitorPlan) -> gpd.GeoDataFrame:
    """Make the rows of the layer ``changes``, surest and largest first at each place."""
    rows = [row for one in judged for row in _rows(one)]
    shapes = [row.pop("geometry") for row in rows]
    columns = None if rows else ["id", "building_id", "kind"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry=shapes, crs=plan.crs.proj)


def _rows(one: Judged) -> Iterator[dict[str, Any]]:
    place = one.place
    base = {"building_id": place.id, "geometry": place.outline, "shift_m": None}
    for event in events_of(one):
        yield base | {
            "id": event["event_id"],
            "kind": event["kind"],
            "confidence": event["confidence"],
            "last_without": event["begun_after"],
            "first_with": event["begun_before"],
            "before_scene": event["before_scene"],
            "after_scene": event["after_scene"],
            "note": event["note"],
        }
    if not one.changes and place.asked:
        yield base | _silent(one)


def _silent(one: Judged) -> dict[str, Any]:
    """Make the row of a place at which nothing is told to have changed."""
    telling = next((t for t in one.told if t.answer == one.answer), one.told[0])
    seen = [i for i, usable in enumerate(telling.usable) if usable]
    known = one.answer == "unchanged"
    words = ["No change, and one would have been seen." if known else "Nobody can tell."]
    if known:
        words.append(
            f"A change before {_day(telling, 0)} would not be told, nor, yet, one after "
            f"{_day(telling, 1)}: {HITS} usable looks are needed on each side."
        )
    return {
        "id": f"{one.place.id}-0",
        "kind": "unchanged" if known else "not_observable",
        "confidence": None,
        "last_without": time_of(telling.days[telling.reach[1]]) if known else None,
        "first_with": None,
        "before_scene": telling.scenes[seen[0]] if seen else None,
        "after_scene": telling.scenes[seen[-1]] if seen else None,
        "note": " ".join([*words, *one.reasons]),
    }


def _day(told: Told, end: int) -> str:
    """Write the day on which what a series can tell begins (0) or ends (1)."""
    return f"{time_of(told.days[told.reach[end]]):%Y-%m-%d}"


def events_of(one: Judged) -> list[dict[str, Any]]:
    """Make the rows of events.csv of one place."""
    return [_event(one, number, change) for number, change in enumerate(one.changes, start=1)]


def _event(one: Judged, number: int, change: Change) -> dict[str, Any]:
    """Tell one change: its bracket, its end, what it looked like, and who saw it."""
    told = {t.series: t for t in one.told}
    first = told[change.series[0]]
    main = first.events[change.members[0]]
    before, after = _scene(change.last_without, one.told), _scene(change.first_with, one.told)
    ended = main["finished"]
    return {
        "event_id": f"{one.place.id}-{number}",
        "place_id": one.place.id,
        "place_name": one.place.name,
        "kind": change.kind,
        "phases": "; ".join(phase for phase, _, _ in main["phases"]),
        "state": main["standing"],
        "begun_after": time_of(change.last_without),
        "begun_before": time_of(change.first_with),
        "bracket_days": round(change.first_with - change.last_without, 2),
        "looks_between": _between(change, one.told),
        "ended_after": None if ended is None else time_of(first.days[ended[0]]),
        "ended_before": None if ended is None else time_of(first.days[ended[1]]),
        "before_scene": before,
        "after_scene": after,
        "confidence": confidence_of(one, change, main),
        "effect": round(change.weight, 2),
        "looks_with": main["hits"],
        "series": "; ".join(change.series),
        "area_ha": round(one.place.outline.area / 1e4, 3),
        "note": note_of(one, change, first, main),
    }


def confidence_of(one: Judged, change: Change, main: Any) -> float:
    """Estimate how likely the kind is right, 0..1, from strength, persistence and agreement."""
    most, lack, faint, pace = CONFIDENCE
    sure = most - lack * math.exp(-max(change.weight - faint, 0) / pace)
    if main["standing"] == "provisional":
        sure *= DOUBT
    if any("less than a year" in reason for reason in one.reasons):
        sure *= DOUBT
    if {phase for phase, _, _ in main["phases"]} == {"other"}:
        sure *= DOUBT
    if len(change.series) > 1:
        sure = 1 - (1 - sure) / 2
    return round(sure, 3)


def note_of(one: Judged, change: Change, first: Told, main: Any) -> str:
    """Say in sentences what was seen, and what weakens it."""
    steps = [
        f"{WORDS[Phase(phase)]} (between {time_of(first.days[a]):%Y-%m-%d} and "
        f"{time_of(first.days[b]):%Y-%m-%d})"
        for phase, a, b in main["phases"]
    ]
    said = ["; then ".join(steps)[:1].upper() + "; then ".join(steps)[1:] + "."]
    if main["standing"] == "provisional":
        said.append(
            f"Provisional: {main['hits']} looks show it, for less than {PASSES:.0f} days; what "
            "goes again within that time was weather or farming."
        )
    if not change.fits:
        said.append("The series contradict each other on when; the bracket holds both.")
    silent = [t for t in one.told if t.series not in change.series]
    said += [
        f"{t.series} {'cannot tell' if t.answer == 'cannot_tell' else 'does not show it'}."
        for t in silent
    ]
    return " ".join([*said, *one.reasons])


def _scene(day: float, told: Sequence[Told]) -> str:
    """Find the scene of a moment."""
    for one in told:
        for moment, scene in zip(one.days, one.scenes, strict=True):
            if abs(moment - day) < 1e-6:
                return scene
    return ""


def _between(change: Change, told: Sequence[Told]) -> int:
    """Count usable looks inside the bracket: they show neither state clearly."""
    return sum(
        usable and change.last_without < day < change.first_with
        for one in told
        if one.series in change.series
        for day, usable in zip(one.days, one.usable, strict=True)
    )


def curves_of(judged: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """Yield the rows of curves.csv: a place, a series, a look."""
    for one in judged:
        for told in one.told:
            for look, day in enumerate(told.days):
                yield {
                    "place_id": one.place.id,
                    "series": told.series,
                    "scene_id": told.scenes[look],
                    "observed_at": time_of(day),
                    "usable": told.usable[look],
                    "progress": told.progress[look],
                    **dict(zip(told.names, told.curve[look], strict=True)),
                }


def coverage_of(
    looked: Sequence[Looked], judged: Sequence[Judged], plan: MonitorPlan
) -> gpd.GeoDataFrame:
    """Make the rows of the layer ``coverage``: passes over the area, and looks in vain."""
    rows: list[dict[str, Any]] = [
        _pass_row(record) | {"geometry": plan.outline}
        for one in looked
        for record in (*one.records, *one.lost)
    ]
    for one in judged[:PLACES_COVERED]:
        for told in one.told:
            for day, scene, usable in zip(told.days, told.scenes, told.usable, strict=True):
                if not usable:
                    rows.append(
                        {
                            "tile_id": one.place.id,
                            "scene_id": scene,
                            "observed_at": time_of(day),
                            "reason": HIDDEN,
                            "geometry": one.place.outline,
                        }
                    )
    shapes = [row.pop("geometry") for row in rows]
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=plan.crs.proj)


def _pass_row(record: PassRecord) -> dict[str, Any]:
    return {
        "tile_id": "area",
        "scene_id": record.id,
        "observed_at": record.observed_at,
        "valid_share": record.valid_share,
        "cloud_share": record.cloud_share if record.sky_known else None,
        "reason": record.reason or ("" if record.picture else "nothing of the area is in it"),
    }
