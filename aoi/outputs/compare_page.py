"""Write the pages of a pair: the report of a comparison and the printable ledger of an audit.

Like the report of a scan, a page holds everything itself: pictures as data, outlines as SVG, no
script, no request to anybody.  Both dates are always shown at the same extent, as taken, with a
scale bar, and north is up on every one of them.

    PairPage(ledger, chips, words) ──► templates/compare.html or audit.html ──► one file
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd

from aoi import palette
from aoi.outputs.cards import area, length, rows_of, where
from aoi.outputs.chips import Canvas, Chip, canvas_of, on_canvas, path_of
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.package import to_crs
from aoi.outputs.pages import template_of, write_text
from aoi.palette import Swatch
from geo.write import beside

log = logging.getLogger(__name__)

CARDS = 150
"""Most changed buildings shown on the page of a comparison; the rest stands in the ledger."""

CHIP_UNITS, CHIP_PIXELS = 300.0, 300
"""Units of the SVG, and pixels, of a chip's longer side."""

MAP_UNITS, MAP_PIXELS = 600.0, 1100
"""The same of the two pictures of the whole place."""

Pictures = tuple[Chip, Chip]
"""Before and after, at one extent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedPicture:
    """What a reader must know of one of the two pictures."""

    scene: str
    """Its id."""

    taken: str
    """Date and hour in UTC, or that nobody knows."""

    sensor: str
    gsd: str
    credit: str
    seen: str
    """Share of the ground that could be seen, and what hid the rest, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPage:
    """Everything a page tells."""

    title: str
    ledger: gpd.GeoDataFrame
    """A row a building: ``id, number, building_id, name, zone, kind, confidence, area_m2,
    note`` and ``geometry`` in the run's CRS, in the order to be printed."""

    chips: Mapping[str, Pictures]
    """By id of the row."""

    overview: Pictures
    dates: tuple[DatedPicture, DatedPicture]
    registration: str
    """How the pictures were laid onto each other, in words."""

    places: Sequence[Mapping[str, str]] = ()
    """Compounds, and the whole place: name and numbers before and after, in words."""

    findings: Sequence[Mapping[str, Any]] = ()
    """Of an audit: claim, counts, verdict, why."""

    rule: str = ""
    """Of the verdicts."""

    unseen: Mapping[str, int] = field(default_factory=dict)
    """Buildings that could not be seen, by what hid them."""

    notes: Sequence[str] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict)
    rounding: float = 0.0
    """Metres to which coordinates are given; 0 for all that is known.  A page that rounds has
    no pictures: they would show the place exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One building on the page."""

    id: str
    number: int
    name: str
    zone: str
    kind: Swatch
    confidence: str
    area: str
    where: str
    note: str
    pictures: tuple[tuple[Canvas, str], ...]
    """Canvas and path of the outline of both dates; empty where no picture was kept."""


def write_pair_page(path: Path, page: PairPage, *, template: str) -> Path:
    """Write a page.

    Args:
        path: of the file; written beside and renamed.
        page: what it tells.
        template: ``compare.html`` shows what changed, ``audit.html`` every building.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    rows = [_row(row, page) for row in rows_of(page.ledger)]
    changed = [r for r in rows if r.kind.key in {"built", "demolished", "altered"}]
    shown = rows if template == "audit.html" else changed[:CARDS]
    text = template_of(template).render(
        page=page,
        disclaimer=DISCLAIMER,
        rows=shown,
        total=len(rows),
        changed=len(changed),
        tally=[(s, sum(r.kind is s for r in rows)) for s in palette.CHANGES],
        overview=[] if page.rounding else [_overview(c, page.ledger) for c in page.overview],
        rounding=length(page.rounding) if page.rounding else "",
        north=page.overview[0].grid.crs is not None,
        length=length,
        palette=palette,
        manifest=page.manifest,
    )
    write_text(path, text)
    log.info("wrote %s: %d of %d buildings", path.name, len(shown), len(rows))
    return path


def write_pdf(path: Path, page: Path) -> Path | None:
    """Print a page as PDF, where the extra ``pdf`` is installed; nothing is fetched for it.

    Returns:
        ``path``, or ``None`` where it is not installed.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415  # an extra
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError):  # OSError: its system libraries are missing
        return None
    inside = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    with beside(path) as part:
        HTML(string=page.read_text("utf-8"), url_fetcher=inside).write_pdf(str(part))
    return path


def _row(row: Mapping[str, Any], page: PairPage) -> _Row:
    chips = () if page.rounding else page.chips.get(row["id"], ())
    point = row["geometry"].representative_point()
    confidence = row["confidence"]
    return _Row(
        id=row["id"],
        number=row["number"],
        name=" ".join(t for t in (row["building_id"], row["name"]) if t),
        zone=row["zone"] or "",
        kind=palette.find_swatch(palette.CHANGES, row["kind"], palette.CHANGES[-1]),
        confidence="" if confidence is None else f"{100 * confidence:.0f} %",
        area=f"{row['area_m2']:,.0f} m²",
        where=where(point, crs=to_crs(page.ledger.crs), rounding=page.rounding),
        note=row["note"] or "",
        pictures=tuple(_drawn(chip, row["geometry"], page.ledger.crs) for chip in chips),
    )


def _drawn(chip: Chip, shape: Any, crs: Any) -> tuple[Canvas, str]:
    canvas = canvas_of(chip, units=CHIP_UNITS, pixels=CHIP_PIXELS)
    [moved] = on_canvas(gpd.GeoSeries([shape], crs=crs), canvas)
    return canvas, path_of(moved)


def _overview(chip: Chip, ledger: gpd.GeoDataFrame) -> dict[str, Any]:
    """Draw the whole place with its buildings coloured by what became of them."""
    canvas = canvas_of(chip, units=MAP_UNITS, pixels=MAP_PIXELS)
    shapes = on_canvas(ledger.geometry, canvas)
    return {
        "canvas": canvas,
        "marks": [
            (path_of(shape), palette.find_swatch(palette.CHANGES, kind, palette.CHANGES[-1]))
            for shape, kind in zip(shapes, ledger["kind"], strict=True)
        ],
    }


def hectares(square_metres: float) -> str:
    """Write an area for a table."""
    return area(square_metres)
