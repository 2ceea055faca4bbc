"""Open finished runs for review: layouts and changes in words, pictures found again.

    DIR/manifest.json + stockade.gpkg + rasters ──► read_found, sights_of ──► Book ──► Desk
    several folders ──► Shelf

Words are made by the same room as those of the report, so the page and the report never tell
two stories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from aoi.outputs.cards import card_of, rows_of
from aoi.outputs.leaving import Found
from aoi.outputs.manifest_read import read_manifest
from aoi.palette import CANNOT_TELL, OTHER_STATUS, STATUSES, find_swatch
from aoi.review.book import Book, Layout
from aoi.review.decisions import DecisionLog
from aoi.review.desk import Desk
from aoi.review.shelf import Shelf
from aoi.runs.export_found import read_found
from aoi.runs.review_changes import change_layouts
from aoi.runs.review_sights import sights_of
from aoi.runs.review_ways import ways_of
from geo.errors import UsageError

MAPPED = ("buildings", "walls", "yards", "changes", "sites")
"""Layers drawn on the map beside the layouts."""

SURE = "the only layout that fits it"
"""How the register's match says that nothing else fits; see ``aoi.sites.words``."""

KNOWN = "known_"
"""How outcomes begin that tie a layout to a site."""


def open_shelf(
    folders: Sequence[Path], *, rules: str = "", places: Sequence[Path] = ()
) -> Shelf:
    """Put runs side by side, each with its own log.

    Args:
        folders: of finished runs.
        rules: ``single`` or ``two_blind``; left out, whatever each log goes by.
        places: files and folders where pictures are said to be by now.

    Raises:
        InputError: no run lies in one of them, or its decisions are broken.
        UsageError: decisions go by other rules, or a folder was named twice.
    """
    return Shelf([open_desk(folder, rules=rules, places=places) for folder in folders])


def open_desk(folder: Path, *, rules: str = "", places: Sequence[Path] = ()) -> Desk:
    """Lay a run on the desk.

    Args:
        folder: of a finished scan, comparison, audit or monitor.
        rules: ``single`` or ``two_blind``; left out, whatever its log goes by.
        places: files and folders where pictures are said to be by now.

    Raises:
        InputError: no run lies there, or its decisions are broken.
        UsageError: its decisions go by other rules.
    """
    book = open_book(folder, places=places)
    log = DecisionLog(folder, book.run_id)
    entries = log.entries()
    if entries and rules and rules != entries[0].rules:
        raise UsageError(
            f"The decisions in {folder} go by the rules {entries[0].rules!r}, and rules do not "
            "change half-way. Leave --blind out, or move decisions.jsonl and decisions.head to "
            "a safe place to begin anew."
        )
    return Desk(book, log, rules=rules)


def open_book(folder: Path, *, places: Sequence[Path] = ()) -> Book:
    """Read a run for review.

    Args:
        folder: of the run.
        places: files and folders where pictures are said to be by now.

    Raises:
        InputError: no run lies there, or its decisions are broken.
    """
    manifest = read_manifest(folder / "manifest.json")
    found = read_found(folder)
    changed = {str(one) for one in found.layers["changes"]["compound_id"].dropna()}
    spots = _spots(found)
    layouts = [
        *(_layout(row, found, changed, spots) for row in rows_of(found.layers["compounds"])
          if row["id"] in found.written),
        *change_layouts(found, spots),
        *_silent_sites(found),
    ]  # fmt: skip
    things = {name: found.layers[name] for name in MAPPED}
    for name, frame in things.items():
        shown = frame[frame.geometry.notna()].reset_index(drop=True)
        things[name] = shown
        _ = shown.sindex  # built now: threads must not build it at the same time
    return Book(
        run_id=found.run_id,
        title=found.title,
        crs=found.crs,
        layouts={one.id: one for one in layouts},
        sights=tuple(sights_of(folder, manifest, found, places=places)),
        things=things,
        pair="registration" in manifest.parameters,
        ways=ways_of(folder) if found.written else None,
    )


def _spots(found: Found) -> dict[str, str]:
    """Say where all lies, all at once: one by one takes seconds for thousands."""
    changes = found.layers["changes"]
    outlines: dict[str, BaseGeometry] = {
        **found.written,
        **dict(zip(changes["id"], changes.geometry, strict=True)),
    }
    if found.crs is None or not outlines:
        return {}
    shapes = gpd.GeoSeries(list(outlines.values()), crs=found.crs)
    spots = shapes.representative_point().to_crs("EPSG:4326")
    said = [
        f"{abs(y):.5f}° {'N' if y >= 0 else 'S'}, {abs(x):.5f}° {'E' if x >= 0 else 'W'}"
        for x, y in zip(spots.x, spots.y, strict=True)
    ]
    return dict(zip(outlines, said, strict=True))


def _layout(
    row: Mapping[str, Any], found: Found, changed: set[str], spots: Mapping[str, str]
) -> Layout:
    """Put one compound into words, those of the score apart."""
    outline = found.written[row["id"]]
    card = card_of({**row, "geometry": outline}, crs=None, rounding=0.0)
    counts = card.likeness is not CANNOT_TELL
    return Layout(
        id=card.id,
        outline=outline,
        scene=row["scene_id"] or "",
        rank=row["rank"],
        score=row["score"] if counts else None,
        told={
            "where": spots.get(card.id, card.where),
            "area": f"{outline.area / 1e4:.1f} ha",
            "outcome": card.outcome,
            "name": card.site,
            "match": card.note,
            "picture": card.scene,
        },
        judged={
            "likeness": card.likeness.key,
            "cannot_tell": card.cannot_tell,
            "reasons": [{"text": sign.text, "for": sign.speaks_for} for sign in card.reasons],
            "numbers": [list(number) for number in card.numbers],
        },
        flags=tuple(_flags(row, card.id in changed, counts=counts)),
    )


def _flags(row: Mapping[str, Any], changed: bool, *, counts: bool) -> Iterator[str]:  # noqa: FBT001
    """Say by which filters a layout is found."""
    outcome = row["outcome"] or ""
    if outcome == "new":
        yield "new"
    if outcome.startswith(KNOWN):
        yield "known"
        if SURE not in (row["match_note"] or ""):
            yield "ambiguous"
    if changed:
        yield "changed"
    if not counts:
        yield "cannot_tell"


def _silent_sites(found: Found) -> Iterator[Layout]:
    """Show sites whose ground was seen and at which nothing was found."""
    for row in rows_of(found.layers["sites"]):
        if row["outcome"] == "known_not_detected" and row["geometry"] is not None:
            status = find_swatch(STATUSES, row["status"] or "", OTHER_STATUS).name
            yield Layout(
                id=row["id"],
                outline=row["geometry"],
                is_site=True,
                flags=("not_detected",),
                told={
                    "where": f"{status}. Sources: {row['sources'] or 'none named'}",
                    "outcome": "Known site, nothing found",
                    "name": row["name"] or row["id"],
                    "match": row["note"] or "",
                },
            )
