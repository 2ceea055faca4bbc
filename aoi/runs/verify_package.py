"""Tell what was edited in a GeoPackage, and whether the decision log accounts for it.

A reviewer may change verdicts, notes and outlines in QGIS, in the run's own package.  The rows
are put back to how they were written; if the package then hashes to what the manifest says,
nothing but those was changed, and each must stand in the log.

    package ──► rows as written ──► hash of the manifest? ──► edits in the log? ──► a sentence
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

from aoi.outputs.base import EDITED, Base, changed_rows, read_base, shape_of
from aoi.outputs.contents import contents_of, opened
from aoi.review.decisions import DecisionLog, outline_wkt
from aoi.review.decisions_now import Standing, standing
from geo.errors import InputError

SHOWN = 3
"""Rows named in a sentence."""


def package_check(folder: Path, package: Path, contents: str, run_id: str) -> str:
    """Say what was changed in a package whose contents are not what they were.

    Args:
        folder: of the run.
        package: the file.
        contents: hash of what it held.
        run_id: whose decisions count.

    Returns:
        A sentence; it begins with *Edited* where every change stands in the decision log.

    Raises:
        InputError: the package cannot be read.
    """
    changed = changed_rows(package)
    if not changed:
        return "Its rows are as they were written; its styles, meanings or register are not."
    bases, _ = read_base(package)
    try:
        known = standing(DecisionLog(folder, run_id).entries())
    except InputError:
        known = {}
    named = ", ".join(f"{layer} row {fid} {what}" for layer, fid, what in changed[:SHOWN])
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    if contents_of(package, restore=_restorer(package, bases)) != contents:
        return f"Changed by hand: {named}{more}."
    loose = _unaccounted(package, bases, known)
    if loose:
        return (
            f"Verdicts or outlines were edited ({named}{more}) and not taken back yet: "
            f"{', '.join(loose[:SHOWN])}. Run stockade import."
        )
    return f"Edited in QGIS, and every edit stands in the decision log: {named}{more}."


def loose_edits(folder: Path, package: Path, run_id: str) -> list[str]:
    """Name the compounds whose edits in a package do not stand in the decision log.

    Raises:
        InputError: the package cannot be read, or the log is broken.
    """
    if not any(layer == "compounds" for layer, _, _ in changed_rows(package)):
        return []
    bases, _ = read_base(package)
    known = standing(DecisionLog(folder, run_id).entries())
    return _unaccounted(package, bases, known)


def _restorer(package: Path, bases: Mapping[str, Base]) -> Any:
    """Put rows of the layer ``compounds`` back to how they were written."""
    column, blobs = _outlines(package)

    def restore(table: str, row: dict[str, Any]) -> dict[str, Any] | None:
        """Put one row back; none if it was not there."""
        if table != "compounds":
            return row
        name = _text(row["id"])
        base = bases.get(name or "")
        if base is None:
            return None  # drawn by hand; it was not there
        words = {
            key: None if value is None else value.encode() for key, value in base.words.items()
        }
        return row | words | {column: blobs[name or ""]}

    return restore


def _outlines(package: Path) -> tuple[str, dict[str, bytes]]:
    with opened(package) as db:
        rows = db.execute("SELECT id, outline FROM stockade_base").fetchall()
        (column,) = db.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = 'compounds'"
        ).fetchone()
    return column.decode(), {row[0].decode(): row[1] for row in rows}


def _unaccounted(
    package: Path, bases: Mapping[str, Base], known: Mapping[str, Standing]
) -> list[str]:
    """Name the compounds whose edits do not stand in the log."""
    column, _ = _outlines(package)
    drawn = {one.outline for one in known.values() if one.outline}
    with opened(package) as db:
        query = f'SELECT id, "{column}", {", ".join(EDITED)} FROM compounds'  # noqa: S608
        rows = db.execute(query).fetchall()
    loose = []
    for name, blob, *values in rows:
        base = bases.get(_text(name) or "")
        shape = shape_of(blob)
        stands = known.get(_text(name) or "")
        if base is None:
            if _wkt(shape) not in drawn:
                loose.append(f"a new outline {_text(name) or ''}".strip())
            continue
        moved = not shape.equals_exact(base.outline, 0.0)
        words = dict(zip(EDITED, map(_text, values), strict=True))
        told = {key: getattr(stands, key, None) or None for key in EDITED}
        odd = [k for k in EDITED if words[k] != base.words[k] and words[k] != told[k]]
        if odd or (moved and (stands is None or stands.outline != _wkt(shape))):
            loose.append(base.id)
    return loose


def _wkt(shape: shapely.Geometry) -> str:
    parts = shapely.get_parts(shape)
    return outline_wkt(parts[0] if len(parts) == 1 else shape)


def _text(value: Any) -> str | None:
    if value is None or value == b"":
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
