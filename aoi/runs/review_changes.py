"""Put the changes of a comparison or a monitor on the desk, to be judged one by one.

    layer changes ──► Layout(kind, before, scene, words)

The question to the reviewer is whether a change is as told.  What was told to be unchanged, or
could not be seen, can be judged as well, and waits for nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aoi.outputs.cards import day, rows_of
from aoi.outputs.leaving import Found
from aoi.palette import CHANGES, find_swatch
from aoi.review.book import Layout

TOLD = ("built", "demolished", "altered")
"""Kinds that say that something happened."""


def change_layouts(found: Found, places: Mapping[str, str]) -> Iterator[Layout]:
    """Make something to judge of every change: what happened first, surest first.

    Args:
        found: the run.
        places: name to where it lies, in words.
    """
    rows = [row for row in rows_of(found.layers["changes"]) if row["geometry"] is not None]
    rows.sort(key=lambda row: (row["kind"] not in TOLD, -(row["confidence"] or 0.0)))
    return (_layout(row, places.get(str(row["id"]), "")) for row in rows)


def _layout(row: Mapping[str, Any], where: str) -> Layout:
    kind, sure = row["kind"] or "", row["confidence"]
    swatch = find_swatch(CHANGES, kind, CHANGES[-1])
    happened = kind in TOLD
    return Layout(
        id=str(row["id"]),
        outline=row["geometry"],
        scene=row["after_scene"] or "",
        before=row["before_scene"] or "",
        is_change=True,
        kind=kind,
        waits=happened,
        score=sure,
        flags=("told_change" if happened else "told_same",),
        told={
            "where": where,
            "area": f"{row['geometry'].area:,.0f} m²",
            "change": swatch.name,
            "meaning": swatch.meaning,
            "bracket": _bracket(row),
            "belongs": row["compound_id"] or "",
        },
        judged={
            "note": row["note"] or "",
            "shift": "" if row["shift_m"] is None else f"{row['shift_m']:.1f} m",
        },
    )


def _bracket(row: Mapping[str, Any]) -> str:
    """Say between which two days it happened."""
    without, with_it = row["last_without"], row["first_with"]
    if without and with_it:
        return f"Between {day(without)} and {day(with_it)}."
    if without:
        return f"As it was on {day(without)}."
    return "The dates of the pictures are not known."
