"""Give a project a page to print, its map on the run's own ground.

    templates/layout.qpt: title, map, legend, scale, north, notice + extent ──► <Layouts>

Source: a page that QGIS 3.22 made.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from aoi.outputs.package_facts import Bounds

TEMPLATE = Path(__file__).parent / "templates" / "layout.qpt"
"""A4 across: title, map, legend, scale, north, notice."""

MAP_SIDES = (205.0, 160.0)
"""Millimetres of the map on it."""


def page_of(bounds: Bounds, notice: str) -> Element:
    """Make the page.

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


def _in_ratio(bounds: Bounds) -> Bounds:
    """Widen bounds to the shape of the map on the page."""
    left, bottom, right, top = bounds
    ratio = MAP_SIDES[0] / MAP_SIDES[1]
    width, height = right - left, top - bottom
    more_x, more_y = max(0.0, height * ratio - width) / 2, max(0.0, width / ratio - height) / 2
    return left - more_x, bottom - more_y, right + more_x, top + more_y
