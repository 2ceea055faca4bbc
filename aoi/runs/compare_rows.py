"""Put a compared pair into rows: a ledger of buildings, and what could be seen.

PairRun ──► ledger (a row a building) ──► layer changes
        └─► coverage: what was seen of each date, and what hid the rest
"""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.runs.compare import PairRun
from geo.candidate import name_of
from geo.change.decide import FAINT, SEEN, Kind
from geo.change.evidence import Evidence
from geo.change.sight import CLEAR, CLOUD, SHADOW, WORDS
from geo.grid import gsd_of
from geo.outline import polygons

DATES = ("before", "after")

COLUMNS = (
    "id", "building_id", "name", "zone", "kind", "confidence", "last_without", "first_with",
    "before_scene", "after_scene", "shift_m", "note", "area_m2", "roof_before", "roof_after",
    "hidden_before", "hidden_after", "unit", *(f"p_{kind.value}" for kind in SEEN), "geometry",
)  # fmt: skip
"""What a ledger has, with rows or without."""

DOUBT = 0.2
"""Probability from which a second kind is named beside the likeliest."""

LEANS = 1.0
"""Metres; a roof that lies farther beside itself is told of."""

PART = 0.1
"""Share of a building that went or came from which it is told of."""

ODD = 2.0
"""Times as far as most roofs that its colour moved, from which that is told of."""

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
    names = _names_of(units, "|".join(frames.names))
    rows = []
    for i, (shape, kind) in enumerate(zip(units.geometry, decisions.kinds, strict=True)):
        if not given and decisions.nothing[i]:
            continue
        turned = kind in TURNED
        row = {
            "id": names[i],
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
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=COLUMNS), geometry="geometry", crs=units.crs
    )
    return frame.assign(number=np.arange(1, len(frame) + 1))


def _names_of(units: gpd.GeoDataFrame, scenes: str) -> list[str]:
    """Name every unit; of two that lie alike to the decimetre the later one is told apart."""
    alike: Counter[str] = Counter()
    names = []
    for shape in units.geometry:
        name = name_of(shape, scenes, letter="x")
        alike[name] += 1
        again = alike[name]
        names.append(name if again == 1 else name_of(shape, f"{scenes}|{again}", letter="x"))
    return names


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
    if best == Kind.ALTERED or chance[SEEN.index(Kind.ALTERED)] >= DOUBT:
        said += _why_altered(compared.evidence, unit)
    lean = float(compared.units["lean_m"].iloc[unit])
    if lean >= LEANS:
        said.append(f"Its roof lies {lean:.0f} m beside itself: the pictures lean differently.")
    return " ".join(said)


def _why_altered(evidence: Evidence, unit: int) -> list[str]:
    """Say what speaks for a building being altered."""
    said = []
    for share, date in zip((evidence.part_one, evidence.part_other), DATES, strict=True):
        if share[unit] >= PART:
            said.append(f"About {100 * share[unit]:.0f} % of it is roof {date} only.")
    if evidence.odd[unit] >= ODD:
        times = f"{evidence.odd[unit]:.0f} times as far as"
        said.append(f"Its colour moved {times} that of most roofs here.")
    return said


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
