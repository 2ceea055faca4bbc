"""The ledger's tables, how older ones become newer, and what to say when the file is amiss.

    user_version 0 (new) or 1 … ──► migrations, all in one transaction ──► SCHEMA

A kill in the middle of a migration leaves the old version whole.  A file that is no ledger, or
a torn one, is refused and never replaced: it is the memory of years.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from geo.errors import OutputError

SCHEMA = 4
"""Version of the tables; kept in SQLite's ``user_version``."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE steps (
            key TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            left_behind TEXT NOT NULL,
            seconds REAL NOT NULL,
            finished_at TEXT NOT NULL
        ) STRICT
        """,
    ),
    (
        # Who works at what; a token is never used twice, so a late comer cannot pass for owner.
        """
        CREATE TABLE leases (
            key TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            token INTEGER NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            born TEXT NOT NULL,
            taken_at TEXT NOT NULL,
            expires_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE tries (
            token INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            run INTEGER,
            started_at TEXT NOT NULL,
            finished_at TEXT,
            outcome TEXT,
            words TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
        "CREATE INDEX tries_by_key ON tries (key)",
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            command TEXT NOT NULL,
            started_at TEXT NOT NULL,
            finished_at TEXT,
            code INTEGER,
            words TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
        # A file's hash is believed as long as its size and time of change stay the same.
        """
        CREATE TABLE inputs (
            path TEXT PRIMARY KEY,
            size INTEGER NOT NULL,
            changed_ns INTEGER NOT NULL,
            sha256 TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE step_inputs (
            key TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            path TEXT NOT NULL,
            PRIMARY KEY (key, path)
        ) STRICT
        """,
        """
        CREATE TABLE areas (
            name TEXT PRIMARY KEY,
            looked_at TEXT,
            failures INTEGER NOT NULL DEFAULT 0,
            not_before TEXT,
            words TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
        """
        CREATE TABLE looks (
            area TEXT NOT NULL,
            key TEXT NOT NULL,
            taken_at TEXT NOT NULL,
            body TEXT NOT NULL,
            names TEXT NOT NULL,
            sites TEXT NOT NULL,
            PRIMARY KEY (area, key)
        ) STRICT
        """,
        "CREATE TABLE stories (area TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT",
        """
        CREATE TABLE registers (
            sha256 TEXT PRIMARY KEY,
            read_at TEXT NOT NULL,
            body TEXT NOT NULL,
            diff TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE alerts (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            area TEXT NOT NULL,
            raised_at TEXT NOT NULL,
            body TEXT NOT NULL,
            digest TEXT
        ) STRICT
        """,
        """
        CREATE TABLE digests (
            id TEXT PRIMARY KEY,
            area TEXT NOT NULL,
            made_at TEXT NOT NULL,
            body TEXT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            next_try TEXT,
            sent_at TEXT,
            words TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
    ),
    (
        # What dates held against each other showed, and the building works told of it.
        """
        CREATE TABLE surveys (
            area TEXT NOT NULL,
            key TEXT NOT NULL,
            asked TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (area, key)
        ) STRICT
        """,
        """
        CREATE TABLE works (
            area TEXT NOT NULL,
            id TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (area, id)
        ) STRICT
        """,
    ),
    (
        # Mail is written once.  Until now every run wrote what was missing, so all digests that
        # a run took to its end were written: whoever sent those must not find them again.
        "ALTER TABLE digests ADD COLUMN mailed_at TEXT",
        """
        UPDATE digests SET mailed_at = made_at
        WHERE made_at <= (SELECT MAX(finished_at) FROM runs)
        """,
    ),
)
"""What brings version n to n + 1."""

ADVICE = {
    "SQLITE_FULL": "the disk is full. Nothing that was done is lost: free some space and run "
    "the same command again",
    "SQLITE_IOERR": "the disk refuses. If it is full, free some space; then run the same "
    "command again",
    "SQLITE_READONLY": "you may not write there. Ask its owner, or choose another folder",
    "SQLITE_CANTOPEN": "it cannot be opened. Does the folder exist, and may you write there?",
    "SQLITE_BUSY": "another program has held it for half a minute. See whether one hangs, then "
    "run the same command again",
    "SQLITE_NOTADB": "it is no ledger, or its beginning was overwritten",
    "SQLITE_CORRUPT": "it is damaged",
}
"""What to say of SQLite's errors."""


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a ledger to the newest version, or refuse it.

    Raises:
        OutputError: it was written by a newer Stockade, or is another program's file.
    """
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found == SCHEMA:
        return
    if found > SCHEMA:
        raise OutputError(
            f"{path} was written by a newer Stockade (ledger version {found}, this one knows "
            f"{SCHEMA}). Update Stockade, or choose another folder."
        )
    db.execute("BEGIN IMMEDIATE")
    try:
        found = _version(db, path)
        for statements in MIGRATIONS[found:]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _version(db: sqlite3.Connection, path: Path) -> int:
    """Tell which version the tables have; an unnumbered file must be empty or a torn first one.

    Raises:
        OutputError: it is another program's.
    """
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE sql > ''")}
    if not found and tables == {"steps"}:
        return 1
    if not found and tables:
        raise OutputError(
            f"{path} is a database of another program; it was left as it is. Choose another "
            "folder."
        )
    return found


def refusal(path: Path, error: sqlite3.Error) -> OutputError:
    """Say in a sentence what is amiss with a ledger, and the way out."""
    name = str(getattr(error, "sqlite_errorname", ""))
    code = next((known for known in ADVICE if name.startswith(known)), "")
    if code not in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
        why = ADVICE.get(code, str(error))
        return OutputError(f"The ledger {path} cannot be used: {why}.")
    copy = path.with_suffix(".backup")
    way = (
        f"A copy of the last whole run lies beside it: move {path.name} (and {path.name}-wal) "
        f"away, rename {copy.name} to {path.name}, and run again"
        if copy.exists()
        else f"Move {path.name} away and run again; finished work will be done again"
    )
    return OutputError(
        f"The ledger {path} cannot be used: {ADVICE[code]}. It was left as it is. {way}."
    )
