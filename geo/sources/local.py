"""Take an analyst's own folder for an archive: what lies there, where, and from which day.

Each picture is one scene.  Place, bands and day come from the file and its name; a table
``index.csv`` in the folder says what files do not know, or know wrongly.

    folder + index.csv ──► open_image ──► Scene      index.csv: file, datetime, sensor, cloud,
                                                     bands, licence, credit  (any of them)

Pictures without a CRS have no place in a search and are named as gaps; so are those without a
day, unless the table tells it.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from shapely.geometry import shape

from geo.bands import COMMON
from geo.errors import InputError, SourceError
from geo.grid import Grid
from geo.images import find_images
from geo.raster import Raster
from geo.read import Image, open_image
from geo.scene import Asset, Kind, Scene
from geo.sources.base import Found, Source, Wish, found
from geo.sources.globe import mend
from geo.sources.offsets import STEP
from geo.sources.vocabulary import PROGRAMMES, QUALITY, RADAR, name_of, sensor_of

log = logging.getLogger(__name__)

INDEX = "index.csv"
"""The table that says what files do not know."""

COLUMNS = ("file", "datetime", "sensor", "cloud", "bands", "licence", "credit")
"""What it may say; ``cloud`` is a share of 1, ``bands`` names with spaces between."""


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A folder of pictures."""

    folder: Path
    """Read flat."""

    @property
    def name(self) -> str:
        """The folder, as it was named."""
        return str(self.folder)

    def find(self, wish: Wish) -> Found:
        """Look into every picture of the folder.

        Raises:
            InputError: there is no such folder, no picture in it, or the table has a fault.
        """
        table = _table(self.folder / INDEX)
        scenes, gaps = [], []
        for path in find_images([self.folder]):
            try:
                scenes.append(_scene(path, table.get(path.name, {}), self.name))
            except (InputError, SourceError) as error:
                log.warning("%s", error)
                gaps.append(str(error))
        return found(scenes, wish, self.name, gaps)

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Read a picture onto a grid."""
        nearest = asset.kind in ("classes", "bits")
        image = open_image(asset.href)
        raster = image.read(grid, resampling="nearest" if nearest else "bilinear")
        names = asset.bands if len(asset.bands) == len(raster.bands) else ()
        return replace(raster, names=names, time=scene.time)


def _table(path: Path) -> dict[str, Mapping[str, str]]:
    """Read the table, by file name.

    Raises:
        InputError: it has columns that mean nothing, or no column ``file``.
    """
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a table: {error}.") from error
    names = {str(name) for row in rows for name in row if name is not None}
    if rows and ("file" not in names or not names <= set(COLUMNS)):
        strange = ", ".join(sorted(names - set(COLUMNS))) or "no column file"
        raise InputError(
            f"{path} has {strange}. Its columns are {', '.join(COLUMNS)}; only file is needed."
        )
    return {row["file"]: {k: v.strip() for k, v in row.items() if v} for row in rows}


def _scene(path: Path, said: Mapping[str, str], source: str) -> Scene:
    """Make a scene of one picture and what the table says of it."""
    image = open_image(path)
    if image.grid.crs is None:
        raise InputError(f"{path.name} has no CRS, so nobody knows whether it is wanted.")
    sensor = said.get("sensor") or sensor_of("", path.stem)
    bands = _bands(image, said, sensor)
    kind = _kind(image, bands, sensor)
    time = _time(image, said)
    known = PROGRAMMES.get(sensor)
    return Scene(
        id=image.id,
        time=time,
        footprint=mend(shape(image.grid.extent.to_crs("EPSG:4326").json)),
        assets={
            "image": Asset(
                key="image",
                href=str(path),
                bands=bands,
                kind=kind,
                scale=STEP if kind == "reflectance" and image.dtype == "uint16" else 1.0,
                nodata=image.nodata,
                gsd=round(image.gsd_m, 4),
                crs=f"EPSG:{image.grid.crs.epsg}" if image.grid.crs.epsg else "",
                size=path.stat().st_size,
            )
        },
        source=source,
        collection=path.parent.name,
        sensor=sensor,
        cloud=_share(path, said.get("cloud")),
        licence=said.get("licence") or (known.licence if known else ""),
        credit=said.get("credit") or (known.credit.format(year=time.year) if known else ""),
    )


def _time(image: Image, said: Mapping[str, str]) -> datetime:
    if text := said.get("datetime"):
        try:
            time = datetime.fromisoformat(text)
        except ValueError as error:
            raise InputError(
                f"{INDEX}: {text!r} is no time for {image.path.name}; write 2025-11-30 or "
                "2025-11-30T03:34:50Z."
            ) from error
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    if image.time is None:
        raise InputError(
            f"Nobody knows when {image.path.name} was taken: put the day into its name, or "
            f"into {INDEX} beside it."
        )
    return image.time


def _bands(image: Image, said: Mapping[str, str], sensor: str) -> tuple[str, ...]:
    """Name the bands: the table first, then the file, then red, green and blue."""
    told: Sequence[str] = said.get("bands", "").split()
    if told and len(told) != image.count:
        raise InputError(
            f"{INDEX} names {len(told)} bands of {image.path.name}, which has {image.count}."
        )
    names = [
        name_of(name, sensor) or COMMON.get(name.lower(), "")
        for name in (told or image.names or [""] * image.count)
    ]
    if not any(names):
        order = dict(zip(image.rgb, ("red", "green", "blue"), strict=False))
        names = [order.get(i, "") for i in range(image.count)] if image.count >= 3 else ["pan"]
    return tuple(
        name or f"band{i}" for i, name in enumerate(np.resize(names, image.count).tolist(), 1)
    )


def _kind(image: Image, bands: Sequence[str], sensor: str) -> Kind:
    """Tell what the numbers are: stacks of a programme's bands are reflectance."""
    if bands[0] in QUALITY:
        return QUALITY[bands[0]]
    if bands[0] in RADAR:
        return "power" if image.dtype.startswith("float") else "decibel"
    stack = sensor in ("sentinel-2", "landsat") and {"red", "nir"} <= set(bands)
    return "reflectance" if stack and image.dtype != "uint8" else "picture"


def _share(path: Path, text: str | None) -> float | None:
    try:
        share = None if text is None else float(text)
    except ValueError:
        share = -1.0
    if share is not None and not 0 <= share <= 1:
        raise InputError(f"{INDEX}: cloud of {path.name} is a share, 0 to 1, not {text!r}.")
    return share


_: type[Source] = LocalSource
