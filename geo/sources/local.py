"""Take an analyst's own folder for an archive: what lies there, where, and from which day.

Each picture is one scene, and so are the bands of one acquisition that lie in files of their
own (``geo.sources.bundles``).  Place, bands and day come from the file and its name; a table
``index.csv`` in the folder says what files do not know, or know wrongly.

    folder + index.csv ──► bundles ──open_image──► Scene     index.csv: file, scene, datetime,
                                    sensor, cloud, bands, licence, credit  (any but file)

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
from shapely import union_all
from shapely.geometry import shape

from geo.bands import COMMON
from geo.errors import InputError, SourceError
from geo.grid import Grid
from geo.raster import Raster
from geo.read import Image, open_image
from geo.scene import Asset, Kind, Scene
from geo.sources.base import Found, Source, Wish, found
from geo.sources.bundles import MANY, Bundle, Part, alone, bundles
from geo.sources.globe import mend
from geo.sources.items import PRODUCT
from geo.sources.offsets import STEP, meaning_of
from geo.sources.vocabulary import (
    PROGRAMMES,
    QUALITY,
    RADAR,
    REFLECTED,
    name_of,
    sensor_of,
)
from geo.when import taken_at

log = logging.getLogger(__name__)

INDEX = "index.csv"
"""The table that says what files do not know."""

COLUMNS = ("file", "scene", "datetime", "sensor", "cloud", "bands", "licence", "credit")
"""What it may say; files of one ``scene`` are one acquisition, ``cloud`` is a share of 1,
``bands`` are names with spaces between."""

THUMB = 64
"""Pixels a side that are looked at to tell decibels from power."""


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A folder of pictures."""

    folder: Path
    """Read flat, but for folders inside it that hold the bands of an acquisition."""

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
        todo = bundles(self.folder, table)
        while todo:
            bundle = todo.pop(0)
            try:
                bundle, lost = _readable(bundle)
                gaps += lost
                scenes.append(_scene(bundle, table, self.name))
            except _StrangersError:
                todo += [alone(part.path) for part in bundle.parts]
            except (InputError, SourceError) as error:
                log.warning("%s", error)
                gaps.append(str(error))
        return found(scenes, wish, self.name, gaps)

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Read a picture onto a grid.

        Raises:
            SourceError: the file is gone, or damaged.
        """
        nearest = asset.kind in ("classes", "bits")
        try:
            image = open_image(asset.href)
        except InputError as error:  # it could be opened when the folder was looked through
            raise SourceError(str(error)) from error
        raster = image.read(grid, resampling="nearest" if nearest else "bilinear")
        names = asset.bands if len(asset.bands) == len(raster.bands) else ()
        valid = raster.valid
        if image.nodata is None and asset.nodata is not None:  # JPEG 2000 has no word for it
            valid = valid & (raster.bands != asset.nodata).any(axis=0)
        return replace(raster, names=names, valid=valid, time=scene.time)


class _StrangersError(Exception):
    """Files that are called like bands of one acquisition are whole pictures."""


def _table(path: Path) -> dict[Path, Mapping[str, str]]:
    """Read the table, by path.

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
    return {
        path.parent / row["file"]: {k: v.strip() for k, v in row.items() if v} for row in rows
    }


def _readable(bundle: Bundle) -> tuple[Bundle, list[str]]:
    """Leave out files of an acquisition that cannot be opened; say which, in sentences.

    Raises:
        InputError: none of them can be opened.
    """
    kept: list[Part] = []
    lost: list[str] = []
    for part in bundle.parts:
        try:
            open_image(part.path)
            kept.append(part)
        except InputError as error:
            if len(lost) + 1 == len(bundle.parts):
                raise
            log.warning("%s", error)
            lost.append(str(error))
    return replace(bundle, parts=tuple(kept)), lost


def _scene(bundle: Bundle, table: Mapping[Path, Mapping[str, str]], source: str) -> Scene:
    """Make a scene of the files of one acquisition and what the table says of them.

    Raises:
        InputError: nobody knows where it lies, or when it was taken.
        _StrangersError: the files are no bands of one acquisition.
    """
    said: dict[str, str] = {}
    for part in reversed(bundle.parts):
        said |= table.get(part.path, {})
    images = [open_image(part.path) for part in bundle.parts]
    for image in images:
        if image.grid.crs is None:
            raise InputError(
                f"{image.path.name} has no CRS, so nobody knows whether it is wanted."
            )
    sensor = said.get("sensor") or bundle.sensor or sensor_of("", bundle.id)
    product = next((p for word in bundle.words if (p := PRODUCT.search(f"{word}_"))), None)
    baseline = f"{product['base'][:2]}.{product['base'][2:]}" if product else ""
    if len(images) == 1 and not bundle.parts[0].band:
        own = table.get(images[0].path, {})
        assets = [_whole(images[0], own, sensor)]
    else:
        assets = [
            _asset(image, part.band, sensor, baseline, table.get(part.path, {}))
            for image, part in zip(images, bundle.parts, strict=True)
        ]
    time = _time(images, bundle, said)
    known = PROGRAMMES.get(sensor)
    ground = [mend(shape(image.grid.extent.to_crs("EPSG:4326").json)) for image in images]
    return Scene(
        id=bundle.id,
        time=time,
        footprint=mend(union_all(ground)),
        assets=_keyed(assets),
        source=source,
        collection=images[0].path.parent.name,
        sensor=sensor,
        tile=product["tile"] if product else "",
        orbit=int(product["orbit"]) if product else None,
        baseline=baseline,
        cloud=_share(images[0].path, said.get("cloud")),
        licence=said.get("licence") or (known.licence if known else ""),
        credit=said.get("credit") or (known.credit.format(year=time.year) if known else ""),
    )


def _keyed(assets: Sequence[Asset]) -> dict[str, Asset]:
    """Name files by key; of a band in several pixel sizes the finest stays."""
    kept: dict[str, Asset] = {}
    for asset in sorted(assets, key=lambda a: (a.gsd or 0.0, a.href)):
        kept.setdefault(asset.key, asset)
    return kept


def _whole(image: Image, said: Mapping[str, str], sensor: str) -> Asset:
    """Take a picture that is an acquisition by itself."""
    bands = _bands(image, said, sensor)
    kind = _kind(image, bands, sensor)
    scale = STEP if kind == "reflectance" and image.dtype == "uint16" else 1.0
    return _file(image, "image", bands, kind, (scale, 0.0, ""))


def _asset(
    image: Image, band: str, sensor: str, baseline: str, said: Mapping[str, str]
) -> Asset:
    """Take one file of several.

    Raises:
        _StrangersError: it is called like a band and holds several.
    """
    if band in ("", MANY, "visual"):
        bands = _bands(image, said, sensor)
        return _file(image, band or image.id, bands, "picture", (1.0, 0.0, ""))
    if image.count != 1:
        raise _StrangersError
    kind = _kind(image, (band,), sensor)
    if kind == "picture" and band in REFLECTED.get(sensor, ()) and image.dtype != "uint8":
        kind = "reflectance"
    meaning = (1.0, 0.0, "")
    if kind == "reflectance" and not image.dtype.startswith("float"):
        meaning = meaning_of(kind, {}, {}, sensor=sensor, baseline=baseline)
    return _file(image, band, (band,), kind, meaning)


def _file(
    image: Image,
    key: str,
    bands: tuple[str, ...],
    kind: Kind,
    meaning: tuple[float, float, str],
) -> Asset:
    scale, offset, basis = meaning
    crs = image.grid.crs
    return Asset(
        key=key,
        href=str(image.path),
        bands=bands,
        kind=kind,
        scale=scale,
        offset=offset,
        offset_from=basis,
        nodata=_nothing(image, kind),
        gsd=round(image.gsd_m, 4),
        crs=f"EPSG:{crs.epsg}" if crs is not None and crs.epsg else "",
        size=image.path.stat().st_size,
    )


def _nothing(image: Image, kind: Kind) -> float | None:
    """Tell which number means nothing was seen: zero in bands that leave it unsaid."""
    unsaid = image.nodata is None and kind == "reflectance" and image.dtype == "uint16"
    return 0.0 if unsaid else image.nodata


def _time(images: Sequence[Image], bundle: Bundle, said: Mapping[str, str]) -> datetime:
    """Take the table's word, then the name's and the folders', then the file's own."""
    where = images[0].path.name
    if text := said.get("datetime"):
        try:
            time = datetime.fromisoformat(text)
        except ValueError as error:
            raise InputError(
                f"{INDEX}: {text!r} is no time for {where}; write 2025-11-30 or "
                "2025-11-30T03:34:50Z."
            ) from error
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    if bundle.parts[0].band:
        for word in bundle.words:
            if (taken := taken_at({}, word)) is not None:
                return taken
    if images[0].time is None:
        raise InputError(
            f"Nobody knows when {where} was taken: put the day into its name, or "
            f"into {INDEX} beside it."
        )
    return images[0].time


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
    if image.count > 1 and set(names) <= {"", "pan"}:  # GDAL calls the first of many grey
        names = [""] * image.count
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
        return "power" if image.dtype.startswith("float") and _positive(image) else "decibel"
    stack = sensor in ("sentinel-2", "landsat") and {"red", "nir"} <= set(bands)
    return "reflectance" if stack and image.dtype != "uint8" else "picture"


def _positive(image: Image) -> bool:
    """Tell power, which is never negative, from decibels, which on land nearly always are."""
    step = max(1, max(image.grid.shape) // THUMB)
    raster = image.read(image.grid.zoom_out(step), resampling="nearest")
    seen = raster.bands[0][raster.valid]
    seen = seen[np.isfinite(seen)]
    return not seen.size or float(np.median(seen)) >= 0


def _share(path: Path, text: str | None) -> float | None:
    try:
        share = None if text is None else float(text)
    except ValueError:
        share = -1.0
    if share is not None and not 0 <= share <= 1:
        raise InputError(f"{INDEX}: cloud of {path.name} is a share, 0 to 1, not {text!r}.")
    return share


_: type[Source] = LocalSource
