"""Turn other people's tables and drawings into a register.

Columns are named by the caller (``name=Title``); columns that already carry a field's name are
taken as they are.  What nobody knows gets a stated default, never a guess: a radius of 500 m,
the status *suspected*.

    CSV, KML, GeoPackage, GeoJSON ──► rows ──► records by the mapping ──► Registry ──► GeoJSON
"""

from __future__ import annotations

import difflib
import itertools
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from odc.geo.crs import CRS
from shapely.geometry import Point
from shapely.geometry import mapping as as_geojson

from aoi.area import LONLAT
from aoi.sites.registry import listed, registry_of, worded
from aoi.sites.site import Registry, Site
from aoi.sites.site_rows import (
    OF_KML,
    PLACES,
    TABLES,
    Record,
    cut,
    drawn_rows,
    place_of,
    table_rows,
    with_point,
)
from geo.errors import InputError
from geo.write import beside

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A register that was made of somebody's file, and what the file did not say or get in."""

    register: Registry
    left: tuple[str, ...]
    """Columns that say something and were not taken."""

    precision: int
    """Sites that got the default precision."""

    status: int
    """Sites that got the default status."""


def imported(
    path: str | Path,
    mapping: Mapping[str, str],
    *,
    precision_m: float = 500.0,
    status_class: str = "suspected",
) -> Imported:
    """Read a register from a table or a drawing, and tell what of it was not taken.

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
    rows, crs = _rows(path)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    _refuse_unknown(mapping, columns, path)
    taken = {**_usual(columns), **mapping}
    records = [_record(row, taken, path) for row in rows]
    given = {"precision": 0, "status": 0}
    for record in records:
        given["status"] += "status_class" not in record
        record.setdefault("status_class", status_class)
        if isinstance(record["geometry"], Point):
            given["precision"] += "precision_m" not in record
            record.setdefault("precision_m", precision_m)
        record.setdefault("coord_source", f"imported from {path.name}")
    if "id" not in mapping and not any(record["id"] for record in records):
        _name_by_title(records)
    known = {*taken.values(), *OF_KML, "geometry", "sources"}
    return Imported(
        register=registry_of(records, crs=crs, name=path.name),
        left=tuple(c for c in columns if c not in known and any(_said(r.get(c)) for r in rows)),
        **given,
    )


def _refuse_unknown(mapping: Mapping[str, str], columns: Sequence[str], path: Path) -> None:
    """Refuse a field that no site has and a column that the file has not."""
    unknown = [field for field in mapping if field not in FIELDS]
    if unknown:
        hint = _nearest(unknown[0], FIELDS)
        raise InputError(
            f"A site has no field {unknown[0]!r}{hint} Known: {', '.join(FIELDS)}."
        )
    missing = [column for column in mapping.values() if column not in columns]
    if missing and columns:
        hint = _nearest(missing[0], columns)
        there = ", ".join(column for column in columns if column != "geometry")
        raise InputError(f"{path.name} has no column {missing[0]!r}{hint} It has: {there}.")


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
    if path.suffix.lower() in TABLES:
        return table_rows(path), LONLAT
    return drawn_rows(path)


def _usual(columns: Sequence[str]) -> dict[str, str]:
    """Map the fields whose usual names are among the columns."""
    there = {column.strip().casefold(): column for column in reversed(columns)}
    usual = {**{field: (field,) for field in FIELDS}, **PLACES, **USUAL}
    found: dict[str, str] = {}
    for field, names in usual.items():
        wanted = (*names, *map(cut, names))  # a Shapefile knows no longer names
        column = next((there[name] for name in wanted if name in there), None)
        if column is not None and column not in found.values():
            found[field] = column
    return found


def _record(row: Record, taken: Mapping[str, str], path: Path) -> Record:
    """Make the record of a register from one row."""
    said = {field: row.get(column) for field, column in taken.items()}
    said = {field: value for field, value in said.items() if _said(value)}
    record: Record = {k: v for k, v in said.items() if k not in (*SOURCE, *PLACES)}
    record["id"] = worded(said.get("id"))
    if "precision_m" in record:
        record["precision_m"] = with_point(record["precision_m"])
    record.setdefault("name", None)
    for column in ("aliases", "aliases_unverified", "related_names"):
        record[column] = listed(record.get(column))
    source = {key: str(said[key]) for key in SOURCE if key in said}
    if "url" in source:
        source.setdefault("publisher", path.name)
    record["sources"] = listed(row.get("sources")) or ([source] if "url" in source else [])
    record["geometry"] = row.get("geometry")
    if isinstance(record["geometry"], str | None):
        record["geometry"] = place_of(said)
    return record


def _said(value: object) -> bool:
    """Tell whether a cell says anything; empty ones and the NaN of tables do not."""
    return value is not None and value != "" and value == value  # noqa: PLR0124


def _name_by_title(records: list[Record]) -> None:
    """Give ids to records of a file without any: the name in kebab-case, numbered if twice.

    Numbers go by name and place, so that the order of the rows decides nothing.
    """
    used: set[str] = set()
    for record in sorted(records, key=lambda one: (str(one["name"]), str(one["geometry"]))):
        slug = slug_of(str(record["name"] or ""))
        free = (slug if n == 1 else f"{slug}-{n}" for n in itertools.count(1))
        record["id"] = next(name for name in free if name not in used)
        used.add(record["id"])


def slug_of(name: str) -> str:
    """Write a name in kebab-case: without accents, but with vowel signs: they are letters."""
    kept = []
    for letter in unicodedata.normalize("NFKD", name).casefold():
        kind = unicodedata.category(letter)
        accent = "\u0300" <= letter <= "\u036f"
        if not accent and kind != "Cf":  # what joins and parts letters cannot be seen
            kept.append(letter if kind[0] in "LMN" or letter == "_" else " ")
    return unicodedata.normalize("NFC", "-".join("".join(kept).split())) or "site"


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
