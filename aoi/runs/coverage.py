"""Outline which ground of a picture was judged, and which was not, tile by tile.

A tile may be half empty, and what was missed may only be said of ground that was seen.  So a
tile that was judged in part is told in two rows, each with its own outline.

    one Seen a tile, scores (C, H, W) ──► whole tiles as they are
                                     └──► others in cells of 4 m ──► seen | not seen, and why
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import label
from shapely.geometry.base import BaseGeometry

from geo.grid import Grid, gsd_of
from geo.outline import polygons
from geo.types import NODATA, Mask, Scores
from models.predict import Seen

CELL = 4.0
"""Metres a side of a cell, about; it was seen when half of its pixels were."""

LEAST = 400.0
"""Square metres; a smaller gap or patch is not told apart, for no yard is smaller."""

SEEN = 0.5
"""Share of a row's ground that was judged from which on the row says that it was seen."""


def coverage(grid: Grid, seen: Sequence[Seen], scores: Scores) -> gpd.GeoDataFrame:
    """Tell tile by tile what was judged, and why the rest was not.

    Args:
        grid: metric frame of the scores.
        seen: what became of every tile.
        scores: (C, H, W) uint8, 255 where nothing was judged.

    Returns:
        ``tile_id``, ``valid_share`` (of the row's own ground, 0 to 1), ``reason`` (empty where
        it was seen) and ``geometry`` in the CRS of the grid.
    """
    rows = [row for tile in seen for row in _rows(grid, tile, scores)]
    frame = {
        "tile_id": [name for name, *_ in rows],
        "valid_share": [share for _, share, *_ in rows],
        "reason": [reason for _, _, reason, _ in rows],
    }
    shapes = [shape for *_, shape in rows]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=grid.crs and grid.crs.proj)


def ground_seen(ground: gpd.GeoDataFrame) -> BaseGeometry:
    """Join the ground of a layer ``coverage`` that was seen."""
    shapes = ground.geometry[ground["valid_share"] >= SEEN].to_numpy()
    looked: BaseGeometry = shapely.union_all(shapes)
    return looked


def hectares(ground: gpd.GeoDataFrame) -> tuple[float, float]:
    """Measure the ground of a layer ``coverage``, whatever number of pictures show it.

    Args:
        ground: with ``scene_id``; metres.  Without a CRS pictures share no ground.

    Returns:
        Hectares asked for, hectares seen.
    """
    shapes, shares = ground.geometry.to_numpy(), ground["valid_share"].to_numpy()
    if ground.crs is None or ground["scene_id"].nunique() < 2:
        areas = shapely.area(shapes)
        return float(areas.sum()) / 1e4, float((areas * shares).sum()) / 1e4
    seen = 0.0
    told: BaseGeometry = shapely.Polygon()
    for _, part in ground.groupby("scene_id", sort=False):
        fresh = shapely.difference(part.geometry.to_numpy(), told)
        seen += float((shapely.area(fresh) * part["valid_share"].to_numpy()).sum())
        told = told | ground_seen(part)
    return float(shapely.union_all(shapes).area) / 1e4, seen / 1e4


def _rows(
    grid: Grid, tile: Seen, scores: Scores
) -> Iterator[tuple[str, float, str, BaseGeometry]]:
    """Yield one row of a tile, or two: id, share judged, reason, outline."""
    window = slice(*tile.rows), slice(*tile.cols)
    if tile.rows[0] >= tile.rows[1] or tile.cols[0] >= tile.cols[1]:
        return
    frame = grid[window]
    if tile.valid_share in {0.0, 1.0}:
        yield tile.tile, tile.valid_share, tile.reason, frame.extent.geom
        return
    step = max(1, round(CELL / gsd_of(grid)))
    share = _shares(scores[0][window] != NODATA, step)
    clear = _without_specks(share >= 0.5, LEAST / (step * gsd_of(grid)) ** 2)
    for name, part, reason in (
        (tile.tile, clear, ""),
        (f"{tile.tile}-unseen", ~clear, tile.reason),
    ):
        if part.any():
            shape = _outline(part, frame, step)
            yield name, float(share[part].mean()), reason, shape


def _shares(valid: Mask, step: int) -> NDArray[np.float64]:
    """Average a mask in cells of ``step`` pixels; at the far edges a cell may be smaller."""
    starts = [np.arange(0, side, step) for side in valid.shape]
    count = np.add.reduceat(np.add.reduceat(valid, starts[0], 0, dtype=np.int64), starts[1], 1)
    high, wide = (
        np.diff([*start, side]) for start, side in zip(starts, valid.shape, strict=True)
    )
    return np.asarray(count / np.outer(high, wide))


def _without_specks(clear: Mask, least: float) -> Mask:
    """Fill gaps and drop patches of fewer cells than ``least``."""
    return _large(~_large(~clear, least), least)


def _large(mask: Mask, least: float) -> Mask:
    """Keep the pieces of a mask that have so many cells."""
    labels, _ = label(mask)
    keep = np.bincount(labels.ravel()) >= least
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def _outline(part: Mask, frame: Grid, step: int) -> BaseGeometry:
    """Outline cells, cut at the end of the tile."""
    cells = Grid(part.shape, frame.affine @ Affine.scale(step), frame.crs)
    pieces = polygons(part.astype(np.uint8), cells).geometry.to_numpy()
    shape: BaseGeometry = shapely.union_all(pieces).intersection(frame.extent.geom)
    return shape
