"""Write the data dictionary: every layer, table and column of a run, in Markdown.

LAYERS, TABLES, palette ──► dictionary() ──► docs/data-dictionary.md
"""

from __future__ import annotations

from collections.abc import Iterable

from aoi import palette
from aoi.outputs.columns import Column, Kind, Layer, Table
from aoi.outputs.tables import LAYERS
from aoi.outputs.tables_csv import TABLES

TYPES = {
    Kind.TEXT: "text",
    Kind.TIME: "text, ISO 8601 UTC",
    Kind.REAL: "real",
    Kind.INTEGER: "integer",
    Kind.BOOLEAN: "true or false",
}
"""How a person calls the kinds."""

OPENING = """# Data dictionary

Made by `scripts/make-data-dictionary` from `aoi/outputs/tables.py` and `tables_csv.py`, the
tables the writers themselves use; a test holds them together. Do not edit it by hand.

A run leaves `stockade.gpkg` with the layers below. Every layer is always there with every
column, also when it is empty. CSV tables that some runs leave beside it stand below the layers.
Column names do not change within a major version.

- Geometries are in the UTM zone of the area, or, for pictures without a CRS, in local metres: x
  right, y up, origin at the picture's top-left corner, so y is negative (CRS undefined,
  `srs_id` -1).
- Times are text, ISO 8601 in UTC with a final Z. A bare day stands where only the day is known.
- Shares and probabilities run from 0 to 1; lengths are metres; areas are as the suffix says.
- What is not known, not measured or without bound is null; in a CSV table it is empty.
- A row in `compounds` says what a layout looks like from above. It accuses nobody.
"""
"""What stands above the tables."""


def dictionary() -> str:
    """Write the whole page."""
    layers, tables = map(_layer, LAYERS.values()), map(_table, TABLES)
    parts = [OPENING, *layers, *tables, _scores()]
    return "\n".join(parts)


def _layer(layer: Layer) -> str:
    geometry = layer.geometry
    if layer.parts:
        geometry += f", or Multi{layer.geometry} where an outline has several parts"
    if layer.bare:
        geometry += "; null where nobody knows the place"
    return _section(layer.name, f"{layer.meaning} Geometry: {geometry}.", layer.columns)


def _table(table: Table) -> str:
    return _section(table.name, table.meaning, table.columns)


def _section(name: str, words: str, columns: Iterable[Column]) -> str:
    rows = "\n".join(map(_row, columns))
    return (
        f"## `{name}`\n\n{words}\n\n"
        f"| column | type | unit | meaning |\n|---|---|---|---|\n{rows}\n"
    )


def _row(column: Column) -> str:
    meaning = column.meaning
    if column.values:
        listed = ", ".join(f"`{value}` ({words})" for value, words in column.values.items())
        meaning += f" One of {listed}."
    return f"| `{column.name}` | {TYPES[column.kind]} | {column.unit} | {meaning} |"


def _scores() -> str:
    swatches = (*palette.SCORES, palette.CANNOT_TELL)
    rows = "\n".join(
        f"| {s.name} | {'' if s is palette.CANNOT_TELL else f'{s.floor:.2f}'} | `{s.colour}` | "
        f"{s.meaning} |"
        for s in swatches
    )
    return (
        "## Words for scores\n\nUsed by the QGIS styles and the report.\n\n"
        f"| word | score from | colour | meaning |\n|---|---|---|---|\n{rows}\n"
    )
