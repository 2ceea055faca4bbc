"""``stockade compare``: what changed between these two pictures, building by building?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aoi.runs.compare_tell import PairOutcome

Before = Annotated[Path, typer.Argument(metavar="BEFORE", help="Picture of the earlier date.")]
After = Annotated[Path, typer.Argument(metavar="AFTER", help="Picture of the later date.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
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
Gsd = Annotated[
    float | None, typer.Option(metavar="METRES", help="Pixel size where the files have none.")
]
Bands = Annotated[
    str | None, typer.Option(metavar="R,G,B", help="Band numbers from 1, e.g. 3,2,1.")
]
Reach = Annotated[
    float, typer.Option(metavar="METRES", help="How far the pictures may be off each other.")
]
Move = Annotated[
    bool, typer.Option("--move/--no-move", help="Lay the pictures onto each other first.")
]
Weights = Annotated[Path | None, typer.Option(help="Other weights, *.safetensors.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Tile = Annotated[int, typer.Option(help="Longest side of a tile in pixels.")]
Batch = Annotated[int, typer.Option(help="Tiles judged together.")]
Seed = Annotated[int, typer.Option(help="Accepted everywhere; a comparison draws no lots.")]
Coordinates = Annotated[
    float | None, typer.Option(metavar="METRES", help="Round coordinates in the pages.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Throw away another run that lies in --out.")
]
Json = Annotated[bool, typer.Option("--json", help="Tell the outcome as JSON.")]


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
    tile: Tile = 2048,
    batch: Batch = 1,
    seed: Seed = 0,  # noqa: ARG001
    coordinates: Coordinates = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Tell what was built, torn down or altered between two pictures, building by building.

    The pictures are laid onto each other first, and refused if that cannot be done. What could
    not be seen is said to be not observable, with its reason; exit code 3 then.

    Example: stockade compare march.tif october.tif --buildings overture.geojson --out change
    """
    from aoi.cli.common import numbers, watch_progress
    from aoi.runs.compare_request import PairRequest
    from aoi.runs.compare_tell import run_compare
    from aoi.runs.request import day_of

    request = PairRequest(
        before=before,
        after=after,
        out=out,
        buildings=buildings,
        before_date=day_of(before_date, "--before-date"),
        after_date=day_of(after_date, "--after-date"),
        tilts=degrees(off_nadir),
        sensors=two(sensors, "--sensors"),
        credits=two(credit, "--credit"),
        gsd=gsd,
        bands=numbers(bands, "--bands"),
        reach=reach,
        move=move,
        weights=weights,
        device=device,
        tile=tile,
        batch=batch,
        coordinates=coordinates,
        overwrite=overwrite,
    )
    with watch_progress() as progress:
        outcome = run_compare(request, progress=progress)
    raise typer.Exit(tell_pair(outcome, as_json=as_json))


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
    typer.echo(f"{sum(outcome.kinds.values())} buildings: {told or 'none'}.")
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
