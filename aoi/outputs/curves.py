"""Draw what a series shows of one place over time: as SVG for the page, as PNG for a folder.

    CurveSheet: panels over one time axis, brackets as bands ──► Stroke, Dot, Band, Word
                                                     ──► svg_of, png_of

Both are made from the same marks, so they show the same.  Looks that were not usable are grey
ticks below: a reader sees at once how long nothing was seen.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from PIL import Image, ImageDraw, ImageFont

from aoi.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION

WIDE, LEFT, RIGHT, TOP = 760.0, 92.0, 10.0, 8.0
"""Units: the sheet, and the room beside and above its panels."""

TALL, BETWEEN, FOOT = 62.0, 10.0, 40.0
"""Units: a panel, the room between two, and below the last."""

SCALE = 2
"""Pixels of the PNG for a unit."""

COLOURS = (BLUE, GREEN, ORANGE, PURPLE, VERMILLION)
"""Of the panels, in their order."""

INK, FAINT = "#333333", "#d8d4ca"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One measure over time."""

    title: str
    values: tuple[float | None, ...]
    """One a look; ``None`` where the look is not usable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSheet:
    """All panels of one series at one place."""

    days: tuple[float, ...]
    """Of the looks, since 1970."""

    usable: tuple[bool, ...]
    panels: tuple[Panel, ...]
    bands: tuple[tuple[float, float, str], ...] = ()
    """First and last day of a bracket, and its colour."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing drawn: corners in units, y down."""

    points: tuple[tuple[float, float], ...]
    """Two for a band (corners) and a tick, one for a dot or a word, any for a line."""

    kind: str
    """``line``, ``dot``, ``band`` or ``word``."""

    colour: str
    text: str = ""
    align: str = "start"


def svg_of(sheet: CurveSheet, label: str) -> str:
    """Write a sheet as one ``<svg>``; ``label`` is read out to who cannot see it."""
    body = "".join(_svg(mark) for mark in marks_of(sheet))
    return (
        f'<svg class="curve" viewBox="0 0 {WIDE:g} {height_of(sheet):g}" role="img" '
        f'aria-label="{escape(label)}">{body}</svg>'
    )


def png_of(sheet: CurveSheet) -> bytes:
    """Write a sheet as a PNG."""
    size = round(WIDE * SCALE), round(height_of(sheet) * SCALE)
    image = Image.new("RGB", size, "white")
    brush, font = ImageDraw.Draw(image), ImageFont.load_default(11 * SCALE)
    for mark in marks_of(sheet):
        points = [(x * SCALE, y * SCALE) for x, y in mark.points]
        if mark.kind == "line":
            brush.line(points, fill=mark.colour, width=SCALE)
        elif mark.kind == "band":
            brush.rectangle([points[0], points[1]], fill=_paler(mark.colour))
        elif mark.kind == "dot":
            (x, y), r = points[0], 1.8 * SCALE
            brush.ellipse([x - r, y - r, x + r, y + r], fill=mark.colour)
        else:
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.align]
            brush.text(points[0], mark.text, fill=mark.colour, font=font, anchor=anchor)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def height_of(sheet: CurveSheet) -> float:
    """Tell how tall a sheet is, in units."""
    return TOP + len(sheet.panels) * (TALL + BETWEEN) + FOOT


def marks_of(sheet: CurveSheet) -> Iterator[Mark]:
    """Yield all that is drawn, from the back to the front."""
    first, last = sheet.days[0], max(sheet.days[-1], sheet.days[0] + 1)
    scale = (WIDE - LEFT - RIGHT) / (last - first)

    def across(day: float) -> float:
        return LEFT + (min(max(day, first), last) - first) * scale

    foot = height_of(sheet) - FOOT
    for start, end, colour in sheet.bands:
        yield Mark(((across(start), TOP), (across(end), foot)), "band", colour)
    yield from _axis(first, last, across, foot)
    for number, panel in enumerate(sheet.panels):
        top = TOP + number * (TALL + BETWEEN)
        xs = [across(day) for day in sheet.days]
        yield from _panel(panel, xs, top, COLOURS[number % len(COLOURS)])
    for day, usable in zip(sheet.days, sheet.usable, strict=True):
        colour = INK if usable else GREY
        tick = ((across(day), foot), (across(day), foot + (7 if usable else 4)))
        yield Mark(tick, "line", colour)


def _panel(panel: Panel, xs: Sequence[float], top: float, colour: str) -> Iterator[Mark]:
    known = [value for value in panel.values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = max(high - low, 1e-6)
    bottom = top + TALL
    yield Mark(((LEFT, bottom), (WIDE - RIGHT, bottom)), "line", FAINT)
    yield Mark(((4.0, top + TALL / 2 + 4),), "word", INK, panel.title)
    yield Mark(((LEFT - 6, top + 10),), "word", "#777777", f"{high:.2f}", "end")
    yield Mark(((LEFT - 6, bottom),), "word", "#777777", f"{low:.2f}", "end")
    points = [
        (x, bottom - (value - low) / room * (TALL - 4))
        for x, value in zip(xs, panel.values, strict=True)
        if value is not None
    ]
    if len(points) > 1:
        yield Mark(tuple(points), "line", colour)
    for point in points:
        yield Mark((point,), "dot", colour)


def _axis(first: float, last: float, across: object, foot: float) -> Iterator[Mark]:
    """Mark the years, or the months of a short series."""
    place = across if callable(across) else float
    start = datetime.fromtimestamp(first * 86_400, UTC)
    step = 12 if last - first > 500 else 3 if last - first > 150 else 1
    year, month = start.year, 1
    while True:
        moment = datetime(year, month, 1, tzinfo=UTC)
        day = moment.timestamp() / 86_400
        if day > last:
            return
        if day >= first:
            x = float(place(day))
            yield Mark(((x, TOP), (x, foot)), "line", FAINT)
            words = f"{moment:%Y}" if step == 12 else f"{moment:%Y-%m}"
            yield Mark(((x, foot + 24),), "word", INK, words, "middle")
        year, month = (year + 1, 1) if month + step > 12 else (year, month + step)


def _svg(mark: Mark) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
    x, y = mark.points[0]
    if mark.kind == "line":
        return f'<polyline points="{points}" fill="none" stroke="{mark.colour}"/>'
    if mark.kind == "dot":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8" fill="{mark.colour}"/>'
    if mark.kind == "band":
        right, bottom = mark.points[1]
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(right - x, 1):.1f}" '
            f'height="{bottom - y:.1f}" fill="{mark.colour}" fill-opacity=".3"/>'
        )
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{mark.colour}" text-anchor="{mark.align}">'
        f"{escape(mark.text)}</text>"
    )


def _paler(colour: str) -> str:
    """Mix a colour with white as an opacity of 0.3 would."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - 0.3 * (255 - part)):02x}" for part in parts)
