"""QGIS symbols and labels as XML: the small vocabulary that styles are written in.

QGIS keeps a symbol as a stack of *layers*, each a class with a map of options, and asks for
numbers as text, colours as ``r,g,b,a`` and widths in millimetres on paper.

    Paint(colour, …) ──► fill / line ──► <symbol> ──► categorised / single ──► <renderer-v2>

Source: files saved by QGIS 3.22; that it reads them back is tested with QGIS itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

CASING = 0.5
"""Millimetres by which a dark line shows on both sides of a coloured one, so that it stands out
from bright and dark ground alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """How one class of things is drawn."""

    colour: str
    """``#rrggbb`` of the outline or line, and of the fill where there is one."""

    fill: int = 0
    """Opacity of the fill, 0 to 255."""

    width: float = 0.7
    """Millimetres of the line."""

    brush: str = "solid"
    """QGIS name of the fill pattern: ``solid``, ``b_diagonal``, ``no``."""

    dash: str = "solid"
    """QGIS name of the pen: ``solid``, ``dash``, ``dot``, ``no``."""

    cased: bool = True
    """Whether a dark line runs under the coloured one."""


@dataclass(frozen=True, slots=True)
class Category:
    """One entry of a legend."""

    value: str
    """What the renderer's expression gives for its things."""

    label: str
    """What the legend prints."""

    paint: Paint
    """How it is drawn."""


def rgba(colour: str, alpha: int = 255) -> str:
    """Write ``#rrggbb`` the way QGIS does: ``r,g,b,a``."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"


def option_map(options: Mapping[str, str], *, name: str | None = None) -> Element:
    """Write a map of options: ``<Option type="Map"><Option name=… value=…/></Option>``."""
    top = Element("Option", {"type": "Map"} | ({} if name is None else {"name": name}))
    for key, value in options.items():
        SubElement(top, "Option", type="QString", name=key, value=value)
    return top


def single(kind: str, paint: Paint) -> Element:
    """Draw every thing alike; ``kind`` is ``fill`` or ``line``."""
    renderer = _renderer("singleSymbol")
    SubElement(renderer, "symbols").append(_symbol("0", kind, paint))
    return renderer


def categorised(kind: str, expression: str, categories: Sequence[Category]) -> Element:
    """Draw things by what an expression says of them; ``kind`` is ``fill`` or ``line``."""
    renderer = _renderer("categorizedSymbol")
    renderer.set("attr", expression)
    listed, symbols = SubElement(renderer, "categories"), SubElement(renderer, "symbols")
    for number, category in enumerate(categories):
        SubElement(
            listed,
            "category",
            value=category.value,
            label=category.label,
            symbol=str(number),
            render="true",
            type="string",
        )
        symbols.append(_symbol(str(number), kind, category.paint))
    return renderer


def label(
    expression: str, colour: str, *, size: float = 10.0, outside: bool = False
) -> Element:
    """Write a label for each thing, dark or coloured on a white halo.

    No font is named: the one of the reader's own system is taken, so none can be missing.

    Args:
        expression: QGIS expression of the text.
        colour: ``#rrggbb``.
        size: points.
        outside: beside the outline, dropped where there is no room; else in its middle, always.
    """
    labeling = Element("labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    style = SubElement(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontSize=f"{size:g}",
        fontSizeUnit="Point",
        fontWeight="75",
        namedStyle="Bold",
        textColor=rgba(colour),
        textOpacity="1",
    )
    SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.9",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="0.9",
        bufferJoinStyle="128",
    )
    SubElement(
        settings,
        "placement",
        placement="8" if outside else "1",
        quadOffset="4",
        centroidInside="1",
        dist="1" if outside else "0",
        priority="3" if outside else "10",
    )
    SubElement(
        settings,
        "rendering",
        drawLabels="1",
        displayAll="0" if outside else "1",
        obstacle="0",
        scaleVisibility="0",
    )
    return labeling


def _renderer(kind: str) -> Element:
    return Element(
        "renderer-v2",
        type=kind,
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
        referencescale="-1",
    )


def _symbol(name: str, kind: str, paint: Paint) -> Element:
    """Stack a dark casing, if wanted, and the coloured layer."""
    symbol = Element(
        "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    draw = _fill if kind == "fill" else _line
    if paint.cased:
        casing = Paint(
            colour="#000000", width=paint.width + CASING, brush="no", dash=paint.dash
        )
        _stack(symbol, *draw(casing, alpha=150))
    _stack(symbol, *draw(paint, alpha=255))
    return symbol


def _stack(symbol: Element, kind: str, options: Mapping[str, str]) -> None:
    layer = SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    layer.append(option_map(options))


def _fill(paint: Paint, *, alpha: int) -> tuple[str, dict[str, str]]:
    return "SimpleFill", {
        "color": rgba(paint.colour, paint.fill),
        "style": paint.brush if paint.fill else "no",
        "outline_color": rgba(paint.colour, alpha),
        "outline_style": paint.dash,
        "outline_width": f"{paint.width:g}",
        "outline_width_unit": "MM",
        "joinstyle": "miter",
    }


def _line(paint: Paint, *, alpha: int) -> tuple[str, dict[str, str]]:
    return "SimpleLine", {
        "line_color": rgba(paint.colour, alpha),
        "line_style": paint.dash,
        "line_width": f"{paint.width:g}",
        "line_width_unit": "MM",
        "capstyle": "round",
        "joinstyle": "round",
    }
