"""Give a project its time: which rows show when, and the range of the slider.

The time slider of QGIS moves through what was seen when: layouts appear on the day they were
seen, changes stand between the two dates that bracket them.  Rows without a date always show.

    layer ──► expressions of its columns ──► <temporal>
    stockade.gpkg ──► first and last date ──► <ProjectTimeSettings>

Source: files saved by QGIS 3.22.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from aoi.outputs.package_facts import times_of

BY_EXPRESSIONS = "4"
"""QGIS's number for a start and an end computed from columns; ours are text, not dates."""

SPANS: Mapping[str, tuple[str, str]] = {
    "compounds": ("observed_at", ""),
    "buildings": ("observed_at", ""),
    "changes": ("last_without", "first_with"),
    "coverage": ("observed_at", ""),
}
"""Column with the start, and with the end where there is one, of layers that know a time."""


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
    columns = [(name, column) for name, span in SPANS.items() for column in span if column]
    times = sorted(times_of(package, columns))
    if times:
        span = SubElement(top, "TemporalRange")
        SubElement(span, "start").text = _whole(times[0], "00:00:00")
        SubElement(span, "end").text = _whole(times[-1], "23:59:59")
    return top


def _whole(time: str, hour: str) -> str:
    """Widen a time to its day, as QGIS writes it."""
    return f"{time[:10]}T{hour}Z"
