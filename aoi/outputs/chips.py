"""Pictures for people: a small photograph, and what is drawn on it, inside one HTML file.

A *chip* is a picture with the grid it lies on.  It becomes a JPEG inside the page (no second
file, no request to anybody), and outlines become SVG paths in the chip's own units, so they
stay sharp on paper and change width with the reader's screen.

    Chip(picture (3, H, W), grid) ──► data_uri ──► "data:image/jpeg;base64,…"
    outline + chip ──────────────────► path_of ──► "M 12.0 8.5 L …"
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from PIL import Image
from shapely.geometry.base import BaseGeometry

from geo.errors import ShapeError, UnitsError
from geo.grid import Grid, crs_name, is_north_up
from geo.types import Picture

QUALITY = 86
"""JPEG quality; roofs keep their edges, and 200 chips stay near ten megabytes."""

NICE = (1, 2, 5)
"""First digits a scale bar may have."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A picture and where it lies."""

    picture: Picture
    """(3, H, W) uint8, red, green, blue."""

    grid: Grid
    """Metric and north-up, (H, W)."""

    caption: str = field(default="")
    """What a person must know of it: date, sensor, credit."""

    def __post_init__(self) -> None:
        """Refuse arrays that are no picture or do not lie on the grid."""
        shape = self.picture.shape
        if len(shape) != 3 or shape[0] != 3 or self.picture.dtype != np.uint8:
            raise ShapeError(f"A chip is (3, H, W) uint8, not {shape} {self.picture.dtype}.")
        if shape[1:] != tuple(self.grid.shape) or 0 in shape:
            raise ShapeError(f"A chip of {shape} does not lie on a grid of {self.grid.shape}.")
        if not is_north_up(self.grid) or (
            self.grid.crs is not None and self.grid.crs.geographic
        ):
            raise UnitsError(
                f"A chip must lie north-up on a grid in metres, not on {crs_name(self.grid)}."
            )


Overview = Chip
"""The picture of the whole place; the same record, only larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A chip made ready for a page: its units are those of the SVG around it."""

    uri: str
    """``data:image/jpeg;base64,…``."""

    width: float
    """Units of the SVG."""

    height: float
    """Units of the SVG."""

    to_canvas: Affine
    """From the chip's CRS to units of the SVG."""

    crs: Any
    """CRS of the chip's grid, or none."""

    bar: float
    """Length of the scale bar, units of the SVG."""

    bar_text: str
    """What the scale bar says: ``50 m``."""

    caption: str
    """As the chip had it."""


def canvas_of(chip: Chip, *, units: float, pixels: int) -> Canvas:
    """Make a chip ready for a page.

    Args:
        chip: the picture.
        units: how many of the SVG its longer side shall be long, so that a number drawn on it
            is as large on a tall picture as on a wide one.
        pixels: the longer side is reduced to this many, for the file's sake.
    """
    rows, cols = chip.grid.shape
    scale, gsd = units / max(rows, cols), chip.grid.affine.a
    metres = _nice(0.28 * cols * gsd)
    return Canvas(
        uri=data_uri(chip.picture, pixels=pixels),
        width=cols * scale,
        height=rows * scale,
        to_canvas=Affine(*(scale * term for term in (~chip.grid.affine)[:6])),
        crs=chip.grid.crs,
        bar=metres / gsd * scale,
        bar_text=f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m",
        caption=chip.caption,
    )


def data_uri(picture: Picture, *, pixels: int) -> str:
    """Encode a picture as a JPEG that stands inside the page.

    Args:
        picture: (3, H, W) uint8.
        pixels: the longer side is reduced to this many; a smaller picture is left alone.
    """
    image = Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0)))
    image.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def on_canvas(shapes: gpd.GeoSeries, canvas: Canvas) -> list[BaseGeometry | None]:
    """Bring shapes from their own CRS into units of the SVG."""
    if canvas.crs is not None and shapes.crs is not None:
        shapes = shapes.to_crs(getattr(canvas.crs, "proj", canvas.crs))
    a = canvas.to_canvas
    moved = shapes.affine_transform([a.a, a.b, a.d, a.e, a.c, a.f])
    return [None if shape is None or shape.is_empty else shape for shape in moved]


def path_of(shape: BaseGeometry | None) -> str:
    """Write a polygon, its holes and its parts as the ``d`` of an SVG path."""
    if shape is None:
        return ""
    rings = shapely.get_rings(shapely.get_parts(shapely.simplify(shape, 0.2)))
    return " ".join(
        "M"
        + " L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1])
        + " Z"
        for ring in rings
    )


def top_of(shape: BaseGeometry) -> tuple[float, float]:
    """Find the middle of the upper edge of a shape, where a number hides least of it."""
    corners = shapely.get_coordinates(shape)  # (N, 2), y runs down in an SVG
    top = corners[:, 1].min()
    upper = corners[corners[:, 1] <= top + 1.0, 0]
    return float(upper.min() + upper.max()) / 2, float(top)


def _nice(metres: float) -> float:
    """Round down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(digit * power for digit in NICE if digit * power <= metres * (1 + 1e-9))
