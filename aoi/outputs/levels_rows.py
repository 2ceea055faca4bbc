"""Cut the rows of each layer by the fate of the layouts they belong to.

A layout leaves as it is, as the cell of a grid, or not at all; what lies in it follows, and
nothing that stays is named by what goes.

    rows of a layer, fate and new name of every layout ──► rows that leave
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from aoi.outputs.columns import Kind
from aoi.outputs.leaving import Found
from aoi.outputs.levels_grid import coarsened
from aoi.outputs.tables import EVIDENCE

DENIED = ("not_a_compound", "not_as_told")
"""Verdicts that keep what they speak of at home."""

DETAIL = ("site_id", "site_name", "match_distance_m", "match_note", "outcome", "note")
"""Columns of a compound by which its place could be found though its outline is coarse."""

LINKED = {"buildings": "b", "walls": "w", "yards": "y", "changes": "x"}
"""Layers whose rows belong to a compound and follow it, and the letter of their names."""


def alias_of(name: str, secret: bytes, letter: str) -> str:
    """Name a thing anew.

    Names at home are hashes of coordinates, which can be found again by trying all coordinates
    of a region; these need a key that stays at home.
    """
    digest = hmac.new(secret, name.encode(), hashlib.sha256).hexdigest()
    return f"{letter}-x{digest[:10]}"


def compounds_at(
    found: Found, fate: Mapping[str, str], alias: Mapping[str, str], *, cell: float
) -> gpd.GeoDataFrame:
    """Keep layouts that leave; what leaves as a cell says little more than that it is there.

    Args:
        found: the run at home.
        fate: ``exact``, ``cell`` or ``withheld`` by name.
        alias: new name by name.
        cell: metres a side of the grid.
    """
    rows = found.layers["compounds"]
    kept = rows[rows["id"].map(lambda name: fate[name] != "withheld").astype(bool)].copy()
    coarse = [fate[name] == "cell" for name in kept["id"]]
    shapes = kept.geometry.copy()
    if any(coarse):
        shapes[coarse] = coarsened(kept.geometry[coarse], cell)
    kept = kept.set_geometry(shapes)
    for column in DETAIL:
        kept.loc[coarse, column] = None
    for name in ("score", *(c.name for c in EVIDENCE if c.kind is Kind.REAL)):
        numbers = [_rough(v) if c else v for v, c in zip(kept[name], coarse, strict=True)]
        kept[name] = pd.array(numbers, dtype="Float64")
    kept["match_note"] = None  # it names other layouts, as they are called at home
    return kept.assign(id=[alias[name] for name in kept["id"]])


def linked_at(
    found: Found, layer: str, fate: Mapping[str, str], alias: Mapping[str, str]
) -> gpd.GeoDataFrame:
    """Keep what belongs to a compound that leaves exactly; name it anew.

    Changes get names that lead home, for their verdicts may come back.
    """
    rows, letter = found.layers[layer], LINKED[layer]
    exact = [name for name, way in fate.items() if way == "exact"]
    denied = [name for name, verdict in found.settled.items() if verdict in DENIED]
    kept = rows[rows["compound_id"].isin(exact) & ~rows["id"].isin(denied)]
    named = kept.assign(
        id=[alias_of(str(name), found.secret, letter) for name in kept["id"]]
        if layer == "changes"
        else [f"{letter}-{number}" for number in range(1, len(kept) + 1)],
        compound_id=[alias[name] for name in kept["compound_id"]],
    )
    drop = [column for column in ("building_id", "note") if column in named]
    return named.assign(**dict.fromkeys(drop))


def sites_at(
    rows: gpd.GeoDataFrame, fate: Mapping[str, str], alias: Mapping[str, str]
) -> gpd.GeoDataFrame:
    """Keep what public sources say; of what the run saw there, only what leaves exactly."""
    told, outcomes = [], []
    for ids, outcome in zip(rows["compound_ids"], rows["outcome"], strict=True):
        names = [] if pd.isna(ids) else [name for name in str(ids).split("; ") if name]
        exact = [alias[name] for name in names if fate.get(name) == "exact"]
        told.append("; ".join(exact) or None)
        outcomes.append(outcome if exact else None)
    return rows.assign(compound_ids=told, outcome=outcomes, note=None)


def rescened(rows: gpd.GeoDataFrame, alias: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Name the pictures of rows anew."""
    columns = [c for c in ("scene_id", "before_scene", "after_scene") if c in rows]
    renamed = {
        column: [alias.get(name) if isinstance(name, str) else None for name in rows[column]]
        for column in columns
    }
    return rows.assign(**renamed)


def _rough(value: Any) -> float | None:
    """Keep two figures of a number."""
    if value is None or pd.isna(value) or value == 0:
        return None if value is None or pd.isna(value) else 0.0
    return round(float(value), 1 - math.floor(math.log10(abs(value))))
