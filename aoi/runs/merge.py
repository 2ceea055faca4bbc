"""Join what several pictures gave into one map: one CRS, one ranking, no place told twice.

    layers of each picture ──► run's CRS ──► seen twice? keep the better view ──► ranked

Two pictures of one place see one compound twice.  The outline that was judged with the higher
score stays; what only the other picture saw stays too.  Pictures in local metres share no map,
so nothing of theirs is ever joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from odc.geo.crs import CRS
from shapely.geometry.base import BaseGeometry

from aoi.runs.coverage import ground_seen
from aoi.runs.scenes import LAYERS, SceneResult
from geo.grid import utm_at

TWICE = 0.3
"""Share, intersection over union.  Outlines of one compound on two pictures overlap by more;
neighbours that share a wall by far less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """All pictures of a run on one map."""

    crs: CRS | None
    """UTM of the middle of all pictures; ``None`` for local metres."""

    layers: Mapping[str, gpd.GeoDataFrame]
    """By name, in ``crs``; compounds best first, with ``rank`` from 1."""

    seen: BaseGeometry
    """Ground that was judged, in ``crs``."""


def merge(results: Sequence[SceneResult]) -> Merged:
    """Join the layers of one or more pictures."""
    crs = run_crs(results)
    layers = {
        name: _joined([_placed(result.layers[name], crs) for result in results], crs)
        for name in LAYERS
    }
    if crs is not None and len(results) > 1:
        layers["compounds"] = _once(layers["compounds"])
    layers["compounds"] = ranked(layers["compounds"])
    for name in ("buildings", "walls", "yards"):
        layers[name] = _owned(layers[name], layers["compounds"])
    return Merged(crs=crs, layers=layers, seen=ground_seen(layers["coverage"]))


def run_crs(results: Sequence[SceneResult]) -> CRS | None:
    """Choose the UTM zone of the middle of all pictures; ``None`` for local metres."""
    grids = [result.grid for result in results]
    if grids[0].crs is None:
        return None
    middles = [grid.extent.to_crs("EPSG:4326").centroid.coords[0] for grid in grids]
    # The mean direction, so that pictures on both sides of the antimeridian meet there.
    turns = np.exp(1j * np.radians([lon for lon, _ in middles]))
    lon = float(np.degrees(np.angle(turns.mean())))
    return utm_at(lon, float(np.mean([lat for _, lat in middles])))


def ranked(compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Order by score, best first; those of which nobody can tell come after the others."""
    if compounds.empty:
        return compounds.assign(rank=pd.Series(dtype="int64"))
    undecided = compounds["cannot_tell"].astype(bool)
    keys = compounds.assign(_undecided=undecided, _minus=-compounds["score"])
    ordered = keys.sort_values(["_undecided", "_minus", "id"], kind="stable")
    ordered = ordered.drop(columns=["_undecided", "_minus"]).reset_index(drop=True)
    return ordered.assign(rank=np.arange(1, len(ordered) + 1))


def _placed(rows: gpd.GeoDataFrame, crs: CRS | None) -> gpd.GeoDataFrame:
    return rows if crs is None or rows.crs is None else rows.to_crs(crs.proj)


def _joined(parts: Sequence[gpd.GeoDataFrame], crs: CRS | None) -> gpd.GeoDataFrame:
    full = [part for part in parts if len(part)] or [parts[0]]
    return gpd.GeoDataFrame(pd.concat(full, ignore_index=True), crs=crs and crs.proj)


def _once(compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Of outlines that several pictures gave of one place, keep the best judged."""
    best_first = ranked(compounds).drop(columns="rank")
    shapes = best_first.geometry.to_numpy()
    scenes = best_first["scene_id"].to_numpy() if len(best_first) else np.array([])
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = (left < right) & (scenes[left] != scenes[right]) if len(left) else []
    dropped: set[int] = set()
    for better, worse in zip(left[pairs], right[pairs], strict=True):
        if better in dropped:
            continue
        both = shapely.intersection(shapes[better], shapes[worse]).area
        if both > TWICE * (shapes[better].area + shapes[worse].area - both):
            dropped.add(int(worse))
    return best_first.drop(index=list(dropped)).reset_index(drop=True)


def _owned(things: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Let go of compounds that were told by another picture."""
    left = set(compounds["id"]) if len(compounds) else set()
    return things.assign(
        compound_id=[name if name in left else None for name in things["compound_id"]]
    )
