"""``stockade scan``: what is in this picture?"""

from __future__ import annotations

import typer

from aoi.cli.options import (
    Area,
    AsJson,
    Bands,
    CacheFolder,
    Cloud,
    Collection,
    Coordinates,
    Credit,
    Device,
    From,
    Gsd,
    Licence,
    NoLots,
    Offline,
    Out,
    Overwrite,
    Register,
    Sources,
    Stats,
    Tile,
    TilesAtOnce,
    To,
    Weights,
)


def scan(
    sources: Sources,
    *,
    out: Out,
    area: Area = None,
    start: From = None,
    end: To = None,
    sites: Register = None,
    gsd: Gsd = None,
    bands: Bands = None,
    stats: Stats = None,
    weights: Weights = None,
    device: Device = "auto",
    tile: Tile = 3280,
    batch: TilesAtOnce = 1,
    seed: NoLots = 0,  # noqa: ARG001
    coordinates: Coordinates = None,
    licence: Licence = "",
    credit: Credit = "",
    collection: Collection = None,
    cloud: Cloud = None,
    cache: CacheFolder = None,
    offline: Offline = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Find walled-compound-like layouts, rank and explain them, match them to sites.

    Leaves stockade.gpkg and stockade.qgz for QGIS, report.html for people, score rasters, and
    manifest.json. A run that was stopped goes on with the same command. Archives want --area,
    --from and --to; what they send is fetched into the run's folder first.

    Example: stockade scan scenes/ --area kk-park --sites mine.geojson --out run
    """
    from aoi.cli.common import numbers, tell, watch_progress, watch_steps
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
        licence=licence,
        credit=credit,
        collections=tuple(collection or ()),
        cloud=None if cloud is None else cloud / 100,
        cache=cache,
        offline=offline,
        overwrite=overwrite,
    )
    with watch_steps() as fetching, watch_progress() as progress:
        outcome = run_scan(request, progress=progress, fetching=fetching)
    raise typer.Exit(tell(outcome, as_json=as_json))
