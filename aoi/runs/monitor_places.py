"""Name the pieces of ground that a monitor is to judge.

outlines somebody asked about, or what the map of effects shows ──► Place: id, outline, name
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A piece of ground to be judged."""

    id: str
    outline: BaseGeometry
    """In the frame's CRS."""

    asked: bool = False
    """True where somebody asked about it; then *unchanged* is an answer."""

    name: str = ""


def places_of(outlines: gpd.GeoDataFrame, *, asked: bool) -> list[Place]:
    """Make places of outlines, numbered in their order; their own ids where these differ."""
    ids, names = (_texts(outlines, column) for column in ("id", "name"))
    count = Counter(ids)
    return [
        Place(
            id=own if own and count[own] == 1 else f"p{number:03d}",
            outline=shape,
            asked=asked,
            name=name,
        )
        for number, (shape, own, name) in enumerate(
            zip(outlines.geometry, ids, names, strict=True), start=1
        )
    ]


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """Take a column as texts, empty where nothing is known."""
    if column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(value) else str(value) for value in frame[column]]
