"""``stockade scan``: what is in this picture?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """Examples: stockade scan scene.tif --out run; stockade scan scenes/ --area kk-park
--sites mine.geojson --out run; stockade scan photo.jpg --gsd 0.5 --out run"""


def scan(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Pictures: files, folders, patterns."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    area: Annotated[
        str | None, typer.Option(help="A file, a box W,S,E,N, or a name (stockade areas).")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help="Only pictures from this day on."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Only pictures up to this day.")
    ] = None,
    sites: Annotated[
        Path | None, typer.Option(help="Register of sites; left out, the bundled one.")
    ] = None,
    gsd: Annotated[
        float | None, typer.Option(metavar="METRES", help="Pixel size where the file has none.")
    ] = None,
    bands: Annotated[
        str | None, typer.Option(metavar="R,G,B", help="Band numbers from 1, e.g. 3,2,1.")
    ] = None,
    stats: Annotated[
        Path | None, typer.Option(help="manifest.json whose contrast statistics to use again.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Other weights, *.safetensors.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    tile: Annotated[
        int,
        typer.Option(help="Side of the largest square tile in pixels; 1024 for little memory."),
    ] = 3200,
    batch: Annotated[int, typer.Option(help="Tiles judged together.")] = 1,
    seed: Annotated[int, typer.Option(help="Accepted everywhere; a scan draws no lots.")] = 0,  # noqa: ARG001
    coordinates: Annotated[
        float | None, typer.Option(metavar="METRES", help="Round coordinates in the report.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="Throw away another run that lies in --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell the outcome as JSON.")] = False,
) -> None:
    """Find walled-compound-like layouts, rank and explain them, match them to sites.

    Leaves stockade.gpkg and stockade.qgz for QGIS, report.html for people, score rasters, and
    manifest.json. A run that was stopped goes on with the same command.
    """
    from aoi.cli.common import numbers, tell, watch_progress
    from aoi.runs.pipeline import run_scan
    from aoi.runs.request import Request, day_of

    request = Request(
        sources=tuple(sources),
        out=out,
        area=area,
        start=day_of(start, "--from"),
        end=day_of(end, "--to"),
        sites=sites,
        gsd=gsd,
        bands=numbers(bands, "--bands"),
        stats=stats,
        weights=weights,
        device=device,
        tile=tile,
        batch=batch,
        coordinates=coordinates,
        overwrite=overwrite,
    )
    with watch_progress() as progress:
        outcome = run_scan(request, progress=progress)
    raise typer.Exit(tell(outcome, as_json=as_json))
