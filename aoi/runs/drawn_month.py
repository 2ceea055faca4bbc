"""Draw a month of Sentinel-2 over the demo place: an archive on disk that can be fetched from.

    seed ──► ground (4, 240, 240) ──► six days with their clouds ──► month/<scene>/<band>.tif
                                                               └───► month/items.json

``stockade fetch --source stac:month/items.json`` asks it like any catalogue.  Numbers are those
of leaves, soil and roofs; nothing else about it is like a real month.

Source: reflectances as in J. Gao, *Digital Analysis of Remotely Sensed Imagery*, 2009, rounded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.random import Generator
from numpy.typing import NDArray
from odc.geo.geom import Geometry
from odc.geo.xr import rasterize
from scipy.ndimage import gaussian_filter
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from aoi.outputs.manifest import utc
from geo.grid import Grid
from geo.prepare.numbers import UNIT
from geo.write import beside, write_cog
from models.synthetic.demo import CORNER, CRS, DRAWN, demo_plan

LEAVES = (0.03, 0.06, 0.04, 0.36)
SOIL = (0.09, 0.12, 0.16, 0.24)
ROOF = (0.27, 0.28, 0.29, 0.33)
CLOUD = (0.62, 0.62, 0.63, 0.66)
"""Reflectance in ``BANDS``."""

BANDS = ("blue", "green", "red", "nir")
"""Of each scene, beside the classes ``scl``."""

SKIES = {3: 0.0, 8: 0.5, 13: 0.15, 18: 0.9, 23: 0.3, 28: 0.0}
"""Day of November 2025 to the share under cloud."""

GSD = 10.0
"""Metres a pixel."""

FINE = 5
"""Parts of a pixel's side in which roofs are counted."""

SIDE, RIM = 240, 20
"""Pixels a side, and of them around the demo place."""


def draw_month(out: Path, *, seed: int = 5) -> Path:
    """Draw the month below ``out``.

    Returns:
        The catalogue, a GeoJSON of STAC items.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder, rng = out / "month", np.random.default_rng([seed, 11])
    grid = _frame(GSD, SIDE)
    ground = _ground(seed, rng)
    items = []
    for day, share in SKIES.items():
        thick = _clouds(share, rng)
        seen = ground * (1 - thick) + _shades(CLOUD) * thick
        noise = rng.normal(0, 0.002, seen.shape)
        counts = ((seen + noise) * UNIT).clip(1).astype(np.uint16)
        classes = np.where(thick > 0.3, 9, np.where(ground[3] > 0.3, 4, 5)).astype(np.uint8)
        items.append(_write_scene(folder, day, counts, classes, grid))
    told = {"type": "FeatureCollection", "features": items, "note": DRAWN}
    with beside(folder / "items.json") as part:
        part.write_text(json.dumps(told, indent=1))
    return folder / "items.json"


def _frame(gsd: float, side: int) -> Grid:
    left, top = CORNER[0] - RIM * GSD, CORNER[1] + RIM * GSD
    return Grid((side, side), Affine(gsd, 0, left, 0, -gsd, top), CRS)


def _shades(values: Sequence[float]) -> NDArray[np.float64]:
    return np.array(values)[:, None, None]


def _ground(seed: int, rng: Generator) -> NDArray[np.float64]:
    """Lay leaves and soil as they lie in fields, bare ground in compounds, and roofs."""
    plan = demo_plan(seed)
    field = gaussian_filter(rng.standard_normal((SIDE, SIDE)), 6)
    bare = np.clip(field / field.std() * 0.4 + 0.35, 0, 1)
    bare = np.maximum(bare, _share([c.outline for c in plan.compounds]))
    roofs = _share([b.footprint for b in plan.buildings if b.stands])
    soil = _shades(LEAVES) * (1 - bare) + _shades(SOIL) * bare  # (4, H, W)
    ground: NDArray[np.float64] = soil * (1 - roofs) + _shades(ROOF) * roofs
    return ground


def _share(outlines: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    """Tell which share of each pixel lies under outlines of the plan, (H, W)."""
    fine = _frame(GSD / FINE, SIDE * FINE)
    moved = shapely.transform(shapely.union_all(outlines), lambda xy: xy + np.array(CORNER))
    inside = rasterize(Geometry(moved, CRS), fine).values.astype(np.float64)
    share: NDArray[np.float64] = inside.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
    return share


def _clouds(share: float, rng: Generator) -> NDArray[np.float64]:
    """Draw how thick cloud lies, (H, W), 0 to 1."""
    field = gaussian_filter(rng.standard_normal((SIDE, SIDE)), 14)
    if share == 0:
        return np.zeros_like(field)
    above = (field - np.quantile(field, 1 - share)) / field.std()
    thick: NDArray[np.float64] = np.clip(above * 2 + 0.5, 0, 1)
    return thick


def _write_scene(
    folder: Path,
    day: int,
    counts: NDArray[np.uint16],
    classes: NDArray[np.uint8],
    grid: Grid,
) -> Mapping[str, Any]:
    """Write the files of one day; return its item."""
    name = f"S2B_DRAWN_202511{day:02d}"
    planes = {**dict(zip(BANDS, counts, strict=True)), "scl": classes}
    for band, plane in planes.items():
        path = folder / name / f"{band}.tif"
        tags = {"TIFFTAG_IMAGEDESCRIPTION": DRAWN}
        write_cog(path, plane, grid=grid, band_names=(band,), nodata=0, tags=tags)
    asset = {
        "type": "image/tiff",
        "gsd": GSD,
        "proj:code": CRS,
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.affine)[:6],
    }
    words = {"nodata": 0, "scale": 1 / UNIT, "offset": 0}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-l2a",
        "geometry": mapping(shapely.box(*grid.extent.to_crs("EPSG:4326").boundingbox)),
        "properties": {
            "datetime": utc(datetime(2025, 11, day, 3, 30, tzinfo=UTC)),
            "platform": "sentinel-2b",
            "eo:cloud_cover": round(100 * float((classes == 9).mean()), 1),
            "license": "CC0-1.0",
            "description": DRAWN,
        },
        "assets": {
            band: asset | {"href": f"./{name}/{band}.tif", "raster:bands": [words]}
            for band in planes
        },
    }
