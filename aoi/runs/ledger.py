"""Remember which steps are done, so that none is done twice.

A step is known by its key: the hash of all it depends on (inputs, settings, code).  Before work
begins one asks the ledger; after the step's files have their final names one tells it.  A
program killed in between has told nothing and does the step again, with the same result.

    key ──► done(key)? ──yes──► what it left
               └──no──► work ──► files ──► finish(key, ...)

Several processes may use one ledger: SQLite's write-ahead log lets all read while one writes,
and ``aoi.runs.ledger_leases`` tells who works at what.

Source: build systems' content-addressed steps (Mokhov et al., Build Systems à la Carte, 2018);
https://sqlite.org/wal.html.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aoi.runs.ledger_schema import SCHEMA, migrate, refusal
from geo.errors import OutputError

__all__ = ["SCHEMA", "Clock", "Ledger", "key_of", "now"]

Clock = Callable[[], datetime]
"""Tells the time, aware, UTC."""

PATIENCE = 30.0
"""Seconds to wait for another process to end its writing."""


def now() -> datetime:
    """Tell the time of this machine, UTC."""
    return datetime.now(UTC)


def key_of(**parts: Any) -> str:
    """Hash everything a step depends on: 16 hexadecimal digits, the same on every machine.

    Args:
        parts: named values that JSON can write; their order does not matter.
    """
    text = json.dumps(parts, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Ledger:
    """The steps of one run folder or one watch, in a SQLite file."""

    def __init__(self, path: Path, *, clock: Clock = now) -> None:
        """Open the ledger, or begin one.

        Args:
            path: of the file.
            clock: tells the time.

        Raises:
            OutputError: the file is no ledger, is of a newer Stockade, or cannot be written.
        """
        self.path, self.clock = path, clock
        self._kept: tuple[int, sqlite3.Connection | None] = (0, None)
        with self._open() as db:
            migrate(db, path)
            with contextlib.suppress(sqlite3.OperationalError):  # another process is at it
                db.execute("PRAGMA journal_mode = WAL")

    def done(self, key: str) -> dict[str, Any] | None:
        """Return what the step ``key`` left behind, or ``None`` if it was never finished."""
        with self.reading() as db:
            row = db.execute("SELECT left_behind FROM steps WHERE key = ?", (key,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def finish(
        self,
        key: str,
        name: str,
        left_behind: Mapping[str, Any],
        *,
        seconds: float,
        inputs: Mapping[str, str] | None = None,
    ) -> None:
        """Tell that the step ``key`` is done and its files have their final names.

        Args:
            key: of the step.
            name: what kind of step it is.
            left_behind: what the next steps must know.
            seconds: it took.
            inputs: path to SHA-256 of everything that went in.
        """
        with self.writing() as db:
            finish_in(db, key, name, left_behind, seconds=seconds, at=self.moment())
            db.executemany(
                "INSERT OR REPLACE INTO step_inputs VALUES (?, ?, ?)",
                [(key, sha, path) for path, sha in (inputs or {}).items()],
            )

    def seconds(self) -> dict[str, float]:
        """Tell how long each kind of step took in all, by name."""
        with self.reading() as db:
            rows = db.execute("SELECT name, SUM(seconds) FROM steps GROUP BY name").fetchall()
        return {str(name): float(total) for name, total in rows}

    def hashed(self, path: Path, digest: Callable[[Path], str]) -> str:
        """Hash a file, unless it is known and has not changed since.

        Args:
            path: of the file.
            digest: reads and hashes it.
        """
        about = path.stat()
        place = str(path.resolve())
        with self.reading() as db:
            row = db.execute(
                "SELECT sha256 FROM inputs WHERE path = ? AND size = ? AND changed_ns = ?",
                (place, about.st_size, about.st_mtime_ns),
            ).fetchone()
        if row is not None:
            return str(row[0])
        sha = digest(path)
        with self.writing() as db:
            known = (place, about.st_size, about.st_mtime_ns, sha)
            db.execute("INSERT OR REPLACE INTO inputs VALUES (?, ?, ?, ?)", known)
        return sha

    def check(self) -> None:
        """Read the whole file and see that it is sound.

        Raises:
            OutputError: it is not; the sentence tells the way out.
        """
        with self.reading() as db:
            [said] = db.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            error = sqlite3.DatabaseError(said)
            error.sqlite_errorname = "SQLITE_CORRUPT"
            raise refusal(self.path, error)

    def back_up(self) -> Path:
        """Keep a copy beside the ledger, whole at any moment; return its path."""
        copy = self.path.with_suffix(".backup")
        part = copy.with_suffix(".backup.part")
        part.unlink(missing_ok=True)
        with self._open() as db:
            db.execute("VACUUM INTO ?", (str(part),))
        part.replace(copy)
        return copy

    def moment(self) -> str:
        """Tell the time as the ledger writes it: ISO 8601, UTC, with microseconds."""
        return self.clock().astimezone(UTC).isoformat(timespec="microseconds")

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """Keep one connection open for this thread through the block.

        Opening is cheap, but the last to close writes the log into the file, which is not.
        """
        with self._open() as db:
            before, self._kept = self._kept, (threading.get_ident(), db)
            try:
                yield
            finally:
                self._kept = before

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the ledger to read one consistent state of it."""
        with self._open() as db, _whole(db, "BEGIN"):
            yield db

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the ledger to change it: all of the block happens, or nothing of it."""
        with self._open() as db, _whole(db, "BEGIN IMMEDIATE"):
            yield db

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        thread, kept = self._kept
        try:
            if kept is not None and thread == threading.get_ident():
                yield kept
                return
            db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                # A kill loses nothing; a power cut may lose the last moments, never the whole.
                db.execute("PRAGMA synchronous = NORMAL")
                yield db
            finally:
                db.close()
        except sqlite3.Error as error:
            raise refusal(self.path, error) from error


@contextlib.contextmanager
def _whole(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    """Begin a transaction; end it, or undo it."""
    db.execute(begin)
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def finish_in(
    db: sqlite3.Connection,
    key: str,
    name: str,
    left_behind: Mapping[str, Any],
    *,
    seconds: float,
    at: str,
) -> None:
    """Tell that a step is done, as part of a larger change.

    Raises:
        OutputError: what it left behind is nothing JSON can hold.
    """
    try:
        body = json.dumps(left_behind)
    except TypeError as error:
        raise OutputError(f"The step {name} left what no ledger can keep: {error}.") from error
    db.execute(
        "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?)", (key, name, body, seconds, at)
    )
