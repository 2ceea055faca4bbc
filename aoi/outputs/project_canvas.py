"""Make the project around its layers: title, frame, canvas, and the ground it opens on.

    title, CRS or none, bounds ──► <qgis> without a layer
    GeoPackage, rasters ──► bounds that hold all of it, with a little air

Source: files saved by QGIS 3.22.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from pyproj import CRS, Transformer

from aoi.outputs.markup import clean, tell
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.package import to_crs
from aoi.outputs.package_facts import Bounds, boxes_of
from aoi.outputs.qml import QGIS_VERSION
from aoi.outputs.rasters import RasterLayer


def empty_project(title: str, crs: CRS | None, bounds: Bounds) -> Element:
    """Make a project without layers.

    Args:
        title: shown in the window of QGIS; any text.
        crs: the project's; ``None`` for local metres.
        bounds: what to show first, in its units.
    """
    title = clean(title)
    top = Element("qgis", projectname=title, version=QGIS_VERSION)
    tell(top, "title", title)
    if crs is not None:
        SubElement(top, "projectCrs").append(srs_of(crs)[0])
    canvas = SubElement(top, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    tell(canvas, "units", "meters")
    corners = SubElement(canvas, "extent")
    named = dict(zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True))
    for name, value in named.items():
        tell(corners, name, f"{value:.3f}")
    tell(canvas, "rotation", "0")
    if crs is not None:
        SubElement(canvas, "destinationsrs").append(srs_of(crs)[0])
    view = SubElement(top, "ProjectViewSettings", UseProjectScales="0")
    SubElement(view, "DefaultViewExtent", {k: f"{v:.3f}" for k, v in named.items()})
    if crs is not None:
        view[0].append(srs_of(crs)[0])
    about = SubElement(top, "projectMetadata")
    tell(about, "title", title)
    tell(about, "abstract", DISCLAIMER)
    top.append(_properties(crs))
    return top


def _properties(crs: CRS | None) -> Element:
    """Set what QGIS reads by path: relative paths, and a project CRS that counts."""
    top = Element("properties")
    settings = {
        "Paths": [("Absolute", "bool", "false")],
        "SpatialRefSys": [("ProjectionsEnabled", "int", "0" if crs is None else "1")],
        "Measure": [("Ellipsoid", "QString", "NONE" if crs is None else "EPSG:7030")],
        "Measurement": [
            ("DistanceUnits", "QString", "meters"),
            ("AreaUnits", "QString", "ha"),
        ],
    }
    for group, entries in settings.items():
        parent = SubElement(top, group)
        for name, kind, value in entries:
            SubElement(parent, name, type=kind).text = value
    return top


def srs_of(crs: CRS | None) -> Element:
    """Write a CRS as ``<srs>``; none as the invalid one that QGIS itself would write."""
    top = Element("srs")
    frame = SubElement(top, "spatialrefsys", nativeFormat="Wkt")
    if crs is None:
        for tag, text in (("wkt", ""), ("proj4", ""), ("srsid", "0"), ("srid", "0")):
            tell(frame, tag, text)
        tell(frame, "authid", "")
        return top
    tell(frame, "wkt", crs.to_wkt())
    name = crs.to_authority(min_confidence=100)
    tell(frame, "authid", ":".join(name) if name else "")
    tell(frame, "description", clean(crs.name))
    tell(frame, "geographicflag", str(crs.is_geographic).lower())
    return top


def bounds_of(package: Path, rasters: Sequence[RasterLayer], crs: CRS | None) -> Bounds:
    """Find what holds everything, with a little air; a hectare at the origin if nothing is."""
    boxes = [_box_of(raster, crs) for raster in rasters] or boxes_of(package)
    if not boxes:
        return (0.0, -100.0, 100.0, 0.0)
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    left, bottom, right, top = min(lefts), min(bottoms), max(rights), max(tops)
    air = 0.03 * max(right - left, top - bottom)
    return (left - air, bottom - air, right + air, top + air)


def _box_of(raster: RasterLayer, crs: CRS | None) -> Bounds:
    box, own = raster.grid.boundingbox, to_crs(raster.grid.crs)
    bounds = (box.left, box.bottom, box.right, box.top)
    if crs is None or own is None or own == crs:
        return bounds
    left, bottom, right, top = Transformer.from_crs(own, crs, always_xy=True).transform_bounds(
        *bounds
    )
    return (left, bottom, right, top)
