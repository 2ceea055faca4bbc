"""``stockade import``: verdicts and outlines come back from QGIS or Google Earth."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import AsJson
from aoi.counted import counted


def import_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the run.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Edited .gpkg, .kml or .kmz.")],
    *,
    who: Annotated[
        str, typer.Option("--by", help="Whose edits they are; else whoever is signed in.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Take back verdicts, notes and outlines that people edited elsewhere.

    What both they and somebody here changed meanwhile is listed, never overwritten; exit code
    3 then.

    Example: stockade import run ~/Desktop/stockade.kmz --by ana
    """
    from aoi.runs.import_back import run_import

    outcome = run_import(folder, file, who=who or getpass.getuser(), at=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(asdict(outcome) | {"code": outcome.code}, indent=1))
        raise typer.Exit(outcome.code)
    for taken in outcome.taken:
        typer.echo(f"taken: {taken}")
    for conflict in outcome.conflicts:
        typer.echo(f"CONFLICT: {conflict.layout}. {conflict.why}")
    typer.echo(
        f"{len(outcome.taken)} taken, {counted(len(outcome.conflicts), 'conflict')}, "
        f"{outcome.unchanged} unchanged, {outcome.absent} not in the file."
    )
    raise typer.Exit(outcome.code)
