"""Open a picture, whatever its format and wherever it lies.

A picture file is asked once what it holds: its frame, its bands, which of them are red, green
and blue, what says that a pixel is real, and when it was taken.  The answer, an ``Image``, is a
small frozen record that may be sent to other threads and processes; pixels are read through it.

    path ──open_image──► Image ──┬─ read(grid) ─────────────► Raster
                                 ├─ picture(grid, stretch) ─► (3, H, W) uint8, valid (H, W)
                                 └─ reader(grid, stretch) ──► many windows, one after another

A picture without a CRS lies in local metres if the caller knows its pixel size, else it is
refused.  Ground control points are honoured by warping; rational polynomials (RPC) need a
terrain model and are refused.  Black borders without a nodata value are not guessed at.

Source: GDAL's raster data model, https://gdal.org/user/raster_data_model.html
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geo.attached import attached
from geo.bands import choose_rgb
from geo.errors import InputError
from geo.grid import Grid, ground_gsd
from geo.images import find_images
from geo.inside import bands_of, refuse_the_impossible
from geo.place import Place, find_place
from geo.raster import Raster
from geo.reader import Opening, Reader, said
from geo.stretch import Stretch, measure_stretch
from geo.types import Mask, Picture
from geo.vrt import Band, Kind, document
from geo.when import taken_at

__all__ = [
    "Image",
    "Reader",
    "Stretch",
    "find_images",
    "gdal_version",
    "measure_stretch",
    "open_image",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a picture file holds; opening it again costs a millisecond."""

    path: Path
    """The file."""

    grid: Grid
    """The frame its pixels lie on; for pictures placed by ground control points, the frame in
    UTM that GDAL suggests."""

    count: int
    """Bands, not counting alpha."""

    dtype: str
    """Number type in the file; ``read`` gives uint8, uint16, or float32 for any other."""

    nodata: float | None
    """The value that means nothing was seen; ``None`` when bands differ or have none."""

    names: tuple[str, ...]
    """One a band: description, else colour, else empty."""

    rgb: tuple[int, int, int]
    """Indices from 0 of the bands that serve as red, green and blue."""

    time: datetime | None
    """When it was taken, aware, UTC; ``None`` when the file does not tell."""

    place: Place
    """How ``grid`` came about."""

    bands: tuple[Band, ...]
    """How to read each band."""

    alpha: Band | None
    """How to read which pixels are real, beyond nodata."""

    size: tuple[int, int]
    """Rows, columns in the file."""

    attached: tuple[Path, ...] = ()
    """Other files that its pixels or their validity come from; see ``geo.attached``."""

    licence: str = ""
    """As the file says, in words; few do, but those that were fetched by us."""

    credit: str = ""
    """Whom a publication must name, as the file says."""

    @property
    def id(self) -> str:
        """The scene's name: the file's, without suffix."""
        return self.path.stem

    @property
    def gsd_m(self) -> float:
        """Metres per pixel on the ground, at its centre."""
        return ground_gsd(self.grid)

    def sha256(self) -> str:
        """Hash the file's bytes; those of ``attached`` are not included."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def reader(
        self,
        grid: Grid | None = None,
        stretch: Stretch | None = None,
        *,
        bands: Sequence[int] | None = None,
        resampling: str = "bilinear",
    ) -> Reader:
        """Open for reading many windows one after another, from one thread.

        Args:
            grid: the frame that windows are counted on; its own when ``None``.
            stretch: needed for pictures, not for bands.
            bands: indices from 0; red, green and blue when ``None``, or the one that serves for
                all three.
            resampling: ``bilinear``, which turns into averaging when more than two pixels fall
                under one, or ``nearest``.

        Example:
            >>> with image.reader(grid, stretch) as reader:          # doctest: +SKIP
            ...     picture, valid = reader.picture(slice(0, 512), slice(0, 512))
        """
        if bands is None:
            bands = self.rgb[:1] if len(set(self.rgb)) == 1 else self.rgb
        chosen = [self.bands[i] for i in bands]
        values = [band.nodata for band in chosen if band.nodata is not None]
        opening = Opening(
            path=self.path,
            document=document(
                self.path,
                self.size,
                self.place.words,
                kind=_kind(self.dtype),
                bands=chosen,
                alpha=self.alpha,
            ),
            grid=self.grid,
            straight=self.place.straight,
            nodata=tuple(values) if len(values) == len(chosen) else None,
        )
        return Reader(opening, grid or self.grid, stretch=stretch, resampling=resampling)

    def read(
        self,
        grid: Grid | None = None,
        *,
        window: tuple[slice, slice] | None = None,
        resampling: str = "bilinear",
    ) -> Raster:
        """Read all bands, at once.

        Args:
            grid: the frame to read onto; its own when ``None``.
            window: rows, cols of that frame; all of it when ``None``.
            resampling: ``bilinear`` or ``nearest``; see ``reader``.

        Raises:
            SourceError: a block of the file is damaged.
        """
        grid = grid or self.grid
        rows, cols = window or (slice(0, grid.height), slice(0, grid.width))
        every = range(self.count)
        with self.reader(grid, bands=every, resampling=resampling) as reader:
            bands, valid = reader.read(rows, cols)
        affine = grid.affine @ Affine.translation(cols.start, rows.start)
        return Raster(
            bands=bands,
            valid=valid,
            grid=Grid(valid.shape, affine, grid.crs),
            names=self.names,
            time=self.time,
        )

    def picture(self, grid: Grid | None, stretch: Stretch) -> tuple[Picture, Mask]:
        """Read what a net sees, at once: (3, H, W) uint8 and valid (H, W).

        Raises:
            SourceError: a block of the file is damaged.
        """
        grid = grid or self.grid
        with self.reader(grid, stretch) as reader:
            return reader.picture(slice(0, grid.height), slice(0, grid.width))


def open_image(
    path: str | Path, *, gsd: float | None = None, bands: Sequence[int] | None = None
) -> Image:
    """Look into a picture file.

    Args:
        path: GeoTIFF, COG, VRT, JPEG 2000, PNG, JPEG or whatever else GDAL reads.
        gsd: metres per pixel, for pictures without a CRS; ignored where there is one.
        bands: one or three band numbers from 1, to serve as red, green and blue.

    Raises:
        InputError: missing, not a picture, cut off, without a place and ``gsd``, or of a kind
            that cannot be handled; the message says what to do.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a picture in it, or let it be searched.")
    if not path.exists():
        raise InputError(f"There is no file {path}. Check the name, and the folder you are in.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as source:
                return _describe(path, source, gsd=gsd, asked=bands)
    except RasterioError as error:
        raise InputError(
            f"{path} cannot be opened as a picture: {said(error, path)}. It may be cut off, "
            "damaged or of another kind; try gdalinfo on it."
        ) from error


def gdal_version() -> str:
    """Tell which GDAL reads and writes."""
    return str(rasterio.__gdal_version__)


def _describe(
    path: Path, source: Any, *, gsd: float | None, asked: Sequence[int] | None
) -> Image:
    """Ask an open file everything."""
    refuse_the_impossible(path, source)
    place = find_place(path, source, gsd)
    inside = bands_of(source, asked)
    shared = {band.nodata for band in inside.bands}
    tags = source.tags()
    image = Image(
        path=path,
        grid=place.grid,
        count=len(inside.bands),
        dtype=source.dtypes[0],
        nodata=shared.pop() if len(shared) == 1 else None,
        names=inside.names,
        rgb=choose_rgb(inside.names, asked),
        time=taken_at(tags | source.tags(ns="IMAGERY"), path.name),
        place=place,
        bands=inside.bands,
        alpha=inside.alpha,
        size=source.shape,
        attached=attached(path, source),
        licence=tags.get("LICENCE", ""),
        credit=tags.get("CREDIT", "") or tags.get("TIFFTAG_COPYRIGHT", ""),
    )
    logger.info("opened %s: %d bands %s", path.name, image.count, image.dtype)
    return image


def _kind(dtype: str) -> Kind:
    return {"uint8": "Byte", "uint16": "UInt16"}.get(dtype, "Float32")  # type: ignore[return-value]
