"""Sum up places of a compared pair: what stands there on each date, compound by compound.

PairRun ──► roofs, walls, yards, compounds of both dates
        ──► roofs, walls, bare ground and area of each compound, before and after, in words
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
from geo.change.burn import burn
from geo.change.decide import Kind
from geo.grid import Grid, gsd_of
from geo.score import Scorer
from geo.types import FULL, NODATA


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
        not any(_same(shape, other) for other in after.geometry) for shape in before.geometry
    ]
    rows = pd.concat([after, before[np.array(lost, np.bool_)]], ignore_index=True)
    crs = after.crs
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
    frame = frame.sort_values(["score", "id"], ascending=[False, True], ignore_index=True)
    return frame.assign(rank=np.arange(1, len(frame) + 1))


def _same(one: BaseGeometry, other: BaseGeometry) -> bool:
    common = one.intersection(other).area
    return bool(common > 0.3 * (one.area + other.area - common))


def places_of(
    run: PairRun,
    things: Sequence[Mapping[str, gpd.GeoDataFrame]],
    compounds: gpd.GeoDataFrame,
    ledger: gpd.GeoDataFrame,
) -> list[dict[str, str]]:
    """Sum up the whole place and each compound: roofs, walls, bare ground, area; in words."""
    extent = run.frames.grid.extent.geom
    named = [("The whole place", extent)]
    named += [
        (f"Compound {row.rank} ({row.id})", row.geometry)
        for row in compounds.head(20).itertuples()
    ]
    return [_place(run, things, ledger, name, shape) for name, shape in named]


def _place(
    run: PairRun,
    things: Sequence[Mapping[str, gpd.GeoDataFrame]],
    ledger: gpd.GeoDataFrame,
    name: str,
    shape: BaseGeometry,
) -> dict[str, str]:
    inside = ledger[ledger.geometry.representative_point().within(shape)]
    kinds = inside["kind"].value_counts()
    roofs, walls, areas = [], [], []
    for layers, outlines in zip(things, run.compared.outlines, strict=True):
        own = outlines[outlines.geometry.representative_point().within(shape)]
        roofs.append((len(own), float(own.geometry.area.sum())))
        walls.append(float(layers["walls"].geometry.intersection(shape).length.sum()))
        same = [s.area for s in layers["compounds"].geometry if _same(s, shape)]
        areas.append(max(same, default=float("nan")) / 1e4)
    bare = _bare(run, shape)
    seen = [f"{n:,} ({area:,.0f} m²)" for n, area in roofs]
    counts = ", ".join(
        f"{kinds[k.value]} {k.value.replace('_', ' ')}" for k in Kind if kinds.get(k.value)
    )
    return {
        "Place": name,
        "Roofs": " → ".join(seen),
        "Walls": f"{walls[0]:,.0f} → {walls[1]:,.0f} m",
        "Bare ground": f"{bare[0]:.2f} → {bare[1]:.2f} ha",
        "Enclosed area": " → ".join("–" if np.isnan(a) else f"{a:.1f} ha" for a in areas),
        "Buildings": counts or "none",
    }


def _bare(run: PairRun, shape: BaseGeometry) -> list[float]:
    """Measure bare or disturbed ground of both dates inside a shape, hectares."""
    card, grid = run.judge.card, run.frames.grid
    if "ground" not in card.heads:
        return [float("nan")] * 2
    band, keep = card.heads.index("ground"), card.thresholds.get("ground", 0.5) * FULL
    window = _window(shape, grid)
    inside = burn(shape, grid, window)
    answer = []
    for side in run.sides:
        score = side.scores[band][window]
        answer.append(
            float((inside & (score >= keep) & (score != NODATA)).sum())
            * gsd_of(grid) ** 2
            / 1e4
        )
    return answer


def _window(shape: BaseGeometry, grid: Grid) -> tuple[slice, slice]:
    left, bottom, right, top = shape.bounds
    corners = np.array([~grid.affine @ (x, y) for x in (left, right) for y in (bottom, top)])
    (c0, r0), (c1, r1) = (
        np.floor(corners.min(0)).astype(int),
        np.ceil(corners.max(0)).astype(int),
    )
    return (
        slice(int(np.clip(r0, 0, grid.height)), int(np.clip(r1, 0, grid.height))),
        slice(int(np.clip(c0, 0, grid.width)), int(np.clip(c1, 0, grid.width))),
    )


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
