"""Remember which steps are done, so that none is done twice.

A step is known by its key: the hash of all it depends on (inputs, settings, code).  Before work
begins one asks the ledger; after the step's files have their final names one tells it.  A
program killed in between has told nothing and does the step again, with the same result.

    key ──► done(key)? ──yes──► what it left
               └──no──► work ──► files ──► finish(key, ...)

Source: build systems' content-addressed steps (Mokhov et al., Build Systems à la Carte, 2018).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geo.errors import OutputError

SCHEMA = 1
"""Version of the tables; kept in SQLite's ``user_version``."""

TABLES = """
CREATE TABLE IF NOT EXISTS steps (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    left_behind TEXT NOT NULL,
    seconds REAL NOT NULL,
    finished_at TEXT NOT NULL
) STRICT
"""


def key_of(**parts: Any) -> str:
    """Hash everything a step depends on: 16 hexadecimal digits, the same on every machine.

    Args:
        parts: named values that JSON can write; their order does not matter.
    """
    text = json.dumps(parts, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Ledger:
    """The steps of one run folder, in a SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the ledger, or begin one.

        Raises:
            OutputError: the file is no ledger, is of a newer Stockade, or cannot be written.
        """
        self.path = path
        with self._open() as db:
            found = int(db.execute("PRAGMA user_version").fetchone()[0])
            if found > SCHEMA:
                raise OutputError(
                    f"{path} was written by a newer Stockade (ledger version {found}, this one "
                    f"knows {SCHEMA}). Update Stockade, or choose another --out."
                )
            db.execute(TABLES)
            db.execute(f"PRAGMA user_version = {SCHEMA}")

    def done(self, key: str) -> dict[str, Any] | None:
        """Return what the step ``key`` left behind, or ``None`` if it was never finished."""
        with self._open() as db:
            row = db.execute("SELECT left_behind FROM steps WHERE key = ?", (key,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def finish(
        self, key: str, name: str, left_behind: Mapping[str, Any], *, seconds: float
    ) -> None:
        """Tell that the step ``key`` is done and its files have their final names."""
        row = (key, name, json.dumps(left_behind), seconds, datetime.now(UTC).isoformat())
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?)", row)

    def seconds(self) -> dict[str, float]:
        """Tell how long each kind of step took in all, by name."""
        with self._open() as db:
            rows = db.execute("SELECT name, SUM(seconds) FROM steps GROUP BY name").fetchall()
        return {str(name): float(total) for name, total in rows}

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self.path, timeout=30)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                with db:
                    yield db
            finally:
                db.close()
        except sqlite3.DatabaseError as error:
            raise OutputError(
                f"The ledger {self.path} cannot be used: {error}. If the disk is in order, "
                "move that file away and run again; finished pictures will be judged again."
            ) from error
