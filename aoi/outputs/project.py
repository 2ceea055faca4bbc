"""Write ``stockade.qgz``: the project that opens the whole run in QGIS, drawn and in order.

A project is a zip with one XML file.  Paths in it are relative, so the folder may travel;
styles are the same as in the GeoPackage; empty layers are there but unticked.  A run without a
CRS gives a project without one, in local metres.

    stockade.gpkg + RasterLayer… ──► layer tree, map layers, extent ──► stockade.qgs ──► zip

Source: files saved by QGIS 3.22; what it does with ours is tested with QGIS itself.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from pyproj import CRS

from aoi.outputs.columns import Layer
from aoi.outputs.markup import clean, put, tell
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.package import to_crs
from aoi.outputs.package_facts import Bounds, count_of
from aoi.outputs.project_canvas import bounds_of, empty_project, srs_of
from aoi.outputs.project_page import page_of
from aoi.outputs.project_time import temporal_of, time_settings
from aoi.outputs.qml import DOCTYPE, elements_of, labels_flag
from aoi.outputs.rasters import RasterLayer, pipe_of
from aoi.outputs.styles import styles_of
from aoi.outputs.tables import LAYERS
from geo.write import beside

ORDER = ("compounds", "sites", "changes", "walls", "buildings", "yards", "coverage")
"""Layers from the top of the map to its bottom."""

TICKED = {"compounds", "sites", "changes", "walls", "coverage"}
"""Layers shown at once, when they hold anything; the others are one click away."""


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
    bounds = extent or bounds_of(package, rasters, frame)
    top = empty_project(title, frame, bounds)
    tree = SubElement(top, "layer-tree-group")
    tree.extend(entry.node for entry in vectors)
    if scores:
        tree.append(_group("scores of the net", scores))
    tree.extend(entry.node for entry in pictures)
    SubElement(tree, "custom-order", enabled="0")
    layers = SubElement(top, "projectlayers")
    layers.extend(entry.layer for entry in (*vectors, *scores, *pictures))
    top.append(page_of(bounds, DISCLAIMER))
    top.append(time_settings(package))
    with beside(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as bundle:
        text = DOCTYPE + tostring(top, encoding="unicode")
        put(bundle, f"{path.stem}.qgs", text.encode("utf-8", "replace"))
    return path


def _vector(layer: Layer, package: Path, home: Path, crs: CRS | None) -> _Entry:
    """Describe one layer of the GeoPackage; it is ticked when it has something to show."""
    style, count = styles_of(layer.name)[0], count_of(package, layer.name)
    source = f"{_relative(package, home)}|layername={layer.name}"
    kind = {"Polygon": "Polygon", "LineString": "Line"}[layer.geometry]
    entry = _entry(layer.name, layer.name, source, "ogr", ticked=_ticked(layer.name, count))
    entry.layer.attrib.update(
        type="vector", geometry=kind, labelsEnabled=labels_flag(style), simplifyDrawingHints="1"
    )
    tell(entry.layer, "title", layer.title)
    tell(entry.layer, "abstract", f"{layer.meaning} {DISCLAIMER}")
    entry.layer.append(srs_of(crs))
    entry.layer.extend(elements_of(style))
    temporal = temporal_of(layer.name)
    if temporal is not None:
        entry.layer.append(temporal)
    return entry


def _raster(raster: RasterLayer, number: int, home: Path) -> _Entry:
    source, name = _relative(raster.path, home), clean(raster.title)
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
    tell(layer, "id", layer_id)
    tell(layer, "datasource", source)
    tell(layer, "layername", name)
    SubElement(layer, "provider", encoding="UTF-8").text = provider
    return _Entry(node, layer)


def _group(name: str, entries: Iterable[_Entry]) -> Element:
    group = Element("layer-tree-group", name=name, checked="Qt::Checked", expanded="0")
    group.extend(entry.node for entry in entries)
    return group


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
