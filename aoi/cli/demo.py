"""``stockade demo``: the whole journey on a drawn place, offline."""

from __future__ import annotations

from typing import Annotated

import typer

from aoi.cli.options import AsJson, Device, Out, Overwrite


def demo(
    *,
    out: Out,
    seed: Annotated[int, typer.Option(help="Another seed draws another place.")] = 5,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
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
