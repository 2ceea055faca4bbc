"""``stockade audit``: is a claim about a place true, as far as two pictures can tell?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.compare import (
    After,
    AfterDate,
    Bands,
    Batch,
    Before,
    BeforeDate,
    Buildings,
    Coordinates,
    Credit,
    Device,
    Gsd,
    Json,
    Move,
    OffNadir,
    Out,
    Overwrite,
    Reach,
    Seed,
    Sensors,
    Tile,
    Weights,
    degrees,
    tell_pair,
    two,
)


def audit(
    before: Before,
    after: After,
    *,
    claim: Annotated[
        list[str],
        typer.Option(help="One sentence, or a TOML file of claims; may be given again."),
    ],
    out: Out,
    zones: Annotated[
        Path | None, typer.Option(help="Outlines of the zones that claims name.")
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Also as PDF; needs the extra pdf.")
    ] = False,
    buildings: Buildings = None,
    before_date: BeforeDate = None,
    after_date: AfterDate = None,
    off_nadir: OffNadir = None,
    sensors: Sensors = None,
    credit: Credit = None,
    gsd: Gsd = None,
    bands: Bands = None,
    reach: Reach = 16.0,
    move: Move = True,
    weights: Weights = None,
    device: Device = "auto",
    tile: Tile = 2048,
    batch: Batch = 1,
    seed: Seed = 0,  # noqa: ARG001
    coordinates: Coordinates = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Hold a claim against two pictures: counts with bounds, a verdict, a ledger to print.

    The verdict is supported, not supported or cannot tell, by a rule the page states. Buildings
    that could not be seen widen the bounds; exit code 3 then.

    Example: stockade audit october.tif december.tif --buildings buildings.geojson
    --claim "413 of 635 demolished by 2025-12-13" --out audit
    """
    from aoi.cli.common import numbers, watch_progress
    from aoi.runs.audit import AuditRequest, run_audit
    from aoi.runs.compare_request import PairRequest
    from aoi.runs.request import day_of

    pair = PairRequest(
        before=before,
        after=after,
        out=out,
        buildings=buildings,
        before_date=day_of(before_date, "--before-date"),
        after_date=day_of(after_date, "--after-date"),
        tilts=degrees(off_nadir),
        sensors=two(sensors, "--sensors"),
        credits=two(credit, "--credit"),
        gsd=gsd,
        bands=numbers(bands, "--bands"),
        reach=reach,
        move=move,
        weights=weights,
        device=device,
        tile=tile,
        batch=batch,
        coordinates=coordinates,
        overwrite=overwrite,
    )
    request = AuditRequest(pair=pair, claims=tuple(claim), zones=zones, pdf=pdf)
    with watch_progress() as progress:
        outcome = run_audit(request, progress=progress)
    raise typer.Exit(tell_pair(outcome, as_json=as_json))
