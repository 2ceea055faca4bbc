"""``stockade export``: let a run leave the house, cut to those who will read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import AsJson, Pictures
from aoi.counted import counted

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.")]
Form = Annotated[
    str,
    typer.Option(
        "--as",
        help="qgis, kml, kmz, geoparquet, flatgeobuf, pmtiles, csv, stac, iarpa, labels, "
        "dossier.",
    ),
]
Reader = Annotated[
    str, typer.Option("--level", help="Who will read it: internal, partner or public.")
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder; else DIR/exports/FORM-LEVEL.")
]
Cell = Annotated[float, typer.Option(metavar="METRES", help="Grid for what nobody judged yet.")]
Notes = Annotated[
    bool, typer.Option("--notes", help="Let reviewers' notes leave, if they name nobody.")
]
Names = Annotated[
    Path | None, typer.Option(help="List of names that must not leave, one a line.")
]
Licence = Annotated[
    str, typer.Option(help="Licence of pictures where the run does not know it.")
]


def export(
    folder: Folder,
    *,
    form: Form,
    level: Reader = "public",
    out: Out = None,
    cell: Cell = 1000.0,
    notes: Notes = False,
    names: Names = None,
    licence: Licence = "",
    places: Pictures = None,
    as_json: AsJson = False,
) -> None:
    """Export a run with what people decided.

    Without --level it is cut for the public: only layouts that a person judged to be walled
    compounds leave, and what stayed at home is listed with the reason.

    Example: stockade export run --as kmz --level internal
    """
    from aoi.outputs.leaving import Level
    from aoi.outputs.levels import Wishes
    from aoi.outputs.levels_names import read_names
    from aoi.runs.export import ExportRequest, run_export, told_of
    from geo.errors import UsageError

    if level not in list(Level):
        raise UsageError(f"--level takes {', '.join(Level)}, not {level!r}.")
    request = ExportRequest(
        folder=folder,
        form=form,
        level=Level(level),
        out=out,
        wishes=Wishes(cell=cell, notes=notes, names=tuple(read_names(names)), licence=licence),
        places=tuple(places or ()),
    )
    outcome = run_export(request, at=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(told_of(outcome), indent=1))
    else:
        typer.echo(
            f"{counted(outcome.layouts, 'layout')} went out, {outcome.exact} of them exactly, "
            f"for {level} readers: {outcome.folder}"
        )
        for one in outcome.withheld:
            typer.echo(f"  withheld: {one.words}. {one.why}")
        for gap in outcome.gaps:
            typer.echo(f"  {gap}")
    raise typer.Exit(3 if outcome.gaps else 0)
