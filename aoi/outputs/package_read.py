"""Read back a GeoPackage that somebody edited in QGIS.

    stockade.gpkg, edited ──► compounds, changes + how they were written ──► Returned

New outlines have no id; one that was split or copied has an id twice, which is trouble, for
nobody knows which of the two is the layout.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.base import EDITED, read_base
from aoi.outputs.returned import Returned, Row
from aoi.outputs.tables import LAYERS, REVIEWED
from geo.errors import InputError
from geo.vectors import OGR_ERRORS


def read_package(path: Path) -> Returned:
    """Read what came back from QGIS.

    Raises:
        InputError: it is no package of Stockade, or does not remember how it was written.
    """
    bases, decisions = read_base(path)
    try:
        rows = pyogrio.read_dataframe(path, layer="compounds")
    except OGR_ERRORS as error:
        raise InputError(f"{path.name} has no layer compounds that can be read.") from error
    missing = [name for name in ("id", "run_id", *EDITED) if name not in rows]
    if missing:
        raise InputError(f"{path.name}: the layer compounds lost {', '.join(missing)}.")
    records = rows.to_dict("records")
    runs = {_text(row["run_id"]) for row in records if _text(row["id"]) in bases} - {None}
    if len(runs) > 1:
        raise InputError(
            f"{path.name} holds layouts of several runs: {', '.join(map(str, runs))}."
        )
    crs = rows.crs
    told = {"compounds": records, "changes": _changes(path)}
    return Returned(
        run_id=str(next(iter(runs), "")),
        decisions=decisions,
        crs=None if crs is None or crs.is_engineering else crs,
        via="qgis",
        rows=tuple(
            _row(row, layer, twice)
            for layer, own in told.items()
            for twice in [_twice(own)]
            for row in own
        ),
        base={name: base.words for name, base in bases.items()},
        outlines={name: base.outline for name, base in bases.items()},
    )


def _changes(path: Path) -> list[dict[str, Any]]:
    """Read the changes, if they can be judged here; an older package knows no verdict."""
    try:
        rows = pyogrio.read_dataframe(path, layer="changes")
    except OGR_ERRORS as error:
        raise InputError(f"{path.name} has no layer changes that can be read.") from error
    there = set(REVIEWED["changes"].values()) <= set(rows.columns)
    return rows.to_dict("records") if there else []


def _twice(records: list[dict[str, Any]]) -> set[str | None]:
    """Name the ids that stand in a layer more than once."""
    names = Counter(_text(row["id"]) for row in records)
    return {name for name, n in names.items() if n > 1} - {None}


def _row(row: dict[str, Any], layer: str, twice: set[str | None]) -> Row:
    name = _text(row["id"]) or ""
    columns = REVIEWED[layer]
    words = {word: _text(row[columns[word]]) for word in EDITED}
    outline, trouble = _outline(row["geometry"]) if layer == "compounds" else (None, "")
    if name in twice:
        trouble = "Its id stands in the file twice: it was split or copied. Clear one of them."
    lists = {column.name: column.values for column in LAYERS[layer].columns}
    for word, column in columns.items():
        known = lists[column]
        if known and words[word] is not None and words[word] not in known:
            trouble = f"{words[word]!r} is no {word}; it may be: {', '.join(known)}."
    return Row(id=name, words=words, outline=outline, layer=layer, trouble=trouble)


def _outline(shape: BaseGeometry | None) -> tuple[BaseGeometry | None, str]:
    if shape is None or shape.is_empty:
        return None, ""
    parts = shapely.get_parts(shape)
    if len(parts) > 1:
        return None, "It has several outlines; a layout has one."
    flat: BaseGeometry = shapely.force_2d(parts[0])
    if flat.geom_type != "Polygon" or not flat.is_valid:
        return None, "Its outline crosses itself; mend it with 'Fix geometries'."
    return flat, ""


def _text(value: Any) -> str | None:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return None
    return str(value).strip() or None
