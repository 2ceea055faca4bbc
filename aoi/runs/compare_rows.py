"""Put a compared pair into rows: the ledger, the layers, the numbers of each compound.

PairRun ──► ledger (a row a building) ──► layer changes
        ├─► both dates' roofs, the later date's walls, yards, compounds
        ├─► coverage: what was seen of each date, and what hid the rest
        └─► roofs, walls, bare ground and area of each compound, before and after
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.runs.compare import PairRun
from aoi.runs.find import find_things
from aoi.runs.look import Judged
from geo.candidate import name_of
from geo.change.decide import NOTHING, SEEN, Kind
from geo.change.evidence import burn
from geo.change.sight import CLEAR, CLOUD, SHADOW, WORDS
from geo.grid import Grid, gsd_of
from geo.outline import polygons
from geo.score import Scorer
from geo.types import FULL, NODATA

DATES = ("before", "after")

COLUMNS = ("id", "building_id", "name", "zone", "kind", "confidence", "note", "area_m2", "unit",
           "geometry")  # fmt: skip
"""What even a ledger without rows has."""

DOUBT = 0.2
"""Probability from which a second kind is named beside the likeliest."""

FAINT = 0.2
"""Score under which a net sees no roof."""

LEANS = 1.0
"""Metres; a roof that lies farther beside itself is told of."""

TURNED = (Kind.BUILT, Kind.DEMOLISHED, Kind.ALTERED)
"""Kinds that have a bracket of dates."""


def ledger_of(run: PairRun) -> gpd.GeoDataFrame:
    """Write a row a building, in the order of the units.

    Returns:
        Columns of the layer ``changes`` but ``compound_id``, and ``number, name, zone, area_m2,
        p_unchanged, p_built, p_demolished, p_altered, roof_before, roof_after, hidden_before,
        hidden_after``; outlines of nothing on either date are left out, unless they were given.
    """
    compared, frames = run.compared, run.frames
    units, decisions = compared.units, compared.decisions
    times = frames.times
    given = "ref" in units
    rows = []
    for i, (shape, kind) in enumerate(zip(units.geometry, decisions.kinds, strict=True)):
        if not given and decisions.roofless[i] > NOTHING:
            continue
        turned = kind in TURNED
        row = {
            "id": name_of(shape, "|".join(frames.names), letter="x"),
            "building_id": (units["ref"].iloc[i] if given else "")
            or name_of(shape, frames.names[0], letter="b"),
            "name": units["name"].iloc[i] if given else "",
            "zone": units["zone"].iloc[i] if given else "",
            "kind": kind.value,
            "confidence": decisions.confidence[i],
            "last_without": times[0] if turned else None,
            "first_with": times[1] if turned else None,
            "before_scene": frames.names[0],
            "after_scene": frames.names[1],
            "shift_m": shift_at(run, shape),
            "note": note_of(run, i),
            "area_m2": shape.area,
            "roof_before": compared.evidence.roof_one[i],
            "roof_after": compared.evidence.roof_other[i],
            "hidden_before": compared.hidden[i].one,
            "hidden_after": compared.hidden[i].other,
            "unit": i,
        }
        chances = zip(SEEN, decisions.chance[i], strict=True)
        rows.append({**row, **{f"p_{k.value}": p for k, p in chances}, "geometry": shape})
    columns = None if rows else ["id", "kind", "confidence", "note", "zone", "unit", "geometry"]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry="geometry", crs=units.crs
    )
    return frame.assign(number=np.arange(1, len(frame) + 1))


def shift_at(run: PairRun, shape: BaseGeometry) -> float:
    """Metres by which the pictures were off each other at a building."""
    col, row = ~run.frames.grid.affine @ shape.centroid.coords[0]
    return run.registration.off_at(row, col) * gsd_of(run.frames.grid)


def note_of(run: PairRun, unit: int) -> str:
    """Say what a reader must know before quoting a row."""
    compared, frames = run.compared, run.frames
    hidden, decisions = compared.hidden[unit], compared.decisions
    said = []
    for word, taken, date in zip((hidden.one, hidden.other), frames.times, DATES, strict=True):
        if word:
            day = "date unknown" if taken is None else f"{taken:%Y-%m-%d}"
            said.append(f"Not seen {date} ({day}): {word}.")
    if said:
        return " ".join(said)
    chance = decisions.chance[unit]
    if not np.isfinite(chance).all():
        return "Off the scene on one of the dates."
    roofs = compared.evidence.roof_one[unit], compared.evidence.roof_other[unit]
    if decisions.roofless[unit] > 0.5 or max(roofs) < FAINT:
        said.append("No roof is seen on either date.")
    best = decisions.kinds[unit]
    for kind, share in zip(SEEN, chance, strict=True):
        if kind != best and share >= DOUBT:
            said.append(f"May be {kind.value} ({100 * share:.0f} %).")
    lean = float(compared.units["lean_m"].iloc[unit])
    if lean >= LEANS:
        said.append(f"Its roof lies {lean:.0f} m beside itself: the pictures lean differently.")
    return " ".join(said)


def coverage_of(run: PairRun) -> gpd.GeoDataFrame:
    """Tell for each date which ground was seen, and what hid the rest."""
    parts = []
    for name, taken, codes in zip(
        run.frames.names, run.frames.times, run.compared.codes, strict=True
    ):
        whole = polygons(codes.astype(np.int32) + 1, run.compared.cells)
        for label, shapes in whole.groupby("label"):
            code = int(label) - 1
            parts.append(
                {
                    "tile_id": f"{name}-{_slug(WORDS.get(code, 'seen'))}",
                    "scene_id": name,
                    "observed_at": taken,
                    "valid_share": float(code == CLEAR),
                    "cloud_share": float(code in {CLOUD, SHADOW}),
                    "reason": WORDS.get(code, ""),
                    "geometry": shapely.union_all(shapes.geometry.to_numpy()),
                }
            )
    extent = run.frames.grid.extent.geom
    crs = run.frames.grid.crs
    frame = gpd.GeoDataFrame(parts, geometry="geometry", crs=crs and crs.proj)
    return frame.assign(geometry=frame.geometry.intersection(extent))


def _slug(words: str) -> str:
    return words.partition(" (")[0].replace(" ", "-").replace("'", "")


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
        layers = find_things(judged, card.heads, card.thresholds, scorer).layers
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
