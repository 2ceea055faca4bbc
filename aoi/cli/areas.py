"""``stockade areas``: which places can be named instead of drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aoi.area import Area


def areas(
    as_json: Annotated[
        bool, typer.Option("--json", help="For machines: one list of areas.")
    ] = False,
) -> None:
    """List the bundled areas, for ``--area NAME``; any spelling of a name will do.

    Example: stockade scan image.tif --area "O'Smach" --out run
    """
    import json

    from rich.console import Console
    from rich.table import Table

    from aoi.area import list_areas

    found = list_areas()
    rows = [
        {
            "name": area.name,
            "title": area.title,
            "aliases": list(area.aliases),
            "country": area.country,
            "km2": round(_km2(area), 1),
            "bounds": [round(v, 5) for v in area.outline.bounds],
            "sites": list(area.sites),
            "basis": area.basis,
        }
        for area in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table("name", "place", "country", "km²", "sites", box=None)
    for area in found:
        numbers = (f"{_km2(area):,.0f}", str(len(area.sites)))
        table.add_row(area.name, area.title, area.country, *numbers)
    Console().print(table)
    typer.echo("Circles around towns and zones, no borders; --json says how each was placed.")


def _km2(area: Area) -> float:
    """Measure an area on an equal-area map."""
    from odc.geo.crs import CRS

    return area.to(CRS("EPSG:6933")).area / 1e6
