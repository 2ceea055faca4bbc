"""Make a flat raster a cloud-optimised GeoTIFF, and prove that it is whole.

A COG is written backwards: overviews first, then the pixels, and the directory at its head.  So
pixels go to a flat tiled file, in whatever order they come; overviews are added to it, and
GDAL's COG driver copies both.

    blocks ──► flat tiled GeoTIFF ──overviews──► COG ──every block asked──► proven

GDAL writes in threads while it closes, and says nothing of a disk that was full meanwhile: what
was written is looked at again.

Source: GDAL's COG driver, https://gdal.org/drivers/raster/cog.html
"""

from __future__ import annotations

import math
import warnings
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import rasterio
import rasterio.shutil
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning

from geo.errors import OutputError
from geo.grid import Grid

BLOCK = 512
"""Pixels a side of a COG block: GDAL's and QGIS's usual."""

COG = {
    "driver": "COG",
    "blocksize": BLOCK,
    "compress": "DEFLATE",  # every GDAL reads it; zstd is missing from some builds
    "level": 1,  # scores are mostly flat: level 6 takes twice as long to save a tenth
    "predictor": "STANDARD",
    "overviews": "FORCE_USE_EXISTING",
    "bigtiff": "IF_SAFER",
    "num_threads": "ALL_CPUS",
}
"""How every COG is made."""

OVERVIEWS = {
    "COMPRESS_OVERVIEW": "NONE",
    "GDAL_TIFF_OVR_BLOCKSIZE": str(BLOCK),
    "BIGTIFF_OVERVIEW": "IF_SAFER",
}
"""How overviews are made before the COG driver copies them: its own way takes four times as
long, for it packs and unpacks them on the way."""


def new_file(
    path: Path, grid: Grid, count: int, nodata: float | None, dtype: str
) -> AbstractContextManager[Any]:
    """Open a tiled GeoTIFF that takes blocks in any order."""
    with warnings.catch_warnings():  # local metres of exactly 1 m look like no place at all
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        file: AbstractContextManager[Any] = rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=grid.height,
            width=grid.width,
            count=count,
            dtype=dtype,
            crs=grid.crs.to_wkt() if grid.crs else None,
            transform=grid.affine,
            nodata=nodata,
            tiled=True,
            blockxsize=BLOCK,
            blockysize=BLOCK,
            compress="DEFLATE",
            zlevel=1,
            interleave="band",
            bigtiff="IF_SAFER",
        )
    return file


def finish(flat: Path, part: Path) -> None:
    """Add overviews to a flat file and copy it into a COG, proven.

    Args:
        flat: what GDAL can read and update, a GeoTIFF or a virtual dataset.
        part: the COG.

    Raises:
        OutputError: a block of the COG is missing.
    """
    with rasterio.Env(**OVERVIEWS), rasterio.open(flat, "r+") as file:
        steps = math.ceil(math.log2(max(1, *(side / BLOCK for side in file.shape))))
        if steps:
            file.build_overviews([2**i for i in range(1, steps + 1)], Resampling.average)
    rasterio.shutil.copy(flat, part, **COG)
    prove(part)


def prove(path: Path) -> None:
    """Look whether every block really lies in the file.

    GDAL compresses in threads and writes while closing; when the disk is full meanwhile, it
    says nothing and leaves a file whose blocks lie beyond its end.

    Raises:
        OutputError: a block is missing.
    """
    size = path.stat().st_size
    with rasterio.open(path) as file:
        levels = len(file.overviews(1))
    for level in (None, *range(levels)):
        words = {} if level is None else {"overview_level": level}
        with rasterio.open(path, **words) as file:
            for band in range(1, file.count + 1):
                for (row, col), _ in file.block_windows(band):
                    if _end_of_block(file, band, row, col) > size:
                        raise OutputError(
                            f"{path} is incomplete: the disk is full, or failed. Free some "
                            "space and run it again."
                        )


def _end_of_block(file: Any, band: int, row: int, col: int) -> float:
    """Tell at which byte a block ends; never, if it was not written."""
    place = [
        file.get_tag_item(f"BLOCK_{word}_{col}_{row}", "TIFF", bidx=band)
        for word in ("OFFSET", "SIZE")
    ]
    return math.inf if None in place else sum(map(int, place))
