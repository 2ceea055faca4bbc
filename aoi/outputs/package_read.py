"""Read back a GeoPackage that somebody edited in QGIS.

    stockade.gpkg, edited ──► layer compounds + how it was written ──► Returned

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
from aoi.verdicts import CORROBORATION, LOOKS, VERDICTS
from geo.errors import InputError
from geo.vectors import OGR_ERRORS

KNOWN = {"verdict": VERDICTS, "kind": LOOKS, "corroboration": CORROBORATION}
"""Closed lists of values."""


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
    twice = {name for name, n in Counter(_text(row["id"]) for row in records).items() if n > 1}
    crs = rows.crs
    return Returned(
        run_id=str(next(iter(runs), "")),
        decisions=decisions,
        crs=None if crs is None or crs.is_engineering else crs,
        via="qgis",
        rows=tuple(_row(row, twice - {None}) for row in records),
        base={name: base.words for name, base in bases.items()},
        outlines={name: base.outline for name, base in bases.items()},
    )


def _row(row: dict[str, Any], twice: set[str | None]) -> Row:
    name = _text(row["id"]) or ""
    words = {column: _text(row[column]) for column in EDITED}
    outline, trouble = _outline(row["geometry"])
    if name in twice:
        trouble = "Its id stands in the file twice: it was split or copied. Clear one of them."
    for column, known in KNOWN.items():
        if words[column] is not None and words[column] not in known:
            trouble = f"{words[column]!r} is no {column}; it may be: {', '.join(known)}."
    return Row(id=name, words=words, outline=outline, trouble=trouble)


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
