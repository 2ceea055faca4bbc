"""What a project holds beside its layers: a time for each, and a page to print.

The time slider of QGIS moves through what was seen when: layouts appear on the day they were
seen, changes stand between the two dates that bracket them.  Rows without a date always show.

    stockade.gpkg ──► first and last date ──► <ProjectTimeSettings>
    layer ──► expressions of its columns ──► <temporal>     template + extent ──► <Layouts>

Source: files saved by QGIS 3.22; the page is one it made, ``templates/layout.qpt``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, fromstring

BY_EXPRESSIONS = "4"
"""QGIS's number for a start and an end computed from columns; ours are text, not dates."""

SPANS: Mapping[str, tuple[str, str]] = {
    "compounds": ("observed_at", ""),
    "buildings": ("observed_at", ""),
    "changes": ("last_without", "first_with"),
    "coverage": ("observed_at", ""),
}
"""Column with the start, and with the end where there is one, of layers that know a time."""

TEMPLATE = Path(__file__).parent / "templates" / "layout.qpt"
"""A4 across: title, map, legend, scale, north, notice."""

MAP_SIDES = (205.0, 160.0)
"""Millimetres of the map on it."""


def temporal_of(layer: str) -> Element | None:
    """Say when the rows of a layer show; ``None`` for layers without a time."""
    if layer not in SPANS:
        return None
    start, end = SPANS[layer]
    top = Element(
        "temporal",
        enabled="1",
        mode=BY_EXPRESSIONS,
        startField="",
        endField="",
        startExpression=f'to_datetime("{start}")',
        endExpression=f'to_datetime("{end}")' if end else "",
        durationField="",
        durationUnit="min",
        fixedDuration="0",
        accumulate="0",
        limitMode="0",
    )
    fixed = SubElement(top, "fixedRange")
    SubElement(fixed, "start")
    SubElement(fixed, "end")
    return top


def time_settings(package: Path) -> Element:
    """Give the time slider its range: from the first date of any row to the last."""
    top = Element(
        "ProjectTimeSettings",
        timeStep="1",
        timeStepUnit="months",
        cumulativeTemporalRange="0",
        frameRate="1",
    )
    times = sorted(_times(package))
    if times:
        span = SubElement(top, "TemporalRange")
        SubElement(span, "start").text = _whole(times[0], "00:00:00")
        SubElement(span, "end").text = _whole(times[-1], "23:59:59")
    return top


def layouts(bounds: tuple[float, float, float, float], notice: str) -> Element:
    """Make the page to print, its map on the run's own ground.

    Args:
        bounds: left, bottom, right, top to show, in the project's units.
        notice: printed below the map.
    """
    page = fromstring(TEMPLATE.read_text("utf-8"))  # noqa: S314 - our own file
    left, bottom, right, top = _in_ratio(bounds)
    for item in page.iter("LayoutItem"):
        if item.get("id") == "notice":
            item.set("labelText", notice)
    for extent in page.iter("Extent"):
        sides = {"xmin": left, "ymin": bottom, "xmax": right, "ymax": top}
        extent.attrib.update({name: f"{value:.3f}" for name, value in sides.items()})
    found = Element("Layouts")
    found.append(page)
    return found


def _in_ratio(
    bounds: tuple[float, float, float, float],
) -> tuple[float, float, float, float]:
    """Widen bounds to the shape of the map on the page."""
    left, bottom, right, top = bounds
    ratio = MAP_SIDES[0] / MAP_SIDES[1]
    width, height = right - left, top - bottom
    more_x, more_y = max(0.0, height * ratio - width) / 2, max(0.0, width / ratio - height) / 2
    return left - more_x, bottom - more_y, right + more_x, top + more_y


def _times(package: Path) -> set[str]:
    found: set[str] = set()
    with closing(sqlite3.connect(f"{package.resolve().as_uri()}?mode=ro", uri=True)) as db:
        for layer, columns in SPANS.items():
            for column in filter(None, columns):
                query = f"SELECT min({column}), max({column}) FROM {layer}"  # noqa: S608 - ours
                found |= {str(time) for time in db.execute(query).fetchone() if time}
    return found


def _whole(time: str, hour: str) -> str:
    """Widen a time to its day, as QGIS writes it."""
    return f"{time[:10]}T{hour}Z"
