"""``stockade demo``: the whole journey on a drawn place, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    seed: Annotated[int, typer.Option(help="Another seed draws another place.")] = 5,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    overwrite: Annotated[
        bool, typer.Option(help="Throw away another run that lies in --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell the outcome as JSON.")] = False,
) -> None:
    """Draw a place of 2 km x 2 km, scan it, and leave everything a real scan leaves.

    A walled park, a factory, a school, a gated estate, a village and fields, and three
    registered sites. All of it is drawn; none of it exists.
    """
    from aoi.cli.common import tell, watch_progress
    from aoi.runs.drawn import draw_place
    from aoi.runs.pipeline import run_scan
    from aoi.runs.request import Request

    place = draw_place(out, seed=seed)
    request = Request(
        sources=(str(place.picture),),
        out=out,
        sites=place.sites,
        device=device,
        overwrite=overwrite,
    )
    with watch_progress() as progress:
        outcome = run_scan(request, progress=progress)
    raise typer.Exit(tell(outcome, as_json=as_json))
