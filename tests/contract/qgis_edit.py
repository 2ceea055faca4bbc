"""Edit a run's package in real QGIS, as a reviewer would, and save it.

QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_edit.py PACKAGE look|edit
"""

import os
import sys

from qgis.core import QgsApplication, QgsFeature, QgsGeometry, QgsVectorLayer


def judge_change(package):
    """Judge the first change; its form has the same lists."""
    layer = QgsVectorLayer(f"{package}|layername=changes", "changes", "ogr")
    fields = layer.fields()
    done = layer.startEditing()
    row = min(layer.getFeatures(), key=lambda row: row["id"])
    for name, value in (("verdict", "not_as_told"), ("verdict_note", "a shadow")):
        layer.changeAttributeValue(row.id(), fields.indexOf(name), value)
    return layer.commitChanges() and done


def main(package, what):
    """Open the layer for editing; change nothing, or a verdict, an outline and a new one."""
    app = QgsApplication([], False)  # noqa: FBT003 - no window
    app.initQgis()
    layer = QgsVectorLayer(f"{package}|layername=compounds", "compounds", "ogr")
    fields = layer.fields()
    done = layer.startEditing()
    rows = sorted(layer.getFeatures(), key=lambda row: row["rank"])
    if what == "edit":
        layer.changeAttributeValue(rows[1].id(), fields.indexOf("verdict"), "not_a_compound")
        layer.changeAttributeValue(rows[1].id(), fields.indexOf("note"), "a mill")
        moved = QgsGeometry(rows[2].geometry())
        moved.translate(0, 5)
        layer.changeGeometry(rows[2].id(), moved)
        new = QgsFeature(fields)
        shape = QgsGeometry(rows[0].geometry())
        shape.translate(0, 400)
        new.setGeometry(shape)
        new["verdict"] = "walled_compound"
        layer.addFeature(new)
        done = layer.commitChanges() and done and judge_change(package)
    else:  # the bytes move even so
        layer.changeAttributeValue(rows[0].id(), fields.indexOf("note"), "a slip")
        layer.commitChanges()
        layer.startEditing()
        layer.changeAttributeValue(rows[0].id(), fields.indexOf("note"), None)
        done = layer.commitChanges() and done
    del layer
    sys.stdout.write("done" if done else "refused")
    sys.stdout.flush()
    os._exit(0)  # QGIS 3.22 often crashes when Python takes it down; all is said by now


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
