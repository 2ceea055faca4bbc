"""Turn other people's tables and drawings into a register.

Columns are named by the caller (``name=Title``); columns that already carry a field's name are
taken as they are.  What nobody knows gets a stated default, never a guess: a radius of 500 m,
the status *suspected*.

    CSV, KML, GeoPackage, GeoJSON ──► rows ──► records by the mapping ──► Registry ──► GeoJSON
"""

from __future__ import annotations

import csv
import difflib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import shapely
from odc.geo.crs import CRS
from shapely.errors import ShapelyError
from shapely.geometry import Point
from shapely.geometry import mapping as as_geojson

from aoi.area import LONLAT
from aoi.sites.registry import Record, listed, registry_of, rows_of
from aoi.sites.site import Registry, Site
from geo.errors import InputError
from geo.write import beside

PLACES = {
    "lon": ("lon", "lng", "long", "longitude", "x"),
    "lat": ("lat", "latitude", "y"),
    "wkt": ("wkt", "geometry", "geom"),
}
"""Columns of a table that say where: degrees, or well-known text; names tried in this order."""

SOURCE = ("publisher", "url", "title", "date")
"""Fields that together make the one source of an imported site."""

FIELDS = (
    *(f.name for f in fields(Site) if f.name not in {"geometry", "sources"}),
    *SOURCE,
    *PLACES,
)
"""What a column can be mapped to."""

USUAL = {"name": ("name", "title"), "notes": ("notes", "description"), "id": ("id", "ref")}
"""Names that columns often have, KML's among them."""


def import_sites(
    path: str | Path,
    mapping: Mapping[str, str],
    *,
    precision_m: float = 500.0,
    status_class: str = "suspected",
) -> Registry:
    """Read a register from a table or a drawing.

    Args:
        path: CSV (longitude and latitude in degrees, or WKT), KML, GeoPackage, GeoJSON.
        mapping: field of a site to column of the file, for instance ``{"name": "Title"}``.
        precision_m: metres, for points that say none.
        status_class: for sites that say none.

    Raises:
        InputError: a field or a column is unknown (the nearest is named), or records are faulty
            (every one is named).
    """
    path = Path(path)
    unknown = [field for field in mapping if field not in FIELDS]
    if unknown:
        hint = _nearest(unknown[0], FIELDS)
        raise InputError(
            f"A site has no field {unknown[0]!r}{hint} Known: {', '.join(FIELDS)}."
        )
    rows, crs = _rows(path)
    columns = list(rows[0]) if rows else []
    missing = [column for column in mapping.values() if column not in columns]
    if missing and rows:
        hint = _nearest(missing[0], columns)
        there = ", ".join(column for column in columns if column != "geometry")
        raise InputError(f"{path.name} has no column {missing[0]!r}{hint} It has: {there}.")
    taken = {**_usual(columns), **mapping}
    records = [_record(row, taken, path) for row in rows]
    for record in records:
        record.setdefault("status_class", status_class)
        if isinstance(record["geometry"], Point):
            record.setdefault("precision_m", precision_m)
        record.setdefault("coord_source", f"imported from {path.name}")
    if "id" not in mapping and not any(record["id"] for record in records):
        _name_by_title(records)
    return registry_of(records, crs=crs, name=path.name)


def write_sites(register: Registry, path: str | Path) -> None:
    """Write a register as GeoJSON, beside and renamed; ``load_sites`` reads the same sites.

    Raises:
        OutputError: the disk is full or the folder is not ours.
    """
    whole: dict[str, Any] = {"type": "FeatureCollection", "name": "sites"}
    if register.crs is None:
        whole["crs"] = None  # local metres, by the 2008 specification
    whole["features"] = [_feature(site) for site in register]
    with beside(path) as part:
        part.write_text(
            json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )


def _rows(path: Path) -> tuple[list[Record], CRS | None]:
    """Read the rows of any file, each with ``geometry`` unless it is a table."""
    if path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return _table(path), LONLAT
    return rows_of(path)


def _table(path: Path) -> list[Record]:
    """Read a table; commas, semicolons or tabs part its columns."""
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
    rows = csv.DictReader(text.splitlines(keepends=True), delimiter=comma)
    return [
        {str(column): value.strip() or None for column, value in row.items() if _is_text(value)}
        for row in rows
    ]


def _is_text(value: object) -> bool:
    """Tell cells from the list that ``csv`` makes of cells too many."""
    return isinstance(value, str)


def _usual(columns: Sequence[str]) -> dict[str, str]:
    """Map the fields whose usual names are among the columns."""
    there = {column.strip().casefold(): column for column in reversed(columns)}
    usual = {field: (field,) for field in FIELDS} | PLACES | USUAL
    found: dict[str, str] = {}
    for field, names in usual.items():
        column = next((there[name] for name in names if name in there), None)
        if column is not None and column not in found.values():
            found[field] = column
    return found


def _record(row: Record, taken: Mapping[str, str], path: Path) -> Record:
    """Make the record of a register from one row."""
    said = {field: row.get(column) for field, column in taken.items()}
    said = {field: value for field, value in said.items() if _said(value)}
    record: Record = {k: v for k, v in said.items() if k not in (*SOURCE, *PLACES)}
    record["id"] = str(said["id"]) if "id" in said else None
    record.setdefault("name", None)
    for column in ("aliases", "aliases_unverified", "related_names"):
        record[column] = listed(record.get(column))
    source = {key: str(said[key]) for key in SOURCE if key in said}
    if "url" in source:
        source.setdefault("publisher", path.name)
    record["sources"] = listed(row.get("sources")) or ([source] if "url" in source else [])
    record["geometry"] = row.get("geometry")
    if isinstance(record["geometry"], str | None):
        record["geometry"] = _where(said)
    return record


def _said(value: object) -> bool:
    """Tell whether a cell says anything; empty ones and the NaN of tables do not."""
    return value is not None and value != "" and value == value  # noqa: PLR0124


def _where(said: Record) -> Any:
    """Read where a row of a table lies; what cannot be read is handed on to the faults."""
    if "wkt" in said:
        try:
            return shapely.force_2d(shapely.from_wkt(str(said["wkt"])))
        except ShapelyError:
            return said["wkt"]
    if "lon" not in said and "lat" not in said:
        return None
    try:
        return Point(_degrees(said.get("lon")), _degrees(said.get("lat")))
    except ValueError:
        return f"{said.get('lon')}, {said.get('lat')}"


def _degrees(value: object) -> float:
    """Read a number, with a point or a comma for the decimals."""
    return float(re.sub(r"^(\s*[-+]?\d+),(\d+\s*)$", r"\1.\2", str(value)))


def _name_by_title(records: list[Record]) -> None:
    """Give ids to records of a file without any: the name in kebab-case, numbered if twice."""
    used: dict[str, int] = {}
    for record in records:
        plain = unicodedata.normalize("NFKD", str(record["name"] or "")).casefold()
        slug = "-".join(re.findall(r"\w+", plain)) or "site"
        used[slug] = used.get(slug, 0) + 1
        record["id"] = slug if used[slug] == 1 else f"{slug}-{used[slug]}"


def _feature(site: Site) -> Record:
    """Write one site as a GeoJSON feature, in the form of the bundled register."""
    words: Record = {
        f.name: getattr(site, f.name)
        for f in fields(Site)
        if f.name not in {"geometry", "sources"}
    }
    words["sources"] = [
        {"publisher": s.publisher, "title": s.title, "url": s.url, "date": s.date}
        for s in site.sources
    ]
    drawn = None if site.geometry is None else as_geojson(site.geometry)
    return {"type": "Feature", "geometry": drawn, "properties": words}


def _nearest(word: str, known: Sequence[str]) -> str:
    """End a sentence with the nearest known word, if one is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else "."
