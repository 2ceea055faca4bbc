"""Turn drawn labels into label rasters that say yes, no or *nobody looked*.

Three ways in: a mask picture, class numbers, or polylines and polygons in pixel coordinates
(hand-drawn walls and yards, hand-drawn roofs).  All end as (H, W) uint8 with 0 no, 1 yes, 255
unknown, on the picture's own pixels.

    walls (polylines) ──► bands 1.2 m wide, a rim beside them ──┐
    yards (polygons)  ──► closed: yes, open: no               ──┴─► ignore, window ──► labels
    roofs (polygons)  ──► yes; their outlines and what is unsure: unknown ───────────► labels
                          beyond the windows that were drawn: what others said, or unknown
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from skimage.draw import polygon as pixels_inside

from geo.errors import InputError, ShapeError
from models.losses import RIM, UNKNOWN

Labels = NDArray[np.uint8]
"""(H, W): 0 no, 1 yes, 254 the rim of a line, 255 unknown."""

WALL_WIDTH = 1.2
"""Metres.  A wall of 0.3 m with what belongs to it at 0.5 m a pixel; two to three pixels."""

WALL_DOUBT = 0.5
"""Metres on either side of that band that are neither wall nor not: hand-drawn lines lie 0.8
pixels off in the median, and a net must not be punished for knowing better."""

ROOF_DOUBT = 0.7
"""Metres on either side of a hand-drawn roof's outline where nobody knows, at least a pixel:
corners set by eye lie that far off."""


def from_mask(mask: NDArray[np.uint8]) -> Labels:
    """Read a mask picture: bright is yes, dark is no.

    Raises:
        ShapeError: the mask has more than one band.
    """
    if mask.ndim != 2:
        raise ShapeError(f"a mask must be (H, W), one band, not {mask.shape}")
    return (mask > 127 if mask.max(initial=0) > 1 else mask > 0).astype(np.uint8)


def from_classes(
    classes: NDArray[np.uint8], *, yes: Sequence[int], unknown: Sequence[int] = ()
) -> Labels:
    """Read class numbers: those in ``yes`` are yes, those in ``unknown`` unknown, others no."""
    labels = np.isin(classes, yes).astype(np.uint8)
    labels[np.isin(classes, unknown)] = UNKNOWN
    return labels


def from_outlines(drawn: Mapping[str, Any], shape: tuple[int, int]) -> dict[str, Labels]:
    """Rasterise hand-drawn walls and yards.

    Args:
        drawn: ``walls`` (polylines), ``yards`` (``polygon``, ``closed``), ``ignore`` (polygons)
            and ``window`` [x0, y0, x1, y1], all in pixels of the picture, x right, y down; and
            ``gsd_m``.
        shape: (H, W) of the picture.

    Returns:
        Labels for ``wall`` and ``yard``.  Walls bound yards: both may say yes to one pixel.

    Raises:
        InputError: a key is missing, or a yard has fewer than three corners; the sentence names
            it.
    """
    try:
        gsd, window = float(drawn["gsd_m"]), drawn["window"]
        lines, yards, ignore = drawn["walls"], drawn["yards"], drawn["ignore"]
        rings = [(yard["polygon"], bool(yard["closed"])) for yard in yards]
    except KeyError as error:
        raise InputError(
            "Drawn walls need the keys gsd_m, window, walls, yards and ignore, and each yard "
            f"polygon and closed; {error} is missing."
        ) from error
    for number, (ring, _) in enumerate(rings, start=1):
        if len(ring) < 3:
            raise InputError(
                f"Drawn yard {number} has {len(ring)} corners, and ground needs three. Draw it "
                "again, or take it out."
            )
    walls = [LineString(line) for line in lines if len(line) > 1]
    half = WALL_WIDTH / 2 / gsd
    wall = np.zeros(shape, np.uint8)
    wall[burn((line.buffer(half + WALL_DOUBT / gsd) for line in walls), shape)] = RIM
    wall[burn((line.buffer(half) for line in walls), shape)] = 1
    yard = burn((Polygon(ring) for ring, closed in rings if closed), shape).astype(np.uint8)
    unseen = np.ones(shape, np.bool_)
    unseen[_window(window)] = False
    unseen |= burn((Polygon(ring) for ring in ignore if len(ring) > 2), shape)
    wall[unseen] = yard[unseen] = UNKNOWN
    return {"wall": wall, "yard": yard}


def from_roofs(
    drawn: Mapping[str, Any],
    shape: tuple[int, int],
    gsd: float,
    *,
    beyond: Labels | None = None,
) -> Labels:
    """Rasterise hand-drawn roofs of a picture, or of windows, in which every roof was drawn.

    Args:
        drawn: ``roofs`` and ``unsure``, lists of polygons in pixels, x right, y down; and, if
            only parts were drawn, ``windows``, a list of [x0, y0, x1, y1].
        shape: (H, W) of the picture.
        gsd: metres per pixel.
        beyond: (H, W) labels that hold outside the windows; unknown without them.

    Returns:
        (H, W) labels for ``building``: 0 wherever somebody looked and no roof was drawn.

    Raises:
        InputError: a key is missing; the sentence names it.
    """
    try:
        rings, unsure = drawn["roofs"], drawn["unsure"]
    except KeyError as error:
        raise InputError(
            f"Drawn roofs need the keys roofs and unsure; {error} is missing."
        ) from error
    roofs = [Polygon(ring) for ring in rings if len(ring) > 2]
    labels = burn(roofs, shape).astype(np.uint8)
    doubt = max(1.0, ROOF_DOUBT / gsd)
    outlines = (roof.exterior.buffer(doubt) for roof in roofs)
    labels[burn(outlines, shape)] = UNKNOWN
    labels[burn((Polygon(ring) for ring in unsure if len(ring) > 2), shape)] = UNKNOWN
    whole = np.full(shape, UNKNOWN, np.uint8) if beyond is None else beyond.copy()
    for window in drawn.get("windows", [(0, 0, shape[1], shape[0])]):
        there = _window(window)
        whole[there] = labels[there]
    return whole


def _window(drawn: Sequence[float]) -> tuple[slice, slice]:
    """Turn x0, y0, x1, y1 into rows, cols; it may reach beyond the picture on any side."""
    x0, y0, x1, y1 = (max(0, round(v)) for v in drawn)
    return slice(y0, y1), slice(x0, x1)


def burn(shapes: Iterable[BaseGeometry], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Mark the pixels whose centres lie inside any of the shapes.

    Args:
        shapes: polygons, or collections of them, in pixel coordinates, x right, y down, (0, 0)
            the corner of the first pixel; holes stay free.  Lines and points hold no centre.
        shape: (H, W).
    """
    canvas = np.zeros(shape, np.bool_)
    for geometry in shapes:
        for part in parts_of(geometry):
            if isinstance(part, Polygon) and not part.is_empty:
                _burn_polygon(part, canvas)
    return canvas


def parts_of(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    """Yield the points, lines and polygons of a geometry, out of however many collections."""
    if not hasattr(geometry, "geoms"):
        yield geometry
        return
    for part in geometry.geoms:
        yield from parts_of(part)


def _burn_polygon(part: Polygon, canvas: NDArray[np.bool_]) -> None:
    inside = np.zeros(canvas.shape, np.bool_) if part.interiors else canvas
    inside[_ring(part.exterior.coords, canvas.shape)] = True
    if part.interiors:
        for hole in part.interiors:
            inside[_ring(hole.coords, canvas.shape)] = False
        canvas |= inside


def _ring(coords: Any, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pixels whose centres lie in the ring; centres stand half a pixel into their pixel."""
    xy = np.asarray(coords)[:, :2] - 0.5
    rows, cols = pixels_inside(xy[:, 1], xy[:, 0], shape)  # type: ignore[no-untyped-call]
    return rows, cols
