"""Write ``stockade.gpkg``: all seven layers, their styles, and what every column means.

Every layer is always there, with every column, also when nothing was found: a program that
reads the file never has to ask whether a layer exists.  The same layers give the same bytes:
the file carries no clock and is rewritten without gaps at the end.

    {layer: GeoDataFrame} ──► conform ──► pyogrio ──► + styles, meanings ──► VACUUM ──► rename

Source: OGC GeoPackage 1.3, extension *Schema* (``gpkg_data_columns``), and the table
``layer_styles`` as QGIS writes it.
"""

from __future__ import annotations

import logging
import sqlite3
import warnings
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from pyproj import CRS

from aoi.outputs.base import add_base
from aoi.outputs.columns import Layer
from aoi.outputs.qml import qml
from aoi.outputs.schema import LAYERS, conform, empty_layer
from aoi.outputs.styles import styles_of
from geo.errors import InputError, OutputError
from geo.vectors import OGR_ERRORS, in_brief
from geo.write import beside

log = logging.getLogger(__name__)

UNDATED = "2000-01-01T00:00:00.000Z"
"""What stands where a GeoPackage asks for the time of the last change.  The true time is in the
manifest; here it would make two equal results differ."""

UNDEFINED = "-1"
"""GeoPackage's number for an undefined Cartesian frame: local metres."""

STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
  VALUES ('layer_styles', 'attributes', 'layer_styles', 'How QGIS draws the layers.', 0);
"""
"""As QGIS creates it; unless it is registered as attributes, OGR does not see it."""

MEANINGS_TABLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) VALUES
  ('gpkg_data_columns', NULL, 'gpkg_schema',
   'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
  ('gpkg_data_column_constraints', NULL, 'gpkg_schema',
   'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
"""
"""The schema extension: OGR shows ``name`` as a column's alias, and ``description`` as its
comment."""


def write_package(
    path: Path, layers: Mapping[str, gpd.GeoDataFrame], crs: Any, *, decisions: int = 0
) -> Path:
    """Write the layers of a run as one GeoPackage; layers that are not given stay empty.

    Args:
        path: of the file; written beside and renamed, an older one is replaced.
        layers: by name; geometries in any CRS that can be brought to ``crs``.
        crs: the run's own CRS in metres, as anything pyproj understands or an odc-geo CRS;
            ``None`` for local metres, which GeoPackage calls undefined Cartesian.
        decisions: entries of the decision log that its verdicts and outlines already show.

    Returns:
        ``path``.

    Raises:
        InputError: a layer, column, type or geometry that is not in the contract, or a layer
            with a CRS for a run without one.
        OutputError: the disk is full or the folder is not ours to write.
    """
    unknown = set(layers) - set(LAYERS)
    if unknown:
        raise InputError(f"There is no layer {min(unknown)}. Layers are: {', '.join(LAYERS)}.")
    frame = to_crs(crs)
    ready = {
        name: _placed(conform(name, layers[name]), name, frame)
        if name in layers
        else empty_layer(name, frame)
        for name in LAYERS
    }
    with beside(path) as part:
        part.unlink(missing_ok=True)
        try:
            for name, rows in ready.items():
                _write_layer(part, LAYERS[name], rows, append=part.exists())
            whole = part.with_name(f"{part.name}.whole")
            with closing(sqlite3.connect(part)) as db:
                _finish(db, decisions, whole)
            whole.replace(part)
        except (*OGR_ERRORS, sqlite3.OperationalError) as error:
            raise OutputError(
                f"{path} could not be written: {in_brief(error, path)}. Is the disk full? Free "
                "some space or choose another folder."
            ) from error
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in ready.items() if len(rows))
    log.info("wrote %s: %s", path.name, counts or "empty layers")
    return path


def to_crs(crs: Any) -> CRS | None:
    """Take a CRS from anything pyproj understands, from odc-geo, or none."""
    if crs is None:
        return None
    return CRS.from_user_input(getattr(crs, "proj", crs))


def _placed(rows: gpd.GeoDataFrame, name: str, crs: CRS | None) -> gpd.GeoDataFrame:
    """Bring a layer to the run's CRS."""
    if rows.geometry.isna().all() or rows.crs == crs:
        return rows.set_crs(crs, allow_override=True)
    if crs is None or rows.crs is None:
        has, lacks = ("layer", "run") if crs is None else ("run", "layer")
        raise InputError(
            f"Layer {name} cannot be placed: the {has} has a CRS and the {lacks} has none. "
            f"Give both one, or neither."
        )
    return rows.to_crs(crs)


def _write_layer(path: Path, layer: Layer, rows: gpd.GeoDataFrame, *, append: bool) -> None:
    """Write one layer with its declared geometry type, which an empty one needs to be told."""
    multi = rows.geometry.geom_type.str.startswith("Multi").any()
    options = {"DESCRIPTION": layer.meaning} | ({"SRID": UNDEFINED} if rows.crs is None else {})
    with warnings.catch_warnings():  # local metres have no CRS, and are meant to
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_dataframe(
            rows,
            path,
            layer=layer.name,
            driver="GPKG",
            append=append,
            use_arrow=True,
            geometry_type=f"Multi{layer.geometry}" if multi else layer.geometry,
            promote_to_multi=bool(multi),
            dataset_options={} if append else {"VERSION": "1.3"},
            layer_options=options,
        )


def _finish(db: sqlite3.Connection, decisions: int, whole: Path) -> None:
    """Add styles, meanings and the base for edits, and copy all of it without the clock.

    The copy has no gaps and no count of transactions, which GDAL's threads leave to chance.
    """
    db.executescript(STYLES_TABLE + MEANINGS_TABLES)
    for layer in LAYERS.values():
        _add_styles(db, layer)
        _add_meanings(db, layer)
    add_base(db, decisions)
    db.execute("UPDATE gpkg_contents SET last_change = ?", (UNDATED,))
    db.commit()
    db.execute("VACUUM INTO ?", (str(whole),))


def _add_styles(db: sqlite3.Connection, layer: Layer) -> None:
    query = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
    (geometry,) = db.execute(query, (layer.name,)).fetchone()
    rows = [
        (layer.name, geometry, style.name, qml(style), style.default, style.meaning, UNDATED)
        for style in styles_of(layer.name)
    ]
    db.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', ?)",
        rows,
    )


def _add_meanings(db: sqlite3.Connection, layer: Layer) -> None:
    for column in layer.columns:
        values = f"{layer.name}_{column.name}" if column.values else None
        db.execute(
            "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
            (layer.name, column.name, column.title, column.title, column.meaning, values),
        )
        db.executemany(
            "INSERT INTO gpkg_data_column_constraints VALUES "
            "(?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
            [(values, value, words) for value, words in column.values.items()],
        )
