"""Small picture files and layers, made on the spot."""

import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning
from shapely.geometry import box

Maker = Callable[..., Path]

BAVET = Affine(0.5, 0, 600_000, 0, -0.5, 1_200_000)
"""Half a metre a pixel, somewhere in UTM zone 48 north."""


@pytest.fixture
def tif(tmp_path: Path) -> Maker:
    """A function that writes (C, H, W) as ``name``; further words go to rasterio."""

    def make(bands: np.ndarray, name: str = "scene.tif", **profile: object) -> Path:
        mask = profile.pop("mask", None)
        colours = profile.pop("colours", None)
        describe = profile.pop("describe", None)
        tags = profile.pop("tags", {})
        profile = {"driver": "GTiff", "crs": "EPSG:32648", "transform": BAVET} | profile
        count, height, width = bands.shape
        path = tmp_path / name
        with (
            warnings.catch_warnings(),
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True, GDAL_PAM_ENABLED=True),
        ):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(
                path,
                "w",
                height=height,
                width=width,
                count=count,
                dtype=bands.dtype,
                **profile,
            ) as file:
                if colours:
                    file.colorinterp = colours
                if describe:
                    file.descriptions = describe
                file.update_tags(**tags)
                file.write(bands)
                if mask is not None:
                    file.write_mask(mask)
        return path

    return make


@pytest.fixture
def ramp() -> np.ndarray:
    """(3, 40, 60) uint8: red counts columns, green counts rows, blue is 7."""
    rows, cols = np.mgrid[0:40, 0:60]
    return np.stack([cols + 1, rows + 1, np.full_like(rows, 7)]).astype(np.uint8)


@pytest.fixture
def parks() -> gpd.GeoDataFrame:
    """Two parks in metres, with a column of every kind; what is not known is empty."""
    return gpd.GeoDataFrame(
        {
            "name": ["Park A", "Park B"],
            "score": [0.9, np.nan],
            "cut": [True, False],
            "seen": pd.to_datetime(["2024-05-17T03:15:45Z", None]),
            "note": [None, None],
        },
        geometry=[box(0, 0, 100, 50), box(200, 0, 300, 50)],
        crs="EPSG:32648",
    )
