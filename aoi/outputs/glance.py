"""Show a picture with outlines on it: in a notebook, or as a file.

    picture file + outlines ──glance──► Glance ──► shown by Jupyter, or ``save``d as a JPEG
    drawing (PNG, JPEG) ──glance_at──────┘

For a quick look only: a glance has no scale bar, no date and no licence on it, so it does not
belong into a report; ``aoi.outputs.chips`` makes those.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from odc.geo.geobox import GeoBox
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from aoi import palette
from geo.errors import InputError
from geo.grid import Grid
from geo.read import measure_stretch, open_image
from geo.write import beside

LONGEST = 640
"""Pixels of the longer side; wide enough for a page, small enough for a notebook in git."""

QUALITY = 82
"""JPEG quality."""


@dataclass(frozen=True, slots=True)
class Glance:
    """A small picture."""

    jpeg: bytes = field(repr=False)

    def _repr_jpeg_(self) -> bytes:
        """Show it in Jupyter."""
        return self.jpeg

    def save(self, path: str | Path) -> Path:
        """Write it as a file.

        Raises:
            OutputError: the disk is full or the folder is not ours to write.
        """
        path = Path(path)
        with beside(path) as part:
            part.write_bytes(self.jpeg)
        return path


def glance(
    path: str | Path,
    outlines: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    *,
    colour: str = palette.YELLOW,
    longest: int = LONGEST,
) -> Glance:
    """Show a picture, its contrast stretched, with outlines on it.

    Args:
        path: of a picture that ``geo.read`` opens.
        outlines: polygons or lines in any CRS; in the picture's own if they have none.
        colour: of the lines, ``#rrggbb``.
        longest: pixels of the longer side, at most.

    Raises:
        InputError: there is no picture of that name.
        SourceError: it is damaged.
    """
    image = open_image(path)
    grid = _coarse(image.grid, longest)
    pixels, valid = image.picture(grid, measure_stretch(image))
    sheet = Image.fromarray(np.where(valid, pixels, 255).astype(np.uint8).transpose(1, 2, 0))
    times = max(1, longest // max(grid.shape))  # pixels of 10 m are shown as squares
    sheet = sheet.resize((grid.width * times, grid.height * times), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(sheet)
    for line in _lines(outlines, grid):
        pen.line([(x * times, y * times) for x, y in line], fill=colour, width=2)
    return _packed(sheet)


def glance_at(drawing: str | Path, *, longest: int = LONGEST) -> Glance:
    """Show a drawing that lies nowhere on Earth, such as that of ``stockade explain``.

    Raises:
        InputError: there is no drawing of that name.
    """
    try:
        with Image.open(drawing) as file:
            sheet = file.convert("RGB")
    except OSError as error:
        raise InputError(f"{drawing} cannot be shown: {error}.") from error
    sheet.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return _packed(sheet)


def _packed(sheet: Image.Image) -> Glance:
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return Glance(buffer.getvalue())


def _coarse(grid: Grid, longest: int) -> Grid:
    step = max(1.0, max(grid.shape) / longest)
    size = math.ceil(grid.height / step), math.ceil(grid.width / step)
    return GeoBox(size, grid.affine @ grid.affine.scale(step), grid.crs)


def _lines(
    outlines: gpd.GeoDataFrame | gpd.GeoSeries | None, grid: Grid
) -> Iterator[list[tuple[float, float]]]:
    """Give every ring and line in x, y of the pixels."""
    if outlines is None or not len(outlines):
        return
    shapes = outlines.geometry
    if shapes.crs is not None and grid.crs is not None:
        shapes = shapes.to_crs(grid.crs.proj)
    to_pixels = ~grid.affine
    for shape in shapes[shapes.notna()]:
        for part in shapely.get_parts(_edges(shape)):
            yield [to_pixels @ (x, y) for x, y in shapely.get_coordinates(part)]


def _edges(shape: BaseGeometry) -> BaseGeometry:
    edges: BaseGeometry = shape.boundary if "Polygon" in shape.geom_type else shape
    return edges
