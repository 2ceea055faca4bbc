"""``stockade monitor``: from many dates to what began when, and between which two looks.

    MonitorRequest ──► plan: series on one frame ──► gather: each pass prepared once
        ──► screen: where something lasting changed ──► judge: each place its story
        ──► stockade.gpkg, stockade.qgz, events.csv, curves.csv, curves/, report.html, manifest

The same words find the same folder and go on where they were stopped; the same words with a
later last day keep all that is prepared.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from aoi.outputs.manifest import hash_file
from aoi.runs.folder import RunFolder, claim
from aoi.runs.ledger import key_of
from aoi.runs.monitor_gather import Looked, Watcher, gather, inside_of
from aoi.runs.monitor_judge import Judged, judge_places
from aoi.runs.monitor_places import Place, places_of
from aoi.runs.monitor_plan import MonitorPlan, plan_monitor
from aoi.runs.monitor_read import Eyes, of_one_kind, open_eyes
from aoi.runs.monitor_request import MonitorRequest
from aoi.runs.monitor_screen import screen, untold_spans
from aoi.runs.request import typed
from geo.errors import InputError, SourceError
from geo.grid import gsd_of
from geo.outline import polygons
from geo.series.screen import find_places
from geo.series.story import ENOUGH
from geo.sources.base import Source
from geo.vectors import read_vectors

log = logging.getLogger(__name__)

FORM = 1
"""Version of the whole; another one is another run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRun:
    """A monitor that has judged, ready to be told."""

    request: MonitorRequest
    plan: MonitorPlan
    folder: RunFolder
    looked: tuple[Looked, ...]
    eyes: tuple[Eyes, ...]
    """Of series with looks enough."""

    judged: tuple[Judged, ...]
    """What changed most comes first; outlines somebody asked about in their own order."""

    untold: tuple[str, ...]
    """Where or when nobody can tell; empty where somebody asked about outlines."""

    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    started: datetime
    seconds: float
    command: str


def monitor_run(
    request: MonitorRequest,
    *,
    archives: Mapping[str, Source] | None = None,
    watcher: Watcher | None = None,
) -> MonitorRun:
    """Look at all dates and judge all places.

    Args:
        request: what is asked.
        archives: by the words of the request; opened by their words when ``None``.
        watcher: told of every piece of work done.

    Raises:
        InputError: no scene meets the wish, or no place can be judged.
        SourceError: an archive does not answer, or not one file could be had.
        OutputError: the folder cannot be written or holds another run.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    plan = plan_monitor(request, archives, now=started)
    asked = None if request.places is None else _asked(request.places, plan)
    command = typed(sys.argv)
    words = {"command": command, "parameters": request.parameters()}
    folder = _claim(request, plan, words)
    gathered = gather(plan, request, folder, watcher)
    looked = [of_one_kind(one, folder.path) for one in gathered]
    _refuse_nothing(looked)
    eyes = [open_eyes(one, folder.path, plan.grid) for one in looked if enough(one)]
    gaps, notes = _said(plan, looked)
    notes += [note for one in eyes for note in one.notes]
    untold: list[str] = []
    if asked is None:
        screened = screen(eyes, folder, watcher)
        untold = [*screened.untold(inside_of(plan)), *untold_spans(eyes)]
        places = _found(screened.effect, plan, request)
    else:
        places = places_of(asked, asked=True)
    judged = judge_places(places, eyes, folder, watcher)
    return MonitorRun(
        request=request,
        plan=plan,
        folder=folder,
        looked=tuple(looked),
        eyes=tuple(eyes),
        judged=tuple(judged) if request.places else tuple(_ranked(judged)),
        untold=tuple(untold),
        gaps=tuple(gaps),
        notes=tuple(notes),
        started=started,
        seconds=time.perf_counter() - clock,
        command=command,
    )


def enough(looked: Looked) -> bool:
    """Tell whether a series has looks enough to be judged at all."""
    return len({record.observed_at for record in looked.records}) >= ENOUGH


def _claim(
    request: MonitorRequest, plan: MonitorPlan, words: Mapping[str, object]
) -> RunFolder:
    """Take the folder; the last day is no part of the key, so a later one goes on there."""
    settings = {k: v for k, v in request.parameters().items() if k not in {"to", "coordinates"}}
    asked = None if request.places is None else hash_file(request.places)
    key = key_of(
        monitor=FORM,
        area=plan.area.outline.wkt,
        grid=str(plan.grid),
        places=asked,
        settings=settings,
    )
    return claim(request.out, key, words, overwrite=request.overwrite)


def _refuse_nothing(looked: Sequence[Looked]) -> None:
    """Refuse to judge where no series has looks enough.

    Raises:
        SourceError: files could not be had.
        InputError: there are too few dates.
    """
    if any(enough(one) for one in looked):
        return
    failures = [f for one in looked for r in (*one.records, *one.lost) for f in r.failures]
    if failures:
        raise SourceError(f"Too few pictures could be had to tell anything: {failures[0]}")
    most = max(looked, key=lambda one: len(one.records))
    count = len({record.observed_at for record in most.records})
    raise InputError(
        f"A series wants {ENOUGH} dates at least, and {most.series.name} shows the area on "
        f"{count}. Widen --from and --to; for two dates of very sharp pictures use: "
        "stockade compare."
    )


def _asked(path: Path, plan: MonitorPlan) -> gpd.GeoDataFrame:
    """Read the outlines somebody asks about, those that lie in the area.

    Raises:
        InputError: there are none, or none there; or the file cannot be read.
    """
    told = read_vectors(path, mend=True)
    told = told[told.geom_type.notna() & ~told.is_empty]
    outlines = told[told.geom_type.isin(["Polygon", "MultiPolygon"])]
    if outlines.empty:
        kinds = ", ".join(sorted({str(kind) for kind in told.geom_type}))
        raise InputError(
            f"{path.name} holds {kinds or 'records without any geometry'} and no outlines. A "
            "place is asked about by its outline: give polygons."
        )
    placed = outlines.to_crs(plan.crs.proj)
    near = placed[placed.intersects(plan.outline)].reset_index(drop=True)
    if near.empty:
        raise InputError(
            f"None of the {len(placed)} outlines of {path.name} lies in the area "
            f"{plan.area.name}. Check which area was meant, and the CRS of both."
        )
    return near


def _found(
    effect: NDArray[np.float32], plan: MonitorPlan, request: MonitorRequest
) -> list[Place]:
    """Outline what stands out on the map of effects, strongest and largest first."""
    gsd = gsd_of(plan.grid)
    labels = find_places(effect, inside_of(plan), gsd=gsd, min_area=request.min_area * 1e4)
    outlines = polygons(labels, plan.grid)
    whole = outlines.dissolve("label").reset_index()
    if whole.empty:
        return []
    total = np.bincount(labels.ravel(), weights=effect.ravel())
    whole["strength"] = total[whole["label"].to_numpy()]
    ranked = whole.sort_values("strength", ascending=False, kind="stable")
    return places_of(ranked.reset_index(drop=True), asked=False)


def _ranked(judged: Sequence[Judged]) -> list[Judged]:
    """Keep places at which something is told, those that changed first."""
    return [one for one in judged if one.changes]


def _said(plan: MonitorPlan, looked: Sequence[Looked]) -> tuple[list[str], list[str]]:
    """Say what could not be had, and what a reader must know."""
    gaps: list[str] = list(plan.gaps)
    notes: list[str] = []
    for one in looked:
        for record in (*one.records, *one.lost):
            gaps += record.failures
            notes += record.notes
        if not enough(one):
            notes.append(
                f"{one.series.name} has {len(one.records)} dates, too few to judge by; it was "
                "left out."
            )
    return gaps, notes
