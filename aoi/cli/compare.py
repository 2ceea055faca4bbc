"""``stockade compare``: what changed between these two pictures, building by building?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from aoi.counted import counted

if TYPE_CHECKING:
    from aoi.runs.compare_outcome import PairOutcome
    from aoi.runs.compare_request import PairRequest

Before = Annotated[Path, typer.Argument(metavar="BEFORE", help="Picture of the earlier date.")]
After = Annotated[Path, typer.Argument(metavar="AFTER", help="Picture of the later date.")]
Buildings = Annotated[
    Path | None,
    typer.Option(help="Footprints to ask about, any CRS; left out, what the pictures show."),
]
BeforeDate = Annotated[
    str | None, typer.Option(metavar="DAY", help="When the earlier picture was taken.")
]
AfterDate = Annotated[
    str | None, typer.Option(metavar="DAY", help="When the later picture was taken.")
]
OffNadir = Annotated[
    str | None,
    typer.Option(metavar="DEG,DEG", help="Degrees off nadir of both, where known."),
]
Sensors = Annotated[
    str | None, typer.Option(metavar="A,B", help="What took each picture, for the pages.")
]
Credit = Annotated[
    str | None, typer.Option(metavar="A,B", help="Whom to name for each picture.")
]
Reach = Annotated[
    float,
    typer.Option(
        metavar="METRES", help="How far the pictures may be off, along rows and along columns."
    ),
]
Move = Annotated[
    bool, typer.Option("--move/--no-move", help="Lay the pictures onto each other first.")
]


PLAIN = ("before", "after", "out", "buildings", "gsd", "reach", "move", "weights", "device",
         "tile", "batch", "coordinates", "overwrite")  # fmt: skip
"""Parameters that a request takes as they are."""


def compare(
    before: Before,
    after: After,
    *,
    out: Out,
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
    """Tell what was built, torn down or altered between two pictures, building by building.

    The pictures are laid onto each other first, and refused if that cannot be done. What could
    not be seen is said to be not observable, with its reason; exit code 3 then.

    Example: stockade compare march.tif october.tif --buildings overture.geojson --out change
    """
    from aoi.cli.common import watch_progress
    from aoi.runs.compare_tell import run_compare

    request = pair_request(locals())
    with watch_progress() as progress:
        outcome = run_compare(request, progress=progress)
    raise typer.Exit(tell_pair(outcome, as_json=as_json))


def pair_request(said: Mapping[str, Any]) -> PairRequest:
    """Put what was said on the command line into a request; for compare and audit alike.

    Args:
        said: the parameters of the command, by name.

    Raises:
        UsageError: one of them cannot be meant.
    """
    from aoi.cli.common import numbers
    from aoi.runs.compare_request import PairRequest
    from aoi.runs.request import day_of

    return PairRequest(
        before_date=day_of(said["before_date"], "--before-date"),
        after_date=day_of(said["after_date"], "--after-date"),
        tilts=degrees(said["off_nadir"]),
        sensors=two(said["sensors"], "--sensors"),
        credits=two(said["credit"], "--credit"),
        bands=numbers(said["bands"], "--bands"),
        **{name: said[name] for name in PLAIN},
    )


def two(text: str | None, option: str) -> tuple[str, str]:
    """Read two words parted by a comma; one word stands for both.

    Raises:
        UsageError: there are more than two.
    """
    from geo.errors import UsageError

    parts = [part.strip() for part in (text or "").split(",")]
    if len(parts) > 2:
        raise UsageError(f"{option} takes one or two words parted by a comma, not {text!r}.")
    return parts[0], parts[-1]


def degrees(text: str | None) -> tuple[float | None, float | None]:
    """Read the angles off nadir, such as ``12,28``.

    Raises:
        UsageError: they are no numbers of degrees.
    """
    from geo.errors import UsageError

    if text is None:
        return None, None
    try:
        one, other = (float(part) for part in two(text, "--off-nadir"))
    except ValueError as error:
        raise UsageError(f"--off-nadir takes degrees like 12,28, not {text!r}.") from error
    return one, other


def tell_pair(outcome: PairOutcome, *, as_json: bool) -> int:
    """Tell what changed and which files to open; return the exit code."""
    if as_json:
        typer.echo(json.dumps({**asdict(outcome), "code": outcome.code}, indent=1, default=str))
        return outcome.code
    for finding in outcome.findings:
        where = f" in {finding['zone']}" if finding["zone"] else ""
        typer.echo(f"{finding['verdict'].upper()}{where}: {finding['quote']}")
        typer.echo(f"  {finding['why']}")
    told = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in outcome.kinds.items() if n)
    typer.echo(f"{counted(sum(outcome.kinds.values()), 'building')}: {told or 'none'}.")
    typer.echo(
        f"The pictures were {outcome.shift_m:.1f} m off each other (agreement "
        f"{outcome.quality:.0%})."
    )
    for gap in outcome.gaps:
        typer.echo(gap)
    typer.echo("Open:")
    for name, what in outcome.files.items():
        typer.echo(f"  {outcome.folder / name}  {what}")
    return outcome.code
