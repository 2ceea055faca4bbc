"""Measure the layout of one compound: plain numbers, each with a unit and a formula.

What makes a walled park look planned is counted here: how much of it is built, how alike and
how parallel its roofs are, how evenly they stand, whether they close courts, how far the next
neighbour is.  Nothing is judged; ``geo.score`` does that.  Turning, shifting and mirroring the
scene changes none of it; stretching it changes only what has a length.

    roofs (N,) polygons ──► Roofs (N,) sides, angles ──┐
    outline (metres) ──────────────────────────────────┴──► name: number, NaN if unmeasurable

Source: nearest-neighbour spacing after Clark & Evans, Ecology 35(4), 1954; orientation entropy
after Boeing, Applied Network Science 4:67, 2019, here as Rényi's quadratic entropy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry import Polygon

from geo.candidate import Evidence

Shapes = NDArray[Any]
"""(N,) object array of shapely geometries, metres."""

Numbers = NDArray[np.float64]
"""(N,) float64."""

EVIDENCE = MappingProxyType(
    {
        "enclosure": "0..1",
        "closure": "0..1",
        "largest_gap_m": "m",
        "gates": "count",
        "double_perimeter": "0..1",
        "cut_by_edge": "0 or 1",
        "area_ha": "ha",
        "buildings": "count",
        "built_share": "0..1",
        "roof_size_cv": "ratio",
        "row_parallelism": "0..1",
        "spacing_cv": "ratio",
        "long_block_share": "0..1",
        "courtyard_share": "0..1",
        "isolation_m": "m",
    }
)
"""Every piece of evidence a compound carries, with its unit; the order of the columns."""

LONG_BLOCK = 20.0
"""Metres.  Shorter roofs are houses, however narrow; sourced dormitory blocks are longer."""

LONG_BLOCK_RATIO = 3.0
"""Length to width from which a roof is a block in a row and not a hall."""

COURT_GATE = 6.0
"""Metres.  A court may open between two buildings by this much: ``geo.yards``' gate."""

ANGLE_SPREAD = 5.0
"""Degrees.  Two roofs this far out of line still count as nearly parallel; outlines drawn from
0.5 m pixels turn by less."""

ISOLATION = 500.0
"""Metres.  Where ``isolation_m`` stops counting: beyond it nobody is a neighbour."""

HARMONICS = 16
"""Terms of the orientation series; the last one weighs ``exp(-31)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofs:
    """The buildings of a place, measured once."""

    shapes: Shapes
    """(N,) polygons, metres, none empty."""

    areas: Numbers
    """(N,) square metres."""

    lengths: Numbers
    """(N,) metres, the longer side of the smallest box around the roof."""

    widths: Numbers
    """(N,) metres, the shorter side."""

    angles: Numbers
    """(N,) radians, direction of the longer side, any branch; meaningful modulo 90 degrees."""

    centres: NDArray[np.float64]
    """(N, 2) x, y of the centroids, metres."""

    def __len__(self) -> int:
        """Count the roofs."""
        return len(self.shapes)

    def take(self, which: NDArray[np.intp]) -> Roofs:
        """Return the roofs at these indices."""
        return Roofs(
            shapes=self.shapes[which],
            areas=self.areas[which],
            lengths=self.lengths[which],
            widths=self.widths[which],
            angles=self.angles[which],
            centres=self.centres[which],
        )


def roofs_of(shapes: Shapes) -> Roofs:
    """Measure the sides and directions of roofs.

    Args:
        shapes: (N,) polygons with a positive area, metres.
    """
    # GEOS finds the box from products of coordinates: five thousand kilometres from the
    # origin its sides are millimetres out.  So each roof is measured where it stands.
    centroids = shapely.get_coordinates(shapely.centroid(shapes))  # (N, 2)
    corners = _corners(shapely.oriented_envelope(_moved(shapes, -centroids)))  # (N, 3, 2)
    sides = np.diff(corners, axis=1)  # (N, 2, 2)
    lengths = np.hypot(sides[..., 0], sides[..., 1])  # (N, 2)
    longer = np.argmax(lengths, axis=1)
    rows = np.arange(len(shapes))
    along = sides[rows, longer]  # (N, 2)
    return Roofs(
        shapes=shapes,
        areas=np.asarray(shapely.area(shapes), np.float64),
        lengths=lengths[rows, longer],
        widths=lengths[rows, 1 - longer],
        angles=np.arctan2(along[:, 1], along[:, 0]),
        centres=np.asarray(centroids, np.float64),
    )


def layout_of(outline: Polygon, roofs: Roofs) -> dict[str, float]:
    """Measure everything that needs only the outline and the roofs inside it.

    Args:
        outline: outer perimeter, metres.
        roofs: the buildings that belong to it.
    """
    return {
        "area_ha": area_ha(outline),
        "buildings": float(len(roofs)),
        "built_share": built_share(outline, roofs),
        "roof_size_cv": roof_size_cv(roofs),
        "row_parallelism": row_parallelism(roofs),
        "spacing_cv": spacing_cv(roofs),
        "long_block_share": long_block_share(roofs),
        "courtyard_share": courtyard_share(outline, roofs),
    }


def area_ha(outline: Polygon) -> float:
    """Measure the ground inside the outer perimeter: ``area / 10 000``, hectares."""
    return float(outline.area) / 10_000


def built_share(outline: Polygon, roofs: Roofs) -> float:
    """Measure the share of the ground under roofs: ``sum(roof area) / area``, at most 1."""
    return min(1.0, float(roofs.areas.sum()) / outline.area)


def roof_size_cv(roofs: Roofs) -> float:
    """Measure how unlike the roofs are in size: ``std(areas) / mean(areas)``.

    0 where all are alike; one hall among sheds gives 2 and more.  NaN below two roofs.
    """
    return _spread(roofs.areas) if len(roofs) >= 2 else math.nan


def row_parallelism(roofs: Roofs) -> float:
    """Measure how far the roofs share one direction and its perpendicular.

    One minus the normalised entropy of the directions modulo 90 degrees.  With weights ``w``
    (length of the roof / sum of lengths), angles ``a`` and ``m_k = sum(w exp(4 i k a))``, the
    density of the directions, blurred by ``ANGLE_SPREAD``, has the collision probability
    ``C = 1 + 2 sum_k exp(-k² s²) |m_k|²`` relative to evenly spread ones, and the value is
    ``ln C / ln C_max``.  It has no bins, so turning the scene cannot move a roof across one.

    Returns:
        1 where all roofs are parallel or square to one another, 0 where all directions are
        equally frequent; two equally strong directions give ``1 - ln 2 / ln C_max`` (0.57).
        NaN below three roofs.
    """
    if len(roofs) < 3:
        return math.nan
    weights = roofs.lengths / roofs.lengths.sum()
    k = np.arange(1, HARMONICS + 1)
    damp = np.exp(-((k * math.radians(4 * ANGLE_SPREAD)) ** 2))  # (K,)
    moments = np.exp(4j * k[:, None] * roofs.angles[None, :]) @ weights  # (K,)
    collision = 1 + 2 * float(damp @ np.abs(moments) ** 2)
    return min(1.0, math.log(collision) / math.log(1 + 2 * float(damp.sum())))


def spacing_cv(roofs: Roofs) -> float:
    """Measure how unevenly roofs stand: ``std(d) / mean(d)``, ``d`` to the nearest centre.

    0 on a lattice, about 0.5 where roofs are strewn at random.  NaN below three roofs.
    """
    if len(roofs) < 3:
        return math.nan
    distances = np.asarray(cKDTree(roofs.centres).query(roofs.centres, k=2)[0], np.float64)
    return _spread(distances[:, 1])


def long_block_share(roofs: Roofs) -> float:
    """Measure the share of the roof area in long blocks.

    ``sum(area of roofs with length / width >= 3 and length >= 20 m) / sum(area)``, sides taken
    from the smallest box around the roof.  NaN without roofs.
    """
    if not len(roofs):
        return math.nan
    # A hair of slack: a drawn 3 : 1 must not depend on the last bit of its corners.
    slim = roofs.lengths >= LONG_BLOCK_RATIO * roofs.widths * (1 - 1e-6)
    long = slim & (roofs.lengths >= LONG_BLOCK * (1 - 1e-6))
    return float(roofs.areas[long].sum() / roofs.areas.sum())


def courtyard_share(outline: Polygon, roofs: Roofs) -> float:
    """Measure the share of the ground that buildings alone close in.

    Roofs are widened by half a ``COURT_GATE``; every hole of their union is a court, given back
    the strip it lost.  ``sum(court area) / area``; 0 where buildings close nothing.
    """
    if not len(roofs):
        return 0.0
    half = COURT_GATE / 2
    swollen = shapely.union_all(
        shapely.buffer(roofs.shapes, half, join_style="mitre", mitre_limit=2.0)
    )
    parts = shapely.get_parts(swollen)
    rings = np.concatenate([shapely.get_rings(p)[1:] for p in parts])
    if not rings.size:
        return 0.0
    courts = shapely.union_all(
        shapely.buffer(shapely.polygons(rings), half, join_style="mitre", mitre_limit=2.0)
    )
    open_ground = shapely.difference(courts, shapely.union_all(roofs.shapes))
    return min(1.0, float(shapely.intersection(open_ground, outline).area) / outline.area)


def with_ratios(evidence: Evidence) -> dict[str, float]:
    """Add what follows from the evidence by division alone.

    ``roof_mean_m2 = built_share * area / buildings``, square metres a roof, and
    ``buildings_per_ha = buildings / area_ha``.  NaN without buildings or without area.
    """
    area, count = evidence.get("area_ha", math.nan), evidence.get("buildings", math.nan)
    known = area > 0 and count > 0  # false for NaN
    roofed = evidence.get("built_share", math.nan) * area * 10_000
    return {
        **evidence,
        "roof_mean_m2": roofed / count if known else math.nan,
        "buildings_per_ha": count / area if known else math.nan,
    }


def _spread(values: Numbers) -> float:
    """Return the coefficient of variation; NaN where the mean is zero."""
    mean = float(values.mean())
    return float(values.std()) / mean if mean > 0 else math.nan


def _moved(shapes: Shapes, shifts: NDArray[np.float64]) -> Shapes:
    """Move each shape by its own shift, (N, 2)."""
    each = np.repeat(shifts, shapely.get_num_coordinates(shapes), axis=0)
    moved: Shapes = shapely.transform(shapes, lambda places: places + each)
    return moved


def _corners(boxes: Shapes) -> NDArray[np.float64]:
    """Return the first three corners of each box, (N, 3, 2)."""
    coordinates = np.asarray(shapely.get_coordinates(boxes), np.float64)
    counts = np.asarray(shapely.get_num_coordinates(boxes), np.intp)
    starts = np.cumsum(counts) - counts
    corners: NDArray[np.float64] = coordinates[starts[:, None] + np.arange(3)]
    return corners
