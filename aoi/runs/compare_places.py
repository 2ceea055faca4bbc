"""Find what stands on each date of a compared pair, and which compound a building is of.

PairRun ──► roofs, walls, yards, compounds of both dates ──► compounds of the pair
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from aoi.runs.compare import PairRun
from aoi.runs.find import find_things
from aoi.runs.look import Judged
from geo.score import Scorer


def things_of(run: PairRun) -> tuple[Mapping[str, gpd.GeoDataFrame], ...]:
    """Find roofs, walls, yards and compounds of both dates, as a scan would."""
    card, frames = run.judge.card, run.frames
    scorer = Scorer.from_card(None)
    found = []
    for which, side in enumerate(run.sides):
        judged = Judged(
            image=frames.images[which],
            grid=frames.grid,
            scores=side.scores,
            seen=side.seen,
            gsd_m=frames.gsds[which],
        )
        layers = find_things(judged, card.heads, scorer).layers
        known = {"scene_id": frames.names[which], "observed_at": frames.times[which]}
        found.append(
            {
                name: rows.assign(**{k: v for k, v in known.items() if k in rows.columns})
                for name, rows in layers.items()
            }
        )
    return tuple(found)


def compounds_of(things: Sequence[Mapping[str, gpd.GeoDataFrame]]) -> gpd.GeoDataFrame:
    """Take the later date's compounds, and those of the earlier one that have no successor."""
    before, after = (layers["compounds"] for layers in things)
    lost = [
        not any(is_same(shape, other) for other in after.geometry) for shape in before.geometry
    ]
    rows = pd.concat([after, before[np.array(lost, np.bool_)]], ignore_index=True)
    crs = after.crs
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
    frame = frame.sort_values(["score", "id"], ascending=[False, True], ignore_index=True)
    return frame.assign(rank=np.arange(1, len(frame) + 1))


def is_same(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Tell whether two outlines are of one compound on two dates."""
    common = one.intersection(other).area
    return bool(common > 0.3 * (one.area + other.area - common))


def owners_of(ledger: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> list[str | None]:
    """Name the compound each building stands in; of several the best ranked."""
    return [
        next(_inside(shape.representative_point(), compounds), None)
        for shape in ledger.geometry
    ]


def _inside(point: BaseGeometry, compounds: gpd.GeoDataFrame) -> Iterator[str]:
    for name, shape in zip(compounds["id"], compounds.geometry, strict=True):
        if shape.contains(point):
            yield str(name)
