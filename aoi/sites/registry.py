"""Read registers of sites, and name every record that is faulty.

A register is GeoJSON, or any vector format with the same columns.  It is read whole or not at
all: one error lists all faulty records, so that its owner mends them in one go.

    file ──► records (dicts) ──► faults? ──► Registry of Site
                                   └──────► InputError naming each of them
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from odc.geo.crs import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from aoi.area import LONLAT, carry
from aoi.sites.faults import faults_of, lined
from aoi.sites.site import PRECISIONS, STATUS_CLASSES, Registry, Site, Source
from aoi.sites.site_rows import TABLES, Record, cut, drawn_rows, placed_rows
from geo.errors import InputError

__all__ = ["PRECISIONS", "STATUS_CLASSES", "Registry", "Site", "Source", "load_sites"]

TEXTS = (
    *("precision", "status_class", "status", "country", "province", "town", "kind"),
    *("coord_source", "notes"),
)
"""Columns of plain words; what is missing takes the default of ``Site``."""

LISTS = ("aliases", "aliases_unverified", "related_names")
"""Columns of names: a list, or one text with semicolons."""

log = logging.getLogger(__name__)


def load_sites(path: str | Path | None = None) -> Registry:
    """Read a register; the bundled one when no path is given.

    Args:
        path: GeoJSON (with ``"crs": null`` for local metres), GeoPackage or any vector file
            with at least the columns ``id``, ``name`` and ``status_class``.

    Raises:
        InputError: the file is not there or not a register, or records are faulty; the sentence
            names every one of them.
    """
    if path is None:
        bundled = files("aoi").joinpath("data", "sites.geojson")
        return _from_geojson(bundled.read_text(encoding="utf-8"), "the bundled register")
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no sites file {path}. Check the path.")
    if path.suffix.lower() in {".geojson", ".json"}:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{path.name} is not a text in UTF-8: {error}.") from error
        return _from_geojson(text, path.name)
    records, crs = _rows(path)
    return registry_of(records, crs=crs, name=path.name)


def _rows(path: Path) -> tuple[list[Record], CRS | None]:
    """Read rows that have the columns of a register, also those a Shapefile cut."""
    if path.suffix.lower() in TABLES:
        return placed_rows(path), LONLAT
    rows, crs = drawn_rows(path)
    if path.suffix.lower() != ".shp":
        return rows, crs
    whole = {cut(column): column for column in ("precision_m", *TEXTS, *LISTS)}
    return [{whole.get(c, c): value for c, value in row.items()} for row in rows], crs


def registry_of(records: Sequence[Record], *, crs: CRS | None, name: str) -> Registry:
    """Make a register of records in any frame, or name every faulty one.

    Raises:
        InputError: a needed column is in no record, or records are faulty.
    """
    _refuse_other_tables(records, name)
    records = [{key: _plain(value) for key, value in record.items()} for record in records]
    if crs is not None and crs != LONLAT:
        placed = [r for r in records if isinstance(r.get("geometry"), BaseGeometry)]
        drawn = np.array([record["geometry"] for record in placed], dtype=object)
        for record, geometry in zip(placed, carry(drawn, crs, LONLAT), strict=True):
            record["geometry"] = geometry
    for record in records:
        record["id"] = worded(record.get("id"))
        for column in (*LISTS, "sources"):
            record[column] = listed(record.get(column))
    faults = faults_of(records, local=crs is None)
    if faults:
        share = f"{len(faults)} of {len(records)} records"
        raise InputError(f"{name}: {share} are faulty.{lined(faults)}")
    sites = tuple(_site(record) for record in records)
    count = sum(site.geometry is not None for site in sites)
    log.info("%s: %d sites, %d of them placed", name, len(sites), count)
    return Registry(sites=sites, crs=crs and LONLAT, name=name)


def listed(value: Any) -> Any:
    """Turn what a table holds for a list into a list: JSON, or names between semicolons."""
    if value is None:
        return []
    if not isinstance(value, str):
        return list(value) if isinstance(value, (tuple, np.ndarray)) else value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return [part.strip() for part in value.split(";") if part.strip()]


def worded(value: Any) -> str | None:
    """Write an id as its owner reads it: 1 where a table of numbers holds 1.0."""
    if value is None or isinstance(value, bool):
        return None
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip() or None


def _from_geojson(text: str, name: str) -> Registry:
    """Read a register from GeoJSON, whose ``crs`` member may name a CRS or be null."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{name} is not GeoJSON: {error}.") from error
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list):
        raise InputError(f"{name} is no register: it needs a FeatureCollection with features.")
    records = [
        {**_properties(feature), "geometry": _geometry(feature.get("geometry"))}
        if isinstance(feature, dict)
        else {}
        for feature in features
    ]
    return registry_of(records, crs=_crs_member(whole, name), name=name)


def _properties(feature: Record) -> Record:
    """Give the properties of a feature; whatever is no object says nothing of a site."""
    said = feature.get("properties")
    return said if isinstance(said, dict) else {}


def _crs_member(whole: Record, name: str) -> CRS | None:
    """Read the old ``crs`` member: absent is EPSG:4326, null is local metres."""
    if "crs" not in whole:
        return LONLAT
    if whole["crs"] is None:
        return None
    try:
        return CRS(whole["crs"]["properties"]["name"].replace("OGC:1.3:CRS84", "EPSG::4326"))
    except (CRSError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{name} names a CRS that cannot be read: {whole['crs']}. Use for instance "
            '{"type": "name", "properties": {"name": "EPSG:32648"}}, or null for local metres.'
        ) from error


def _geometry(drawn: Any) -> Any:
    """Read a geometry; what cannot be read is handed on and found by the faults."""
    if drawn is None:
        return None
    try:
        return shapely.force_2d(shape(drawn))
    except (ShapelyError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return drawn


def _refuse_other_tables(records: Sequence[Record], name: str) -> None:
    """Raise when a column every register has is in no record at all."""
    columns = {column for record in records for column in record}
    missing = [c for c in ("id", "name", "status_class") if c not in columns]
    if records and missing:
        there = ", ".join(sorted(columns - {"geometry"})) or "none"
        raise InputError(
            f"{name} has no column {' and no column '.join(missing)}; it has: {there}. "
            f"Turn it into a register: stockade sites import {name} --map {missing[0]}=COLUMN."
        )


def _plain(value: Any) -> Any:
    """Turn the NaN of tables into None and numpy numbers into Python's."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _site(record: Record) -> Site:
    """Make the record of one faultless site."""
    words: Record = {c: str(record[c]) for c in TEXTS if record.get(c) is not None}
    words |= {column: tuple(record[column]) for column in LISTS}
    geometry, precision_m = record.get("geometry"), record.get("precision_m")
    words.setdefault("precision", "none" if geometry is None else "source")
    return Site(
        id=record["id"],
        name=str(record["name"]),
        geometry=geometry if geometry is None else shapely.force_2d(geometry),
        precision_m=None if precision_m is None else float(precision_m),
        sources=tuple(_source(source) for source in record["sources"]),
        **words,
    )


def _source(said: Mapping[str, Any]) -> Source:
    words = {key: str(said.get(key) or "") for key in ("publisher", "url", "title", "date")}
    return Source(**words)
