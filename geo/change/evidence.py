"""Measure, building by building, what two dates say of it.

    scores and pictures of both dates, units ──► burn ──► Evidence: one row a unit

Per unit: how sure the net is of a roof on each date; how alike the run of edges is; how alike
light and dark lie; how far the colour moved, and how far beyond that of other roofs; which part
of it went or came (``geo.change.parts``).  A small search about the unit forgives half a pixel
of misplacement and a metre of lean.  Exchange the dates, and what is told of either date is
exchanged; the rest stays.

Source: the project's own choice of features; the search window answers the parallax of roofs,
which co-registration of the ground cannot mend.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion
from shapely.geometry.base import BaseGeometry

from geo.change.burn import burnt
from geo.change.likeness import SEARCH, likeness, rim
from geo.change.parts import REACH, measure_part, painted
from geo.change.parts import RIM as PARTS_RIM
from geo.correlate import brightness, directions
from geo.errors import ShapeError
from geo.grid import Grid, gsd_of
from geo.prepare.radiometry import Match
from geo.types import FULL, NODATA, Mask, Picture, Scores

AROUND = 1.5
"""Metres about a unit that are compared with it: its eaves and its own shadow's root."""

RING = 4.0
"""Metres about a unit, past its eaves, of the ground it is held against."""

MEASURED = ("roof_one", "roof_other", "edges", "light", "colour", "stands_out_one",
            "stands_out_other", "turned_one", "turned_other", "rim_one", "rim_other",
            "part_one", "part_other")  # fmt: skip
"""What is measured on pixels of the unit alone, in the order of a row; how far its colour moved
(3) and how surely it stood on both dates follow."""

Column = NDArray[np.float64]
"""(N,), one value a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Both dates on one grid."""

    grid: Grid
    """Metric."""

    roofs: tuple[Scores, Scores]
    """(H, W) uint8 scores of roof, by date."""

    pictures: tuple[Picture, Picture]
    """(3, H, W) uint8, laid onto each other; in memory or on disk."""

    match: Match
    """How the second picture's brightness becomes the first's."""

    valid: tuple[Mask, Mask]
    """(H, W), by date."""

    usual: tuple[float, float]
    """Usual slope of brightness of each picture, ``geo.correlate.usual_slope``."""

    outlines: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame] | None = None
    """Roofs of each date, with the chance of each to be one: ``geometry``, ``score``."""

    turned: tuple[Scores, Scores] | None = None
    """(H, W) uint8 scores of a change head: roofs that only the first date has, only the
    second; ``None`` where there is no head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One row a unit; NaN where it could not be measured."""

    roof_one: Column
    """Mean probability of roof on the first date, 0 to 1."""

    roof_other: Column
    """The same on the second."""

    edges: Column
    """Likeness of the run of edges, -1 to 1."""

    light: Column
    """Correlation of light and dark, -1 to 1."""

    colour: Column
    """Distance of the mean colours, 0 to 1."""

    painted: Column
    """How far its colour moved beyond what other roofs of the pair usually did, 0 to 1."""

    odd: Column
    """How many times as far as that of most roofs of the pair, from 0."""

    part_one: Column
    """Share of the unit, one connected part, that is roof on the first date only; at most the
    share that is roof on both, 0 to 0.5."""

    part_other: Column
    """The same on the second."""

    stands_out_one: Column
    """By how much the unit's score exceeds that of the ground about it, first date."""

    stands_out_other: Column
    """The same on the second."""

    rim_one: Column
    """How far edges run along the unit's outline on the first date, -1 to 1."""

    rim_other: Column
    """The same on the second."""

    form_one: Column
    """Share of the unit that is outlined as roof on the first date, times its chance."""

    form_other: Column
    """The same on the second."""

    turned_one: Column
    """What a change head says of a roof that only the first date has, 0 to 1; NaN without."""

    turned_other: Column
    """The same of the second."""

    square: Column
    """Share of the least rectangle about it that a unit fills, 0 to 1."""

    size: Column
    """Logarithm (base 10) of its square metres."""

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        if len({len(getattr(self, f.name)) for f in fields(self)}) > 1:
            raise ShapeError("Every column of evidence needs one value a unit.")

    def exchanged(self) -> Evidence:
        """Give the evidence as it would be with the dates exchanged."""
        return Evidence(**{f.name: getattr(self, _twin(f.name)) for f in fields(self)})


def _twin(name: str) -> str:
    """Name the column of the other date; a column of both dates is its own."""
    stem, _, date = name.rpartition("_")
    return {"one": f"{stem}_other", "other": f"{stem}_one"}.get(date, name)


def measure(units: gpd.GeoDataFrame, views: Views) -> Evidence:
    """Measure every unit.

    Args:
        units: outlines in the CRS of the grid.
        views: both dates.
    """
    gsd = gsd_of(views.grid)
    margin = max(round(max(AROUND, RING) / gsd) + SEARCH + 1, round(REACH / gsd) + PARTS_RIM)
    places = burnt(units, views.grid, margin=margin)
    rows = [
        _measure(shape, window, inside, views)
        for shape, (window, inside) in zip(units.geometry, places, strict=True)
    ]
    table = np.array(rows, float).reshape(-1, len(MEASURED) + 4)
    paint, odd = painted(table[:, -4:-1], table[:, -1])
    shapes = units.geometry.to_numpy()
    area = shapely.area(shapes)
    hull = shapely.area(shapely.oriented_envelope(shapes)) if len(shapes) else area
    forms = [_outlined(shapes, roofs) for roofs in views.outlines or (None, None)]
    return Evidence(
        painted=paint,
        odd=odd,
        form_one=forms[0],
        form_other=forms[1],
        square=area / np.maximum(hull, 1e-6),
        size=np.log10(np.maximum(area, 1.0)),
        **{name: table[:, i] for i, name in enumerate(MEASURED)},
    )


def _measure(
    shape: BaseGeometry, window: tuple[slice, slice], inside: Mask, views: Views
) -> tuple[float, ...]:
    roofs = [scores[window] for scores in views.roofs]
    known = (roofs[0] != NODATA) & (roofs[1] != NODATA)
    seen = inside & known
    if not seen.any():
        return (np.nan,) * (len(MEASURED) + 4)
    eroded: Mask = binary_erosion(seen)
    core = eroded if eroded.sum() > 8 else seen
    one, other = (float(r[core].mean()) / FULL for r in roofs)
    reach = max(1, round(AROUND / gsd_of(views.grid)))
    near = binary_dilation(inside, iterations=reach) & known
    wide = max(reach + 1, round(RING / gsd_of(views.grid)))
    ring = binary_dilation(inside, iterations=wide) & ~near & known
    about = [float(r[ring].mean()) / FULL if ring.any() else 0.0 for r in roofs]
    one_here, other_here = (picture[:, *window] for picture in views.pictures)
    pictures = one_here, views.match.apply(other_here)
    light = [brightness(picture) for picture in pictures]
    edges = [
        directions(grey, valid[window], usual=usual)
        for grey, valid, usual in zip(light, views.valid, views.usual, strict=True)
    ]
    part = measure_part(inside, (roofs[0], roofs[1]), pictures, gsd_of(views.grid))
    tints = [picture[:, core].mean(1, dtype=float) for picture in pictures]
    return (
        one,
        other,
        likeness(edges[0], edges[1], near, centred=False),
        likeness(light[0], light[1], near, centred=True),
        float(np.abs(tints[0] - tints[1]).mean()) / 255,
        one - about[0],
        other - about[1],
        *_turned(views, window, core),
        *(rim(shape, field, window, views.grid) for field in edges),
        part.one,
        part.other,
        *part.moved,
        part.stood,
    )


def _turned(views: Views, window: tuple[slice, slice], core: Mask) -> tuple[float, float]:
    """Average what a change head says of the inside of a unit."""
    if views.turned is None:
        return np.nan, np.nan
    one, other = (float(scores[window][core].mean()) / FULL for scores in views.turned)
    return one, other


def _outlined(shapes: NDArray[np.object_], roofs: gpd.GeoDataFrame | None) -> Column:
    """Tell how much of each unit is outlined as roof, each outline by its chance."""
    answer = np.zeros(len(shapes))
    if roofs is not None and len(roofs) and len(shapes):
        outlines = roofs.geometry.to_numpy()
        unit, roof = shapely.STRtree(outlines).query(shapes, predicate="intersects")
        common = shapely.area(shapely.intersection(shapes[unit], outlines[roof]))
        np.add.at(answer, unit, roofs["chance"].to_numpy(float)[roof] * common)
    return np.clip(answer / np.maximum(shapely.area(shapes), 1e-6), 0, 1)
