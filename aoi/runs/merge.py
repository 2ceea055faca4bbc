"""Join what several pictures gave into one map: one CRS, one ranking, no place told twice.

    layers of each picture ──► run's CRS ──► seen twice? keep the better view ──► ranked

Two pictures of one place see all of it twice; ``aoi.runs.twice`` tells it once.  Pictures in
local metres share no map, so nothing of theirs is ever joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from odc.geo.crs import CRS
from shapely.geometry.base import BaseGeometry

from aoi.runs.coverage import ground_seen
from aoi.runs.scenes import LAYERS, SceneResult
from aoi.runs.twice import not_told_again, once
from geo.grid import utm_at


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
        layers["compounds"] = once(ranked(layers["compounds"]).drop(columns="rank"))
    layers["compounds"] = ranked(layers["compounds"])
    for name in ("buildings", "walls", "yards"):
        layers[name] = _owned(layers[name], layers["compounds"])
        if crs is not None:
            counts = [len(result.layers[name]) for result in results]
            pictures = np.repeat(np.arange(len(results)), counts)
            layers[name] = not_told_again(layers[name], pictures)
    return Merged(crs=crs, layers=layers, seen=ground_seen(layers["coverage"]))


def run_crs(results: Sequence[SceneResult]) -> CRS | None:
    """Choose the UTM zone of the middle of all pictures; ``None`` for local metres."""
    grids = [result.grid for result in results]
    if grids[0].crs is None:
        return None
    middles = [grid.extent.centroid.to_crs("EPSG:4326").coords[0] for grid in grids]
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


def _owned(things: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Let go of compounds that were told by another picture."""
    left = set(compounds["id"]) if len(compounds) else set()
    return things.assign(
        compound_id=[name if name in left else None for name in things["compound_id"]]
    )
