"""Write region and site models, the GeoJSON that GeoWATCH and RD-WATCH read and write.

One region model holds a summary of every layout; one site model each holds its outline with the
date on which it was seen.

    Leaving ──► XX_Rnnn.geojson (region) + XX_Rnnn_0001.geojson … (sites)

Source: the JSON schemas of Kitware's geowatch (``geowatch/rc``), to which these hold but for
one field: ``originator`` there is a closed list of that programme's teams, and ours is *stk*.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.cards import rows_of
from aoi.outputs.leaving import Leaving
from geo.errors import InputError
from geo.grid import utm_at
from geo.vectors import LONLAT
from geo.write import beside

SCHEMA = "1.0.0"
"""Version of our models; the schema wants three numbers."""

ORIGINATOR = "stk"
"""Who made it."""

STATUS = {
    "walled_compound": "system_confirmed",
    "not_a_compound": "system_rejected",
}
"""What a verdict is called there; everything else is *proposed*."""

BANDS, COLUMNS, ROWS = (
    "CDEFGHJKLMNPQRSTUVWX",
    "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "ABCDEFGHJKLMNPQRSTUV",
)
"""Letters of the military grid: latitude bands, columns and rows of 100 km squares."""


def write_iarpa(folder: Path, leaving: Leaving) -> list[Path]:
    """Write the region model and its site models.

    Raises:
        InputError: the run has no CRS, nothing leaves, or more than 9,999 layouts do.
        OutputError: the disk is full or the folder is not ours to write.
    """
    if leaving.crs is None:
        raise InputError("Region models lie on the Earth, and this run is in local metres.")
    rows = rows_of(leaving.layers["compounds"].to_crs(LONLAT))
    if not 0 < len(rows) < 10_000:
        raise InputError(f"A region model holds 1 to 9,999 sites, and {len(rows)} would leave.")
    region, model = region_of(leaving.run_id), _model(leaving)
    names = {row["id"]: f"{region}_{n:04d}" for n, row in enumerate(rows, start=1)}
    whole = shapely.box(*shapely.total_bounds([row["geometry"] for row in rows]))
    days = [row["observed_at"][:10] for row in rows if row["observed_at"]]
    summaries = [
        _feature(
            _largest(row["geometry"]), _site(row, names[row["id"]], "site_summary") | model
        )
        for row in rows
    ]
    head = {
        "type": "region",
        "region_id": region,
        "version": SCHEMA,
        "mgrs": mgrs_of(whole),
        "start_date": min(days, default=None),
        "end_date": max(days, default=None),
        "comments": "Layouts for review; it accuses nobody.",
    }
    paths = [_write(folder / f"{region}.geojson", [_feature(whole, head | model), *summaries])]
    for row in rows:
        name = names[row["id"]]
        site = _site(row, name, "site") | model | {"region_id": region}
        features = [
            _feature(_largest(row["geometry"]), site),
            _feature(row["geometry"], _seen(row)),
        ]
        paths.append(_write(folder / "sites" / f"{name}.geojson", features))
    return paths


def region_of(run_id: str) -> str:
    """Name the region of a run: two letters for no country, R and three digits."""
    number = int(hashlib.sha256(run_id.encode()).hexdigest(), 16) % 1000
    return f"ZZ_R{number:03d}"


def mgrs_of(shape: BaseGeometry) -> str:
    """Name the 100 km square of the military grid in which the middle of a shape lies.

    Args:
        shape: in degrees, between 80 south and 84 north.
    """
    lon, lat = shape.centroid.coords[0]
    crs = utm_at(lon, lat)
    zone = (crs.epsg or 0) % 100
    from pyproj import Transformer  # noqa: PLC0415 - only here

    east, north = Transformer.from_crs(LONLAT, crs.proj, always_xy=True).transform(lon, lat)
    band = BANDS[min(int((lat + 80) // 8), len(BANDS) - 1)]
    column = COLUMNS[(zone - 1) % 3 * 8 + int(east // 100_000) - 1]
    row = ROWS[(int(north // 100_000) + (5 if zone % 2 == 0 else 0)) % 20]
    return f"{zone:02d}{band}{column}{row}"


def _model(leaving: Leaving) -> dict[str, Any]:
    """Give what every feature says of its maker."""
    del leaving
    return {"model_content": "proposed", "originator": ORIGINATOR}


def _site(row: Mapping[str, Any], name: str, kind: str) -> dict[str, Any]:
    day = row["observed_at"] and row["observed_at"][:10]
    score = row["score"]
    return {
        "type": kind,
        "site_id": name,
        "version": SCHEMA,
        "mgrs": mgrs_of(row["geometry"]),
        "status": STATUS.get(row["verdict"] or "", "system_proposed"),
        "start_date": day or None,
        "end_date": None,
        "score": 0.0 if score is None or math.isnan(score) else score,
        "validated": "True" if row["verdict"] else "False",
        "cache": {"stockade_id": row["id"], "reasons": row["reasons"]},
    }


def _seen(row: Mapping[str, Any]) -> dict[str, Any]:
    """Say when and in which picture it was seen; one date tells no phase of building."""
    return {
        "type": "observation",
        "observation_date": row["observed_at"] and row["observed_at"][:10],
        "source": row["scene_id"],
        "sensor_name": None,
        "current_phase": None,
        "is_occluded": "True" if row["cannot_tell"] else "False",
        "is_site_boundary": "True",
        "score": row["score"] or 0.0,
    }


def _largest(shape: BaseGeometry) -> BaseGeometry:
    parts: Iterable[BaseGeometry] = shapely.get_parts(shape)
    return max(parts, key=lambda part: part.area)


def _feature(shape: BaseGeometry, properties: Mapping[str, Any]) -> dict[str, Any]:
    flat = shapely.orient_polygons(shape)
    geometry = json.loads(
        shapely.to_geojson(shapely.set_precision(flat, 1e-7, mode="pointwise"))
    )
    return {"type": "Feature", "properties": dict(properties), "geometry": geometry}


def _write(path: Path, features: list[dict[str, Any]]) -> Path:
    text = json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1
    )
    with beside(path) as part:
        part.write_bytes(text.encode("utf-8", "replace"))
    return path
