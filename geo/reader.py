"""Read windows of one picture, on its own grid or any other, one after another and cheaply.

A reader keeps its file open.  On the picture's own pixels a window is a plain read, exact to
the bit.  On any other grid GDAL warps it: bilinear, or the average of all pixels once more than
two source pixels fall under one.  What is not valid has no weight, so nodata never bleeds.

    window of a Grid ──► (C, H, W) uint8 | uint16 | float32,  valid (H, W)

Invalid are pixels that mask or alpha hide, whose bands *all* hold nodata, or of which *any* is
NaN or infinite.  Windows may reach outside: the ground there is real where the picture goes on
beyond the grid, else invalid.  Two things make a warped pixel independent of the window it is
read through: the kernel's width is fixed for the whole grid (GDAL would choose it anew for each
window), and positions are exact to ``TOLERANCE``.  A reader belongs to one thread.

Source: GDAL's warper, https://gdal.org/api/gdalwarp_cpp.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
from scipy.ndimage import binary_dilation

from geo.errors import InputError, SourceError
from geo.grid import Grid
from geo.lattice import cover, kernel_scales, offset_of
from geo.plain import Plain
from geo.stretch import Stretch
from geo.types import Mask, Picture, Pixels
from geo.vrt import NOWHERE

TOLERANCE = 0.01
"""Pixels.  GDAL interpolates positions between exact ones; its own default of 0.125 shifts
pixels differently in neighbouring windows."""

STRICT = {"GDAL_ERROR_ON_LIBJPEG_WARNING": True, "GDAL_PNG_WHOLE_IMAGE_OPTIM": False}
"""Else libjpeg paints the rest of a cut-off file grey, and GDAL's fast way with PNG black."""

CACHE = "64"
"""Megabytes of decoded blocks that GDAL keeps, unless the environment says otherwise.  Its own
default is a twentieth of the machine, so that memory would grow with the scene.  This holds two
rows of blocks of a scene 20 000 pixels wide, or one row of tiles of a striped one twice as
wide."""

os.environ.setdefault("GDAL_CACHEMAX", CACHE)  # GDAL looks once, when it first caches a block

COARSE = 2.0
"""Source pixels under one target pixel, beyond which all of them are averaged."""

BESIDE = np.ones((3, 3), np.bool_)
"""A pixel and those it touches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How to open some bands of a picture."""

    path: Path
    """The file, for messages."""

    document: str | Plain
    """The virtual dataset that ``geo.vrt`` wrote; or the file itself, open for as long."""

    grid: Grid
    """The picture's own frame."""

    straight: bool
    """True when the file's pixels lie on ``grid``; false when ground control points bend
    them."""

    nodata: tuple[float, ...] | None
    """One value a band, or ``None`` when not every band has one."""


class Reader:
    """Reads windows of a grid; open it with ``with``."""

    def __init__(
        self,
        opening: Opening,
        grid: Grid,
        *,
        stretch: Stretch | None = None,
        resampling: str = "bilinear",
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            opening: the picture and its bands.
            grid: the frame that windows are counted on.
            stretch: what makes ``picture`` possible.
            resampling: ``bilinear`` (which averages beyond ``COARSE``) or ``nearest``.
        """
        self._opening = opening
        self._grid = grid
        self._stretch = stretch
        self._resampling = Resampling[resampling]
        self._stack = ExitStack()
        self._source: Any = None
        self._origin = (0, 0)
        self._alpha = 0
        self._brought = False

    def __enter__(self) -> Self:
        """Open the file.

        Raises:
            SourceError: the file vanished or broke since it was first looked at.
        """
        opening = self._opening
        with ExitStack() as stack, gdal_errors(opening.path, "opening it"):
            source: Any = opening.document
            if isinstance(source, str):
                source = stack.enter_context(rasterio.open(source))
            self._brought = source.colorinterp[-1] == ColorInterp.alpha
            if not opening.straight:
                source = stack.enter_context(_straightened(source, opening, self._resampling))
            origin = offset_of(opening.grid, self._grid)
            if origin is None:
                lattice, origin = cover(opening.grid, self._grid)
                source = stack.enter_context(
                    _warped(source, opening, lattice, self._resampling)
                )
            self._source, self._origin = source, origin
            alpha = source.colorinterp[-1] == ColorInterp.alpha
            self._alpha = source.count if alpha else 0
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._stack.close()

    def read(self, rows: slice, cols: slice) -> tuple[Pixels, Mask]:
        """Read the bands as they are.

        Args:
            rows: plain pixel numbers of the grid, step 1; may reach outside.
            cols: likewise.

        Returns:
            bands: (C, H, W).
            valid: (H, W).

        Raises:
            SourceError: a block of the file is damaged; the message names file and window.
        """
        top, left = rows.start - self._origin[0], cols.start - self._origin[1]
        height, width = rows.stop - rows.start, cols.stop - cols.start
        r0, r1 = max(top, 0), min(top + height, self._source.height)
        c0, c1 = max(left, 0), min(left + width, self._source.width)
        count = self._source.count - bool(self._alpha)
        kind = self._source.dtypes[0]
        if r0 >= r1 or c0 >= c1:
            return np.zeros((count, height, width), kind), np.zeros((height, width), np.bool_)
        where = f"reading rows {rows.start} to {rows.stop}, columns {cols.start} to {cols.stop}"
        with gdal_errors(self._opening.path, where):
            bands, valid = self._inside(Window(c0, r0, c1 - c0, r1 - r0), count)
        if valid.shape == (height, width):
            return bands, valid
        whole = np.zeros((count, height, width), kind)
        seen = np.zeros((height, width), np.bool_)
        there = slice(r0 - top, r1 - top), slice(c0 - left, c1 - left)
        whole[:, *there], seen[there] = bands, valid
        return whole, seen

    def picture(self, rows: slice, cols: slice) -> tuple[Picture, Mask]:
        """Read what a net sees; black where nothing is valid.

        Returns:
            picture: (3, H, W) uint8.
            valid: (H, W).

        Raises:
            InputError: the reader was opened without a stretch.
            SourceError: a block of the file is damaged.
        """
        if self._stretch is None:
            raise InputError(
                "A picture needs a stretch; measure it with measure_stretch first."
            )
        bands, valid = self.read(rows, cols)
        picture = self._stretch.apply(bands if len(bands) == 3 else np.stack([*bands] * 3))
        if not valid.all():
            picture[:, ~valid] = 0
        return picture, valid

    def _inside(self, window: Window, count: int) -> tuple[Pixels, Mask]:
        """Read a window that lies inside the source."""
        nodata, warped = self._opening.nodata, isinstance(self._source, WarpedVRT)
        # The warper heeds alpha or nodata, not both: beside its own alpha nodata is mixed in.
        mixed = nodata is not None and warped and self._brought
        there = self._wider(window) if mixed else window
        bands = self._source.read(list(range(1, count + 1)), window=there)
        if self._alpha:
            valid = self._source.read(self._alpha, window=there) > 0
        else:
            valid = np.ones(bands.shape[1:], np.bool_)
        if nodata is not None and (mixed or not warped):
            hidden = _all_nodata(bands, nodata)
            valid &= ~(binary_dilation(hidden, BESIDE) if mixed else hidden)
        if bands.dtype.kind == "f":
            valid &= np.isfinite(bands).all(axis=0)
        top, left = window.row_off - there.row_off, window.col_off - there.col_off
        inner = slice(top, top + window.height), slice(left, left + window.width)
        return bands[:, *inner], valid[inner]

    def _wider(self, window: Window) -> Window:
        """Take a pixel more on every side that the source has."""
        r0, c0 = max(window.row_off - 1, 0), max(window.col_off - 1, 0)
        r1 = min(window.row_off + window.height + 1, self._source.height)
        c1 = min(window.col_off + window.width + 1, self._source.width)
        return Window(c0, r0, c1 - c0, r1 - r0)


@contextmanager
def gdal_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn GDAL's complaints into one sentence that names the file and what was being done."""
    try:
        with rasterio.Env(**STRICT):
            yield
    except (RasterioError, rasterio._err.CPLE_BaseError) as error:  # noqa: SLF001 - no public name
        raise SourceError(
            f"{path} failed while {doing}: {said(error, path)}. The file may be cut off or "
            "damaged; copy it again, or check it with gdalinfo -checksum."
        ) from error


def said(error: BaseException, path: Path) -> str:
    """Give what GDAL said, briefly: the first cause, without paths and documents."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = re.sub(r"<VRTDataset.*", "the picture", str(error), flags=re.DOTALL)
    text = text.replace(str(path.absolute()), path.name).replace(str(path), path.name)
    return " ".join(text.split())[:200].rstrip(".") or type(error).__name__


def _all_nodata(bands: Pixels, nodata: tuple[float, ...]) -> Mask:
    """Tell where every band holds its nodata value; NaN never equals, and is caught apart."""
    own = bands.dtype.type  # a byte is compared with a byte ten times faster than with a float
    hidden: Mask = bands[0] == own(nodata[0])
    for band, value in zip(bands[1:], nodata[1:], strict=True):
        if not hidden.any():
            break
        hidden &= band == own(value)
    return hidden


def _warped(source: Any, opening: Opening, lattice: Grid, resampling: Resampling) -> WarpedVRT:
    """Lay the source onto a lattice."""
    scale = kernel_scales(opening.grid, lattice)
    if resampling == Resampling.bilinear and min(scale) * COARSE < 1:
        resampling = Resampling.average
    return _virtual(
        source,
        crs=lattice.crs.to_wkt() if lattice.crs else NOWHERE,
        transform=lattice.affine,
        height=lattice.height,
        width=lattice.width,
        resampling=resampling,
        tolerance=TOLERANCE,
        UNIFIED_SRC_NODATA="YES",
        **_unseen(source),
        XSCALE=scale[0],
        YSCALE=scale[1],
    )


def _straightened(source: Any, opening: Opening, resampling: Resampling) -> WarpedVRT:
    """Bend pixels onto the frame that GDAL suggests, which is the picture's own.

    rasterio 1.4 gives an empty picture for ground control points on any other frame, so those
    are warped a second time.
    """
    return _virtual(
        source,
        crs=opening.grid.crs.to_wkt() if opening.grid.crs else NOWHERE,
        resampling=resampling,
        tolerance=TOLERANCE,
        UNIFIED_SRC_NODATA="YES",
        **_unseen(source),
    )


def _unseen(source: Any) -> dict[str, Any]:
    """Say what tells the warper which pixels are real: the source's own alpha, or an added one.

    With nodata beside its own alpha it would write nodata into that, and all would be seen.
    """
    if source.colorinterp[-1] == ColorInterp.alpha:
        return {"add_alpha": False, "nodata": None}
    return {"add_alpha": True}


def _virtual(source: Any, **words: Any) -> WarpedVRT:
    """Warp an open dataset, or a file with what is to be known of it."""
    return source.warped(**words) if isinstance(source, Plain) else WarpedVRT(source, **words)
