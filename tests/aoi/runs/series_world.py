"""A folder of dated pictures, drawn: what an analyst would put together from a browser."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from models.synthetic.series import DrawnSeries

LEFT, TOP = 480_000.0, 1_230_000.0
"""Corner of the drawn place, EPSG:32648: near Bavet."""


def moment(day: float) -> datetime:
    """When a look was taken."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)


def write_pictures(drawn: DrawnSeries, folder: Path, *, every: int = 1) -> Path:
    """Write 8-bit true-colour GeoTIFFs, one a look, unmasked: clouds are white."""
    colours = np.stack([drawn.bands[name] for name in ("red", "green", "blue")], axis=1)
    numbers = np.clip(colours / 0.35 * 255, 1, 255).astype(np.uint8)
    for picture, day in list(zip(numbers, drawn.days, strict=True))[::every]:
        _write(folder / f"{moment(day):%Y-%m-%d}.tif", picture, ("red", "green", "blue"))
    return folder


def write_reflectance(drawn: DrawnSeries, folder: Path) -> Path:
    """Write Sentinel-2 stacks of reflectance times 10 000, masked by nodata."""
    names = ("blue", "green", "red", "nir")
    for look, day in enumerate(drawn.days):
        bands = np.stack([drawn.bands[name][look] for name in names])
        counts = np.where(drawn.masked[look], 0, np.clip(bands * 10_000, 1, 65_000))
        _write(
            folder / f"S2_{moment(day):%Y%m%d}.tif", counts.astype(np.uint16), names, nodata=0
        )
    return folder


def box_of(drawn: DrawnSeries) -> str:
    """Give the drawn ground as an area, W,S,E,N."""
    high, wide = drawn.site.shape
    turn = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    west, south, east, north = turn.transform_bounds(
        LEFT + 40, TOP - 10 * high + 40, LEFT + 10 * wide - 40, TOP - 40
    )
    return f"{west:.6f},{south:.6f},{east:.6f},{north:.6f}"


def _write(path, bands, names, *, nodata=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff", "dtype": bands.dtype, "count": len(bands), "height": bands.shape[1],
        "width": bands.shape[2], "crs": "EPSG:32648", "nodata": nodata,
        "transform": from_origin(LEFT, TOP, 10, 10), "compress": "deflate",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)
        file.descriptions = names
