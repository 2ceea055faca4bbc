"""Write what leaves as tables and layers that other programs read at once.

    Leaving ──► csv         compounds.csv, buildings.csv: longitude, latitude, every column
            ──► geoparquet  one .parquet a layer
            ──► flatgeobuf  one .fgb a layer
            ──► pmtiles     one archive of vector tiles a layer, for web maps

Source: GeoParquet 1.1; FlatGeobuf 3; PMTiles 3 by GDAL.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio

from aoi.outputs.leaving import Leaving
from aoi.outputs.spreadsheet import write_rows
from aoi.outputs.tables import LAYERS
from geo.errors import InputError, OutputError
from geo.vectors import LONLAT, OGR_ERRORS
from geo.write import beside

TILED = ("compounds", "buildings", "walls", "changes", "sites")
"""Layers that get tiles."""

DEEPEST = "15"
"""Zoom: a tile of 1.2 km in 4,096 steps of 0.3 m; maps stretch it further."""


def write_csv(folder: Path, leaving: Leaving) -> list[Path]:
    """Write compounds and buildings for spreadsheets.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    paths = []
    for name in ("compounds", "buildings"):
        rows = leaving.layers[name]
        first = (*LAYERS[name].names, *_axes(rows))
        told = (
            (*row, *place) for row, place in zip(_records(rows), _places(rows), strict=True)
        )
        paths.append(write_rows(folder / f"{name}.csv", [first, *told]))
    return paths


def write_geoparquet(folder: Path, leaving: Leaving) -> list[Path]:
    """Write every layer that holds something, and compounds always.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    paths = []
    for name, rows in _filled(leaving):
        path = folder / f"{name}.parquet"
        with beside(path) as part:
            rows.to_parquet(part, index=False, schema_version="1.1.0")
        paths.append(path)
    return paths


def write_flatgeobuf(folder: Path, leaving: Leaving) -> list[Path]:
    """Write every layer that holds something, and compounds always.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    paths = []
    for name, rows in _filled(leaving):
        path = folder / f"{name}.fgb"
        with beside(path) as part:
            index = "NO" if rows.geometry.isna().any() else "YES"  # an index wants a place each
            options = {"SPATIAL_INDEX": index}
            _write(
                part,
                rows,
                layer=name,
                driver="FlatGeobuf",
                geometry_type=_kind(rows, name),
                layer_options=options,
            )
        paths.append(path)
    return paths


def write_pmtiles(folder: Path, leaving: Leaving) -> list[Path]:
    """Write an archive of vector tiles for each layer that a web map draws.

    Tiles hold whole numbers: an outline moves by up to a metre at the deepest zoom.

    Raises:
        InputError: the run has no CRS, or nothing leaves.
        OutputError: the disk is full or the folder is not ours to write.
    """
    if leaving.crs is None:
        raise InputError(
            "Tiles lie on the Earth, and this run is in local metres. Use --as csv."
        )
    filled = {name: rows for name, rows in _filled(leaving) if name in TILED}
    paths = []
    for name, rows in filled.items():
        drawn = rows[rows.geometry.notna()].to_crs(LONLAT)
        if drawn.empty:
            continue
        path = folder / f"{name}.pmtiles"
        with beside(path) as part:  # GDAL knows the format by the end of the name
            made = part.with_name(f"{part.name}.pmtiles")
            _write(
                made,
                drawn,
                layer=name,
                driver="PMTiles",
                dataset_options={"MINZOOM": "4", "MAXZOOM": DEEPEST, "NAME": name},
            )
            made.replace(part)
        paths.append(path)
    if not paths:
        raise InputError(f"Nothing leaves at the level {leaving.level}, so there are no tiles.")
    return paths


def _filled(leaving: Leaving) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    for name, rows in leaving.layers.items():
        if len(rows) or name == "compounds":
            yield name, rows


def _kind(rows: gpd.GeoDataFrame, layer: str) -> str:
    several = rows.geometry.geom_type.str.startswith("Multi").any()
    return f"Multi{LAYERS[layer].geometry}" if several else LAYERS[layer].geometry


def _write(path: Path, rows: gpd.GeoDataFrame, **options: Any) -> None:
    several = str(options.get("geometry_type", "")).startswith("Multi")
    with warnings.catch_warnings():  # local metres have no CRS, and are meant to
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        try:
            pyogrio.write_dataframe(
                rows, path, use_arrow=True, promote_to_multi=several or None, **options
            )
        except OGR_ERRORS as error:
            raise OutputError(f"{path.name} could not be written: {error}.") from error


def _axes(rows: gpd.GeoDataFrame) -> tuple[str, str]:
    return ("x_m", "y_m") if rows.crs is None else ("lon", "lat")


def _places(rows: gpd.GeoDataFrame) -> Iterator[tuple[str, str]]:
    """Give a point inside each outline: degrees to a metre, or local metres."""
    points = rows.geometry.representative_point()
    flat, digits = (points, 1) if rows.crs is None else (points.to_crs(LONLAT), 5)
    for point in flat:
        yield f"{point.x:.{digits}f}", f"{point.y:.{digits}f}"


def _records(rows: gpd.GeoDataFrame) -> Iterator[tuple[Any, ...]]:
    bare = rows.drop(columns="geometry").astype(object)
    yield from bare.where(bare.notna(), "").itertuples(index=False, name=None)
