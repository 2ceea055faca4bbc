"""Leave what people open: each area's story as a map, one table of sites, one order to look in.

    ledger ──► AREA/story.gpkg (compounds, events, changes)   sites.csv   ranking.csv

All of it is written anew from the ledger, so it is never ahead of it and never half of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from aoi.area import find_area
from aoi.runs.ledger_surveys import Surveys
from aoi.runs.ledger_watch import LookRow
from aoi.runs.watch_config import WatchedArea
from aoi.runs.watch_displace import rank, write_ranking
from aoi.runs.watch_eyes import frame_of
from aoi.runs.watch_ranking import emptied_of, standing_of
from aoi.runs.watch_sites import write_outcomes
from aoi.runs.watch_take import Desk, story_of
from aoi.runs.watch_works import Works
from aoi.sites.identity_story import Story
from geo.geopackage import write_layers

COMPOUND = (
    *("id", "state", "into", "area_ha", "first_without", "first_seen", "last_seen"),
    *("missing_since", "sightings", "misses", "score", "site_id", "by_hand"),
)
"""Columns of layer ``compounds``."""

EVENT = (
    *("key", "kind", "status", "compound", "others", "last_without", "first_with"),
    *("before_look", "after_look", "evidence"),
)
"""Columns of layer ``events``."""

CHANGE = (
    *("id", "kind", "status", "compound", "buildings", "last_without", "first_with"),
    *("before_look", "after_look", "confidence", "told_by", "event", "note"),
)
"""Columns of layer ``changes``."""


def leave(desk: Desk) -> int:
    """Write everything; return how many compounds stand.

    Raises:
        OutputError: the folder cannot be written.
    """
    watch, memory = desk.watch, desk.memory
    stories = {place.name: story_of(memory, place.name) for place in watch.areas}
    looks = {place.name: memory.looks(place.name) for place in watch.areas}
    places = {place.name: place for place in watch.areas}
    for name, story in stories.items():
        if story.looks or Surveys(memory.ledger).works(name):
            write_story(desk, places[name], story, looks[name])
    [last] = memory.runs()
    every = sorted((one for rows in looks.values() for one in rows), key=lambda o: o.taken_at)
    of_run = memory.looks_since(str(last["started_at"]))
    write_outcomes(watch.out / "sites.csv", desk.register, every, of_run)
    emptied = emptied_of(places, stories, looks, desk.register, memory.register_changes())
    standing = [
        one for name in stories for one in standing_of(places[name], stories[name], looks[name])
    ]
    ranked = rank(standing, emptied, now=memory.ledger.clock())
    write_ranking(watch.out / "ranking.csv", ranked)
    return len(standing)


def write_story(desk: Desk, place: WatchedArea, story: Story, looks: Sequence[LookRow]) -> None:
    """Write an area's compounds, events and building works as a GeoPackage."""
    crs = frame_of(find_area(place.area))
    scores = {k: v for look in looks for k, v in look.sites["scores"].items()}
    tied = {k: v for look in looks for k, v in look.sites["tied"].items()}
    compounds = [story.compounds[name] for name in sorted(story.compounds)]
    rows = [
        {
            **{c: getattr(one, c) for c in COMPOUND if hasattr(one, c)},
            "area_ha": round(one.area_m2 / 1e4, 4),
            "score": scores.get(one.id),
            "site_id": tied.get(one.id),
        }
        for one in compounds
    ]
    happened = [event for event in story.events.values() if event.compound in story.compounds]
    told = [
        {
            **{c: getattr(event, c) for c in EVENT},
            "others": "; ".join(event.others),
            "evidence": "; ".join(f"{k} {v:.6g}" for k, v in event.evidence.items()),
        }
        for event in happened
    ]
    works = Surveys(desk.memory.ledger).works(place.name)
    layers = {
        "compounds": _frame(rows, COMPOUND, [one.outline for one in compounds], crs.proj),
        "events": _frame(
            told, EVENT, [story.compounds[e.compound].outline for e in happened], crs.proj
        ),
        "changes": _frame(
            [_works_row(one) for one in works], CHANGE, [w.outline for w in works], crs.proj
        ),
    }
    write_layers(
        desk.watch.out / place.name / "story.gpkg",
        layers,
        kinds=dict.fromkeys(layers, "MultiPolygon"),
    )


def _works_row(one: Works) -> dict[str, object]:
    return {
        **{c: getattr(one, c) for c in CHANGE if hasattr(one, c)},
        "buildings": one.count,
        "before_look": one.before,
        "after_look": one.after,
        "told_by": "; ".join(one.by),
    }


def _frame(
    rows: Sequence[dict[str, object]],
    columns: Sequence[str],
    shapes: Sequence[object],
    crs: object,
) -> gpd.GeoDataFrame:
    table = pd.DataFrame(list(rows), columns=list(columns))
    for column in table.columns:
        if column.startswith(("first_", "last_", "missing_since")):
            table[column] = [
                None if time is None or time is pd.NaT else f"{time:%Y-%m-%dT%H:%M:%SZ}"
                for time in table[column]
            ]
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=crs)
