"""What a run leaves behind: GeoPackage, QGIS project, report, manifest."""
