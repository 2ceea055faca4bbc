"""``stockade fetch``: from an area and two days to pixels one can trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aoi.cli.options import (
    AreaAsked,
    AsJson,
    CacheFolder,
    Cloud,
    Collection,
    FilesAtOnce,
    FirstDay,
    LastDay,
    MostScenes,
    Offline,
    Overwrite,
    Refresh,
    SceneGsd,
)
from aoi.counted import counted

if TYPE_CHECKING:
    from aoi.runs.fetch import FetchOutcome
    from aoi.runs.fetch_plan import Plan

Archive = Annotated[
    str, typer.Option(help="A folder, stac:earth-search, stac:URL, hub:cdse, ...")
]
OutUnlessDry = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder for the results.")
]
Names = Annotated[
    str | None, typer.Option(metavar="A,B,...", help="Common names: red,nir,scl.")
]
Composite = Annotated[
    str | None, typer.Option(help="One picture of all: median, medoid or least_cloudy.")
]
Sharpen = Annotated[
    str,
    typer.Option(
        help="Where a finer pan band lies beside the colours: gram-schmidt, brovey, none."
    ),
]
Speckle = Annotated[
    str, typer.Option(help="Radar, smoothed, beside what was fetched: lee, quegan or none.")
]
Clouds = Annotated[
    str, typer.Option(help="Who says what is cloud: archive, or s2cloudless (an extra).")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show scenes, cloud, megabytes; fetch nothing.")
]

SHOWN = 12
"""Passes named on the terminal; scenes.json has them all."""


def fetch(
    *,
    area: AreaAsked,
    source: Archive,
    start: FirstDay,
    end: LastDay,
    out: OutUnlessDry = None,
    collection: Collection = None,
    bands: Names = None,
    cloud: Cloud = None,
    gsd: SceneGsd = None,
    composite: Composite = None,
    sharpen: Sharpen = "gram-schmidt",
    speckle: Speckle = "none",
    clouds: Clouds = "archive",
    most: MostScenes = 1000,
    cache: CacheFolder = None,
    offline: Offline = False,
    refresh: Refresh = False,
    workers: FilesAtOnce = 8,
    dry_run: DryRun = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find scenes of an area, read only the windows needed, and prepare them.

    Leaves one COG a pass (reflectance, dB or as delivered), a mask beside it, scenes.json,
    stockade.gpkg (coverage) and manifest.json. A fetch that was stopped goes on with the same
    command; what was fetched once is never fetched again.

    Example: stockade fetch --area bavet --source stac:earth-search --from 2025-11-01
    --to 2025-11-30 --cloud 40 --composite median --out bavet-november
    """
    from aoi.cli.common import both_days, watch_steps
    from aoi.runs.fetch import plan_of, run_fetch
    from aoi.runs.fetch_request import FetchRequest
    from geo.errors import UsageError
    from geo.sources.cache import usual_folder

    first, last = both_days(start, end)
    if out is None and not dry_run:
        raise UsageError("--out is needed, unless it is a --dry-run.")
    request = FetchRequest(
        area=area,
        source=source,
        start=first,
        end=last,
        out=out or Path(),
        collections=tuple(collection or ()),
        bands=tuple(b.strip().lower() for b in bands.split(",")) if bands else (),
        cloud=None if cloud is None else cloud / 100,
        gsd=gsd,
        composite=composite.replace("-", "_") if composite else None,  # type: ignore[arg-type]
        sharpen=_named(sharpen),  # type: ignore[arg-type]
        speckle=_named(speckle),  # type: ignore[arg-type]
        clouds=clouds,  # type: ignore[arg-type]
        most=most,
        cache=cache or usual_folder(),
        offline=offline,
        refresh=refresh,
        workers=workers,
        overwrite=overwrite,
    )
    if dry_run:
        plan, _ = plan_of(request)
        raise typer.Exit(_tell_plan(plan, as_json=as_json))
    with watch_steps() as watcher:
        outcome = run_fetch(request, watcher=watcher)
    raise typer.Exit(_tell(outcome, as_json=as_json))


def _named(word: str) -> str | None:
    return None if word == "none" else word


def _tell_plan(plan: Plan, *, as_json: bool) -> int:
    """Show what would be fetched, and what it would cost."""
    from aoi.runs.fetch_plan import cost_of_all

    total = cost_of_all(plan)
    rows = [_planned(plan, one) for one in plan.passes]
    if as_json:
        told = {
            "sensor": plan.sensor,
            "bands": list(plan.bands),
            "crs": f"EPSG:{plan.crs.epsg}",
            "pixels": [plan.grid.width, plan.grid.height],
            "gsd_m": abs(plan.grid.affine.a),
            "passes": rows,
            "megabytes": round(total.megabytes, 1),
            "requests": total.requests,
            "helpers": list(plan.treatment.helpers),
            "gaps": list(plan.gaps),
        }
        typer.echo(json.dumps(told, indent=1))
        return 3 if plan.gaps else 0
    for row in rows:
        cloud = "  ?" if row["cloud"] is None else f"{row['cloud']:3.0%}"
        typer.echo(
            f"{row['observed_at'][:16]}  {cloud} cloud  {row['megabytes']:7.1f} MB  {row['id']}"
        )
    typer.echo(
        f"{counted(len(rows), 'pass', 'passes')} of {plan.sensor} on {plan.grid.width} x "
        f"{plan.grid.height} pixels of {abs(plan.grid.affine.a):g} m: about "
        f"{total.megabytes:.0f} MB in {counted(total.requests, 'request')}, less what the "
        "cache holds."
    )
    if plan.treatment.helpers:
        typer.echo(f"Also read, to help: {', '.join(plan.treatment.helpers)}.")
    for gap in plan.gaps:
        typer.echo(f"Gap: {gap}")
    return 3 if plan.gaps else 0


def _planned(plan: Plan, one: Any) -> dict[str, Any]:
    from aoi.outputs.manifest import utc

    cost = plan.cost(one)
    return {
        "id": one.id,
        "scenes": [scene.id for scene in one.scenes],
        "observed_at": utc(one.time),
        "cloud": one.cloud,
        "megabytes": round(cost.megabytes, 1),
        "requests": cost.requests,
        "superseded": list(one.losers),
    }


def _tell(outcome: FetchOutcome, *, as_json: bool) -> int:
    """Tell what was fetched; return the exit code."""
    if as_json:
        told = {
            "run_id": outcome.run_id,
            "folder": str(outcome.folder),
            "composite": outcome.composite,
            "passes": [record.to_dict() for record in outcome.records],
            "gaps": list(outcome.gaps),
            "notes": list(outcome.notes),
        }
        typer.echo(json.dumps(told, indent=1))
        return outcome.code
    seen = [record for record in outcome.records if record.picture]
    passes = counted(len(outcome.records), "pass", "passes")
    typer.echo(f"{len(seen)} of {passes} in {outcome.folder / 'rasters'}:")
    for word in dict.fromkeys(word for record in seen for word in record.done):
        typer.echo(f"Done to pixels: {word}.")
    for record in seen[:SHOWN]:
        sky = f"{record.clear_share:4.0%} clear" if record.sky_known else "cloud unknown"
        typer.echo(f"  {record.observed_at[:16]}  {sky}  {record.picture}")
    if len(seen) > SHOWN:
        typer.echo(f"  ... and {len(seen) - SHOWN} more in scenes.json.")
    if outcome.composite:
        typer.echo(f"Composite: {outcome.folder / outcome.composite}")
    for word, sentences in (("Note", outcome.notes), ("Gap", outcome.gaps)):
        for sentence in sentences:
            typer.echo(f"{word}: {sentence}")
    return outcome.code
