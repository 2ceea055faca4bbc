"""``stockade review``: the queue of one or more runs in a browser, on this machine only."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import Pictures


def review(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs.")
    ],
    *,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Who reviews; once for each. Else whoever is signed in."),
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Two must judge, blind to each other and the score.")
    ] = False,
    host: Annotated[str, typer.Option(help="An address of this machine.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Else 8620, or any that is free.")] = None,
    show: Annotated[
        bool, typer.Option("--open", help="Open the browser; others here may see the key.")
    ] = False,
    places: Pictures = None,
) -> None:
    """Go through layouts and changes of runs, by keyboard, and keep every verdict for good.

    Prints a link for each reviewer; the link holds their key. Nothing is fetched from the
    internet, and no other machine can reach the page. Stop it with Ctrl+C. Several runs make
    one queue; every verdict is written to its own run.

    Examples: stockade review run; stockade review june july --by ana --by ben --blind
    """
    from aoi.review.serve import prepare
    from aoi.runs.review import open_shelf

    shelf = open_shelf(folders, rules="two_blind" if blind else "", places=places or ())
    served = prepare(shelf, by or [getpass.getuser()], host=host, port=port)
    for name, link in served.links.items():
        typer.echo(f"{name}: {link}")
    if show:
        import webbrowser

        webbrowser.open(next(iter(served.links.values())))
    typer.echo("Stop with Ctrl+C; every verdict is on the disk.", err=True)
    served.run()
