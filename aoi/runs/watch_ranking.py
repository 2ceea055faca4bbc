"""Gather, over all areas, what stands and what emptied, for one order in which to look.

stories + looks + register ──► Standing, Emptied ──► rank ──► ranking.csv
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from odc.geo.crs import CRS
from shapely.geometry.base import BaseGeometry

from aoi.area import LONLAT, carry, find_area
from aoi.runs.ledger_watch import LookRow
from aoi.runs.watch_config import WatchedArea
from aoi.runs.watch_displace import Emptied, Standing, said_empty
from aoi.runs.watch_eyes import frame_of
from aoi.sites.identity_story import Story
from aoi.sites.site import Registry

USUAL = 0.5
"""Score of a compound of which no look kept one."""


def standing_of(place: WatchedArea, story: Story, looks: Sequence[LookRow]) -> list[Standing]:
    """List what stands in an area, with its last score and since when it is new."""
    crs = frame_of(find_area(place.area))
    scores: dict[str, float] = {}
    tied: dict[str, str] = {}
    for look in looks:
        scores |= look.sites["scores"]
        tied |= look.sites["tied"]
    living = story.living()
    points = _lonlat([compound.outline for compound in living], crs)
    changed: dict[str, datetime] = {}
    for event in story.events.values():
        fresh = event.kind in {"appear", "grow"} and event.last_without
        if fresh and event.status != "withdrawn":
            changed[event.compound] = event.first_with
    return [
        Standing(
            area=place.name,
            compound=compound.id,
            score=scores.get(compound.id, USUAL),
            lon=lon,
            lat=lat,
            changed=changed.get(compound.id),
            site=tied.get(compound.id, ""),
        )
        for compound, (lon, lat) in zip(living, points, strict=True)
    ]


def emptied_of(
    places: Mapping[str, WatchedArea],
    stories: Mapping[str, Story],
    looks: Mapping[str, Sequence[LookRow]],
    register: Registry,
    changes: Sequence[tuple[datetime, Mapping[str, Any]]],
) -> list[Emptied]:
    """Find known sites that emptied: their compound vanished, or the register says so.

    Args:
        places: areas by name.
        stories: by area.
        looks: by area.
        register: the sites as they are now.
        changes: of the register, with the time each was noticed.
    """
    sites = {site.id: site for site in register if site.geometry is not None}
    found: dict[str, Emptied] = {}
    for area, story in sorted(stories.items()):
        tied: dict[str, str] = {}
        for look in looks[area]:
            tied |= {story.name(k): site for k, site in look.sites["tied"].items()}
        crs = frame_of(find_area(places[area].area))
        for event in story.events.values():
            site = sites.get(tied.get(event.compound, ""))
            compound = story.compounds.get(event.compound)
            gone = event.kind == "vanish" and event.status == "confirmed"
            if site is None or compound is None or not gone or compound.state != "gone":
                continue
            [(lon, lat)] = _lonlat([compound.outline], crs)
            found[site.id] = Emptied(
                site=site.id,
                name=site.name,
                lon=lon,
                lat=lat,
                since=event.last_without,
                by=event.first_with,
                how="its compound is no longer found",
            )
    for site_id, (at, how) in said_empty(changes).items():
        site = sites.get(site_id)
        if site is None or site.geometry is None or site_id in found:
            continue
        point = site.geometry.centroid
        found[site_id] = Emptied(
            site=site_id, name=site.name, lon=point.x, lat=point.y, since=None, by=at, how=how
        )
    return [found[key] for key in sorted(found)]


def _lonlat(outlines: Sequence[BaseGeometry], crs: CRS) -> list[tuple[float, float]]:
    points = np.empty(len(outlines), dtype=object)
    points[:] = [shapely.centroid(outline) for outline in outlines]
    return [(p.x, p.y) for p in carry(points, crs, LONLAT)] if len(points) else []
