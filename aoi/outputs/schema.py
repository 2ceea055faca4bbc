"""The gate every layer passes before it is written.

The writer, the QGIS styles, ``docs/data-dictionary.md`` and the tests all read one table,
``LAYERS``; so what the dictionary says of a column is what the file holds.  Whatever a room
hands over leaves this gate with these columns, in this order, with these types, or not at all.

    GeoDataFrame, any order, gaps ──► conform ──► every column, right type, nulls where unknown

Times are text, ISO 8601 in UTC with a final Z, because no driver then shifts their zone.  What
is not known is null; a length without bound (infinite) is null as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from aoi.outputs.columns import Column, Kind, Layer
from aoi.outputs.tables import EVIDENCE, LAYERS
from aoi.verdicts import VERDICTS
from geo.errors import InputError

__all__ = [
    "EVIDENCE",
    "LAYERS",
    "VERDICTS",
    "Column",
    "Kind",
    "Layer",
    "conform",
    "empty_layer",
]


def conform(name: str, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the columns of a layer in order, fill gaps with nulls, and refuse what does not fit.

    Args:
        name: of a layer in ``LAYERS``.
        rows: any subset of its columns, in any order, and a geometry.

    Returns:
        A new frame in the CRS of ``rows``, index from 0, geometry last and flat (x, y).

    Raises:
        InputError: an unknown layer or column, a value of the wrong type, a wrong or missing
            geometry; the message names the layer, the column and the row.
    """
    layer = _layer(name)
    own = rows.geometry.name if rows.active_geometry_name else "geometry"
    unknown = [column for column in rows.columns if column not in (*layer.names, own)]
    if unknown:
        raise InputError(
            f"Layer {name} has no column {', '.join(map(str, unknown))}. It takes: "
            f"{', '.join(layer.names)}."
        )
    columns = {
        column.name: _typed(
            rows[column.name] if column.name in rows else [None] * len(rows), column, name
        )
        for column in layer.columns
    }
    geometry = _flat(rows.geometry, layer) if own in rows else [None] * len(rows)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=rows.crs if own in rows else None)


def empty_layer(name: str, crs: Any = None) -> gpd.GeoDataFrame:
    """Make a layer without rows, with every column and the right types."""
    return conform(name, gpd.GeoDataFrame(geometry=[], crs=crs))


def _layer(name: str) -> Layer:
    if name not in LAYERS:
        raise InputError(f"There is no layer {name}. Layers are: {', '.join(LAYERS)}.")
    return LAYERS[name]


def _typed(values: Iterable[Any], column: Column, layer: str) -> pd.Series[Any]:
    """Turn values into a series of the column's own nullable type."""
    dtype, turn = TURNS[column.kind]
    typed = []
    for row, value in enumerate(values):
        try:
            typed.append(None if _is_null(value) else turn(value))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{layer}.{column.name} holds {column.kind}, and row {row} has {value!r}"
                f"{f' ({error})' if isinstance(error, InputError) else ''}."
            ) from error
    return pd.Series(typed, dtype=dtype)


def _is_null(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value  # noqa: PLR0124


def _text(value: Any) -> str:
    """Take text as it is, and join a list: reasons by lines, everything else by semicolons."""
    if isinstance(value, str):  # a file name that is no UTF-8 must not stop the writer
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, (list, tuple)):
        parts = [str(part) for part in value]
        lined = any(part.endswith((": +", ": -")) for part in parts)
        return _text(("\n" if lined else "; ").join(parts))
    raise InputError("text or a list of texts is wanted")


def _time(value: Any) -> str:
    """Write a time as ISO 8601 UTC; a bare day stays a bare day."""
    if isinstance(value, str):
        if len(value) == len("2025-12-13"):
            return date.fromisoformat(value).isoformat()
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        if isinstance(value, date):
            return value.isoformat()
        raise InputError("a datetime or ISO 8601 text is wanted")
    if value.tzinfo is None:
        raise InputError("a time needs a zone; use UTC")
    return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _real(value: Any) -> float | None:
    """Take a number; what has no bound is not known."""
    if isinstance(value, str):
        raise InputError("a number is wanted")
    number = float(value)
    return number if math.isfinite(number) else None


def _integer(value: Any) -> int:
    if isinstance(value, str) or int(value) != value:
        raise InputError("a whole number is wanted")
    return int(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, str) or value not in (0, 1):
        raise InputError("true or false is wanted")
    return bool(value)


TURNS: dict[Kind, tuple[Any, Callable[[Any], Any]]] = {
    Kind.TEXT: ("string", _text),
    Kind.TIME: ("string", _time),
    Kind.REAL: ("Float64", _real),
    Kind.INTEGER: ("Int64", _integer),
    Kind.BOOLEAN: ("boolean", _boolean),
}
"""The nullable pandas type of each kind, and how a value is brought to it."""


def _flat(geometry: gpd.GeoSeries, layer: Layer) -> gpd.GeoSeries:
    """Drop heights, and refuse missing geometries and those of another kind."""
    allowed = {layer.geometry, f"Multi{layer.geometry}"} if layer.parts else {layer.geometry}
    for row, shape in enumerate(geometry):
        if shape is None or shape.is_empty:
            if layer.bare:
                continue
            raise InputError(f"Row {row} of layer {layer.name} has no geometry.")
        if shape.geom_type not in allowed:
            raise InputError(
                f"Layer {layer.name} holds {layer.geometry} geometries, and row {row} is a "
                f"{shape.geom_type}."
            )
    flat = shapely.force_2d(geometry.to_numpy())
    return gpd.GeoSeries(
        [None if s is None or s.is_empty else s for s in flat], crs=geometry.crs
    )
