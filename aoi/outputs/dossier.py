"""Write the dossier: a page a layout, for an editor's desk, a lawyer's file, a printer.

    Leaving ──► Sheet a layout ──► dossier.html, layouts/*.html ──► the same as .pdf

Everything stands inside a page, and nothing is fetched: not by the page, whose policy forbids
it, and not by the program that prints it, which is given no way out.  PDF needs the extra
``pdf``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from aoi.outputs.cards import Card, card_of, day, rows_of
from aoi.outputs.chips import Canvas, canvas_of, on_canvas, path_of
from aoi.outputs.leaving import Leaving
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.package import to_crs
from aoi.outputs.pages import template_of, write_text
from aoi.outputs.stac import lineage_of
from aoi.palette import CHANGES, find_swatch
from aoi.verdicts import CHANGE_LOOKS, CHANGE_VERDICTS, CORROBORATION, LOOKS, VERDICTS
from geo.errors import InputError
from geo.vectors import LONLAT
from geo.write import beside

log = logging.getLogger(__name__)

SHEETS = 60
"""Most layouts of a dossier: a binder, not a database."""

LINES = 200
"""Most changes in the table of those outside all layouts."""

HAPPENED = ("built", "demolished", "altered")
"""Kinds that say that something happened."""

UNITS, PIXELS = 620.0, 1100
"""Units of the SVG, and pixels, of a picture's longer side: 150 dots an inch on A4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One layout on its page."""

    card: Card
    """In words."""

    where: str
    """A point, or the cell of a grid."""

    canvas: Canvas | None
    """The picture."""

    path: str
    """The outline on it."""

    why_no_picture: str
    kind: str
    corroboration: str
    note: str
    reviewers: str
    changes: tuple[Mapping[str, str], ...]
    """What happened to its buildings, in words."""


def write_dossier(folder: Path, leaving: Leaving, *, limit: int = SHEETS) -> list[Path]:
    """Write the dossier of a run, and one a layout.

    Args:
        folder: of the export.
        leaving: what leaves.
        limit: most layouts.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    rows = leaving.layers["compounds"].sort_values("rank", kind="stable")
    sheets = [_sheet(row, leaving, rows.crs) for row in rows_of(rows.head(limit))]
    verdicts = [
        (words.lower(), int((rows["verdict"] == key).sum())) for key, words in VERDICTS.items()
    ]
    open_ones = ("not judged yet", int(rows["verdict"].isna().sum()))
    told: dict[str, Any] = {
        "leaving": leaving,
        "disclaimer": DISCLAIMER,
        "lineage": lineage_of(leaving),
        "total": len(rows),
        "verdicts": [one for one in (*verdicts, open_ones) if one[1]],
        "loose": _loose_changes(leaving),
        "day": day,
    }
    pages = [_page(folder / "dossier.html", told, sheets, title=leaving.title, cover=True)]
    for sheet in sheets:
        path = folder / "layouts" / f"{sheet.card.id}.html"
        pages.append(_page(path, told, [sheet], title=f"Layout {sheet.card.id}", cover=False))
    parts = {
        f"layout-{sheet.card.id}": folder / "layouts" / f"{sheet.card.id}.pdf"
        for sheet in sheets
    }
    return [*pages, *_printed(pages[0], parts)]


def print_pdf(page: Path, parts: Mapping[str, Path]) -> list[Path]:
    """Print a page as PDF, once, and hand out its parts.

    Args:
        page: the HTML file; the whole of it becomes a PDF beside it.
        parts: id of an element to the PDF that shall hold its sheets: from the one where it
            begins to the one before the next begins.

    Raises:
        InputError: the extra ``pdf`` is not installed.
        OutputError: the disk is full or the folder is not ours to write.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415  # an extra, and slow to load
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError) as error:  # OSError: its system libraries are missing
        raise InputError(
            "PDF needs the package weasyprint (pip install weasyprint, and Pango from your "
            "system). The HTML pages print from any browser."
        ) from error
    inside = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    document = HTML(string=page.read_text("utf-8"), url_fetcher=inside).render()
    sheets: dict[str, list[Any]] = {}
    current = ""
    for sheet in document.pages:
        current = next((name for name in sheet.anchors if name in parts), current)
        sheets.setdefault(current, []).append(sheet)
    wanted = [(page.with_suffix(".pdf"), document.pages)]
    wanted += [(path, sheets[name]) for name, path in parts.items() if name in sheets]
    for path, own in wanted:
        with beside(path) as part:
            document.copy(own).write_pdf(str(part))
    return [path for path, _ in wanted]


def _printed(page: Path, parts: Mapping[str, Path]) -> list[Path]:
    """Print the dossier, or nothing where the extra is missing."""
    try:
        return print_pdf(page, parts)
    except InputError as error:
        log.warning("%s", error)
        return []


def _page(
    path: Path, told: Mapping[str, Any], sheets: Sequence[Sheet], *, title: str, cover: bool
) -> Path:
    page = template_of("dossier.html")
    return write_text(path, page.render(**told, sheets=sheets, title=title, cover=cover))


def _sheet(row: Mapping[str, Any], leaving: Leaving, crs: Any) -> Sheet:
    name = str(row["id"])
    exact = name in leaving.exact
    card = card_of(row, crs=to_crs(crs), rounding=0.0)
    chip = leaving.chips.get(name)
    canvas = None if chip is None else canvas_of(chip, units=UNITS, pixels=PIXELS)
    path = ""
    if canvas is not None:
        [shape] = on_canvas(gpd.GeoSeries([row["geometry"]], crs=crs), canvas)
        path = path_of(shape)
    changes = leaving.layers["changes"]
    return Sheet(
        card=card,
        where=card.where if exact else cell_words(row["geometry"], crs),
        canvas=canvas,
        path=path,
        why_no_picture="No picture was kept, or it may not be shown in this copy.",
        kind=LOOKS.get(row["kind"] or "", ""),
        corroboration=CORROBORATION.get(row["corroboration"] or "", ""),
        note=row["note"] or "",
        reviewers=", ".join(leaving.reviewers.get(name, ())),
        changes=tuple(map(_change, rows_of(changes[changes["compound_id"] == name]))),
    )


def _loose_changes(leaving: Leaving) -> list[Mapping[str, str]]:
    """Put into words what happened outside all layouts; what stayed as it was is left out."""
    rows = leaving.layers["changes"]
    names = set(leaving.layers["compounds"]["id"])
    own = [
        row for row in rows_of(rows[rows["kind"].isin(HAPPENED)])
        if row["compound_id"] not in names
    ]  # fmt: skip
    own.sort(key=lambda row: -(row["confidence"] or 0.0))
    return [_change(row) for row in own[:LINES]]


def _change(row: Mapping[str, Any]) -> Mapping[str, str]:
    """Put one change into words."""
    sure, seen = row["confidence"], CHANGE_LOOKS.get(row["seen_as"] or "", "")
    verdict = CHANGE_VERDICTS.get(row["verdict"] or "", "Not judged yet")
    return {
        "id": row["id"] or "",
        "kind": find_swatch(CHANGES, row["kind"] or "", CHANGES[-1]).name,
        "without": day(row["last_without"]) if row["last_without"] else "not known",
        "with": day(row["first_with"]) if row["first_with"] else "not known",
        "sure": "" if sure is None else f"{100 * sure:.0f} %",
        "verdict": ". ".join(w for w in (verdict, seen, row["verdict_note"] or "") if w),
    }


def cell_words(cell: Any, crs: Any) -> str:
    """Say where a cell lies, with no more figures than it has."""
    if crs is None:
        return "Withheld: shown only to the cell of a grid"
    [spot] = gpd.GeoSeries([cell.centroid], crs=crs).to_crs(LONLAT)
    north, east = "N" if spot.y >= 0 else "S", "E" if spot.x >= 0 else "W"
    return f"Within a cell around {abs(spot.y):.2f}° {north}, {abs(spot.x):.2f}° {east}"
