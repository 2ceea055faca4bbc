"""Tell what was edited in a GeoPackage, and whether the decision log accounts for it.

A reviewer may change verdicts, notes and outlines in QGIS, in the run's own package: of
layouts, and, but for the outline, of changes.  The rows are put back to how they were written;
if the package then hashes to what the manifest says, nothing but those was changed, and each
must stand in the log.

    package ──► rows as written ──► hash of the manifest? ──► edits in the log? ──► a sentence
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.base import EDITED, Base, changed_rows, read_base, shape_of
from aoi.outputs.contents import contents_of, opened
from aoi.outputs.tables import REVIEWED
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import Standing, standing
from aoi.review.said import outline_wkt
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
    """Name the layouts and changes whose edits in a package do not stand in the decision log.

    Raises:
        InputError: the package cannot be read, or the log is broken.
    """
    if not any(layer in REVIEWED for layer, _, _ in changed_rows(package)):
        return []
    bases, _ = read_base(package)
    known = standing(DecisionLog(folder, run_id).entries())
    return _unaccounted(package, bases, known)


def _restorer(package: Path, bases: Mapping[str, Base]) -> Any:
    """Put rows of the layers that people judge back to how they were written."""
    columns, blobs = _outlines(package)

    def restore(table: str, row: dict[str, Any]) -> dict[str, Any] | None:
        """Put one row back; none if it was not there."""
        if table not in REVIEWED:
            return row
        name = _text(row["id"])
        base = bases.get(name or "")
        if base is None:
            return None  # drawn by hand; it was not there
        told = {
            column: base.words[word]
            for word, column in REVIEWED[table].items()
            if column in row  # an older package has no verdicts on changes
        }
        words = {key: None if value is None else value.encode() for key, value in told.items()}
        return row | words | {columns[table]: blobs[name or ""]}

    return restore


def _outlines(package: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """Tell in which column each layer keeps its outlines, and give those first written."""
    with opened(package) as db:
        rows = db.execute("SELECT id, outline FROM stockade_base").fetchall()
        columns = db.execute(
            "SELECT table_name, column_name FROM gpkg_geometry_columns"
        ).fetchall()
    return (
        {table.decode(): column.decode() for table, column in columns},
        {row[0].decode(): row[1] for row in rows},
    )


def _unaccounted(
    package: Path, bases: Mapping[str, Base], known: Mapping[str, Standing]
) -> list[str]:
    """Name the layouts and changes whose edits do not stand in the log."""
    columns, _ = _outlines(package)
    drawn = {one.outline: one for one in known.values() if one.outline}
    loose = []
    for layer, words in REVIEWED.items():
        for name, shape, told in _rows(package, layer, columns[layer], words):
            base = bases.get(name)
            if base is None:
                if layer == "changes" or _is_loose_drawing(shape, told, drawn):
                    loose.append(f"a new outline {name}".strip())
            elif _is_loose(base, known.get(name), shape, told):
                loose.append(base.id)
    return loose


def _rows(
    package: Path, layer: str, column: str, words: Mapping[str, str]
) -> Iterator[tuple[str, BaseGeometry | None, dict[str, str | None]]]:
    """Give name, outline and the reviewer's words of every row of a layer."""
    with opened(package) as db:
        there = {row[1].decode() for row in db.execute(f"PRAGMA table_info({layer})")}
        asked = [word for word in EDITED if words[word] in there]
        named = ", ".join(["id", f'"{column}"', *(words[word] for word in asked)])
        rows = db.execute(f"SELECT {named} FROM {layer}").fetchall()  # noqa: S608 - our own
    for name, blob, *values in rows:
        told = dict(zip(asked, map(_text, values), strict=True))
        yield _text(name) or "", None if blob is None else shape_of(blob), told


def _is_loose_drawing(
    shape: BaseGeometry | None,
    told: Mapping[str, str | None],
    drawn: Mapping[str, Standing],
) -> bool:
    """Tell whether a row that somebody added says what the log does not."""
    if shape is None:
        return any(told.values())
    stands = drawn.get(_wkt(shape))
    if stands is None:
        return True
    return any(value and value != getattr(stands, word) for word, value in told.items())


def _is_loose(
    base: Base,
    stands: Standing | None,
    shape: BaseGeometry | None,
    told: Mapping[str, str | None],
) -> bool:
    """Tell whether a row says what neither its base nor the log says."""
    for word, value in told.items():
        known = getattr(stands, word, None) or None
        if value not in (base.words[word], known):
            return True
    if shape is None:
        return True
    moved = not shape.equals_exact(base.outline, 0.0)
    return moved and (stands is None or stands.outline != _wkt(shape))


def _wkt(shape: shapely.Geometry) -> str:
    parts = shapely.get_parts(shape)
    return outline_wkt(parts[0] if len(parts) == 1 else shape)


def _text(value: Any) -> str | None:
    if value is None or value == b"":
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
