"""A small archive on loopback: a STAC item collection and the files it speaks of."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from shapely.geometry import box, mapping

SIDE = 512
FRAME = GeoBox((SIDE, SIDE), from_origin(600000, 1230000, 10, 10), "EPSG:32648")
"""Five kilometres near Bavet."""

BANDS = ("blue", "green", "red", "nir")


def ground(seed: int = 7) -> dict[str, np.ndarray]:
    """Counts of leaves (left) and soil (right), and white roofs, as 10 000 x reflectance."""
    rng = np.random.default_rng(seed)
    leaves = {"blue": 300, "green": 600, "red": 400, "nir": 3500}
    soil = {"blue": 900, "green": 1200, "red": 1600, "nir": 2200}
    out = {}
    for band in BANDS:
        plane = np.full((SIDE, SIDE), leaves[band], float)
        plane[:, SIDE // 2 :] = soil[band]
        plane[100:108, 300:310] = plane[200:206, 400:412] = 4000
        out[band] = (plane + rng.normal(0, 20, plane.shape)).clip(1).astype(np.uint16)
    return out


def tiff(plane: np.ndarray, frame: GeoBox = FRAME, **words) -> bytes:
    """Encode a plane as a cloud-optimised GeoTIFF."""
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore")
        with memory.open(
            driver="COG",
            height=plane.shape[0],
            width=plane.shape[1],
            count=1,
            dtype=plane.dtype,
            crs=frame.crs.to_wkt(),
            transform=frame.affine,
            nodata=0,
            blocksize=256,
            **words,
        ) as file:
            file.write(plane, 1)
        return memory.read()


class Archive:
    """Items and files of one server."""

    def __init__(self, server) -> None:
        """Begin empty."""
        self.server = server
        self.items: list[dict] = []
        self.truth = ground()

    @property
    def source(self) -> str:
        """As the command line names it."""
        return f"stac:{self.server.url}/items.json"

    def add(
        self,
        name: str,
        day: int,
        *,
        added: float = 0.0,
        cloudy: slice | None = None,
        hall: bool = False,
        frame: GeoBox = FRAME,
        **properties,
    ) -> None:
        """Put a scene of November 2025 on the server.

        Args:
            name: of the item.
            day: of the month.
            added: reflectance that its files hold too much.
            cloudy: rows under cloud.
            hall: whether a bright hall of 400 m stands there, which the archive calls cloud.
            frame: where its pixels lie.
            properties: more of the item's own.
        """
        scl = np.full((SIDE, SIDE), 4, np.uint8)
        scl[:, SIDE // 2 :] = 5
        scl[100:108, 300:310] = 9  # the archive takes this roof for a cloud
        planes = {band: plane.astype(float) for band, plane in self.truth.items()}
        if hall:
            for plane in planes.values():
                plane[200:240, 200:240] = 3500 + 100 * (day % 3)
            scl[200:240, 200:240] = 9
        if cloudy is not None:
            for plane in planes.values():
                plane[cloudy] = 6000
            scl[cloudy] = 9
        assets = {}
        for band, plane in planes.items():
            counts = (plane + added * 10000).astype(np.uint16)
            self.server.files[f"/{name}/{band}.tif"] = tiff(counts, frame)
            assets[band] = self._asset(name, band, frame)
        self.server.files[f"/{name}/scl.tif"] = tiff(scl, frame)
        assets["scl"] = self._asset(name, "scl", frame)
        lonlat = box(*frame.extent.to_crs("EPSG:4326").boundingbox)
        self.items.append(
            {
                "type": "Feature",
                "id": name,
                "collection": "sentinel-2-l2a",
                "geometry": mapping(lonlat),
                "properties": {
                    "datetime": datetime(2025, 11, day, 3, 30, tzinfo=UTC).isoformat(),
                    "platform": "sentinel-2b",
                    "grid:code": "MGRS-48PXT",
                    "eo:cloud_cover": 0.0 if cloudy is None else 40.0,
                    "earthsearch:boa_offset_applied": True,
                }
                | properties,
                "assets": assets,
            }
        )
        told = {"type": "FeatureCollection", "features": self.items}
        self.server.files["/items.json"] = json.dumps(told).encode()

    def _asset(self, name: str, band: str, frame: GeoBox) -> dict:
        return {
            "href": f"{self.server.url}/{name}/{band}.tif?sig=SECRET",
            "type": "image/tiff",
            "gsd": 10,
            "proj:code": f"EPSG:{frame.crs.epsg}",
            "proj:shape": [SIDE, SIDE],
            "proj:transform": list(frame.affine)[:6],
            "raster:bands": [{"nodata": 0, "scale": 0.0001, "offset": -0.1}],
        }


def area(window: GeoBox) -> str:
    """Name the ground of a window as a box in degrees, a little inside of it."""
    w, s, e, n = window.extent.to_crs("EPSG:4326").boundingbox
    return f"{w + 1e-4:.6f},{s + 1e-4:.6f},{e - 1e-4:.6f},{n - 1e-4:.6f}"


def pixels(path: Path) -> tuple[np.ndarray, GeoBox, tuple[str, ...]]:
    """Read a raster of ours."""
    with rasterio.open(path) as file:
        frame = GeoBox(file.shape, file.transform, file.crs.to_wkt())
        return file.read(), frame, file.descriptions
