"""Ask an open file how its bands are to be read, and what in them is real.

Files hide pixels in three ways: a value that means nothing, a band of opacity, a mask.  The
first stands with each band, the other two become one more band beside the others.  Colours of
an index are looked up, for indices neither warp nor mean anything to a net.

    open dataset ──► bands (number, nodata), names, alpha ──geo.vrt──► virtual dataset

Source: GDAL's raster data model, https://gdal.org/user/raster_data_model.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo.bands import COMMON
from geo.errors import InputError
from geo.vrt import Band

FLOAT32 = float(np.finfo(np.float32).max)
"""Larger nodata values of 64-bit files become this one, as their pixels do."""


SAMPLE = 64
"""Pixels a side of the windows that are asked whether a band is opacity."""

HALF_SEEN = 0.2
"""Share of pixels neither clear nor opaque from which a band is none; soft rims are few."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What a file holds."""

    bands: tuple[Band, ...]
    """How to read each band."""

    names: tuple[str, ...]
    """One a band: description, else colour, else empty."""

    alpha: Band | None
    """How to read which pixels are real, beyond nodata."""


def refuse_the_impossible(path: Path, source: Any) -> None:
    """Refuse files that hold no picture, several, or no numbers a net could take.

    Raises:
        InputError: the sentence says what to do.
    """
    if source.count == 0:
        inside = len(source.subdatasets)
        raise InputError(
            f"{path.name} holds {inside} pictures rather than one; take one out with "
            "gdal_translate first."
        )
    if any(kind.startswith("complex") for kind in source.dtypes):
        raise InputError(
            f"{path.name} holds complex numbers (raw radar); give its intensity instead."
        )


def bands_of(source: Any, asked: Sequence[int] | None = None) -> Inside:
    """Tell how to read each band, what it is called, and what says which pixels are real.

    Args:
        source: an open rasterio dataset.
        asked: band numbers from 1 that shall be seen; none of them is opacity, whatever the
            file says.
    """
    colours, descriptions = source.colorinterp, source.descriptions
    if colours[0] == ColorInterp.palette:
        return _palette(source)
    # GDAL takes the fourth of four bytes for alpha unless told otherwise; a name tells.
    hiding = [
        i
        for i, colour in enumerate(colours)
        if colour == ColorInterp.alpha
        and (descriptions[i] or "").lower() not in COMMON
        and i + 1 not in (asked or ())
        and _is_opacity(source, i + 1)
    ]
    kept = [i for i in range(source.count) if i not in hiding] or [0]
    bands = tuple(
        Band(number=str(i + 1), nodata=nodata_as_read(source.nodatavals[i], source.dtypes[i]))
        for i in kept
    )
    names = tuple(descriptions[i] or _colour_name(colours[i]) for i in kept)
    if hiding and source.count > 1:
        return Inside(bands, names, Band(number=str(hiding[0] + 1)))
    flags = source.mask_flag_enums[0]
    if MaskFlags.per_dataset in flags and not {MaskFlags.nodata, MaskFlags.alpha} & {*flags}:
        return Inside(bands, names, Band(number="mask,1"))
    return Inside(bands, names, None)


def _is_opacity(source: Any, band: int) -> bool:
    """Tell whether a band that GDAL takes for opacity is one: nearly all of it is all or none.

    Infrared that nobody named lies fourth of four bytes too, and is dark over water; taken for
    opacity it would hide that ground.
    """
    try:
        seen = np.concatenate([source.read(band, window=w).ravel() for w in _samples(source)])
    except RasterioError:
        return True  # what is damaged is told when it is read
    values, counts = np.unique(seen[seen > 0], return_counts=True)
    if not len(values):
        return True
    # Opaque is 255 in bytes; deeper files have it at any number, but at one.
    opaque = 255 if seen.dtype == np.uint8 else values[counts.argmax()]
    return bool(counts[values != opaque].sum() < HALF_SEEN * len(seen))


def _samples(source: Any) -> Iterator[Window]:
    """Give nine small windows that lie all over a picture."""
    for row in (0.0, 0.5, 1.0):
        for col in (0.0, 0.5, 1.0):
            high, wide = min(SAMPLE, source.height), min(SAMPLE, source.width)
            top, left = int(row * (source.height - high)), int(col * (source.width - wide))
            yield Window(left, top, wide, high)


def _palette(source: Any) -> Inside:
    """Look colours up: indices neither warp nor mean anything to a net."""
    bands = tuple(Band(number="1", colour=colour) for colour in (1, 2, 3))
    see_through = any(entry[3] < 255 for entry in source.colormap(1).values())
    alpha = Band(number="1", colour=4) if see_through else None
    if source.nodatavals[0] is not None or MaskFlags.per_dataset in source.mask_flag_enums[0]:
        alpha = Band(number="mask,1")
    return Inside(bands, ("red", "green", "blue"), alpha)


def _colour_name(colour: ColorInterp) -> str:
    return "" if colour == ColorInterp.undefined else str(colour.name)


def nodata_as_read(value: float | None, dtype: str) -> float | None:
    """Give nodata as the read pixels carry it; ``None`` when no pixel can equal it."""
    if value is None:
        return None
    if dtype in ("uint8", "uint16"):
        fits = float(value).is_integer() and 0 <= value <= np.iinfo(dtype).max
        return float(value) if fits else None
    return float(np.float32(np.clip(value, -FLOAT32, FLOAT32)))
