"""Write ``stockade.qgz``: the project that opens the whole run in QGIS, drawn and in order.

A project is a zip with one XML file.  Paths in it are relative, so the folder may travel;
styles are the same as in the GeoPackage; empty layers are there but unticked.  A run without a
CRS gives a project without one, in local metres.

    stockade.gpkg + RasterLayer… ──► layer tree, map layers, extent ──► stockade.qgs ──► zip

Source: files saved by QGIS 3.22; what it does with ours is tested with QGIS itself.
"""

from __future__ import annotations

import os
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from pyproj import CRS, Transformer

from aoi.outputs.columns import Layer
from aoi.outputs.package import to_crs
from aoi.outputs.project_more import layouts, temporal_of, time_settings
from aoi.outputs.qml import DOCTYPE, QGIS_VERSION, elements_of, labels_flag, styles_of
from aoi.outputs.rasters import RasterLayer, pipe_of
from aoi.outputs.tables import LAYERS
from geo.errors import InputError
from geo.write import beside

ORDER = ("compounds", "sites", "changes", "walls", "buildings", "yards", "coverage")
"""Layers from the top of the map to its bottom."""

TICKED = {"compounds", "sites", "changes", "walls", "coverage"}
"""Layers shown at once, when they hold anything; the others are one click away."""

FIXED_TIME = (2000, 1, 1, 0, 0, 0)
"""The date inside the zip: two equal projects are equal to the byte."""

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, whatever the escaping."""

DISCLAIMER = (
    "Stockade flags walled-compound-like layouts for review. It accuses nobody: a layout says "
    "what a place looks like from above, never what happens there."
)
"""Goes wherever a result is shown."""

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top in the project's own units."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One map layer and its place in the tree."""

    node: Element
    layer: Element


def write_project(
    path: Path,
    package: Path,
    *,
    crs: Any,
    title: str = "Stockade",
    rasters: Sequence[RasterLayer] = (),
    extent: Bounds | None = None,
) -> Path:
    """Write the QGIS project beside a GeoPackage.

    Args:
        path: of the ``.qgz``; written beside and renamed.
        package: the ``stockade.gpkg`` of the same run; must exist.
        crs: the run's own CRS, as in ``write_package``; ``None`` for local metres.
        title: shown in the window of QGIS; any text.
        rasters: scores and pictures, from the top of the map to its bottom.
        extent: what to show first; left out, everything there is.

    Returns:
        ``path``.

    Raises:
        InputError: there is no GeoPackage of ours at ``package``.
        OutputError: the disk is full or the folder is not ours to write.
    """
    frame = to_crs(crs)
    vectors = [_vector(LAYERS[name], package, path.parent, frame) for name in ORDER]
    scores = [_raster(r, n, path.parent) for n, r in enumerate(rasters) if r.is_scores]
    pictures = [_raster(r, n, path.parent) for n, r in enumerate(rasters) if not r.is_scores]
    bounds = extent or _bounds(package, rasters, frame)
    top = _project(_clean(title), frame, bounds)
    tree = SubElement(top, "layer-tree-group")
    tree.extend(entry.node for entry in vectors)
    if scores:
        tree.append(_group("scores of the net", scores))
    tree.extend(entry.node for entry in pictures)
    SubElement(tree, "custom-order", enabled="0")
    layers = SubElement(top, "projectlayers")
    layers.extend(entry.layer for entry in (*vectors, *scores, *pictures))
    top.append(layouts(bounds, DISCLAIMER))
    top.append(time_settings(package))
    with beside(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as bundle:
        member = zipfile.ZipInfo(f"{path.stem}.qgs", FIXED_TIME)
        member.compress_type = zipfile.ZIP_DEFLATED
        text = DOCTYPE + tostring(top, encoding="unicode")
        bundle.writestr(member, text.encode("utf-8", "replace"))
    return path


def _vector(layer: Layer, package: Path, home: Path, crs: CRS | None) -> _Entry:
    """Describe one layer of the GeoPackage; it is ticked when it has something to show."""
    style, count = styles_of(layer.name)[0], _count(package, layer.name)
    source = f"{_relative(package, home)}|layername={layer.name}"
    kind = {"Polygon": "Polygon", "LineString": "Line"}[layer.geometry]
    entry = _entry(layer.name, layer.name, source, "ogr", ticked=_ticked(layer.name, count))
    entry.layer.attrib.update(
        type="vector", geometry=kind, labelsEnabled=labels_flag(style), simplifyDrawingHints="1"
    )
    _tell(entry.layer, "title", layer.title)
    _tell(entry.layer, "abstract", f"{layer.meaning} {DISCLAIMER}")
    entry.layer.append(srs_of(crs))
    entry.layer.extend(elements_of(style))
    temporal = temporal_of(layer.name)
    if temporal is not None:
        entry.layer.append(temporal)
    return entry


def _raster(raster: RasterLayer, number: int, home: Path) -> _Entry:
    source, name = _relative(raster.path, home), _clean(raster.title)
    entry = _entry(f"raster{number}", name, source, "gdal", ticked=not raster.is_scores)
    entry.layer.attrib.update(type="raster")
    entry.layer.append(srs_of(to_crs(raster.grid.crs)))
    entry.layer.extend(pipe_of(raster))
    return entry


def _entry(key: str, name: str, source: str, provider: str, *, ticked: bool) -> _Entry:
    """Make a map layer and the node that shows it.

    QGIS replaces ids of ten characters or fewer by random ones and then loses the node.
    """
    layer_id = f"stockade_{key}_layer_0001"
    node = Element(
        "layer-tree-layer",
        id=layer_id,
        name=name,
        source=source,
        providerKey=provider,
        checked="Qt::Checked" if ticked else "Qt::Unchecked",
        expanded="1" if ticked and provider == "ogr" else "0",
    )
    layer = Element(
        "maplayer",
        hasScaleBasedVisibilityFlag="0",
        autoRefreshEnabled="0",
        refreshOnNotifyEnabled="0",
        styleCategories="AllStyleCategories",
    )
    _tell(layer, "id", layer_id)
    _tell(layer, "datasource", source)
    _tell(layer, "layername", name)
    SubElement(layer, "provider", encoding="UTF-8").text = provider
    return _Entry(node, layer)


def _group(name: str, entries: Iterable[_Entry]) -> Element:
    group = Element("layer-tree-group", name=name, checked="Qt::Checked", expanded="0")
    group.extend(entry.node for entry in entries)
    return group


def _project(title: str, crs: CRS | None, bounds: Bounds) -> Element:
    """Make the project around the layers: title, frame, canvas, and what it does not say."""
    top = Element("qgis", projectname=title, version=QGIS_VERSION)
    _tell(top, "title", title)
    if crs is not None:
        SubElement(top, "projectCrs").append(srs_of(crs)[0])
    canvas = SubElement(top, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    _tell(canvas, "units", "meters")
    corners = SubElement(canvas, "extent")
    named = dict(zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True))
    for name, value in named.items():
        _tell(corners, name, f"{value:.3f}")
    _tell(canvas, "rotation", "0")
    if crs is not None:
        SubElement(canvas, "destinationsrs").append(srs_of(crs)[0])
    view = SubElement(top, "ProjectViewSettings", UseProjectScales="0")
    SubElement(view, "DefaultViewExtent", {k: f"{v:.3f}" for k, v in named.items()})
    if crs is not None:
        view[0].append(srs_of(crs)[0])
    about = SubElement(top, "projectMetadata")
    _tell(about, "title", title)
    _tell(about, "abstract", DISCLAIMER)
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
            _tell(frame, tag, text)
        _tell(frame, "authid", "")
        return top
    _tell(frame, "wkt", crs.to_wkt())
    name = crs.to_authority(min_confidence=100)
    _tell(frame, "authid", ":".join(name) if name else "")
    _tell(frame, "description", _clean(crs.name))
    _tell(frame, "geographicflag", str(crs.is_geographic).lower())
    return top


def _bounds(package: Path, rasters: Sequence[RasterLayer], crs: CRS | None) -> Bounds:
    """Find what holds everything, with a little air; a hectare at the origin if nothing is."""
    boxes = [_bounds_of(raster, crs) for raster in rasters] or _contents(package)
    if not boxes:
        return (0.0, -100.0, 100.0, 0.0)
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    left, bottom, right, top = min(lefts), min(bottoms), max(rights), max(tops)
    air = 0.03 * max(right - left, top - bottom)
    return (left - air, bottom - air, right + air, top + air)


def _bounds_of(raster: RasterLayer, crs: CRS | None) -> Bounds:
    box, own = raster.grid.boundingbox, to_crs(raster.grid.crs)
    bounds = (box.left, box.bottom, box.right, box.top)
    if crs is None or own is None or own == crs:
        return bounds
    left, bottom, right, top = Transformer.from_crs(own, crs, always_xy=True).transform_bounds(
        *bounds
    )
    return (left, bottom, right, top)


def _contents(package: Path) -> list[Bounds]:
    query = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE min_x IS NOT NULL"
    with closing(_open(package)) as db:
        return list(db.execute(query))


def _count(package: Path, layer: str) -> int:
    with closing(_open(package)) as db:
        try:
            rows = db.execute(
                "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?", (layer,)
            ).fetchall()
        except sqlite3.DatabaseError as error:
            raise InputError(f"{package} is not a GeoPackage of Stockade: {error}.") from error
    if not rows:
        raise InputError(f"{package} is not a GeoPackage of Stockade: it has no layer {layer}.")
    return int(rows[0][0] or 0)


def _open(package: Path) -> sqlite3.Connection:
    if not package.is_file():
        raise InputError(f"There is no {package}. Write the GeoPackage before the project.")
    return sqlite3.connect(f"{package.resolve().as_uri()}?mode=ro", uri=True)


def _ticked(name: str, count: int) -> bool:
    return name in TICKED and count > 0


def _relative(path: Path, home: Path) -> str:
    """Name a file as seen from the project; one far away by its full path.

    A picture beside the run's folder travels with it; one elsewhere on the disk stays where it
    is when the folder is moved.
    """
    path, home = path.resolve(), home.resolve()
    if not path.is_relative_to(home.parent):
        return path.as_posix()
    near = Path(os.path.relpath(path, home)).as_posix()
    return near if near.startswith("../") else f"./{near}"


def _clean(text: str) -> str:
    return ILLEGAL.sub("\ufffd", text)


def _tell(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text
