"""Tell each thing once where several pictures show one place.

    compounds   outlines that overlap ──► the better judged stays
    roofs, yards, walls   those of kept compounds first, then picture by picture: what lies
                          mostly on what another picture told already is not told again

What only one picture saw stays.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

TWICE = 0.3
"""Share, intersection over union.  Outlines of one compound on two pictures overlap by more;
neighbours that share a wall by far less."""

COVERED = 0.5
"""Share of a roof, a yard or the ground along a wall that another picture's must cover."""

ALONG = 2.0
"""Metres beside a wall within which the wall of another picture is the same."""


def once(compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Of outlines that several pictures gave of one place, keep the best judged.

    Args:
        compounds: best first, with ``scene_id``; metres.
    """
    shapes = compounds.geometry.to_numpy()
    scenes = compounds["scene_id"].to_numpy() if len(compounds) else np.array([])
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = (left < right) & (scenes[left] != scenes[right]) if len(left) else []
    dropped: set[int] = set()
    for better, worse in zip(left[pairs], right[pairs], strict=True):
        if better in dropped:
            continue
        both = shapely.intersection(shapes[better], shapes[worse]).area
        if both > TWICE * (shapes[better].area + shapes[worse].area - both):
            dropped.add(int(worse))
    return compounds.drop(index=list(dropped)).reset_index(drop=True)


def not_told_again(things: gpd.GeoDataFrame, pictures: NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Of roofs, yards or walls that several pictures gave of one place, keep one picture's.

    Args:
        things: with ``compound_id`` of kept compounds only; metres.
        pictures: (N,) which picture gave each; of equals the first is believed.
    """
    if len(numbers := np.unique(pictures)) < 2:
        return things
    ground, owned = _ground(things), things["compound_id"].notna().to_numpy()
    kept = np.zeros(len(things), np.bool_)
    for group in (owned, *(~owned & (pictures == one) for one in numbers)):
        told = np.flatnonzero(kept)
        tree = shapely.STRtree(ground[told])
        for row in np.flatnonzero(group):
            over = told[tree.query(ground[row], predicate="intersects")]
            others = over[pictures[over] != pictures[row]]
            kept[row] = not _is_covered(ground[row], ground[others])
    return things[kept].reset_index(drop=True)


def _ground(things: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Give the ground of each thing; that of a line runs along it."""
    shapes = things.geometry.to_numpy()
    lines = shapely.get_dimensions(shapes) == 1
    shapes = np.where(lines, shapely.buffer(shapes, ALONG, cap_style="flat"), shapes)
    return np.asarray(shapely.make_valid(shapes), dtype=np.object_)


def _is_covered(shape: BaseGeometry, others: NDArray[np.object_]) -> bool:
    if not len(others):
        return False
    both = shapely.intersection(shape, shapely.union_all(others)).area
    return bool(both > COVERED * shape.area)
