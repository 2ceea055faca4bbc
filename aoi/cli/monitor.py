"""``stockade monitor``: what began here, and between which two looks?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoi.cli.options import (
    AreaAsked,
    AsJson,
    CacheFolder,
    Cloud,
    Collection,
    Coordinates,
    FilesAtOnce,
    FirstDay,
    LastDay,
    MostScenes,
    Offline,
    Out,
    Overwrite,
    Refresh,
    SceneGsd,
)
from aoi.counted import counted

if TYPE_CHECKING:
    from aoi.runs.monitor_tell import MonitorOutcome

Sources = Annotated[
    list[str],
    typer.Option(help="A folder of dated pictures, stac:NAME, hub:NAME; may be repeated."),
]
Places = Annotated[
    Path | None,
    typer.Option(help="Outlines to ask about, any CRS; left out, what changed is found."),
]
LeastArea = Annotated[
    float, typer.Option(metavar="HECTARES", help="Smallest place that is looked for.")
]

SHOWN = 12
"""Changes named on the terminal; events.csv has them all."""


def monitor(
    *,
    area: AreaAsked,
    source: Sources,
    start: FirstDay,
    end: LastDay,
    out: Out,
    places: Places = None,
    collection: Collection = None,
    cloud: Cloud = None,
    gsd: SceneGsd = None,
    min_area: LeastArea = 0.5,
    most: MostScenes = 1000,
    cache: CacheFolder = None,
    offline: Offline = False,
    refresh: Refresh = False,
    workers: FilesAtOnce = 8,
    coordinates: Coordinates = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Tell what was built, torn down or altered over many dates, and when it began.

    Every change has a bracket: the last usable look without it, the first with it. Seasons,
    floods, clouds and snow are no change. What nobody can tell is said, with the reason; exit
    code 3 then. The same command with a later --to goes on in the same folder.

    Example: stockade monitor --area bavet --source stac:earth-search --from 2022-01-01
    --to 2025-11-30 --cloud 60 --out bavet-years
    """
    from aoi.cli.common import both_days, watch_steps
    from aoi.runs.monitor_request import MonitorRequest
    from aoi.runs.monitor_tell import run_monitor
    from geo.sources.cache import usual_folder

    first, last = both_days(start, end)
    request = MonitorRequest(
        area=area,
        sources=tuple(source),
        start=first,
        end=last,
        out=out,
        places=places,
        collections=tuple(collection or ()),
        cloud=None if cloud is None else cloud / 100,
        gsd=gsd,
        min_area=min_area,
        most=most,
        cache=cache or usual_folder(),
        offline=offline,
        refresh=refresh,
        workers=workers,
        coordinates=coordinates,
        overwrite=overwrite,
    )
    with watch_steps() as watcher:
        outcome = run_monitor(request, watcher=watcher)
    raise typer.Exit(_tell(outcome, as_json=as_json))


def _tell(outcome: MonitorOutcome, *, as_json: bool) -> int:
    """Tell what began when and which files to open; return the exit code."""
    if as_json:
        told = asdict(outcome) | {"code": outcome.code}
        typer.echo(json.dumps(told, indent=1, default=_plain))
        return outcome.code
    looks = ", ".join(
        f"{counted(count, 'look')} of {name}" for name, count in outcome.looks.items()
    )
    count = len(outcome.events)
    typer.echo(f"{counted(count, 'change')} in {looks}.")
    for event in outcome.events[:SHOWN]:
        typer.echo(
            f"  {event['event_id']}  {event['kind']} between "
            f"{event['begun_after']:%Y-%m-%d} and {event['begun_before']:%Y-%m-%d}, "
            f"{event['area_ha']:.1f} ha, {event['state']}, {event['confidence']:.0%}"
        )
    if count > SHOWN:
        typer.echo(f"  ... and {count - SHOWN} more in events.csv.")
    for word, sentences in (
        ("Cannot tell", outcome.unsure),
        ("Note", outcome.notes),
        ("Gap", outcome.gaps),
    ):
        for sentence in sentences:
            typer.echo(f"{word}: {sentence}")
    typer.echo("Open:")
    for name, what in outcome.files.items():
        typer.echo(f"  {outcome.folder / name}  {what}")
    return outcome.code


def _plain(value: object) -> str:
    from datetime import datetime

    from aoi.outputs.manifest import utc

    return utc(value) if isinstance(value, datetime) else str(value)
