"""Let a GeoPackage remember how it was written, so that edits can be told from the original.

A person edits verdicts and outlines in QGIS, in the very file.  To take back what they changed,
and only that, one must know what stood there before: two small tables that no map shows.

    stockade_base   one row a compound or change: what a person may edit, and how many decisions
                    it shows
    stockade_rows   one row a row of every layer: its hash, to name what was changed
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.contents import opened, row_hash, rows_of
from aoi.outputs.tables import LAYERS, REVIEWED
from geo.errors import InputError

EDITED = ("verdict", "kind", "corroboration", "note")
"""What belongs to the reviewer; ``REVIEWED`` tells in which column it stands."""

TABLES = """
CREATE TABLE stockade_base (
  id TEXT NOT NULL, verdict TEXT, kind TEXT, corroboration TEXT, note TEXT, outline BLOB,
  decisions INTEGER NOT NULL);
CREATE TABLE stockade_rows (layer TEXT NOT NULL, fid INTEGER NOT NULL, sha256 TEXT NOT NULL);
"""
"""Not registered among the contents: programs that draw layers do not list them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """How one compound or change stood in a package when it was written."""

    id: str
    """Its name."""

    words: dict[str, str | None]
    """Word of ``EDITED`` to value."""

    outline: BaseGeometry
    """In the package's own CRS."""

    layer: str
    """Where it stands: a key of ``REVIEWED``."""


def add_base(db: sqlite3.Connection, decisions: int) -> None:
    """Write both tables into a package that is being made; text comes as text here."""
    db.executescript(TABLES)
    for layer, words in REVIEWED.items():
        (column,) = db.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
        ).fetchone()
        named = ", ".join(words[word] for word in EDITED)
        query = f'SELECT id, {named}, "{column}" FROM {layer}'  # noqa: S608 - our own
        db.executemany(
            "INSERT INTO stockade_base VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*row, decisions) for row in db.execute(query).fetchall()],
        )
    db.text_factory = bytes
    for layer in LAYERS:
        hashes = [(layer, row[0], row_hash(row)) for row in rows_of(db, layer)]
        db.executemany("INSERT INTO stockade_rows VALUES (?, ?, ?)", hashes)
    db.text_factory = str


def read_base(package: Path) -> tuple[dict[str, Base], int]:
    """Read how a package stood when it was written.

    Returns:
        By compound and by change, and the number of decisions it shows.

    Raises:
        InputError: it is no package of ours, or an old one that does not remember.
    """
    try:
        with opened(package) as db:
            db.text_factory = str
            columns = ", ".join(EDITED)
            rows = db.execute(
                f"SELECT id, outline, decisions, {columns} FROM stockade_base ORDER BY rowid"  # noqa: S608
            )
            found = rows.fetchall()
            (compounds,) = db.execute(
                "SELECT count(*) FROM stockade_rows WHERE layer = 'compounds'"
            ).fetchone()
    except InputError as error:
        raise InputError(
            f"{package.name} does not remember how it was written, so edits cannot be told "
            "from the original. Was it made by an older Stockade, or saved anew elsewhere? "
            "Edit stockade.gpkg itself, or what 'stockade export --as qgis' gives."
        ) from error
    bases = {
        str(row[0]): Base(
            id=str(row[0]),
            words=dict(zip(EDITED, row[3:], strict=True)),
            outline=shape_of(row[1]),
            layer="compounds" if number < compounds else "changes",  # in which they are written
        )
        for number, row in enumerate(found)
    }
    return bases, max((int(row[2]) for row in found), default=0)


def changed_rows(package: Path) -> list[tuple[str, int, str]]:
    """Name the rows that differ from how they were written.

    Returns:
        Layer, row number, and ``changed``, ``removed`` or ``added``.
    """
    with opened(package) as db:
        db.text_factory = bytes
        known = {
            (layer.decode(), int(fid)): digest.decode()
            for layer, fid, digest in db.execute("SELECT layer, fid, sha256 FROM stockade_rows")
        }
        now = {
            (layer, int(row[0])): row_hash(row)
            for layer in LAYERS
            for row in rows_of(db, layer)
        }
    told = [
        (*key, "removed" if key not in now else "changed")
        for key, digest in known.items()
        if now.get(key) != digest
    ]
    return told + [(*key, "added") for key in now if key not in known]


def shape_of(blob: bytes) -> BaseGeometry:
    """Read a geometry as a GeoPackage keeps it: a header, an envelope of some size, WKB."""
    sizes = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
    return shapely.from_wkb(blob[8 + sizes[(blob[3] >> 1) & 7] :])
