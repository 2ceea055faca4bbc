"""``stockade audit``: is a claim about a place true, as far as two pictures can tell?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.compare import (
    After,
    AfterDate,
    Before,
    BeforeDate,
    Buildings,
    Credit,
    Move,
    OffNadir,
    Reach,
    Sensors,
    pair_request,
    tell_pair,
)
from aoi.cli.options import (
    AsJson,
    Bands,
    Coordinates,
    Device,
    Gsd,
    NoLots,
    Out,
    Overwrite,
    Tile,
    TilesAtOnce,
    Weights,
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
        bool, typer.Option("--pdf", help="Also as PDF; needs the package weasyprint.")
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
    tile: Tile = 3280,
    batch: TilesAtOnce = 1,
    seed: NoLots = 0,
    coordinates: Coordinates = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Hold a claim against two pictures: counts with bounds, a verdict, a ledger to print.

    The verdict is supported, not supported or cannot tell, by a rule the page states. Buildings
    that could not be seen widen the bounds; exit code 3 then.

    Example: stockade audit october.tif december.tif --buildings buildings.geojson
    --claim "413 of 635 demolished by 2025-12-13" --out audit
    """
    from aoi.cli.common import watch_progress
    from aoi.runs.audit import AuditRequest, run_audit

    request = AuditRequest(
        pair=pair_request(locals()), claims=tuple(claim), zones=zones, pdf=pdf
    )
    with watch_progress() as progress:
        outcome = run_audit(request, progress=progress)
    raise typer.Exit(tell_pair(outcome, as_json=as_json))
