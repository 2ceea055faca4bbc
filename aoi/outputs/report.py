"""Write ``report.html``: one page a person can read, print, and send as a single file.

Everything stands inside the page: pictures as data, outlines as SVG, no script, no request to
anybody; a strict content policy in the page says so to the browser.  Every text that came from
a file is escaped.  The page says what was flagged and why, what could not be seen, what the
numbers mean and where they came from; and that it accuses nobody.

    compounds, sites, coverage, manifest, chips ──► Page ──► templates/report.html ──► file
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from aoi import palette
from aoi.outputs.cards import area, card_of, length, rows_of
from aoi.outputs.chips import Canvas, Chip, Overview, canvas_of, on_canvas, path_of, top_of
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.package import to_crs
from aoi.outputs.pages import template_of, write_text
from aoi.outputs.provenance import provenance_of
from aoi.outputs.schema import conform
from aoi.palette import Swatch
from geo.errors import InputError

log = logging.getLogger(__name__)

CARDS = 200
"""Most cards on one page; a browser opens it on a laptop without a wait, and nobody reads
further.  The rest stands in the GeoPackage, and the page says so."""

CHIP_UNITS, CHIP_PIXELS = 400.0, 640
"""Units of the SVG, and pixels, of a chip's longer side."""

MAP_UNITS, MAP_PIXELS = 1000.0, 1600
"""Units of the SVG, and pixels, of the overview's longer side."""

UNRECORDED: Mapping[str, Any] = {
    "run_id": "", "command": "", "finished": "", "areas": (), "inputs": (), "model": {},
    "parameters": {}, "versions": {}, "notes": (),
}  # fmt: skip
"""What the page takes for parts that a manifest does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing drawn on the overview."""

    path: str
    """``d`` of its outline."""

    swatch: Swatch
    """Its colour and the words for it."""

    text: str
    """The number or name beside it."""

    x: float
    """Where the text goes, units of the SVG."""

    y: float
    """Where the text goes, units of the SVG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How much ground was looked at, and what was not."""

    seen: str
    """Area, in words; empty if nobody recorded it."""

    unseen: tuple[tuple[str, str], ...]
    """Reason and area, largest first."""

    share: str
    """What part of the ground could not be judged."""


def write_report(  # noqa: PLR0913 - one argument a part of the page
    path: Path,
    *,
    title: str,
    compounds: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    coverage: gpd.GeoDataFrame,
    manifest: Mapping[str, Any],
    overview: Overview | None = None,
    chips: Mapping[str, Chip] | None = None,
    coordinates: float = 0.0,
    limit: int = CARDS,
) -> Path:
    """Write the report of a run.

    Args:
        path: of the page; written beside and renamed.
        title: any text; the caller sees to it that it does not name the place too exactly.
        compounds: layer ``compounds``, in the run's CRS; any subset of its columns.
        sites: layer ``sites``.
        coverage: layer ``coverage``.
        manifest: ``Manifest.to_dict()``; parts may be missing, and the page then says so.
        overview: the picture of the whole place; none leaves the map out.
        chips: picture of each compound by its id; a missing one is said to be missing.
        coordinates: metres to which coordinates are rounded; 0 for all that is known.  Where
            they are rounded the page has neither pictures nor the command and the area it
            names: those would show the place exactly.
        limit: most cards on the page.

    Returns:
        ``path``.

    Raises:
        InputError: a column or geometry outside the contract, or a negative rounding.
        OutputError: the disk is full or the folder is not ours to write.
    """
    if coordinates < 0 or limit < 0:
        raise InputError("Coordinates are rounded to 0 or more metres, and cards count from 0.")
    compounds = conform("compounds", compounds).sort_values("rank", kind="stable")
    sites, coverage = conform("sites", sites), conform("coverage", coverage)
    shown, pictures = compounds.head(limit), {} if coordinates else chips or {}
    crs, known = to_crs(compounds.crs), {**UNRECORDED, **manifest}
    cards = [card_of(row, crs=crs, rounding=coordinates) for row in rows_of(shown)]
    page = template_of("report.html", palette=palette, disclaimer=DISCLAIMER)
    text = page.render(
        title=title,
        cards=list(zip(cards, _chips(shown, pictures), strict=True)),
        total=len(compounds),
        classes=_tally(rows_of(compounds)),
        sites=_sites(sites, compounds),
        elsewhere=int(sites["outcome"].isna().sum()),
        sight=sight_of(coverage),
        overview=_overview(None if coordinates else overview, shown, sites, coverage),
        rounding=length(coordinates) if coordinates else "",
        manifest=known,
        provenance=provenance_of(known, rounded=coordinates > 0),
    )
    write_text(path, text)
    log.info("wrote %s: %d of %d compounds", path.name, len(cards), len(compounds))
    return path


def sight_of(coverage: gpd.GeoDataFrame) -> Sight:
    """Sum up what was looked at and what was not, counting no ground twice.

    Args:
        coverage: layer ``coverage`` in metres; tiles may overlap.
    """
    rows = rows_of(coverage)
    looked = [row for row in rows if not row["reason"]]
    seen = shapely.union_all([row["geometry"] for row in looked])
    weights = [row["geometry"].area for row in looked]
    shares = [1.0 if row["valid_share"] is None else row["valid_share"] for row in looked]
    share = sum(w * s for w, s in zip(weights, shares, strict=True)) / (sum(weights) or 1)
    gaps = {"no usable pixels": seen.area * (1 - share)}
    judged, rest = seen.area * share, seen
    for reason in sorted({row["reason"] for row in rows if row["reason"]}):
        shape = shapely.union_all([r["geometry"] for r in rows if r["reason"] == reason])
        gaps[reason] = gaps.get(reason, 0.0) + shapely.difference(shape, rest).area
        rest = shapely.union(rest, shape)
    gaps = {reason: size for reason, size in gaps.items() if size >= 1.0}
    lost = sum(gaps.values())
    told = sorted(gaps.items(), key=lambda item: -item[1])
    return Sight(
        seen=area(judged) if rows else "",
        unseen=tuple((reason, area(size)) for reason, size in told),
        share=f"{100 * lost / (judged + lost):.1f} %" if lost else "",
    )


def _chips(
    compounds: gpd.GeoDataFrame, chips: Mapping[str, Chip]
) -> list[tuple[Canvas, str] | None]:
    """Make the picture of each card, with the path of its outline."""
    answer: list[tuple[Canvas, str] | None] = []
    for number, name in enumerate(compounds["id"]):
        chip = chips.get(name)
        if chip is None:
            answer.append(None)
            continue
        canvas = canvas_of(chip, units=CHIP_UNITS, pixels=CHIP_PIXELS)
        [shape] = on_canvas(compounds.geometry.iloc[number : number + 1], canvas)
        answer.append((canvas, path_of(shape)))
    return answer


def _overview(
    overview: Overview | None,
    compounds: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    coverage: gpd.GeoDataFrame,
) -> dict[str, Any] | None:
    """Draw the map: unseen ground, discs of sites, outlines with their ranks."""
    if overview is None:
        return None
    canvas = canvas_of(overview, units=MAP_UNITS, pixels=MAP_PIXELS)
    unseen = coverage[coverage["reason"].fillna("") != ""]
    return {
        "canvas": canvas,
        "north": canvas.crs is not None,
        "unseen": [path_of(shape) for shape in on_canvas(unseen.geometry, canvas)],
        "sites": _marks(sites, canvas, "name", _status),
        "compounds": _marks(compounds, canvas, "rank", _likeness),
    }


def _marks(frame: gpd.GeoDataFrame, canvas: Canvas, label: str, swatch: Any) -> list[Mark]:
    """Bring rows onto the canvas; rows without a place on it are left out."""
    marks = []
    for row, shape in zip(rows_of(frame), on_canvas(frame.geometry, canvas), strict=True):
        if shape is None or not shape.intersects(
            shapely.box(0, 0, canvas.width, canvas.height)
        ):
            continue
        x, y = top_of(shape)
        text = "" if row[label] is None else str(row[label])
        x, y = min(max(x, 16), canvas.width - 16), min(max(y, 16), canvas.height - 16)
        marks.append(Mark(path=path_of(shape), swatch=swatch(row), text=text, x=x, y=y))
    return marks


def _likeness(row: Mapping[str, Any]) -> Swatch:
    return palette.score_class(row["score"], row["cannot_tell"] or "")


def _status(row: Mapping[str, Any]) -> Swatch:
    return palette.find_swatch(palette.STATUSES, row["status"] or "", palette.OTHER_STATUS)


def _tally(rows: list[dict[str, Any]]) -> list[tuple[Swatch, int]]:
    """Count the compounds of each class, strongest first."""
    found = [_likeness(row) for row in rows]
    return [(swatch, found.count(swatch)) for swatch in (*palette.SCORES, palette.CANNOT_TELL)]


def _sites(sites: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Tell of each registered site what this run can say, compounds by their rank."""
    ranks = dict(zip(compounds["id"], compounds["rank"], strict=True))
    nothing = Swatch("", "Nothing said", palette.GREY, "")
    told = []
    for row in rows_of(sites[sites["outcome"].notna()]):
        ids = [name for name in (row["compound_ids"] or "").split("; ") if name]
        precision = row["precision_m"]
        told.append(
            {
                "name": row["name"] or row["id"] or "",
                "aliases": row["aliases"] or "",
                "status": (row["status"] or "").replace("_", " "),
                "outcome": palette.find_swatch(
                    palette.OUTCOMES, row["outcome"] or "", nothing
                ).name,
                "note": row["note"] or "",
                "colour": _status(row).colour,
                "compounds": ", ".join(f"no. {ranks[name]}" for name in ids if name in ranks),
                "precision": "not placed" if precision is None else f"± {length(precision)}",
            }
        )
    return told
