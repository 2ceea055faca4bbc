"""Describe a picture to GDAL in GDAL's own words: a virtual dataset, as text.

Files tell where they lie, and what in them is real, in a dozen ways.  Everything later wants
one: chosen bands in a chosen order, one of three number types, a place, and an alpha band
wherever a mask of any kind exists.  A virtual dataset says exactly that and copies no pixel.

    file + chosen bands ──► <VRTDataset> … ──► rasterio.open(text)

Source: https://gdal.org/drivers/raster/vrt.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from affine import Affine

NOWHERE = 'LOCAL_CS["nowhere",UNIT["metre",1]]'
"""The CRS of pictures without one: GDAL warps only between named frames."""

Kind = Literal["Byte", "UInt16", "Float32"]
"""The number types that travel; anything else is read as Float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band of the file."""

    number: str
    """Its number from 1, or ``mask,1`` for the mask of the first."""

    nodata: float | None = None
    """The value that means nothing was seen."""

    colour: int | None = None
    """1 to 4 to look up red, green, blue or alpha of a colour-indexed band."""

    name: str = ""
    """What the virtual dataset calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundPoint:
    """A pixel whose place is known."""

    col: float
    row: float
    x: float
    y: float


def document(
    path: Path,
    size: tuple[int, int],
    place: str,
    *,
    kind: Kind,
    bands: Sequence[Band],
    alpha: Band | None = None,
) -> str:
    """Write the virtual dataset.

    Args:
        path: the file on disk.
        size: rows, columns.
        place: what ``placed_by_affine`` or ``placed_by_points`` wrote.
        kind: the number type of the bands.
        bands: in the order wanted.
        alpha: where the file says which pixels are real; becomes the last band.
    """
    rows, cols = size
    file = escape(str(path.absolute()))
    every = [_band(file, i, band, kind) for i, band in enumerate(bands, start=1)]
    if alpha:
        # Beside an alpha of another type GDAL reads the file's bands as that type: 3000 is 255.
        own = alpha.number.isdigit() and not alpha.colour
        every.append(_band(file, len(bands) + 1, alpha, kind if own else "Byte", "Alpha"))
    shape = f'rasterXSize="{cols}" rasterYSize="{rows}"'
    return f"<VRTDataset {shape}>{place}{''.join(every)}</VRTDataset>"


def placed_by_affine(wkt: str | None, affine: Affine) -> str:
    """Place a picture by its geotransform and, unless ``wkt`` is ``None``, in a CRS."""
    numbers = ",".join(repr(float(number)) for number in affine.to_gdal())
    return (
        f"<SRS>{escape(wkt)}</SRS>" if wkt else ""
    ) + f"<GeoTransform>{numbers}</GeoTransform>"


def placed_by_points(wkt: str, points: Sequence[GroundPoint]) -> str:
    """Place a picture by its ground control points."""
    every = "".join(
        f'<GCP Id="{i}" Pixel="{p.col!r}" Line="{p.row!r}" X="{p.x!r}" Y="{p.y!r}"/>'
        for i, p in enumerate(points)
    )
    quoted = escape(wkt, {'"': "&quot;"})
    return f'<GCPList Projection="{quoted}">{every}</GCPList>'


def _band(file: str, index: int, band: Band, kind: str, meaning: str = "") -> str:
    source = "ComplexSource" if band.colour else "SimpleSource"
    lookup = f"<ColorTableComponent>{band.colour}</ColorTableComponent>" if band.colour else ""
    return (
        f'<VRTRasterBand dataType="{kind}" band="{index}">'
        + (f"<Description>{escape(band.name)}</Description>" if band.name else "")
        + (f"<ColorInterp>{meaning}</ColorInterp>" if meaning else "")
        + (f"<NoDataValue>{band.nodata!r}</NoDataValue>" if band.nodata is not None else "")
        + f'<{source}><SourceFilename relativeToVRT="0" shared="0">{file}</SourceFilename>'
        f"<SourceBand>{band.number}</SourceBand>{lookup}</{source}></VRTRasterBand>"
    )
