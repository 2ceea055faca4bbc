"""Hash what a GeoPackage holds rather than how its bytes lie.

QGIS changes bytes of a GeoPackage when it opens one for editing (counters, the journal's mode,
the hour of the last change), though not a row is different.  So the package is hashed table by
table and row by row; what no reader sees is left out, and everything else counts, styles and
meanings included.

    stockade.gpkg ──► copy, read-only ──► rows_of(table) ──► SHA-256
                                            └──► row_hash, one a row, to name what was changed

Source: OGC GeoPackage 1.3, clauses 1.1.2 and 1.1.3: which columns of the register may move.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from geo.errors import InputError

IDLE = ("gpkg_ogr_contents", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4")
"""Tables that count for nobody but the program that keeps them."""

REGISTER = "gpkg_contents"
"""The register of layers; its clock and its bounds move with every edit."""

STILL = ("table_name", "data_type", "identifier", "description", "srs_id")
"""Columns of the register that do not."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of a GeoPackage, so that not a byte of it is changed by looking.

    What a program that still has it open has not written back yet (the journal beside it) is
    copied along.

    Raises:
        InputError: it is no SQLite file, or a damaged one.
    """
    with tempfile.TemporaryDirectory(prefix="stockade-") as folder:
        copy = Path(folder) / "copy.gpkg"
        try:
            shutil.copyfile(path, copy)
            for journal in ("-wal", "-journal"):
                beside = path.with_name(path.name + journal)
                if beside.exists():
                    shutil.copyfile(beside, copy.with_name(copy.name + journal))
            with closing(sqlite3.connect(copy)) as db:
                db.text_factory = bytes  # broken letters must be found, not fallen over
                yield db
        except (OSError, sqlite3.DatabaseError) as error:
            raise InputError(f"{path.name} cannot be read as a GeoPackage: {error}.") from error


Restore = Callable[[str, dict[str, Any]], dict[str, Any] | None]
"""Given a table and one of its rows, gives the row as it was; nothing for one that was not."""


def contents_of(path: Path, *, restore: Restore | None = None) -> str:
    """Hash everything a GeoPackage holds that a reader could see.

    Args:
        path: of the package.
        restore: puts rows back to how they were before somebody edited them; if the hash is
            then that of the manifest, nothing else was changed.

    Raises:
        InputError: it cannot be read.
    """
    digest = hashlib.sha256()
    with opened(path) as db:
        for table in tables_of(db):
            digest.update(table.encode() + b"\0" + _declared(db, table) + b"\0")
            names = _columns(db, table)
            for row in rows_of(db, table):
                old = restore(table, dict(zip(names, row, strict=True))) if restore else None
                if restore and old is None:
                    continue
                digest.update(row_hash(tuple(old.values()) if old else row).encode())
    return digest.hexdigest()


def tables_of(db: sqlite3.Connection) -> list[str]:
    """Name the tables that count, sorted."""
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = [_text(name) for (name,) in rows]
    return [n for n in names if n not in IDLE and not n.startswith("rtree_")]


def rows_of(db: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a table in their own order, only columns that count."""
    columns = ", ".join(STILL) if table == REGISTER else "*"
    query = f'SELECT {columns} FROM "{table}" ORDER BY rowid'  # noqa: S608 - names of its own
    yield from db.execute(query)


def row_hash(row: tuple[Any, ...]) -> str:
    """Hash one row; a number, a text and bytes of the same look are different."""
    digest = hashlib.sha256()
    for value in row:
        kind, body = _written(value)
        digest.update(kind + str(len(body)).encode() + b":" + body)
    return digest.hexdigest()


def _written(value: Any) -> tuple[bytes, bytes]:
    if value is None:
        return b"n", b""
    if isinstance(value, int):
        return b"i", str(value).encode()
    if isinstance(value, float):
        return b"r", struct.pack("<d", value)
    return b"b", bytes(value)  # texts come as bytes as well: their columns tell them apart


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    if table == REGISTER:
        return list(STILL)
    return [_text(row[1]) for row in db.execute(f'PRAGMA table_info("{table}")')]


def _declared(db: sqlite3.Connection, table: str) -> bytes:
    """Give the names and kinds of a table's columns."""
    rows = db.execute(f'PRAGMA table_info("{table}")').fetchall()
    return b",".join(b" ".join((row[1], row[2])) for row in rows)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
