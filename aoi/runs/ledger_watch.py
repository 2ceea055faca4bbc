"""What a watch remembers between runs: areas, looks, stories and registers.

    one look, in one transaction:  story + look + alerts + step done + lease given back

So a kill leaves either all of a look or nothing of it, and an alert is raised exactly once.
Everything is kept as text that ``aoi.sites.identity_keep`` and plain JSON read back; nothing
here decides anything.  Alerts and their digests are in ``aoi.runs.ledger_digests``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aoi.runs.ledger import Ledger, finish_in
from aoi.runs.ledger_digests import raise_in
from aoi.runs.ledger_leases import Lease, end_in, still_held


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """How an area stands."""

    name: str
    looked_at: datetime | None = None
    """When a run last went through it to the end."""

    failures: int = 0
    """Runs in a row that failed."""

    not_before: datetime | None = None
    """After failures: no sooner than this."""

    words: str = ""
    """What the last failure said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRow:
    """One look as it was taken in."""

    area: str
    key: str
    taken_at: datetime
    body: str = field(repr=False)
    """A ``Look`` as text."""

    names: Mapping[str, str]
    """Outline to compound."""

    sites: Mapping[str, Any]
    """``outcomes``, ``tied``, ``scores``, ``clear_share``, ``folder``; see ``watch_sites``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """All that one look changes."""

    look: LookRow
    renamed: Mapping[str, Mapping[str, str]]
    """Look to names, for looks whose names were told anew."""

    story: str
    alerts: Sequence[tuple[str, Mapping[str, Any]]]
    """Id and body; those that are known already are left as they are."""

    step: str
    """Key of the step."""

    left_behind: Mapping[str, Any]
    seconds: float
    inputs: Mapping[str, str]
    """File to SHA-256."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A watch's part of the ledger."""

    ledger: Ledger

    def begin(self, command: str) -> int:
        """Note that a run begins; return its number."""
        with self.ledger.writing() as db:
            found = db.execute(
                "INSERT INTO runs (command, started_at) VALUES (?, ?)",
                (command, self.ledger.moment()),
            ).lastrowid
        return int(found or 0)

    def end(self, run: int, code: int, words: str) -> None:
        """Note how a run ended."""
        with self.ledger.writing() as db:
            db.execute(
                "UPDATE runs SET finished_at = ?, code = ?, words = ? WHERE id = ?",
                (self.ledger.moment(), code, words, run),
            )

    def runs(self, last: int = 1) -> list[Mapping[str, Any]]:
        """List the last runs, newest first."""
        names = ("id", "command", "started_at", "finished_at", "code", "words")
        with self.ledger.reading() as db:
            rows = db.execute("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (last,)).fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def area(self, name: str) -> AreaRow:
        """Tell how an area stands; one that was never looked at stands at its beginning."""
        with self.ledger.reading() as db:
            row = db.execute("SELECT * FROM areas WHERE name = ?", (name,)).fetchone()
        if row is None:
            return AreaRow(name=name)
        _, looked_at, failures, not_before, words = row
        return AreaRow(
            name=name,
            looked_at=_time(looked_at),
            failures=failures,
            not_before=_time(not_before),
            words=words,
        )

    def close(self, lease: Lease, area: AreaRow, outcome: str) -> None:
        """Write down how an area stands now, and give its lease back."""
        with self.ledger.writing() as db:
            still_held(db, lease)
            db.execute(
                "INSERT OR REPLACE INTO areas VALUES (?, ?, ?, ?, ?)",
                (
                    area.name,
                    area.looked_at and area.looked_at.isoformat(),
                    area.failures,
                    area.not_before and area.not_before.isoformat(),
                    area.words,
                ),
            )
            end_in(db, lease, outcome, area.words, self.ledger.clock())

    def looks(self, area: str) -> list[LookRow]:
        """List the looks at an area, oldest picture first."""
        query = "SELECT * FROM looks WHERE area = ? ORDER BY taken_at, key"
        with self.ledger.reading() as db:
            rows = db.execute(query, (area,)).fetchall()
        return [
            LookRow(
                area=area,
                key=key,
                taken_at=datetime.fromisoformat(taken_at),
                body=body,
                names=json.loads(names),
                sites=json.loads(sites),
            )
            for _, key, taken_at, body, names, sites in rows
        ]

    def looked(self, area: str) -> set[str]:
        """Name the visits that were taken in."""
        with self.ledger.reading() as db:
            return {k for (k,) in db.execute("SELECT key FROM looks WHERE area = ?", (area,))}

    def looks_since(self, moment: str) -> set[tuple[str, str]]:
        """Name the looks, by area and key, that were taken in at a moment or later."""
        query = "SELECT left_behind FROM steps WHERE name = 'look' AND finished_at >= ?"
        with self.ledger.reading() as db:
            bodies = [json.loads(body) for (body,) in db.execute(query, (moment,))]
        return {(body["area"], body["look"]) for body in bodies}

    def story(self, area: str) -> str | None:
        """Give an area's story as text."""
        with self.ledger.reading() as db:
            row = db.execute("SELECT body FROM stories WHERE area = ?", (area,)).fetchone()
        return None if row is None else str(row[0])

    def take_in(self, lease: Lease, taken: Taken) -> None:
        """Keep all that one look changes, or nothing of it.

        Raises:
            LostLeaseError: another process has the area by now.
        """
        look = taken.look
        at = self.ledger.moment()
        with self.ledger.writing() as db:
            still_held(db, lease)
            db.execute(
                "INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(look.area, look.key, look.taken_at.isoformat(), look.body),
                    *(json.dumps(look.names), json.dumps(look.sites)),
                ),
            )
            _keep_story(db, look.area, taken.story, taken.renamed)
            raise_in(db, look.area, taken.alerts, at)
            finish_in(db, taken.step, "look", taken.left_behind, seconds=taken.seconds, at=at)
            db.executemany(
                "INSERT OR REPLACE INTO step_inputs VALUES (?, ?, ?)",
                [(taken.step, sha, path) for path, sha in taken.inputs.items()],
            )

    def retold(
        self, lease: Lease, area: str, story: str, names: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Keep a story that a person corrected."""
        with self.ledger.writing() as db:
            still_held(db, lease)
            _keep_story(db, area, story, names)

    def register(self) -> tuple[str, str] | None:
        """Give hash and text of the register as it was last read."""
        query = "SELECT sha256, body FROM registers ORDER BY rowid DESC LIMIT 1"
        with self.ledger.reading() as db:
            row = db.execute(query).fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def keep_register(self, sha256: str, body: str, diff: Sequence[Mapping[str, Any]]) -> None:
        """Keep a register that changed, and in what."""
        with self.ledger.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO registers VALUES (?, ?, ?, ?)",
                (sha256, self.ledger.moment(), body, json.dumps(list(diff))),
            )

    def register_changes(self) -> list[tuple[datetime, Mapping[str, Any]]]:
        """List every change of the register so far, with the time it was noticed."""
        with self.ledger.reading() as db:
            rows = db.execute("SELECT read_at, diff FROM registers ORDER BY rowid").fetchall()
        return [
            (datetime.fromisoformat(at), one) for at, diff in rows for one in json.loads(diff)
        ]

    def pace(self) -> tuple[float, float]:
        """Tell seconds and bytes of all looks and surveys so far."""
        with self.ledger.reading() as db:
            query = "SELECT seconds, left_behind FROM steps WHERE name IN ('look', 'survey')"
            rows = db.execute(query)
            told = [(float(s), float(json.loads(body).get("bytes", 0))) for s, body in rows]
        return sum(s for s, _ in told), sum(b for _, b in told)


def _keep_story(
    db: sqlite3.Connection, area: str, story: str, names: Mapping[str, Mapping[str, str]]
) -> None:
    db.execute("INSERT OR REPLACE INTO stories VALUES (?, ?)", (area, story))
    db.executemany(
        "UPDATE looks SET names = ? WHERE area = ? AND key = ?",
        [(json.dumps(new), area, key) for key, new in names.items()],
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
