"""Sum up places of a compared pair: how much stands there on each date, and how much was seen.

    PairRun, things of both dates ──► Sum: the whole place, each compound
                                       ├──► places.csv
                                       └──► the page, in words

Only what could be seen is counted, so every sum says which share of its ground that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from aoi.outputs.tables_csv import PLACES
from aoi.runs.compare import PairRun
from aoi.runs.compare_places import is_same
from aoi.runs.look import inside_of
from geo.change.decide import Kind
from geo.change.sight import CLEAR
from geo.grid import Grid, gsd_of
from geo.types import FULL, NODATA, Mask

MOST = 20
"""Compounds that are summed up, best ranked first."""

STRIP = 512
"""Rows looked at at once."""

Window = tuple[slice, slice]
"""Rows, columns."""

Things = Mapping[str, gpd.GeoDataFrame]
"""Layers of one date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What stands in a place on one date, as far as it could be seen."""

    seen: float
    """Share of the place's ground that could be seen, 0 to 1."""

    roofs: int
    roofs_m2: float
    walls_m: float
    bare_ha: float
    """Bare or disturbed ground, hectares; NaN where the net does not tell."""

    enclosed_ha: float
    """Of the compound that was found there; NaN without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A place on both dates."""

    name: str
    compound_id: str
    """Empty for the whole place."""

    before: Stand
    after: Stand
    kinds: Mapping[str, int]
    """Buildings of the ledger that stand in it, by what became of them."""

    def row(self) -> dict[str, object]:
        """Write it down: a column a figure and date, and a column a kind."""
        stands = {
            f"{figure}_{date}": getattr(stand, figure)
            for figure in Stand.__slots__
            for date, stand in (("before", self.before), ("after", self.after))
        }
        counts = {kind.value: self.kinds.get(kind.value, 0) for kind in Kind}
        return {"place": self.name, "compound_id": self.compound_id, **stands, **counts}

    def words(self) -> dict[str, str]:
        """Tell it to a reader."""
        one, two = self.before, self.after
        told = [
            f"{count} {kind.value.replace('_', ' ')}"
            for kind in Kind
            if (count := self.kinds.get(kind.value, 0))
        ]
        return {
            "Place": self.name,
            "Ground seen": f"{one.seen:.0%} → {two.seen:.0%}",
            "Roofs": " → ".join(f"{s.roofs:,} ({s.roofs_m2:,.0f} m²)" for s in (one, two)),
            "Walls": f"{one.walls_m:,.0f} → {two.walls_m:,.0f} m",
            "Bare ground": f"{one.bare_ha:.2f} → {two.bare_ha:.2f} ha",
            "Enclosed area": " → ".join(_hectares(s.enclosed_ha) for s in (one, two)),
            "Buildings": ", ".join(told) or "none",
        }


def sums_of(
    run: PairRun,
    things: Sequence[Things],
    compounds: gpd.GeoDataFrame,
    ledger: gpd.GeoDataFrame,
) -> list[Sum]:
    """Sum up the whole place, and the compounds that rank best.

    Args:
        run: the pair.
        things: layers of both dates, as ``compare_places.things_of`` finds them.
        compounds: of the pair: ``id``, ``rank``.
        ledger: a row a building: ``kind``.
    """
    named = [("The whole place", "", run.frames.grid.extent.geom)]
    named += [
        (f"Compound {row.rank} ({row.id})", str(row.id), row.geometry)
        for row in compounds.head(MOST).itertuples()
    ]
    return [sum_up(run, things, ledger, *one) for one in named]


def sum_up(
    run: PairRun,
    things: Sequence[Things],
    ledger: gpd.GeoDataFrame,
    name: str,
    compound_id: str,
    shape: BaseGeometry,
) -> Sum:
    """Sum up one place, given by its outline in the CRS of the pair."""
    inside = _near(ledger, shape)
    inside = inside[inside.geometry.representative_point().within(shape)]
    before, after = (_stand(run, which, things[which], shape) for which in (0, 1))
    return Sum(
        name=name,
        compound_id=compound_id,
        before=before,
        after=after,
        kinds={str(kind): int(n) for kind, n in inside["kind"].value_counts().items()},
    )


def table_of(sums: Iterable[Sum]) -> pd.DataFrame:
    """Lay sums out as a table: metres and hectares to two decimals."""
    return pd.DataFrame([one.row() for one in sums], columns=PLACES.names).round(2)


def _stand(run: PairRun, which: int, things: Things, shape: BaseGeometry) -> Stand:
    """Sum up one date."""
    roofs = _near(run.compared.outlines[which], shape)
    roofs = roofs[roofs.geometry.representative_point().within(shape)]
    walls = _near(things["walls"], shape).geometry.intersection(shape)
    same = [
        one.area for one in _near(things["compounds"], shape).geometry if is_same(one, shape)
    ]
    return Stand(
        seen=_seen(run, which, shape),
        roofs=len(roofs),
        roofs_m2=float(roofs.geometry.area.sum()),
        walls_m=float(walls.length.sum()),
        bare_ha=_bare(run, which, shape),
        enclosed_ha=max(same, default=float("nan")) / 1e4,
    )


def _near(rows: gpd.GeoDataFrame, shape: BaseGeometry) -> gpd.GeoDataFrame:
    """Keep the rows that meet a shape, in their order."""
    return rows.iloc[np.sort(rows.sindex.query(shape, predicate="intersects"))]


def _seen(run: PairRun, which: int, shape: BaseGeometry) -> float:
    """Share of the cells in a shape that could be seen."""
    codes = run.compared.codes[which]
    told = [codes[here][inside] for here, inside in _strips(shape, run.compared.cells)]
    cells = np.concatenate([np.zeros(0, np.uint8), *told])
    return float((cells == CLEAR).mean()) if len(cells) else float("nan")


def _bare(run: PairRun, which: int, shape: BaseGeometry) -> float:
    """Measure bare or disturbed ground inside a shape, hectares."""
    card, grid = run.judge.card, run.frames.grid
    if "ground" not in card.heads:
        return float("nan")
    scores = run.sides[which].scores[card.heads.index("ground")]
    keep = card.thresholds.get("ground", 0.5) * FULL
    pixels = 0
    for here, inside in _strips(shape, grid):
        bare = (scores[here] >= keep) & (scores[here] != NODATA)
        pixels += int((bare & inside).sum())
    return pixels * gsd_of(grid) ** 2 / 1e4


def _strips(shape: BaseGeometry, grid: Grid) -> Iterator[tuple[Window, Mask]]:
    """Walk the ground about a shape: rows and columns, and which pixels there are in it."""
    rows, cols = _window(shape, grid)
    inside = inside_of(shape, grid)
    for top in range(rows.start, rows.stop if cols.start < cols.stop else 0, STRIP):
        some = slice(top, min(top + STRIP, rows.stop))
        yield (some, cols), inside(some, cols)


def _window(shape: BaseGeometry, grid: Grid) -> Window:
    """Give the rows and columns in which a shape lies."""
    left, bottom, right, top = shape.bounds
    corners = np.array([~grid.affine @ (x, y) for x in (left, right) for y in (bottom, top)])
    low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
    cols, rows = (
        slice(int(np.clip(a, 0, side)), int(np.clip(b, 0, side)))
        for a, b, side in zip(low, high, (grid.width, grid.height), strict=True)
    )
    return rows, cols


def _hectares(area: float) -> str:
    return "–" if np.isnan(area) else f"{area:.1f} ha"
