"""The seam between a watch and its pictures: what is there to look at, and what does it show?

A watch asks its *eyes* two things of an area.  Today they are a folder of pictures, or an
archive fetched into one, and ``stockade scan``; whoever has other eyes (a drawn world) gives a
watch these two methods and nothing else.

    WatchedArea ──visits──► [Visit: one date and its files] ──look──► Sight: outlines and ground

``look`` is a pure function of what it is given and of files anybody can reach, so it may run in
another process or on another machine (``geo.work``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from odc.geo.crs import CRS

from aoi.area import Area, find_area
from aoi.outputs.manifest import hash_file
from aoi.runs.coverage import ground_seen
from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_folders import hashes_of, own_folder, sweep, weights_of
from aoi.runs.watch_visits import Hasher, Visit, Waiting, files_of, find_visits
from aoi.sites.identity_story import Found, Look
from geo.errors import InputError
from geo.grid import utm_at
from geo.vectors import read_vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a visit showed."""

    look: Look
    """Outlines and the ground that was seen, in the area's metric frame."""

    scores: Mapping[str, float]
    """By outline."""

    gaps: tuple[str, ...] = ()
    """What could not be seen, in sentences."""

    folder: str = ""
    """Where pictures and layers of this look lie, relative to the watch's folder."""


class Eyes(Protocol):
    """Whatever can look at an area."""

    def visits(self, place: WatchedArea, *, digest: Hasher, until: datetime) -> Waiting:
        """List the dates there are.

        Raises:
            StockadeError: the sources cannot be asked.
        """
        ...

    def look(self, watch: Watch, place: WatchedArea, visit: Visit) -> Sight:
        """Look at one date.

        Raises:
            StockadeError: nothing could be judged.
        """
        ...


@dataclass(frozen=True, slots=True)
class Scan:
    """Pictures on disk or in an archive, judged by ``stockade scan``."""

    def visits(self, place: WatchedArea, *, digest: Hasher, until: datetime) -> Waiting:
        """List the days on which pictures of the area were taken."""
        return find_visits(place, digest=digest, until=until)

    def look(self, watch: Watch, place: WatchedArea, visit: Visit) -> Sight:
        """Scan the pictures of one day; a scan that was killed goes on.

        One that would no longer be the same, for the register, the settings or Stockade itself
        changed since, begins anew in a folder of its own.
        """
        from aoi.runs.pipeline import run_scan  # noqa: PLC0415 - torch takes seconds to import
        from aoi.runs.request import Request  # noqa: PLC0415

        home, area, scan = watch.out / place.name, find_area(place.area), watch.scan
        files = files_of(place, visit, home / visit.name)
        asked = Request(
            sources=files,
            out=home,
            area=place.area,
            sites=watch.sites,
            gsd=scan.gsd,
            bands=scan.bands,
            weights=scan.weights,
            batch=scan.batch,
            device=scan.device,
            tile=scan.tile,
        )
        out = own_folder(
            home,
            visit.name,
            pictures=hashes_of(files, visit.inputs),
            area=area.outline.wkt,
            sites=watch.sites and hash_file(watch.sites),
            weights=weights_of(watch),
            settings=asked.parameters(),
        )
        outcome = run_scan(replace(asked, out=out))
        sweep(out)
        return sight_of(out, frame_of(area), visit, watch, outcome.gaps)


def frame_of(area: Area) -> CRS:
    """Choose the metric frame in which an area's compounds are followed: one, for ever.

    Raises:
        InputError: the area lies nowhere on Earth.
    """
    if area.crs is None:
        raise InputError(f"Area {area.name} is in local metres; a watch needs places on Earth.")
    west, south, east, north = area.outline.bounds
    return utm_at((west + east) / 2, (south + north) / 2)


def sight_of(
    run: Path, crs: CRS, visit: Visit, watch: Watch, gaps: Sequence[str] = ()
) -> Sight:
    """Read what a finished run left, as one look.

    Args:
        run: its folder.
        crs: the area's metric frame.
        visit: what was looked at.
        watch: which score counts.
        gaps: what could not be seen.
    """
    compounds = read_vectors(run / "stockade.gpkg", "compounds").to_crs(crs.proj)
    strong = compounds[compounds["score"].fillna(0) >= watch.score]
    found = tuple(
        Found(id=row.id, outline=row.geometry, whole=not row.cut_by_edge)
        for row in strong.itertuples()
    )
    look = Look(
        key=visit.key,
        time=visit.time,
        seen=ground_seen(read_vectors(run / "stockade.gpkg", "coverage").to_crs(crs.proj)),
        found=found,
        gsd_m=visit.gsd_m,
    )
    return Sight(
        look=look,
        scores=dict(zip(strong["id"], strong["score"].astype(float), strict=True)),
        gaps=tuple(gaps),
        folder=str(run.relative_to(watch.out)),
    )


_: type[Eyes] = Scan
