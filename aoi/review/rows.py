"""What the queue shows of a layout, and the history of an entry, as the page is told.

    Layout + Sheet + who ──► row_of ──► {id, rank, score, status, mine, todo, …}

Whatever the score could be read from is left out while it is hidden.
"""

from __future__ import annotations

import hashlib
from typing import Any

from aoi.review.book import Layout
from aoi.review.decisions_chain import Entry
from aoi.review.decisions_now import Standing
from aoi.review.sheet import Sheet


def row_of(layout: Layout, sheet: Sheet, who: str) -> dict[str, Any]:
    """Tell of a layout what the queue shows."""
    stands, hidden = sheet.stands(layout.id, who), sheet.hides(layout.id)
    mine = sheet.verdict_of(layout.id, who)
    flags = [flag for flag in layout.flags if not (hidden and flag == "cannot_tell")]
    return {
        "id": layout.id,
        "site": layout.is_site,
        "change": layout.kind if layout.is_change else None,
        "rank": None if hidden else layout.rank,
        "score": None if hidden else layout.score,
        "likeness": layout.kind or (None if hidden else layout.judged.get("likeness")),
        "hidden": hidden,
        "name": layout.told.get("name", ""),
        "area": layout.told.get("area", ""),
        "flags": flags,
        "status": str(stands.status),
        "verdict": stands.verdict,
        "mine": mine,
        "todo": _is_to_do(layout, stands, mine, blind=hidden),
        "at": [round(value, 1) for value in layout.outline.centroid.coords[0]],
    }


def _is_to_do(layout: Layout, stands: Standing, mine: str | None, *, blind: bool) -> bool:
    """Tell whether a layout still waits for this reviewer."""
    if layout.is_site or not layout.waits:
        return False
    return mine is None if blind else not (stands.settled or mine)


def said_of(entry: Entry) -> dict[str, Any]:
    """Tell of an entry of the log what its history shows."""
    return {
        "number": entry.number, "at": entry.at, "who": entry.who, "what": str(entry.what),
        "verdict": entry.verdict, "kind": entry.kind, "corroboration": entry.corroboration,
        "note": entry.note, "tags": entry.tags, "outline": entry.outline is not None,
        "via": entry.via,
    }  # fmt: skip


def lot(who: str, name: str) -> str:
    """Draw the same lot every time: an order for each reviewer that says nothing."""
    return hashlib.sha256(f"{who}|{name}".encode()).hexdigest()
