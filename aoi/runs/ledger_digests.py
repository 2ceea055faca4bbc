"""What a watch remembers of alerts: each raised once, gathered into digests, and delivered.

    alert ──raise_in──► gathered ──gather──► digest ──sent──► delivered
                                               │ └─unsent─► tried again, and when
                                               └─mailed─► its message was written

An alert is raised in the transaction of what it tells of: it is kept with it or not at all.  A
digest takes its alerts in one transaction, so two processes never tell the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aoi.runs.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """Alerts of one area that are told together."""

    id: str
    area: str
    made_at: datetime
    body: Mapping[str, Any]
    tries: int
    next_try: datetime | None
    sent_at: datetime | None
    words: str
    mailed_at: datetime | None
    """When its message was written; what becomes of that is the mailer's affair."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The part of the ledger that is about alerts."""

    ledger: Ledger

    def alerts(self, *, released: bool | None = None) -> list[Mapping[str, Any]]:
        """List alerts in the order in which they were raised.

        Args:
            released: only those already in a digest, only those still gathered, or all.
        """
        where = {None: "", True: "WHERE digest IS NOT NULL", False: "WHERE digest IS NULL"}
        query = (
            f"SELECT id, area, raised_at, body FROM alerts {where[released]} ORDER BY number"  # noqa: S608 - fixed words
        )
        with self.ledger.reading() as db:
            rows = db.execute(query).fetchall()
        return [
            {"id": id_, "area": area, "raised_at": at, **json.loads(body)}
            for id_, area, at, body in rows
        ]

    def alert_ids(self, area: str) -> set[str]:
        """Name all alerts ever raised of an area."""
        with self.ledger.reading() as db:
            return {i for (i,) in db.execute("SELECT id FROM alerts WHERE area = ?", (area,))}

    def gather(
        self, area: str, digest: str, body: Mapping[str, Any], ids: Iterable[str]
    ) -> bool:
        """Put alerts into a digest, unless another process was faster."""
        with self.ledger.writing() as db:
            if db.execute("SELECT 1 FROM digests WHERE id = ?", (digest,)).fetchone():
                return False
            db.execute(
                "INSERT INTO digests (id, area, made_at, body) VALUES (?, ?, ?, ?)",
                (digest, area, self.ledger.moment(), json.dumps(body)),
            )
            db.executemany(
                "UPDATE alerts SET digest = ? WHERE id = ? AND digest IS NULL",
                [(digest, one) for one in ids],
            )
        return True

    def all(self, *, unsent: bool = False, unmailed: bool = False) -> list[DigestRow]:
        """List digests, oldest first.

        Args:
            unsent: only those that the webhook did not take yet.
            unmailed: only those of which no message was written yet.
        """
        wanted = {"sent_at IS NULL": unsent, "mailed_at IS NULL": unmailed}
        only = " AND ".join(condition for condition, holds in wanted.items() if holds)
        where = f"WHERE {only}" if only else ""
        query = f"SELECT * FROM digests {where} ORDER BY rowid"  # noqa: S608 - fixed words
        with self.ledger.reading() as db:
            rows = db.execute(query).fetchall()
        return [
            DigestRow(
                id=id_,
                area=area,
                made_at=datetime.fromisoformat(made),
                body=json.loads(body),
                tries=tries,
                next_try=_time(next_try),
                sent_at=_time(sent),
                words=words,
                mailed_at=_time(mailed),
            )
            for id_, area, made, body, tries, next_try, sent, words, mailed in rows
        ]

    def mailed(self, digest: str) -> None:
        """Note that a digest's message was written."""
        with self.ledger.writing() as db:
            db.execute(
                "UPDATE digests SET mailed_at = ? WHERE id = ?", (self.ledger.moment(), digest)
            )

    def sent(self, digest: str) -> None:
        """Note that a digest arrived."""
        with self.ledger.writing() as db:
            db.execute(
                "UPDATE digests SET sent_at = ?, words = '', tries = tries + 1 WHERE id = ?",
                (self.ledger.moment(), digest),
            )

    def unsent(self, digest: str, words: str, wait: timedelta) -> None:
        """Note that a digest did not arrive, and when to try again."""
        with self.ledger.writing() as db:
            db.execute(
                "UPDATE digests SET tries = tries + 1, next_try = ?, words = ? WHERE id = ?",
                ((self.ledger.clock() + wait).isoformat(), words, digest),
            )


def raise_in(
    db: sqlite3.Connection, area: str, alerts: Sequence[tuple[str, Mapping[str, Any]]], at: str
) -> None:
    """Raise alerts as part of a larger change; those that are known stay as they are."""
    db.executemany(
        "INSERT OR IGNORE INTO alerts (id, area, raised_at, body) VALUES (?, ?, ?, ?)",
        [(id_, area, at, json.dumps(body)) for id_, body in alerts],
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
