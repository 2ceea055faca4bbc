"""Read the rows of tables and drawings that hold registers, as their owners typed them.

A table's cells stay text, so that the id 08 keeps its nought and a site may be called None.  A
drawing brings what its format makes of a column: KML gives each placemark an id by its position
and calls the owner's own one ``id2``; a Shapefile cuts names after ten letters.

    CSV, KML, Shapefile, GeoPackage ──► rows: column to value, and ``geometry`` if it is drawn
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import shapely
from odc.geo.crs import CRS
from shapely.errors import ShapelyError
from shapely.geometry import Point

from geo.errors import InputError
from geo.vectors import read_vectors

Record: TypeAlias = dict[str, Any]
"""Properties of one site as a file has them, and its ``geometry``: shapely, None or unread."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "lon": ("lon", "lng", "long", "longitude", "x"),
    "lat": ("lat", "latitude", "y"),
    "wkt": ("wkt", "geometry", "geom"),
}
"""Columns of a table that say where: degrees, or well-known text; names tried in this order."""

TABLES = (".csv", ".tsv", ".txt")
"""Endings of files whose columns are parted by commas, semicolons or tabs."""

SHAPEFILE = 10
"""Letters of a column's name that a Shapefile keeps."""

OF_KML = frozenset(
    {
        *("Name", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate"),
        *("extrude", "visibility", "drawOrder", "icon", "snippet"),
    }
)
"""Columns that every KML has, whoever drew it."""


def drawn_rows(path: Path) -> tuple[list[Record], CRS | None]:
    """Read the rows of a drawn layer, each with its ``geometry``, and the layer's CRS."""
    frame = read_vectors(path, need_crs=False)
    crs = None if frame.crs is None else CRS(frame.crs)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    rows: list[Record] = frame.to_dict("records")
    return (_own_ids(rows) if path.suffix.lower() in {".kml", ".kmz"} else rows), crs


def table_rows(path: Path) -> list[Record]:
    """Read a table; commas, semicolons or tabs part its columns.

    Raises:
        InputError: it is not there, no text in UTF-8, or a cell has no end.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}. Check the path.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not a text in UTF-8; save it again as UTF-8."
        ) from error
    first = text.partition("\n")[0]
    comma = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=comma)
    try:
        return [
            {str(name): value.strip() or None for name, value in row.items() if _is_text(value)}
            for row in rows
        ]
    except csv.Error as error:
        raise InputError(
            f"{path.name} cannot be read near line {rows.line_num}: {error}. A quotation mark "
            "that is never closed may be the cause."
        ) from error


def placed_rows(path: Path) -> list[Record]:
    """Read a table whose columns have their usual names, each row with its ``geometry``."""
    rows = table_rows(path)
    there = {str(c).strip().casefold(): str(c) for row in rows[:1] for c in row}
    where = {
        field: there[next(name for name in names if name in there)]
        for field, names in PLACES.items()
        if any(name in there for name in names)
    }
    for row in rows:
        said = {field: row[column] for field, column in where.items() if row.get(column)}
        row["geometry"] = place_of(said)
        if row.get("precision_m"):
            row["precision_m"] = with_point(row["precision_m"])
    return rows


def place_of(said: Mapping[str, Any]) -> Any:
    """Read where a row of a table lies; what cannot be read is handed on to the faults.

    Args:
        said: those of ``PLACES`` that the row fills.
    """
    if "wkt" in said:
        try:
            return shapely.force_2d(shapely.from_wkt(str(said["wkt"])))
        except ShapelyError:
            return said["wkt"]
    if "lon" not in said and "lat" not in said:
        return None
    try:
        return Point(float(with_point(said.get("lon"))), float(with_point(said.get("lat"))))
    except ValueError:
        return f"{said.get('lon')}, {said.get('lat')}"


def with_point(value: object) -> str:
    """Write a number with a point where its owner put a comma for the decimals."""
    return re.sub(r"^(\s*[-+]?\d+),(\d+\s*)$", r"\1.\2", str(value))


def cut(column: str) -> str:
    """Write a column's name as a Shapefile keeps it."""
    return column[:SHAPEFILE]


def _own_ids(rows: Sequence[Record]) -> list[Record]:
    """Give rows of a KML the ids of their owner, and none where only their position has one."""
    if any("id2" in row for row in rows):
        return [{**_without(row, "id2"), "id": row.get("id2")} for row in rows]
    if all(re.fullmatch(r".*\.\d+", str(row.get("id"))) for row in rows):
        return [_without(row, "id") for row in rows]
    return list(rows)


def _without(row: Record, column: str) -> Record:
    return {name: value for name, value in row.items() if name != column}


def _is_text(value: object) -> bool:
    """Tell cells from the list that ``csv`` makes of cells too many."""
    return isinstance(value, str)
