"""Write a style as QGIS keeps it: drawing, column titles, forms, and what is locked.

It goes into ``layer_styles`` of the GeoPackage, where QGIS finds it when somebody drags a layer
in, and into the project, layer by layer.

    Style ──► elements_of ──► parts of a project's layer        Style ──► qml ──► text

What a person may edit is the verdict and the outline; everything that was measured is shown but
locked, so that evidence cannot be changed by a slip of the hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from aoi.outputs.columns import Column
from aoi.outputs.styles import Style
from aoi.outputs.symbols import option_map
from aoi.outputs.tables import LAYERS, REVIEWED

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
