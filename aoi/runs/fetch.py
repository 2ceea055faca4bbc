"""The whole journey of ``stockade fetch``: from an area and two days to pixels one can trust.

    FetchRequest ──► plan ──► each pass: read, prepared, written, remembered
                 ──► offsets settled by all dates ──► sky again ──► speckle ──► composite
                 ──► scenes.json, stockade.gpkg (coverage), manifest.json ──► told

The same words find the same folder and go on where they were stopped: finished passes are taken
from the ledger, bytes from the cache.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from odc.geo.geom import Geometry
from odc.geo.xr import rasterize

from aoi.area import find_area
from aoi.outputs.manifest import (
    Manifest,
    outputs_of,
    utc,
    versions_of,
    write_manifest,
)
from aoi.outputs.package import write_package
from aoi.runs.fetch_composite import write_composite
from aoi.runs.fetch_pass import PassRecord
from aoi.runs.fetch_plan import Plan, assets_of, make_plan
from aoi.runs.fetch_prepare import Desk, Job, Watcher, agreed, prepared
from aoi.runs.fetch_request import FetchRequest
from aoi.runs.fetch_sky import look_again
from aoi.runs.fetch_speckle import calmed
from aoi.runs.folder import claim
from aoi.runs.ledger import key_of
from aoi.runs.request import typed
from geo.errors import InputError, SourceError
from geo.sources.base import Source
from geo.sources.choose import Pass
from geo.sources.named import open_source
from geo.types import Mask
from geo.write import beside

log = logging.getLogger(__name__)

FORM = 3
"""Version of what a finished pass leaves; another one is not taken up again."""

DONE, GAPS = 0, 3
"""Exit codes; see ``aoi.cli``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """The end of a fetch."""

    run_id: str
    folder: Path
    records: tuple[PassRecord, ...]
    composite: str
    """Relative to ``folder``; empty without one."""

    gaps: tuple[str, ...]
    """What could not be had."""

    notes: tuple[str, ...]
    """What a reader should know."""

    @property
    def code(self) -> int:
        """Exit code: 0, or 3 with gaps."""
        return GAPS if self.gaps else DONE


def plan_of(request: FetchRequest, source: Source | None = None) -> tuple[Plan, Source]:
    """Open the archive and decide what to fetch; no pixel is asked for.

    Raises:
        InputError: no scene meets the wish, or the words do not fit.
        SourceError: the archive does not answer.
    """
    source = source or open_source(request.source, request.manner)
    return make_plan(request, find_area(request.area), source), source


def run_fetch(
    request: FetchRequest, *, source: Source | None = None, watcher: Watcher | None = None
) -> FetchOutcome:
    """Fetch, prepare and hand over.

    Raises:
        InputError: no scene meets the wish.
        SourceError: the archive does not answer, or not one file could be had.
        OutputError: the folder cannot be written or holds another run.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    plan, source = plan_of(request, source)
    words = {"command": typed(sys.argv), "parameters": request.parameters()}
    key = key_of(fetch=FORM, area=plan.area.outline.wkt, settings=request.parameters())
    folder = claim(request.out, key, words, overwrite=request.overwrite)
    inside = _inside(plan)
    with ThreadPoolExecutor(request.workers, "fetch") as pool:
        desk = Desk(
            grid=plan.grid,
            inside=inside,
            bands=plan.bands,
            source=source,
            folder=folder,
            pool=pool,
            treatment=plan.treatment,
        )
        records = _all_passes(plan, desk, watcher)
    if not any(record.picture for record in records):
        raise SourceError(
            "Not one scene could be had. "
            + " ".join(dict.fromkeys(f for r in records for f in r.failures[:1]))[:600]
        )
    records = look_again(records, plan.grid, inside, folder.path)
    if request.speckle:
        records = calmed(records, plan.grid, folder.path, request.speckle)
    gaps = [*plan.gaps, *(f for r in records for f in r.failures)]
    composite = ""
    if request.composite:
        try:
            composite, _ = write_composite(records, plan.grid, folder.path, request.composite)
        except InputError as error:
            gaps.append(str(error))
    outcome = FetchOutcome(
        run_id=folder.run_id,
        folder=folder.path,
        records=tuple(records),
        composite=composite,
        gaps=tuple(gaps),
        notes=tuple(note for r in records for note in r.notes),
    )
    _hand_over(outcome, plan, request, started, time.perf_counter() - clock)
    folder.tidy()
    return outcome


def _all_passes(plan: Plan, desk: Desk, watcher: Watcher | None) -> list[PassRecord]:
    """Have all passes prepared, and their offsets settled by all dates."""
    jobs = [Job(one, _key(one, plan)) for one in plan.passes]
    records = []
    for record in prepared(jobs, desk):
        records.append(record)
        if watcher:
            watcher("fetching", len(records), len(jobs))
    return agreed(records, jobs, desk)


def _key(one: Pass, plan: Plan) -> str:
    """Name everything a prepared pass depends on."""
    files = [(s.id, a.to_dict()) for s in one.scenes for a in assets_of(s, plan.read)]
    return key_of(
        form=FORM,
        files=files,
        grid=str(plan.grid),
        bands=plan.bands,
        treatment=asdict(plan.treatment),
    )


def _inside(plan: Plan) -> Mask:
    """Tell which pixels lie in the area."""
    mask: Mask = rasterize(Geometry(plan.outline, plan.crs), plan.grid).values
    return mask.astype(np.bool_)


def _hand_over(
    outcome: FetchOutcome, plan: Plan, request: FetchRequest, started: datetime, seconds: float
) -> None:
    """Write what is told of the run, the manifest last: it hashes all the rest."""
    folder = outcome.folder
    told = [record.to_dict() for record in outcome.records]
    with beside(folder / "scenes.json") as part:
        part.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write_package(
        folder / "stockade.gpkg", {"coverage": _coverage(outcome.records, plan)}, plan.crs
    )
    write_manifest(
        folder / "manifest.json",
        Manifest(
            run_id=outcome.run_id,
            command=typed(sys.argv),
            started=utc(started),
            finished=utc(datetime.now(UTC)),
            parameters=request.parameters(),
            inputs=tuple(one for record in outcome.records for one in record.windows()),
            outputs=outputs_of(folder),
            versions=versions_of(),
            areas=(_area(outcome.records, plan),),
            timings={"fetching_s": round(seconds, 3)},
            counts={"passes": len(told), "coverage": len(told)},
            notes=(*outcome.gaps, *outcome.notes),
        ),
    )


def _coverage(records: Sequence[PassRecord], plan: Plan) -> gpd.GeoDataFrame:
    rows = [
        {
            "tile_id": "/".join(str(s["tile"]) for s in r.scenes if s["tile"]) or r.id,
            "scene_id": r.id,
            "observed_at": r.observed_at,
            "valid_share": r.valid_share,
            "cloud_share": r.cloud_share if r.sky_known else None,
            "reason": r.reason,
        }
        for r in records
    ]
    return gpd.GeoDataFrame(rows, geometry=[plan.outline] * len(rows), crs=plan.crs.proj)


def _area(records: Sequence[PassRecord], plan: Plan) -> dict[str, Any]:
    hectares = float(plan.outline.area) / 1e4
    best = max((record.valid_share for record in records), default=0.0)
    return {
        "name": plan.area.title or plan.area.name,
        "asked_ha": round(hectares, 4),
        "seen_ha": round(hectares * best, 4),
    }
