"""What can be wrong with a record of a register, said so that its owner can mend it.

record (dict) ──► list of sentences; empty when nothing is wrong
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from aoi.sites.site import PRECISIONS, STATUS_CLASSES

TORN = re.compile("[\ud800-\udfff]")
"""Half a letter: JSON may hold it escaped, and no text in UTF-8 can."""


def faults_of(records: Sequence[Mapping[str, Any]], *, local: bool) -> dict[str, list[str]]:
    """Find what is wrong with each record.

    Args:
        records: properties and ``geometry`` of every site.
        local: coordinates are metres of a place that lies nowhere, so any number will do.

    Returns:
        ``record 3 (kh-crown)`` to its faults, in the order of the file; faultless ones are not
        in it.
    """
    first: dict[str, int] = {}
    faults: dict[str, list[str]] = {}
    for number, record in enumerate(records, start=1):
        found = [*_words(record), *_sources(record["sources"]), *_place(record, local=local)]
        name = str(record.get("id") or "").strip()
        if name and first.setdefault(name, number) != number:
            found.insert(0, f"its id is already that of record {first[name]}")
        if found:
            told = str(name or record.get("name") or "no id").encode("utf-8", "replace")
            faults[f"record {number} ({told.decode()})"] = found
    return faults


def lined(faults: Mapping[str, Iterable[str]]) -> str:
    """Write faults one record a line."""
    return "".join(f"\n  {where}: {'; '.join(found)}" for where, found in faults.items())


def _words(record: Mapping[str, Any]) -> list[str]:
    """Check names and vocabularies."""
    found = [f"{c} is missing" for c in ("id", "name") if not str(record.get(c) or "").strip()]
    for column, known in (("status_class", STATUS_CLASSES), ("precision", PRECISIONS)):
        word = record.get(column)
        if word is None and column == "status_class":
            found.append("status_class is missing")
        elif word is not None and not (isinstance(word, str) and word in known):
            near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            found.append(f"{column} {word!r} is unknown; {hint}")
    for column in ("aliases", "aliases_unverified", "related_names"):
        names = record[column]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            found.append(f"{column} must be a list of names")
    for column, value in record.items():
        if column != "geometry" and _is_torn(value):
            found.append(f"{column} holds half a letter, which no file can keep; type it again")
    return found


def _is_torn(value: object) -> bool:
    """Tell whether text, or text within a list or an object, holds a lone surrogate."""
    if isinstance(value, Mapping):
        return any(map(_is_torn, value.values()))
    if isinstance(value, list):
        return any(map(_is_torn, value))
    return isinstance(value, str) and TORN.search(value) is not None


def _sources(sources: object) -> list[str]:
    """Check that each source says who published it and where."""
    if not isinstance(sources, list):
        return ["sources must be a list"]
    found = []
    for number, source in enumerate(sources, start=1):
        if not isinstance(source, Mapping):
            found.append(f"source {number} must have a publisher and a url")
            continue
        lacks = [c for c in ("publisher", "url") if not str(source.get(c) or "").strip()]
        if lacks:
            found.append(f"source {number} has no {' and no '.join(lacks)}")
    return found


def _place(record: Mapping[str, Any], *, local: bool) -> list[str]:
    """Check the geometry and the precision that goes with it."""
    geometry, radius = record.get("geometry"), record.get("precision_m")
    found = [] if radius is None else _radius(radius)
    if geometry is None:
        return found
    if not isinstance(geometry, Point | Polygon | MultiPolygon):
        kind = (
            geometry.geom_type if isinstance(geometry, BaseGeometry) else "something unreadable"
        )
        return [*found, f"a site is a point, a polygon or nothing, not {kind}"]
    if geometry.is_empty:
        return [*found, "its geometry is empty; write null for a site without a place"]
    if isinstance(geometry, Point) and radius is None:
        found.append("precision_m is missing; a point needs the radius of its disc, in metres")
    found += _coordinates(geometry, local=local)
    if not geometry.is_valid and not found:
        found.append(f"its outline is not valid: {shapely.is_valid_reason(geometry)}")
    return found


def _radius(radius: object) -> list[str]:
    """Check that a precision is a positive number."""
    try:
        metres = float(radius)  # type: ignore[arg-type]  # anything may stand in a file
    except (TypeError, ValueError):
        return [f"precision_m must be a number of metres, not {radius!r}"]
    if isinstance(radius, bool) or not 0 < metres < math.inf:
        return [f"precision_m must be positive metres, not {radius}"]
    return []


def _coordinates(geometry: BaseGeometry, *, local: bool) -> list[str]:
    """Check that coordinates are numbers and, on Earth, longitudes and latitudes."""
    west, south, east, north = geometry.bounds
    if not all(map(math.isfinite, (west, south, east, north))):
        return ["its coordinates are not numbers"]
    if local or (max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90):
        return []
    x, y = west, south if abs(south) > 90 else north
    if abs(y) > 90 and max(abs(west), abs(east)) <= 90 and max(abs(south), abs(north)) <= 180:
        return [f"latitude {y:g} is beyond 90; longitude and latitude look swapped"]
    return [f"{x:g}, {y:g} is no longitude and latitude; metres need a crs in the file"]
