"""What a watch remembers of surveys: what each found, and the works that were told.

    survey made ──keep──► surveys        all works of an area + alerts ──tell──► works, alerts

A survey is kept as soon as it is made; works and their alerts change together or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import shapely

from aoi.runs.ledger import Ledger, finish_in
from aoi.runs.ledger_digests import raise_in
from aoi.runs.ledger_leases import Lease, still_held
from aoi.runs.watch_survey import Survey
from aoi.runs.watch_works import Works


@dataclass(frozen=True, slots=True)
class Surveys:
    """The part of the ledger that is about surveys."""

    ledger: Ledger

    def of(self, area: str) -> dict[str, Survey]:
        """Give all surveys of an area, by key."""
        query = "SELECT key, body FROM surveys WHERE area = ? ORDER BY key"
        with self.ledger.reading() as db:
            rows = db.execute(query, (area,)).fetchall()
        return {str(key): Survey.from_text(body) for key, body in rows}

    def keep(
        self, lease: Lease, area: str, survey: Survey, *, seconds: float, size: int
    ) -> None:
        """Keep a survey in the place of the one of the same key.

        Args:
            lease: on the area.
            area: its name.
            survey: what was found.
            seconds: it took.
            size: bytes that were read.

        Raises:
            LostLeaseError: another process has the area by now.
        """
        at = self.ledger.moment()
        with self.ledger.writing() as db:
            still_held(db, lease)
            row = area, survey.key, survey.asked, survey.to_text()
            db.execute("INSERT OR REPLACE INTO surveys VALUES (?, ?, ?, ?)", row)
            left = {"area": area, "survey": survey.key, "bytes": size}
            step = f"{area}/{survey.key}/{survey.asked}"
            finish_in(db, step, "survey", left, seconds=seconds, at=at)

    def works(self, area: str) -> list[Works]:
        """Give all works that were ever told of an area."""
        query = "SELECT body FROM works WHERE area = ? ORDER BY id"
        with self.ledger.reading() as db:
            rows = db.execute(query, (area,)).fetchall()
        return [_read(body) for (body,) in rows]

    def tell(
        self,
        lease: Lease,
        area: str,
        works: Sequence[Works],
        alerts: Sequence[tuple[str, Mapping[str, Any]]],
    ) -> None:
        """Keep the works of an area and the alerts they raise.

        Raises:
            LostLeaseError: another process has the area by now.
        """
        with self.ledger.writing() as db:
            still_held(db, lease)
            db.executemany(
                "INSERT OR REPLACE INTO works VALUES (?, ?, ?)",
                [(area, one.id, _written(one)) for one in works],
            )
            raise_in(db, area, alerts, self.ledger.moment())


def _written(works: Works) -> str:
    body = {f.name: getattr(works, f.name) for f in fields(works)}
    body["outline"] = shapely.to_wkb(works.outline, hex=True)
    return json.dumps(body, default=datetime.isoformat, separators=(",", ":"))


def _read(text: str) -> Works:
    body = json.loads(text)
    times = {n: datetime.fromisoformat(body[n]) for n in ("last_without", "first_with")}
    outline = shapely.from_wkb(body["outline"])
    return Works(**{**body, **times, "outline": outline, "by": tuple(body["by"])})
