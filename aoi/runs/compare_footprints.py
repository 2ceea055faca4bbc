"""Read somebody's list of buildings, whatever map it comes from.

    GeoJSON, GeoPackage, CSV with WKT … in any CRS ──► ref, name, zone, geometry of the pair

Overture Maps, OpenStreetMap (by QuickOSM, osm2pgsql or overpass) and Google's Open Buildings
call the same things by other names; the first column that says something of a building is
taken.  Points are refused: a building is asked about by its outline.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aoi.counted import counted
from geo.errors import InputError
from geo.grid import Grid
from geo.vectors import read_vectors

log = logging.getLogger(__name__)

REFS = ("ref", "building_id", "id", "full_id", "osm_id", "osm_way_id", "@id", "full_plus_code",
        "fid_1", "number", "nr")  # fmt: skip
"""Columns that name a building, best first."""

NAMES = ("name", "names", "name:en", "title", "label")
"""Columns with words for it."""

ZONES = ("zone", "sector", "block", "area", "zone_id")
"""Columns with the part of the place it stands in."""

SMALLEST = 4.0
"""Square metres; smaller outlines are mistakes of digitising."""


def read_footprints(path: Path, grid: Grid) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Read outlines of buildings.

    Args:
        path: of the file.
        grid: frame of the pair; outlines wholly off it are kept, for they are *not observable*.

    Returns:
        ``ref``, ``name``, ``zone`` (texts, empty where unknown), ``lean_m`` (0) and
        ``geometry`` in the CRS of the grid; and sentences on what was left out.

    Raises:
        InputError: no file, no outlines, only empty ones, no CRS, or none near the pictures.
    """
    frame = _read_wkt(path) if _holds_wkt(path) else read_vectors(
        path, need_crs=grid.crs is not None, mend=True
    )  # fmt: skip
    if frame.empty:
        raise InputError(f"{path.name} holds no building; there is nothing to ask about.")
    if grid.crs is None and frame.crs is not None:
        raise InputError(
            f"{path.name} has a CRS and the pictures have none; nobody knows where on them its "
            "buildings stand. Draw them in the pictures' local metres."
        )
    notes = []
    flat = frame.geom_type.isin(["Polygon", "MultiPolygon"])
    if not flat.any():
        kinds = ", ".join(sorted({str(k) for k in frame.geom_type.dropna()}))
        raise InputError(
            f"{path.name} holds {kinds or 'records without any geometry'} and no outlines. A "
            "building is asked about by its outline: give polygons."
        )
    placed = frame[flat] if grid.crs is None else frame[flat].to_crs(grid.crs.proj)
    large = placed.geometry.area >= SMALLEST
    if not large.any():
        raise InputError(
            f"All {len(placed)} outlines of {path.name} are empty or smaller than "
            f"{SMALLEST:g} m². Check the file, and that its CRS is the one it says."
        )
    if lost := int((~flat).sum() + (~large).sum()):
        what = "record of {} is no outline" if lost == 1 else "records of {} are no outlines"
        notes.append(f"{lost} {what.format(path.name)} of buildings; left out.")
    placed, doubles = _once(placed[large].reset_index(drop=True), path.name)
    notes += doubles
    near = placed.intersects(grid.extent.geom)
    if not near.any():
        raise InputError(
            f"None of the {len(placed)} buildings of {path.name} stands on the ground that the "
            f"pictures share. Its CRS is {frame.crs.name if frame.crs else 'not given'}; is it "
            "the right one, and the right place?"
        )
    table = {
        "ref": _texts(placed, REFS, text_of),
        "name": _texts(placed, NAMES, _name_of),
        "zone": _texts(placed, ZONES, text_of),
        "lean_m": np.zeros(len(placed)),
    }
    log.info("read %s: %d buildings", path.name, len(placed))
    return gpd.GeoDataFrame(table, geometry=placed.geometry.to_numpy(), crs=placed.crs), notes


def _once(placed: gpd.GeoDataFrame, name: str) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Keep the first of outlines that are the very same, and say how many went."""
    twice = placed.geometry.normalize().to_wkb().duplicated()
    again = int(twice.sum())
    if not again:
        return placed, []
    note = f"{counted(again, 'outline')} of {name} stood there twice; counted once."
    return placed[~twice].reset_index(drop=True), [note]


def _texts(
    frame: gpd.GeoDataFrame, columns: tuple[str, ...], turn: Callable[[Any], str]
) -> list[str]:
    """Take for each row the first of several columns that says something, as text."""
    by_name = {str(column).lower(): column for column in frame.columns}
    found = [""] * len(frame)
    for name in columns:
        if name in by_name and name != frame.geometry.name:
            values = zip(found, frame[by_name[name]], strict=True)
            found = [text or turn(value) for text, value in values]
    return found


def text_of(value: Any) -> str:
    """Write a value of a table as its owner would; empty where there is none.

    A gap in a column of whole numbers makes them all floats: they are written as whole numbers.
    """
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, (float, np.floating)):
        whole = float(value).is_integer()
        return "" if np.isnan(value) else str(int(value) if whole else value)
    return str(value).strip()


def _name_of(value: Any) -> str:
    """Take a plain name, or the primary one of Overture's record."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return text_of(value.get("primary") if isinstance(value, dict) else value)


def _holds_wkt(path: Path) -> bool:
    """Tell whether a table has outlines written out, as Open Buildings has."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return "geometry" in file.readline().lower().split(",")


def _read_wkt(path: Path) -> gpd.GeoDataFrame:
    try:
        table = pd.read_csv(path, encoding="utf-8-sig")
        column = next(c for c in table.columns if str(c).strip().lower() == "geometry")
        texts = [text if isinstance(text, str) else None for text in table[column]]
        shapes = shapely.from_wkt(np.array(texts, object))
    except (ValueError, shapely.errors.ShapelyError) as error:
        raise InputError(
            f"{path.name} cannot be read as a table of outlines: {error}."
        ) from error
    return gpd.GeoDataFrame(table.drop(columns=column), geometry=shapes, crs="EPSG:4326")
