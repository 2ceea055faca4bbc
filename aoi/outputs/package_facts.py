"""Ask a GeoPackage of ours what a project must know of it, without reading a geometry.

    stockade.gpkg, opened read-only ──► rows of a layer, ground of each, dates of columns

Source: OGC GeoPackage 1.3: ``gpkg_contents``; ``gpkg_ogr_contents`` is GDAL's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from geo.errors import InputError

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top in the package's own units."""


def count_of(package: Path, layer: str) -> int:
    """Count the rows of a layer.

    Raises:
        InputError: there is no such file, or it is no GeoPackage of ours.
    """
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


def boxes_of(package: Path) -> list[Bounds]:
    """Give the ground of each layer that holds anything."""
    query = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE min_x IS NOT NULL"
    with closing(_open(package)) as db:
        return list(db.execute(query))


def times_of(package: Path, columns: Iterable[tuple[str, str]]) -> set[str]:
    """Give the first and the last date of each column, as it is written there.

    Args:
        package: ours.
        columns: layer and column, both by names of our own.
    """
    found: set[str] = set()
    with closing(_open(package)) as db:
        for layer, column in columns:
            query = f"SELECT min({column}), max({column}) FROM {layer}"  # noqa: S608 - ours
            found |= {str(time) for time in db.execute(query).fetchone() if time}
    return found


def _open(package: Path) -> sqlite3.Connection:
    if not package.is_file():
        raise InputError(f"There is no {package}. Write the GeoPackage before the project.")
    return sqlite3.connect(f"{package.resolve().as_uri()}?mode=ro", uri=True)
