"""Understand one file of an analyst's folder: its bands, and what its numbers mean.

    Image, band its name tells, row of the table ──► Asset: bands, kind, scale, offset, nodata

A picture that is an acquisition by itself names its own bands; one file of several is named by
its bundle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from geo.bands import COMMON
from geo.errors import InputError
from geo.read import Image
from geo.scene import Asset, Kind
from geo.sources.bundles import MANY
from geo.sources.local_table import INDEX
from geo.sources.offsets import STEP, meaning_of
from geo.sources.vocabulary import QUALITY, RADAR, REFLECTED, name_of

THUMB = 64
"""Pixels a side that are looked at to tell decibels from power."""


class StrangersError(Exception):
    """Files that are called like bands of one acquisition are whole pictures."""


def whole(image: Image, said: Mapping[str, str], sensor: str) -> Asset:
    """Take a picture that is an acquisition by itself.

    Raises:
        InputError: the table names other bands than it has.
    """
    bands = _bands(image, said, sensor)
    kind = _kind(image, bands, sensor)
    scale = STEP if kind == "reflectance" and image.dtype == "uint16" else 1.0
    return _file(image, "image", bands, kind, (scale, 0.0, ""))


def part_of(
    image: Image, band: str, sensor: str, baseline: str, said: Mapping[str, str]
) -> Asset:
    """Take one file of several.

    Raises:
        StrangersError: it is called like a band and holds several.
    """
    if band in ("", MANY, "visual"):
        bands = _bands(image, said, sensor)
        return _file(image, band or image.id, bands, "picture", (1.0, 0.0, ""))
    if image.count != 1:
        raise StrangersError
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
