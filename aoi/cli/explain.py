"""``stockade explain``: why one compound was flagged, in words and in a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import Pictures


def explain(
    folder: Annotated[Path, typer.Argument(help="What a scan left: its --out.")],
    name: Annotated[str, typer.Argument(help="Id of a compound, or its rank.")],
    *,
    picture: Annotated[
        bool, typer.Option(help="Also draw it: picture, barrier, cost of leaving, walk.")
    ] = True,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The PNG; else ID.png, here.")
    ] = None,
    places: Pictures = None,
) -> None:
    """Tell the evidence, reasons, match and provenance of one compound, and draw it.

    The picture shows what the net saw: walls and roofs, what it costs to leave, and the walk
    round every yard with its gaps and gates. Nothing is judged anew.

    Example: stockade explain demo 1
    """
    from aoi.outputs.explain import account_of, lines_of

    account = account_of(folder, name)
    for line in lines_of(account):
        typer.echo(line)
    if picture:
        from aoi.outputs.explain_ground import ground_of
        from aoi.outputs.explain_picture import write_picture

        # Not into the run's folder: nothing is added to what was hashed.
        path = out or Path(f"{account.id}.png")
        ground = ground_of(account, places=places or ())
        typer.echo(f"Drawn: {write_picture(account, ground, path)}")
        if ground.trouble:
            typer.echo(f"Without the picture. {ground.trouble}", err=True)
