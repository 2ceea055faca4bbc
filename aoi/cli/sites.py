"""``stockade sites``: check a register, make one, and match layouts to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import geopandas as gpd
    from rich.table import Table
    from shapely.geometry.base import BaseGeometry

    from aoi.sites.match import Matches

app = typer.Typer(
    no_args_is_help=True,
    help="Check a register of sites, make one from a table, match layouts to it.",
)

Json = Annotated[bool, typer.Option("--json", help="For machines: one object.")]
Register = Annotated[
    Path | None, typer.Option("--sites", help="A register; the bundled one without it.")
]


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help="GeoJSON, GeoPackage, …; the bundled one without it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every record of a register and count what is in it.

    Exit code 2 with the name of every faulty record, else 0.

    Example: stockade sites check my-sites.geojson
    """
    import json
    from collections import Counter

    from aoi.sites.registry import load_sites

    register = load_sites(file)
    counts: dict[str, Any] = {
        "register": register.name,
        "frame": "local metres" if register.crs is None else str(register.crs),
        "sites": len(register),
        "without_place": sum(site.geometry is None for site in register),
        "can_be_identified": sum(map(register.identifies, register)),
        "without_source": sum(not site.sources for site in register),
        "status_class": dict(Counter(site.status_class for site in register).most_common()),
        "precision": dict(Counter(site.precision for site in register).most_common()),
        "country": dict(Counter(s.country or "unknown" for s in register).most_common()),
    }
    if as_json:
        typer.echo(json.dumps(counts, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{register.name}: {len(register)} sites, no faults.")
    for name in ("frame", "without_place", "can_be_identified", "without_source"):
        typer.echo(f"  {name.replace('_', ' ')}: {counts[name]}")
    for name in ("status_class", "precision", "country"):
        words = ", ".join(f"{word} {count}" for word, count in counts[name].items())
        typer.echo(f"  {name.replace('_', ' ')}: {words}")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, KML, GeoPackage or GeoJSON.")],
    out: Annotated[Path, typer.Option("--out", help="The register to write, GeoJSON.")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="FIELD=COLUMN, for instance name=Title; repeat it."),
    ] = None,
    precision: Annotated[
        float, typer.Option(help="Metres, for points that say no precision.")
    ] = 500.0,
    status: Annotated[
        str, typer.Option(help="Status class of sites that say none.")
    ] = "suspected",
    overwrite: Annotated[bool, typer.Option(help="Replace an existing register.")] = False,
    as_json: Json = False,
) -> None:
    """Make a register from a table or a drawing, by naming its columns.

    Example: stockade sites import list.csv --map name=Title --map id=Ref --out sites.geojson
    """
    import json

    from aoi.sites.importing import imported, write_sites
    from geo.errors import UsageError

    pairs = [entry.partition("=") for entry in columns or []]
    for field, equals, column in pairs:
        if not (field and equals and column):
            raise UsageError(f"--map takes FIELD=COLUMN, not {field + equals + column!r}.")
    if out.exists() and not overwrite:
        raise UsageError(f"{out} is there already. Choose another name, or say --overwrite.")
    made = imported(
        file,
        {field: column for field, _, column in pairs},
        precision_m=precision,
        status_class=status,
    )
    write_sites(made.register, out)
    placed = sum(site.geometry is not None for site in made.register)
    if as_json:
        told = {"out": str(out), "sites": len(made.register), "placed": placed}
        told |= {"not_taken": made.left, "default_precision": made.precision}
        typer.echo(json.dumps(told | {"default_status": made.status}, ensure_ascii=False))
        return
    typer.echo(f"{len(made.register)} sites written to {out}, {placed} of them with a place.")
    if made.left:
        names = ", ".join(made.left)
        typer.echo(f"Columns not taken: {names}. Say what they are with --map FIELD=COLUMN.")
    if made.precision:
        typer.echo(f"{made.precision} say no precision_m and got {precision:g} m.")
    if made.status:
        typer.echo(f"{made.status} say no status_class and got {status}.")


@app.command()
def match(
    found: Annotated[
        Path, typer.Argument(help="A run's folder, its stockade.gpkg, or a file of polygons.")
    ],
    sites: Register = None,
    seen: Annotated[
        str | None,
        typer.Option(help="Area that was looked at; a run knows its own. File, bbox or name."),
    ] = None,
    outside: Annotated[
        bool, typer.Option(help="List also sites outside the imagery and without a place.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Match layouts to registered sites and say why; nothing is written.

    Example: stockade sites match run --sites my-sites.geojson --json
    """
    from aoi.sites.match import match as tie
    from aoi.sites.registry import load_sites

    layouts, ground = _run(found) if _is_run(found) else _polygons(found)
    if seen is not None:
        from odc.geo.crs import CRS

        from aoi.area import find_area

        crs = None if layouts.crs is None else CRS(layouts.crs)
        ground = find_area(seen, local=crs is None).to(crs)
    matches = tie(layouts, load_sites(sites), ground, outside=outside)
    _show(matches, as_json=as_json)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The register as it was.")],
    new: Annotated[Path, typer.Argument(help="The register as it is.")],
    as_json: Json = False,
) -> None:
    """Tell what changed between two registers: new, gone, moved, renamed, another status.

    Example: stockade sites diff sites-2025.geojson sites.geojson
    """
    import json
    from dataclasses import asdict

    from aoi.sites.diff import diff as compare
    from aoi.sites.registry import load_sites

    changes = compare(load_sites(old), load_sites(new))
    if as_json:
        rows = [asdict(change) for change in changes]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for change in changes:
        typer.echo(f"{change.kind}: {change.text}")
    typer.echo(f"{len(changes) or 'no'} change{'' if len(changes) == 1 else 's'}.")


def _is_run(path: Path) -> bool:
    return path.is_dir() or path.name == "stockade.gpkg"


def _run(path: Path) -> tuple[gpd.GeoDataFrame, BaseGeometry | None]:
    """Read the layouts of a run, and the ground its coverage says was seen."""
    from geo.vectors import read_vectors

    package = path / "stockade.gpkg" if path.is_dir() else path
    layouts = read_vectors(package, "compounds", need_crs=False)
    tiles = read_vectors(package, "coverage", need_crs=False)
    return layouts, tiles[tiles["valid_share"].fillna(0) >= 0.5].geometry.union_all()


def _polygons(path: Path) -> tuple[gpd.GeoDataFrame, None]:
    """Read somebody's polygons as layouts; without scores each counts as certain."""
    import numpy as np

    from geo.vectors import read_vectors, to_metric

    layouts = read_vectors(path, need_crs=False)
    layouts = layouts[layouts.geom_type.isin(["Polygon", "MultiPolygon"])]
    if layouts.crs is not None:
        layouts = to_metric(layouts)
    if "id" not in layouts.columns:
        layouts = layouts.assign(id=[f"{path.stem}-{n}" for n in range(1, len(layouts) + 1)])
    if "score" not in layouts.columns:
        return layouts.assign(score=np.ones(len(layouts))), None
    return layouts.assign(score=_scores(path, layouts["score"])), None


def _scores(path: Path, told: Any) -> Any:
    """Read the scores in somebody's file; a row that says none counts as certain of nothing."""
    import pandas as pd

    from geo.errors import InputError

    scores = pd.to_numeric(told, errors="coerce")
    wrong = told[(scores.isna() & told.notna()) | (scores < 0) | (scores > 1)]
    if len(wrong):
        raise InputError(
            f"{path.name}: the column score holds {wrong.iloc[0]!r}, and a score is a number "
            "from 0 to 1. Divide percentages by 100, or give the column another name."
        )
    return scores


def _add(table: Table, *cells: object) -> None:
    """Add a row as it is written; names may hold square brackets."""
    from rich.text import Text

    table.add_row(*(Text(str(cell)) for cell in cells))


def _show(matches: Matches, *, as_json: bool) -> None:
    """Print matches for a machine or for a person."""
    import json

    from rich.console import Console
    from rich.table import Table

    sites = matches.sites.drop(columns="geometry")
    if as_json:
        whole = {
            "counts": matches.counts(),
            "outside": matches.outside,
            "unplaced": matches.unplaced,
            "compounds": json.loads(matches.compounds.to_json(orient="records")),
            "sites": json.loads(sites.to_json(orient="records")),
        }
        typer.echo(json.dumps(whole, ensure_ascii=False, indent=1))
        return
    console = Console()
    table = Table("layout", "outcome", "site", "why", box=None)
    for row in matches.compounds.itertuples():
        site = f"{row.site_name!s} ({row.site_id})" if isinstance(row.site_id, str) else ""
        _add(table, row.id, row.outcome, site, row.match_note)
    console.print(table)
    table = Table("site", "outcome", "layouts", "why", box=None)
    for row in sites.itertuples():
        _add(table, f"{row.name} ({row.id})", row.outcome, row.compound_ids, row.note)
    console.print(table)
    typer.echo(
        f"{len(sites)} sites told; {matches.outside} outside the imagery, "
        f"{matches.unplaced} registered without a place."
    )
