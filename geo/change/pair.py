"""Take a pair of pictures from two frames to one verdict a building.

    fixed, moving ──coregister──► moved ──match──► same place, same brightness
    roofs of both dates, outlines ──► units ──► evidence ─┐
    pictures ──► cells ──► codes ──► hidden ──────────────┴► Decisions

Pure: pictures and scores come in as arrays on one grid, the judging of pixels is done elsewhere
(``models``), files are written elsewhere (``aoi``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
from affine import Affine

from geo.change.burn import burnt
from geo.change.decide import Decisions, decide
from geo.change.evidence import Evidence, Views, measure
from geo.change.glance import CELL, glance
from geo.change.observe import Hidden, covered, hidden
from geo.change.sight import UNSEEN, WORDS, Codes, tell_sight
from geo.change.units import union_footprints
from geo.change.weights import Taught, shipped
from geo.correlate import brightness, usual_slope
from geo.grid import Grid, gsd_of
from geo.prepare.radiometry import Match, match_radiometry
from geo.roofs import outline_roofs
from geo.types import NODATA, Mask, Picture, Scores

SAMPLE = 2048
"""Pixels a side of what is looked at to learn the usual slope of a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One date on the grid of the pair."""

    picture: Picture
    """(3, H, W) uint8, laid onto the other."""

    valid: Mask
    """(H, W)."""

    roof: Scores
    """(H, W) uint8 score of roof."""

    edge: Scores | None
    """(H, W) uint8 score of roof edges."""

    gsd: float
    """Metres per pixel of the picture itself."""

    tilt: float | None = None
    """Degrees off nadir, if known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A pair and what became of each building."""

    units: gpd.GeoDataFrame
    """``geometry`` and ``lean_m``, and whatever came with given footprints."""

    outlines: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
    """Roofs of each date: ``geometry``, ``score``, ``area_m2``."""

    evidence: Evidence
    hidden: tuple[Hidden, ...]
    decisions: Decisions
    codes: tuple[Codes, Codes]
    """What could be seen on each date, on ``cells``."""

    cells: Grid
    match: Match
    """How the second picture's brightness was brought to the first's."""

    def exchanged(self) -> Compared:
        """Tell the same with the dates exchanged; the match stays as it was measured."""
        return replace(
            self,
            outlines=self.outlines[::-1],
            evidence=self.evidence.exchanged(),
            hidden=tuple(Hidden(word.other, word.one) for word in self.hidden),
            decisions=self.decisions.exchanged(),
            codes=self.codes[::-1],
        )


def compare_pair(
    one: Side,
    other: Side,
    grid: Grid,
    *,
    footprints: gpd.GeoDataFrame | None = None,
    turned: tuple[Scores, Scores] | None = None,
    taught: Taught | None = None,
) -> Compared:
    """Decide what became of each building between two dates.

    Args:
        one: the picture that stays.
        other: the other, laid onto it.
        grid: metric frame of both.
        footprints: buildings to ask about, in the CRS of the grid; else those that either date
            shows.
        turned: (H, W) uint8 scores of a change head: roofs only ``one`` has, only ``other``.
        taught: what was fitted; what comes with the package by default.
    """
    taught = taught or shipped()
    match = match_radiometry(one.picture, other.picture, one.valid & other.valid)
    side = max(1, round(CELL / gsd_of(grid)))
    codes = tell_sight(
        glance(one.picture, one.valid, side),
        glance(other.picture, other.valid, side),
        side * gsd_of(grid),
        gain=match.gain,
        offset=match.offset,
    )
    cells = Grid(codes[0].shape, grid.affine @ Affine.scale(side), grid.crs)
    outlines = (
        _clear(outline_roofs(one.roof, one.edge, grid, taught.looks), codes[0], cells),
        _clear(outline_roofs(other.roof, other.edge, grid, taught.looks), codes[1], cells),
    )
    units = footprints if footprints is not None else union_footprints(*outlines)
    views = Views(
        grid=grid,
        roofs=(one.roof, other.roof),
        pictures=(one.picture, other.picture),
        match=match,
        valid=(one.valid, other.valid),
        usual=(_usual(one, Match()), _usual(other, match)),
        outlines=outlines,
        turned=turned,
    )
    evidence = measure(units, views)
    listed = footprints is not None
    weights = taught.weights(listed=listed, headed=turned is not None)
    words = hidden(units, codes, cells, gsds=(one.gsd, other.gsd), tilts=(one.tilt, other.tilt))
    for i in np.flatnonzero(~np.isfinite(evidence.roof_one)):
        words[i] = words[i] or _blank(units.iloc[[i]], (one, other), grid)
    return Compared(
        units=units,
        outlines=outlines,
        evidence=evidence,
        hidden=tuple(words),
        decisions=decide(evidence, words, weights, listed=listed),
        codes=codes,
        cells=cells,
        match=match,
    )


def _clear(roofs: gpd.GeoDataFrame, codes: Codes, cells: Grid) -> gpd.GeoDataFrame:
    """Leave out what a net took for roofs in cloud, shadow or haze."""
    lost = [bool(covered(shape, codes, cells)) for shape in roofs.geometry]
    return roofs[~np.array(lost, np.bool_)].reset_index(drop=True)


def _blank(unit: gpd.GeoDataFrame, sides: tuple[Side, Side], grid: Grid) -> Hidden:
    """Name the dates that have no pixel of a unit; both, where each has another part of it."""
    [(window, inside)] = burnt(unit, grid)
    lost = [not (inside & (side.roof[window] != NODATA)).any() for side in sides]
    return Hidden(*(WORDS[UNSEEN] if gone or not any(lost) else "" for gone in lost))


def _usual(side: Side, match: Match) -> float:
    """Measure the usual slope in the middle of a picture."""
    rows, cols = (
        slice(max(0, (n - SAMPLE) // 2), max(0, (n - SAMPLE) // 2) + SAMPLE)
        for n in side.valid.shape
    )
    grey = brightness(match.apply(side.picture[:, rows, cols]))
    return usual_slope(grey, np.ascontiguousarray(side.valid[rows, cols]))
