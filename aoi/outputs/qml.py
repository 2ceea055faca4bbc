"""How QGIS draws and shows each layer: colours, labels, column titles, forms.

A *style* is the drawing of one layer.  It goes into ``layer_styles`` of the GeoPackage, where
QGIS finds it when somebody drags a layer in, and into the project, layer by layer.

    layer name ──► styles_of ──► Style(name, elements) ──► qml(style) ──► text

What a person may edit is the verdict and the outline; everything that was measured is shown but
locked, so that evidence cannot be changed by a slip of the hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from aoi import palette
from aoi.outputs.columns import Column
from aoi.outputs.symbols import Category, Paint, categorised, label, option_map, single
from aoi.outputs.tables import LAYERS, REVIEWED
from aoi.palette import Swatch

QGIS_VERSION = "3.22.0-Białowieża"
"""The oldest QGIS these files are written for; an older one is not offered them, and a newer
one reads them without a word."""

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
"""What QGIS writes on top."""

GEOMETRY_TYPES = {"LineString": "1", "Polygon": "2"}
"""A style with the wrong one is refused by QGIS without a message."""

QGIS_NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"
"""How a value list says null."""

EDITABLE = {(layer, name) for layer, words in REVIEWED.items() for name in words.values()}
"""Layer and column a person may change; ``stockade import`` takes these back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One way to draw one layer."""

    name: str
    """Unique within the file."""

    layer: str
    """The layer it draws."""

    renderer: Element
    """``<renderer-v2>``."""

    labels: Element | None = None
    """``<labeling>``, or nothing to print."""

    default: bool = True
    """Whether QGIS takes it without asking."""

    meaning: str = ""
    """One sentence for the list of styles."""


def styles_of(layer: str) -> list[Style]:
    """Give the styles of a layer, the default one first."""
    return _STYLES[layer]


def elements_of(style: Style) -> list[Element]:
    """Give the parts of a style as they stand in a QML file and in a project's layer."""
    columns = LAYERS[style.layer].columns
    parts = [style.renderer]
    if style.labels is not None:
        parts.append(style.labels)
    parts += [_element("blendMode", "0"), _element("featureBlendMode", "0")]
    parts += [_forms(style.layer, columns), _titles(columns), _locks(style.layer, columns)]
    return parts


def qml(style: Style) -> str:
    """Write a style as the text of a QML file."""
    top = Element(
        "qgis",
        version=QGIS_VERSION,
        styleCategories="Symbology|Labeling|Fields|Forms",
        labelsEnabled=labels_flag(style),
    )
    top.extend(elements_of(style))
    top.append(_element("layerGeometryType", GEOMETRY_TYPES[LAYERS[style.layer].geometry]))
    return DOCTYPE + tostring(top, encoding="unicode")


def labels_flag(style: Style) -> str:
    """Tell QGIS whether the style prints labels: ``1`` or ``0``."""
    return "0" if style.labels is None else "1"


def score_expression() -> str:
    """Write the class of a compound's score as a QGIS expression; gives a swatch's key."""
    whens = "".join(
        f" WHEN \"score\" >= {swatch.floor:g} THEN '{swatch.key}'"
        for swatch in palette.SCORES[:-1]
    )
    return (
        f'CASE WHEN length(coalesce("cannot_tell", \'\')) > 0 OR "score" IS NULL '
        f"THEN '{palette.CANNOT_TELL.key}'{whens} ELSE '{palette.SCORES[-1].key}' END"
    )


def value_expression(column: str, swatches: tuple[Swatch, ...], otherwise: str) -> str:
    """Write the swatch of a column's value as a QGIS expression; gives a swatch's key."""
    whens = "".join(
        f' WHEN "{column}" IN ({", ".join(repr(value) for value in swatch.holds())}) '
        f"THEN '{swatch.key}'"
        for swatch in swatches
    )
    return f"CASE{whens} ELSE '{otherwise}' END"


def _score_style() -> Style:
    widths = (1.1, 0.9, 0.7, 0.5)
    categories = [
        Category(s.key, s.name, Paint(colour=s.colour, fill=40, width=width))
        for s, width in zip(palette.SCORES, widths, strict=True)
    ]
    unsure = palette.CANNOT_TELL
    unsure_paint = Paint(colour=unsure.colour, fill=160, brush="b_diagonal", dash="dash")
    categories.append(Category(unsure.key, unsure.name, unsure_paint))
    return Style(
        name="Compounds by score",
        layer="compounds",
        renderer=categorised("fill", score_expression(), categories),
        labels=label('to_string("rank")', "#1a1a1a", size=11),
        meaning="Colour by likeness, number by rank.",
    )


def _outcome_style() -> Style:
    expression = value_expression("outcome", palette.OUTCOMES, "unmatched")
    unmatched = Category("unmatched", "Not matched", Paint(colour=palette.GREY, dash="dash"))
    return Style(
        name="Compounds by outcome",
        layer="compounds",
        renderer=categorised("fill", expression, [*_plain(palette.OUTCOMES, 40), unmatched]),
        labels=label('to_string("rank")', "#1a1a1a", size=11),
        default=False,
        meaning="Colour by what matching with the register gave.",
    )


def _sites_style() -> Style:
    other = palette.OTHER_STATUS
    categories = [
        Category(s.key, s.name, Paint(colour=s.colour, width=0.8, dash="dash"))
        for s in (*palette.STATUSES, other)
    ]
    return Style(
        name="Sites by status",
        layer="sites",
        renderer=categorised(
            "fill", value_expression("status", palette.STATUSES, other.key), categories
        ),
        labels=label('"name"', palette.BLUE, size=9, outside=True),
        meaning="Dashed discs as wide as the position is uncertain, by reported status.",
    )


def _changes_style() -> Style:
    other = Swatch("other", "Other", palette.GREY, "")
    expression = value_expression("kind", palette.CHANGES, other.key)
    return Style(
        name="Changes by kind",
        layer="changes",
        renderer=categorised("fill", expression, _plain((*palette.CHANGES, other), 110)),
        meaning="Colour by what happened between the two dates.",
    )


def _coverage_style() -> Style:
    seen, unseen = palette.SEEN, palette.UNSEEN
    categories = [
        Category(
            seen.key,
            seen.name,
            Paint(colour=seen.colour, width=0.2, cased=False, dash="dot"),
        ),
        Category(
            unseen.key,
            unseen.name,
            Paint(colour="#4d4d4d", fill=200, brush="b_diagonal", width=0.2, cased=False),
        ),
    ]
    expression = (
        f"CASE WHEN length(coalesce(\"reason\", '')) = 0 THEN '{seen.key}' "
        f"ELSE '{unseen.key}' END"
    )
    return Style(
        name="Coverage",
        layer="coverage",
        renderer=categorised("fill", expression, categories),
        meaning="Hatched where ground could not be judged.",
    )


def _single_style(layer: str, kind: str, paint: Paint) -> Style:
    title = LAYERS[layer].title
    return Style(name=title, layer=layer, renderer=single(kind, paint), meaning=title)


def _plain(swatches: tuple[Swatch, ...], fill: int) -> list[Category]:
    return [Category(s.key, s.name, Paint(colour=s.colour, fill=fill)) for s in swatches]


def _element(tag: str, text: str) -> Element:
    element = Element(tag)
    element.text = text
    return element


def _forms(layer: str, columns: tuple[Column, ...]) -> Element:
    """Give columns with a closed list of values a list to choose from."""
    top = Element("fieldConfiguration")
    for column in columns:
        field = SubElement(top, "field", name=column.name, configurationFlags="None")
        lined = column.name in {"reasons", "match_note", "note", "verdict_note"}
        kind = "ValueMap" if column.values else "TextEdit"
        widget = SubElement(field, "editWidget", type=kind)
        config = SubElement(widget, "config")
        if column.values:
            empty = (layer, column.name) in EDITABLE
            config.append(_value_list(column.values, empty=empty))
        else:
            config.append(option_map({"IsMultiline": "true" if lined else "false"}))
    return top


def _value_list(values: Mapping[str, str], *, empty: bool) -> Element:
    top = Element("Option", type="Map")
    listed = SubElement(top, "Option", type="List", name="map")
    if empty:
        listed.append(option_map({"not judged yet": QGIS_NULL}))
    for value, words in values.items():
        listed.append(option_map({words: value}))
    return top


def _titles(columns: tuple[Column, ...]) -> Element:
    top = Element("aliases")
    for number, column in enumerate(columns, start=1):  # column 0 is the row number
        SubElement(top, "alias", index=str(number), field=column.name, name=column.title)
    return top


def _locks(layer: str, columns: tuple[Column, ...]) -> Element:
    top = Element("editable")
    for column in columns:
        free = "1" if (layer, column.name) in EDITABLE else "0"
        SubElement(top, "field", name=column.name, editable=free)
    return top


_STYLES: dict[str, list[Style]] = {
    "compounds": [_score_style(), _outcome_style()],
    "buildings": [
        _single_style(
            "buildings",
            "fill",
            Paint(colour=palette.BUILDING.colour, fill=60, width=0.3, cased=False),
        )
    ],
    "walls": [_single_style("walls", "line", Paint(colour=palette.WALL.colour, width=0.6))],
    "yards": [
        _single_style(
            "yards", "fill", Paint(colour=palette.YARD.colour, fill=60, width=0.3, cased=False)
        )
    ],
    "changes": [_changes_style()],
    "sites": [_sites_style()],
    "coverage": [_coverage_style()],
}
