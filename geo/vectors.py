"""Read outlines from whatever people keep them in.

    any OGR file, or a table with lon, lat ──► GeoDataFrame in its own CRS ──to_metric──► UTM

Reading is strict: a file without a CRS or with a polygon that crosses itself is refused, and
the record named, for areas and distances of such a thing are wrong in silence.  Null geometries
pass.  KML folders are read as one layer, for they are only how their author sorted them.

Source: OGR by pyogrio.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)

from geo.errors import InputError
from geo.grid import utm_at

logger = logging.getLogger(__name__)

LONLAT = "EPSG:4326"
"""What KML and tables of lon, lat are in."""

LON = ("lon", "long", "lng", "longitude", "x")
"""Column names that hold degrees east, best first."""

LAT = ("lat", "latitude", "y")
"""Column names that hold degrees north, best first."""

OGR_ERRORS = (
    CRSError,
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)
"""All that pyogrio raises about a file."""


def read_vectors(
    path: str | Path,
    layer: str | None = None,
    *,
    need_crs: bool = True,
    mend: bool = False,
) -> gpd.GeoDataFrame:
    """Read one layer of outlines, lines or points.

    Args:
        path: GeoJSON, GeoPackage, KML, KMZ, Shapefile, FlatGeobuf or anything else OGR reads;
            or a CSV with columns like ``lon`` and ``lat`` in degrees.
        layer: its name, where a file holds several.
        need_crs: refuse a file that does not say where its numbers lie.
        mend: make crossing polygons valid rather than refuse them.

    Returns:
        The rows with flat (2-D) geometries, ``None`` where a record has none.

    Raises:
        InputError: missing, not readable, which layer is unclear, without a CRS, or with a
            polygon that is not valid; the message names the record.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no file {path}. Check the name, and the folder you are in.")
    if path.suffix.lower() in {".csv", ".tsv"}:
        frame = _read_table(path)
    else:
        frame = _read_layers(path, layer)
    if frame.crs is not None and frame.crs.is_engineering:  # local metres, said aloud
        frame = frame.set_crs(None, allow_override=True)
    if frame.crs is None and need_crs:
        raise InputError(
            f"{path.name} does not say which CRS its numbers are in. Save it again with its "
            "CRS, or as GeoJSON in degrees."
        )
    frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    frame = _mended(frame) if mend else frame
    _refuse_crossings(path, frame)
    logger.info("read %s: %d records", path.name, len(frame))
    return frame


def to_metric(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Carry a frame over to the UTM zone of its middle; local metres stay as they are.

    Raises:
        InputError: it holds no geometry, or numbers that are no degrees.
    """
    if frame.crs is None:
        return frame
    west, south, east, north = frame.to_crs(LONLAT).total_bounds
    if not np.isfinite([west, south, east, north]).all():
        raise InputError(
            "Nothing is drawn there, or it lies outside its CRS; no UTM zone fits."
        )
    return frame.to_crs(utm_at((west + east) / 2, (south + north) / 2).to_wkt())


def _read_layers(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    try:
        with _warnings_logged(path):
            names = _layers_to_read(path, layer)
            frames = [pyogrio.read_dataframe(path, layer=name) for name in names]
    except OGR_ERRORS as error:
        raise InputError(
            f"{path} cannot be read as outlines: {in_brief(error, path)}. Save it as GeoJSON "
            "or GeoPackage."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} holds letters that are not UTF-8; save it again as UTF-8."
        ) from error
    placed = [frame for frame in frames if isinstance(frame, gpd.GeoDataFrame)]
    if not placed:
        raise InputError(f"{path.name} is a table without outlines.")
    if len(placed) == 1:
        return placed[0]
    rows = [frame for frame in placed if len(frame)] or placed[:1]
    return gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), crs=placed[0].crs)


def _layers_to_read(path: Path, layer: str | None) -> list[str]:
    listed = pyogrio.list_layers(path)
    drawn = [str(name) for name, kind in listed if kind is not None]
    known = ", ".join(drawn)
    if layer is not None:
        if layer not in [str(name) for name, _ in listed]:
            raise InputError(
                f"{path.name} holds no layer {layer}; it holds: {known or 'none'}."
            )
        return [layer]
    if not drawn:
        raise InputError(f"{path.name} holds no layer with outlines.")
    if len(drawn) > 1 and path.suffix.lower() not in {".kml", ".kmz"}:
        raise InputError(f"{path.name} holds several layers; name one of: {known}.")
    return drawn


def _read_table(path: Path) -> gpd.GeoDataFrame:
    """Read a table whose columns tell longitude and latitude; empty cells are no place."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
        comma = max(",;\t", key=header.count)
        # Where semicolons part the columns, commas part the decimals.
        decimal = "," if comma == ";" else "."
        table = pd.read_csv(path, sep=comma, decimal=decimal, encoding="utf-8-sig")
    except ValueError as error:  # also pandas' own errors, and letters that are not UTF-8
        raise InputError(f"{path} cannot be read as a table: {error}.") from error
    by_name = {str(column).strip().lower(): column for column in table.columns}
    x, y = (next((by_name[n] for n in names if n in by_name), None) for names in (LON, LAT))
    if x is None or y is None:
        raise InputError(
            f"{path.name} needs columns lon and lat in degrees; it has: "
            f"{', '.join(map(str, table.columns))}."
        )
    lon, lat = _degrees(path, table[x], 180), _degrees(path, table[y], 90)
    points = np.asarray(shapely.points(lon, lat), dtype=object)
    points[np.isnan(lon) | np.isnan(lat)] = None
    return gpd.GeoDataFrame(table, geometry=points, crs=LONLAT)


def _degrees(path: Path, column: Any, end: float) -> NDArray[np.float64]:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = np.flatnonzero((numbers.isna() & column.notna()) | (numbers.abs() > end))
    if wrong.size:
        raise InputError(
            f"{path.name}, record {wrong[0] + 1}: {column.name} is '{column.iloc[wrong[0]]}', "
            f"which is no number of degrees from -{end} to {end}."
        )
    return np.asarray(numbers, np.float64)


def _refuse_crossings(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Raise when a geometry is not valid, and say which record and where."""
    bad = np.flatnonzero(~(frame.geometry.is_valid | frame.geometry.isna()))
    if not bad.size:
        return
    record = frame.iloc[bad[0]]
    why = shapely.is_valid_reason(record[frame.geometry.name])
    name = next((f" ({record[c]})" for c in ("name", "Name", "id") if record.get(c)), "")
    more = f", and {bad.size - 1} more like it" if bad.size > 1 else ""
    raise InputError(
        f"{path.name}, record {bad[0] + 1}{name}: the outline is not valid "
        f"({why}){more}. Mend it first, in QGIS with 'Fix geometries'."
    )


def _mended(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    bad = ~(frame.geometry.is_valid | frame.geometry.isna())
    if bad.any():
        logger.warning("mended %d outlines that crossed themselves", bad.sum())
        frame = frame.set_geometry(frame.geometry.make_valid())
    return frame


@contextmanager
def _warnings_logged(path: Path) -> Iterator[None]:
    """Send OGR's murmurs about a file to the log rather than to the analyst's screen."""
    with warnings.catch_warnings(record=True) as murmurs:
        warnings.simplefilter("always")
        yield
    for murmur in murmurs:
        logger.info("%s: %s", path.name, murmur.message)


def in_brief(error: Exception, path: Path) -> str:
    """Give what OGR said of a file in one line, without the file's folder."""
    text = str(error).replace(str(path), path.name).partition(";")[0]
    return " ".join(text.split())[:200].rstrip(".")
