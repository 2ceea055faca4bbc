"""Name the files beside a picture's own that its pixels, or their validity, come from.

    mosaic.vrt ──► the pictures under it          scene.tif ──► scene.tif.msk
    what is virtual again is asked in turn; statistics, world files and overviews are no pixels

Source: GDAL's file lists, https://gdal.org/api/gdaldataset_cpp.html (GetFileList)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioError

PLAIN = (".ovr", ".xml", ".wld", ".prj")
"""Endings of files that programs write while a picture is only looked at, or that tell where it
lies, which is asked of the picture itself."""


def attached(path: Path, source: Any) -> tuple[Path, ...]:
    """List the other files that hold what a picture shows.

    Args:
        path: of the picture.
        source: the same, an open rasterio dataset.

    Returns:
        Files, each once, in order of their names; none for most pictures.
    """
    found: set[Path] = set()
    todo = [Path(name) for name in source.files]
    while todo:
        file = todo.pop()
        if file in found or file == path or not _matters(file):
            continue
        found.add(file)
        if file.suffix.lower() == ".vrt":
            todo += _named_in(file)
    return tuple(sorted(found))


def _matters(file: Path) -> bool:
    world = len(file.suffix) == 4 and file.suffix.lower().endswith("w")  # .tfw, .jgw, .pgw
    return not world and file.suffix.lower() not in PLAIN and file.is_file()


def _named_in(virtual: Path) -> list[Path]:
    """Ask a virtual picture for its files; one that cannot be opened is told when read."""
    try:
        with rasterio.open(virtual) as source:
            return [Path(name) for name in source.files]
    except RasterioError:
        return []
