"""Open a finished run for review: its layouts in words, its pictures found again.

    DIR/manifest.json + stockade.gpkg + rasters ──► read_found, find_shots ──► Book

Words are made by the same room as those of the report, so the page and the report never tell
two stories.  A picture that is missing, or is another file by now, costs a sentence, not the
review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.cards import card_of, day, rows_of
from aoi.outputs.leaving import Found
from aoi.outputs.manifest import Input, Manifest, read_manifest
from aoi.palette import CANNOT_TELL, OTHER_STATUS, STATUSES, find_swatch
from aoi.review.book import Book, Box, Layout, Sight
from aoi.review.decisions import DecisionLog
from aoi.review.desk import Desk
from aoi.runs.export_found import read_found
from aoi.runs.export_pictures import find_shots
from geo.errors import InputError, SourceError, UsageError
from geo.read import Image, open_image
from geo.stretch import Stretch

MAPPED = ("buildings", "walls", "yards", "changes", "sites")
"""Layers drawn on the map beside the layouts."""

SURE = "the only layout that fits it"
"""How the register's match says that nothing else fits; see ``aoi.sites.words``."""

KNOWN = "known_"
"""How outcomes begin that tie a layout to a site."""


def open_desk(folder: Path, *, rules: str = "") -> Desk:
    """Lay a run on the desk.

    Args:
        folder: of a finished scan or comparison.
        rules: ``single`` or ``two_blind``; left out, whatever its log goes by.

    Raises:
        InputError: no run lies there, or its decisions are broken.
        UsageError: its decisions go by other rules.
    """
    book = open_book(folder)
    log = DecisionLog(folder, book.run_id)
    entries = log.entries()
    if entries and rules and rules != entries[0].rules:
        raise UsageError(
            f"The decisions in {folder} go by the rules {entries[0].rules!r}, and rules do not "
            "change half-way. Leave --blind out, or move decisions.jsonl and decisions.head to "
            "a safe place to begin anew."
        )
    return Desk(book, log, rules=rules)


def open_book(folder: Path) -> Book:
    """Read a run for review.

    Raises:
        InputError: no run lies there, or its decisions are broken.
    """
    manifest = read_manifest(folder / "manifest.json")
    found = read_found(folder)
    changed = {str(one) for one in found.layers["changes"]["compound_id"].dropna()}
    places = _places(found)
    layouts = [
        *(_layout(row, found, changed, places) for row in rows_of(found.layers["compounds"])
          if row["id"] in found.written),
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
        sights=tuple(_sights(folder, manifest, found)),
        things=things,
        pair="registration" in manifest.parameters,
    )


def _places(found: Found) -> dict[str, str]:
    """Say where every layout lies, all at once: one by one takes seconds for thousands."""
    if found.crs is None or not found.written:
        return {}
    shapes = gpd.GeoSeries(list(found.written.values()), crs=found.crs)
    spots = shapes.representative_point().to_crs("EPSG:4326")
    said = [
        f"{abs(y):.5f}° {'N' if y >= 0 else 'S'}, {abs(x):.5f}° {'E' if x >= 0 else 'W'}"
        for x, y in zip(spots.x, spots.y, strict=True)
    ]
    return dict(zip(found.written, said, strict=True))


def _layout(
    row: Mapping[str, Any], found: Found, changed: set[str], places: Mapping[str, str]
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
            "where": places.get(card.id, card.where),
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


def _sights(folder: Path, manifest: Manifest, found: Found) -> Iterator[Sight]:
    """Find every picture again, in order of time; before and after in a comparison."""
    shots, gaps = find_shots(folder, manifest)
    inputs = [one for one in manifest.inputs if one.scene_id]
    pair = "registration" in manifest.parameters
    roles = ("before", "after") if pair and len(inputs) == 2 else ("",) * len(inputs)
    both = list(zip(inputs, roles, strict=True))
    if not pair:
        both.sort(key=lambda two: two[0].observed_at or "")
    for one, role in both:
        shot = shots.get(one.scene_id)
        why = [gap for gap in gaps if gap.startswith(f"No picture of {one.scene_id}: ")]
        moved = _opened(folder, one, "moved")
        image = moved or (shot.image if shot else None)
        yield Sight(
            scene=one.scene_id,
            when=day(one.observed_at) if one.observed_at else "",
            credit=". ".join(word for word in (one.credit, one.licence) if word),
            gsd_m=one.gsd_m,
            role=role,
            image=image,
            stretch=Stretch.identity() if moved else shot.stretch if shot else None,
            scores=_opened(folder, one, "scores"),
            trouble=f"{' '.join(why)} Outlines are shown without it." if not image else "",
            box=_box(image, found.crs) if image else None,
        )


def _opened(folder: Path, one: Input, what: str) -> Image | None:
    """Open what the run left of a picture: its scores, or a copy moved onto the other date."""
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in one.scene_id)[:120]
    path = folder / "rasters" / f"{plain}_{what}.tif"  # as aoi.runs.scenes names them, which
    # is not asked: it would load torch, and the page opens in a third of the time without
    try:
        return open_image(path, gsd=one.gsd_m)
    except (InputError, SourceError):
        return None


def _box(image: Image, crs: Any) -> Box | None:
    """Tell what a picture covers in the run's frame."""
    extent: BaseGeometry = image.grid.extent.geom
    if image.grid.crs is None or crs is None:
        left, bottom, right, top = extent.bounds
    else:
        rim = shapely.segmentize(extent, extent.length / 64)
        moved = gpd.GeoSeries([rim], crs=image.grid.crs.proj).to_crs(crs)
        left, bottom, right, top = moved.total_bounds
    return (float(left), float(bottom), float(right), float(top))
