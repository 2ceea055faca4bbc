"""What a run leaves behind: GeoPackage, QGIS project, report, manifest.

A map of its rooms:

    contract    tables, tables_csv: columns ──► schema;  dictionary
    GeoPackage  package, package_*: base, contents
    QGIS        styles: symbols, rasters ──► qml ──► project, project_*;  markup
    pages       pages ──► report, compare_page, series_page, dossier;  explain, explain_*
    a net's     scorecard, scorecard_*
    on pages    cards, chips, curves, glance, notice, provenance;  spreadsheet
    leaving     leaving, levels, levels_* ──► kml, stac, stac_*, export_tables, iarpa, labels
    back        returned ◄── kml_*
    custody     manifest, manifest_*, whereabouts, custody
"""
