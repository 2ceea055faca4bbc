"""Open a run's GeoPackage and project in real QGIS and tell what it made of them, as JSON.

Run by ``/usr/bin/python3``, whose PyQGIS knows nothing of our own environment:

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_check.py RUN_FOLDER OUT.png  ──► JSON
"""

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

LAYERS = ("compounds", "buildings", "walls", "yards", "changes", "sites", "coverage")


def dragged_in(package, name):
    """Open one layer the way a drag into an empty map does, with its own default style."""
    layer = QgsVectorLayer(f"{package}|layername={name}", name, "ogr")
    _, styled = layer.loadDefaultStyle()
    fields = layer.fields()
    verdict = fields.indexOf("verdict")
    renderer = layer.renderer()
    return {
        "valid": layer.isValid(),
        "styled": styled,
        "renderer": renderer.type(),
        "classes": [c.value() for c in renderer.categories()]
        if renderer.type() == "categorizedSymbol"
        else [],
        "labels": layer.labelsEnabled(),
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "geometry": QgsWkbTypes.displayString(layer.wkbType()),
        "fields": {f.name(): [f.typeName(), f.alias()] for f in fields},
        "verdict": layer.editorWidgetSetup(verdict).type() if verdict >= 0 else "",
        "widgets": {f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(fields)},
        "locked": [
            f.name() for i, f in enumerate(fields) if layer.editFormConfig().readOnly(i)
        ],
        "rows": [
            {f.name(): plain(row[f.name()]) for f in fields} for row in layer.getFeatures()
        ],
    }


def plain(value):
    """Turn QGIS's null into ours."""
    return value if isinstance(value, (str, int, float, bool)) else None


def drawn(project, picture, names=None):
    """Render the project as its own canvas would show it; count the colours."""
    layers = [
        node.layer()
        for node in project.layerTreeRoot().findLayers()
        if (node.isVisible() if names is None else node.layer().name() in names)
    ]
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setOutputSize(QSize(1000, 800))
    settings.setOutputDpi(110)
    settings.setBackgroundColor(QColor("white"))
    settings.setDestinationCrs(project.crs())
    view = project.viewSettings().defaultViewExtent()
    settings.setExtent(QgsRectangle(view))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    if picture:
        image.save(picture)
    colours = {image.pixel(x, y) for x in range(0, 1000, 4) for y in range(0, 800, 4)}
    return {"colours": len(colours), "errors": [e.message for e in job.errors()]}


def printed(layout, picture):
    """Print a page and tell what is on it."""
    exporter = QgsLayoutExporter(layout)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 60
    answer = exporter.exportToImage(picture.replace(".png", "-page.png"), settings)
    items = [item.id() for item in layout.items() if isinstance(item, QgsLayoutItem)]
    return {"name": layout.name(), "ok": int(answer), "items": sorted(filter(None, items))}


def opened(path, picture):
    """Open the project and tell its layers, order, CRS and what it draws."""
    project = QgsProject.instance()
    read = project.read(path)
    order = project.layerTreeRoot().layerOrder()
    layers = {}
    for layer in project.mapLayers().values():
        layers[layer.name()] = {
            "valid": layer.isValid(),
            "renderer": layer.renderer().type(),
            "crs": layer.crs().authid(),
            "source": layer.source(),
            "timed": layer.temporalProperties().isActive(),
            "bare": drawn(project, "", [layer.name()])["colours"] <= 1,
        }
    answer = {
        "read": read,
        "title": project.title(),
        "crs": project.crs().authid(),
        "crs_valid": project.crs().isValid(),
        "order": [layer.name() for layer in order],
        "unlisted": len(project.mapLayers()) - len(order),
        "layers": layers,
        "drawn": drawn(project, picture),
        "times": [
            project.timeSettings().temporalRange().begin().toString("yyyy-MM-dd"),
            project.timeSettings().temporalRange().end().toString("yyyy-MM-dd"),
        ],
        "layouts": [printed(one, picture) for one in project.layoutManager().layouts()],
        "visible": [
            n.layer().name() for n in project.layerTreeRoot().findLayers() if n.isVisible()
        ],
    }
    project.clear()
    return answer


def main(folder, picture):
    """Check one run."""
    app = QgsApplication([], False)  # noqa: FBT003 - no window
    app.initQgis()
    messages = []
    app.messageLog().messageReceived.connect(
        lambda text, tag, level: (
            messages.append(f"{tag}: {text}") if level != Qgis.Info else None
        )
    )
    package = str(Path(folder) / "stockade.gpkg")
    answer = {
        "version": Qgis.QGIS_VERSION,
        "package": {name: dragged_in(package, name) for name in LAYERS},
        "project": opened(str(Path(folder) / "stockade.qgz"), picture),
        "messages": messages,
    }
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # QGIS 3.22 often crashes when Python takes it down; all is said by now


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
