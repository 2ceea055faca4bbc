"""Write the page of a monitor: each place with its brackets, its curves and its pictures.

Like every page of Stockade it holds everything itself: pictures as data, curves as SVG, no
script, no request to anybody.

    SeriesPage(places, words) ──► templates/monitor.html ──► one file
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from aoi import palette
from aoi.outputs.cards import length
from aoi.outputs.chips import Canvas, Chip, canvas_of, on_canvas, path_of
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.pages import template_of, write_text
from aoi.palette import Swatch

log = logging.getLogger(__name__)

CHIP_UNITS, CHIP_PIXELS = 300.0, 220
"""Units of the SVG, and pixels, of a picture's longer side."""

MAP_UNITS, MAP_PIXELS = 600.0, 900
"""The same of the picture of the whole area."""

SHOWN = 60
"""Places on the page; all of them are in the GeoPackage and in events.csv."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCard:
    """One place on the page."""

    id: str
    name: str
    kind: str
    """Key of a swatch: ``built``, ``demolished``, ``altered``, ``unchanged``,
    ``not_observable``."""

    where: str
    area: str
    events: Sequence[Mapping[str, str]]
    """``kind, bracket, state, confidence, note`` in words, oldest first."""

    reasons: Sequence[str]
    curves: Sequence[str]
    """SVG, one a series."""

    chips: Sequence[Chip]
    """Small multiples over time, oldest first."""

    outline: BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPage:
    """Everything the page tells."""

    title: str
    span: str
    """First and last look, in words."""

    series: Sequence[Mapping[str, str]]
    """Name, looks, clear looks, longest gap, credit: one a series."""

    cards: Sequence[PlaceCard]
    overview: Chip | None
    crs: Any
    silent: str
    """What can be said where nothing was found."""

    notes: Sequence[str] = ()
    gaps: Sequence[str] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict)
    rounding: float = 0.0
    """Metres to which coordinates are given; 0 for all that is known.  A page that rounds has
    no pictures: they would show the place exactly."""


def write_series_page(path: Path, page: SeriesPage) -> Path:
    """Write the page.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    shown, plain = page.cards[:SHOWN], not page.rounding
    text = template_of("monitor.html").render(
        page=page,
        disclaimer=DISCLAIMER,
        cards=[_card(card, page) for card in shown],
        total=len(page.cards),
        tally=[(s, sum(c.kind == s.key for c in page.cards)) for s in palette.CHANGES],
        overview=_overview(page.overview, page) if page.overview and plain else None,
        rounding="" if plain else length(page.rounding),
        manifest=page.manifest,
    )
    write_text(path, text)
    log.info("wrote %s: %d of %d places", path.name, len(shown), len(page.cards))
    return path


def _card(card: PlaceCard, page: SeriesPage) -> dict[str, Any]:
    pictures: list[tuple[Canvas, str]] = []
    for chip in () if page.rounding else card.chips:
        canvas = canvas_of(chip, units=CHIP_UNITS, pixels=CHIP_PIXELS)
        [shape] = on_canvas(gpd.GeoSeries([card.outline], crs=page.crs), canvas)
        pictures.append((canvas, path_of(shape)))
    return {"card": card, "swatch": _swatch(card.kind), "pictures": pictures}


def _overview(chip: Chip, page: SeriesPage) -> dict[str, Any]:
    canvas = canvas_of(chip, units=MAP_UNITS, pixels=MAP_PIXELS)
    outlines = gpd.GeoSeries([card.outline for card in page.cards], crs=page.crs)
    shapes = on_canvas(outlines, canvas) if len(outlines) else []
    marks = [
        (path_of(shape), _swatch(card.kind))
        for shape, card in zip(shapes, page.cards, strict=True)
    ]
    return {"canvas": canvas, "marks": marks}


def _swatch(kind: str) -> Swatch:
    return palette.find_swatch(palette.CHANGES, kind, palette.CHANGES[-1])
