"""Put a row of the GeoPackage into words a person can read and quote.

    row of `compounds` ──► card_of ──► Card: likeness, where, reasons with signs, match, numbers

Numbers are rounded to what the picture can bear; what was not measured is said to be so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from shapely.geometry import Point

from aoi import palette
from aoi.outputs.columns import Column
from aoi.outputs.tables import EVIDENCE
from aoi.palette import Swatch
from aoi.verdicts import VERDICTS

Row = Mapping[str, Any]
"""Column to value; ``None`` where nothing is known."""

DEGREE = 111_320.0
"""Metres of a degree of latitude; how many decimals a rounded coordinate may show."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One reason, and whether it speaks for or against."""

    text: str
    """In words."""

    speaks_for: bool
    """True where it raises the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All a page shows of one compound."""

    id: str
    rank: str
    likeness: Swatch
    """Class of the score, or *cannot tell*."""

    score: str
    """Two decimals, or a dash."""

    share: float
    """The score as 0 to 100, for a bar."""

    cannot_tell: str
    where: str
    reasons: tuple[Sign, ...]
    numbers: tuple[tuple[str, str, str], ...]
    """Name in words, value and meaning of each piece of evidence."""

    outcome: str
    site: str
    note: str
    scene: str
    """Which picture, when, at which ground sample distance, judged by which model."""

    verdict: str


def rows_of(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Turn a frame into rows without pandas' own nulls."""
    return [
        {key: None if _is_na(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def card_of(row: Row, *, crs: CRS | None, rounding: float) -> Card:
    """Put one compound into words.

    Args:
        row: of the layer ``compounds``, with its ``geometry``.
        crs: of the geometry; none for local metres.
        rounding: metres to which coordinates are given; 0 for all that is known.
    """
    doubt = row["cannot_tell"] or ""
    likeness, score = palette.score_class(row["score"], doubt), row["score"]
    unmatched = Swatch("", "Not matched", palette.GREY, "")
    known = likeness is not palette.CANNOT_TELL
    return Card(
        id=row["id"] or "",
        rank="–" if row["rank"] is None else str(row["rank"]),
        likeness=likeness,
        score=f"{score:.2f}" if known else "–",
        share=100 * score if known else 0.0,
        cannot_tell=doubt or ("" if known else "No score was given."),
        where=where(row["geometry"].representative_point(), crs=crs, rounding=rounding),
        reasons=signs_of(row["reasons"] or ""),
        numbers=tuple((c.words, value_of(row, c), c.meaning) for c in EVIDENCE),
        outcome=palette.find_swatch(palette.OUTCOMES, row["outcome"] or "", unmatched).name,
        site=row["site_name"] or row["site_id"] or "",
        note=row["match_note"] or "",
        scene=provenance(row),
        verdict=VERDICTS.get(row["verdict"] or "", ""),
    )


def signs_of(reasons: str) -> tuple[Sign, ...]:
    """Part the reasons of a row: one a line, each ending in its sign."""
    return tuple(
        Sign(line[:-3] if line.endswith((": +", ": -")) else line, not line.endswith(": -"))
        for line in reasons.splitlines()
        if line.strip()
    )


def value_of(row: Row, column: Column) -> str:
    """Write one number with its unit, as precise as it deserves."""
    value = row[column.name]
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column.unit == "0..1":
        return f"{100 * value:.0f} %"
    if column.unit == "count":
        return f"{value:,}"
    if column.unit == "ratio":
        return f"{value:.2f}"
    return f"{value:,.{1 if value < 10 else 0}f} {column.unit}"


def where(point: Point, *, crs: CRS | None, rounding: float) -> str:
    """Say where a point lies, no more precisely than asked.

    The point is moved to the middle of a cell of ``rounding`` metres *before* it is turned into
    degrees, so no decimal gives away more.

    Args:
        point: in metres of ``crs``.
        crs: projected; none for local metres.
        rounding: metres; 0 for all that is known, shown to about one metre.
    """
    x, y = (_snap(point.x, rounding), _snap(point.y, rounding)) if rounding else point.coords[0]
    about = f" (to within {length(rounding)})" if rounding else ""
    if crs is None:
        return f"{x:,.0f} m right, {-y:,.0f} m down from the picture's top-left corner{about}"
    [spot] = gpd.GeoSeries([Point(x, y)], crs=crs).to_crs("EPSG:4326")
    decimals = max(0, math.ceil(-math.log10(rounding / DEGREE))) if rounding else 5
    north, east = "N" if spot.y >= 0 else "S", "E" if spot.x >= 0 else "W"
    return f"{abs(spot.y):.{decimals}f}° {north}, {abs(spot.x):.{decimals}f}° {east}{about}"


def provenance(row: Row) -> str:
    """Say which picture a row was seen in."""
    parts = [
        row["scene_id"],
        row["observed_at"] and day(row["observed_at"]),
        row["gsd_m"] and f"{row['gsd_m']:g} m a pixel",
        row["model"] and f"judged by {row['model']}",
    ]
    return ", ".join(part for part in parts if part) or "picture not recorded"


def day(time: str) -> str:
    """Write an ISO 8601 time as a date and, where there is one, the hour in UTC."""
    return f"{time[:10]} {time[11:16]} UTC" if len(time) > 10 else time


def length(metres: float) -> str:
    """Write a length for a sentence."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def area(square_metres: float) -> str:
    """Write an area for a sentence: hectares below ten square kilometres."""
    if square_metres >= 1e7:
        return f"{square_metres / 1e6:,.0f} km²"
    hectares = square_metres / 1e4
    return f"{hectares:,.{0 if hectares >= 100 else 1}f} ha"


def _snap(value: float, step: float) -> float:
    return (math.floor(value / step) + 0.5) * step


def _is_na(value: Any) -> bool:
    return value is pd.NA or (isinstance(value, float) and math.isnan(value))
