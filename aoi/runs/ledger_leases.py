"""Let several processes share the steps of one ledger without lost or doubled work.

Who begins a step takes a lease on it, renews it while working, and gives it back.  A lease ends
by itself: at once when its process is seen to be dead on this machine, else when it expires.
Each lease has a token that is never used again; whoever finishes must still hold it, so a
process that slept through its lease cannot finish after another has taken over.

    take ──► Lease (token) ──► renew … ──► give back
      └──► None: somebody else is at it

A clock that jumps back would make leases last for ever: one that seems to be of the future is
dated to now.  One that jumps ahead ends leases early, and the token keeps that harmless.

Source: C. Gray and D. Cheriton, Leases, SOSP 1989; fencing tokens, M. Kleppmann, 2016.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aoi.runs.ledger import Ledger
from geo.errors import SourceError

LENGTH = timedelta(minutes=10)
"""A lease lasts so long without renewal; a tile takes seconds, so it is renewed in time."""


class LostLeaseError(SourceError):
    """Another process has taken the step over; what this one did is not needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One process."""

    host: str
    pid: int
    born: str
    """When it started, as the kernel tells; processes reuse numbers."""

    @classmethod
    def me(cls) -> Owner:
        """Name this process."""
        return cls(host=socket.gethostname(), pid=os.getpid(), born=_born(os.getpid()))

    def dead(self) -> bool:
        """Whether it is known to have ended; of other machines nothing is known."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return bool(self.born) and _born(self.pid) != self.born


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work at a step."""

    key: str
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lease somebody has, for those who ask."""

    key: str
    name: str
    host: str
    pid: int
    taken_at: str


@dataclass(frozen=True, slots=True)
class Leases:
    """The leases of one ledger."""

    ledger: Ledger
    owner: Owner
    length: timedelta = LENGTH

    def take(self, key: str, name: str, *, run: int | None = None) -> Lease | None:
        """Take a step, or tell that it is taken.

        Args:
            key: of the step.
            name: what kind of step it is.
            run: number of the run it is part of.
        """
        now = self.ledger.clock()
        with self.ledger.writing() as db:
            row = db.execute("SELECT * FROM leases WHERE key = ?", (key,)).fetchone()
            if row is not None and not self._over(db, row, now):
                return None
            if row is not None:
                _end(db, int(row[2]), "lost", "its process ended or fell silent", now)
            token = db.execute(
                "INSERT INTO tries (key, name, run, started_at) VALUES (?, ?, ?, ?)",
                (key, name, run, now.isoformat()),
            ).lastrowid
            db.execute(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(key, name, token),
                    *(self.owner.host, self.owner.pid, self.owner.born),
                    *(now.isoformat(), (now + self.length).isoformat()),
                ),
            )
        return Lease(key=key, token=int(token or 0))

    def renew(self, lease: Lease) -> None:
        """Say that the work goes on.

        Raises:
            LostLeaseError: another has taken over.
        """
        now = self.ledger.clock()
        with self.ledger.writing() as db:
            still_held(db, lease)
            db.execute(
                "UPDATE leases SET taken_at = ?, expires_at = ? WHERE key = ?",
                (now.isoformat(), (now + self.length).isoformat(), lease.key),
            )

    def give_back(self, lease: Lease, outcome: str, words: str = "") -> None:
        """End the work, whatever came of it; a lease that was lost is nobody's business."""
        with self.ledger.writing() as db:
            end_in(db, lease, outcome, words, self.ledger.clock())

    def held(self) -> list[Held]:
        """List what is being worked at."""
        with self.ledger.reading() as db:
            rows = db.execute("SELECT key, name, host, pid, taken_at FROM leases ORDER BY key")
            return [
                Held(key=key, name=name, host=host, pid=pid, taken_at=taken_at)
                for key, name, host, pid, taken_at in rows
            ]

    def _over(self, db: sqlite3.Connection, row: tuple[str, ...], now: datetime) -> bool:
        """Tell whether a lease has ended; one of the future is dated to now."""
        key, _, _, host, pid, born, taken_at, expires_at = row
        if Owner(host=host, pid=int(pid), born=born).dead():
            return True
        if datetime.fromisoformat(taken_at) > now:
            db.execute(
                "UPDATE leases SET taken_at = ?, expires_at = ? WHERE key = ?",
                (now.isoformat(), (now + self.length).isoformat(), key),
            )
            return False
        return datetime.fromisoformat(expires_at) <= now


def still_held(db: sqlite3.Connection, lease: Lease) -> None:
    """See within a larger change that a lease was not taken over.

    Raises:
        LostLeaseError: it was.
    """
    row = db.execute("SELECT token FROM leases WHERE key = ?", (lease.key,)).fetchone()
    if row is None or int(row[0]) != lease.token:
        raise LostLeaseError(
            f"Another process has taken over {lease.key}; this one had been silent too long."
        )


def end_in(
    db: sqlite3.Connection, lease: Lease, outcome: str, words: str, now: datetime
) -> None:
    """Give a lease back as part of a larger change."""
    _end(db, lease.token, outcome, words, now)
    db.execute("DELETE FROM leases WHERE key = ? AND token = ?", (lease.key, lease.token))


def _end(db: sqlite3.Connection, token: int, outcome: str, words: str, now: datetime) -> None:
    db.execute(
        "UPDATE tries SET finished_at = ?, outcome = ?, words = ? "
        "WHERE token = ? AND outcome IS NULL",
        (now.isoformat(), outcome, words, token),
    )


def _born(pid: int) -> str:
    """Tell when a process started, in the kernel's ticks; empty where no kernel tells."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
