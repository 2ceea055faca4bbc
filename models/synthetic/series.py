"""Draw a place over years as a satellite of 10 m pixels sees it, with the true dates beside it.

Fields green and dry, clouds pass and are mostly masked, haze and sun differ from look to look,
pictures lie some tenths of a pixel off.  In this something begins on a known day, or nothing
does.

    SeriesPlan + seed ──► ground, weather, site ──► DrawnSeries: bands (T, H, W), truth

A site is not made in a day: clearing runs over it like a front, roofs follow one by one.  The
*onset* is the day on which the first pixel changes.

Source: phases of a site as in IARPA SMART; reflectances in ``models.synthetic.spectra``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.synthetic.series_sky import Stack, lay_snow, let_clouds_pass, smooth, take_pictures
from models.synthetic.spectra import BANDS, SPECTRA

Happening = Literal["build", "demolish", "flood", "recolour", "burn", "nothing"]
"""What happens at the site; only the first two are what a monitor looks for."""

Cover = Literal["rice", "forest", "dry", "town"]
"""What the land is."""

ROOFS = ("concrete", "blue roof", "white roof", "red roof")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """What is to be drawn."""

    happening: Happening = "build"
    cover: Cover = "rice"
    years: float = 3.0
    every: float = 5.0
    """Days between two passes."""

    cloudy: float = 0.45
    """Share of passes with clouds over the year; up to twice that in the wet season."""

    missed: float = 0.15
    """Share of clouds that the mask misses."""

    snow: bool = False
    """Whether winters lie under snow."""

    size: int = 64
    """Pixels a side."""

    onset: float | None = None
    """Share of the time at which it begins; drawn between 0.35 and 0.7 when ``None``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSeries:
    """Pictures and the truth."""

    bands: Mapping[str, Stack]
    """``BANDS`` to (T, H, W) reflectance."""

    days: NDArray[np.float64]
    """(T,) days since 1970-01-01."""

    masked: NDArray[np.bool_]
    """(T, H, W); what an archive's mask would call cloud or shadow, not without faults."""

    clouded: NDArray[np.bool_]
    """(T, H, W); where the ground is truly hidden."""

    site: NDArray[np.bool_]
    """(H, W); where it happens, or would."""

    onset: float | None
    """Day on which the first pixel changed for good; ``None`` if nothing lasting happened."""

    finished: float | None
    """Day on which the last did."""


def draw_series(plan: SeriesPlan, seed: int) -> DrawnSeries:
    """Draw a place over years.

    Args:
        plan: what is to be drawn.
        seed: the same seed gives the same series.
    """
    rng = np.random.default_rng(seed)
    days = _passes(plan, rng)
    site = _site(plan.size, rng)
    start = days[0] + (plan.onset or rng.uniform(0.35, 0.7)) * (days[-1] - days[0])
    ground = _ground(plan, days, rng)  # (T, 4, H, W)
    finished = _happen(plan, ground, days, site, start, rng)
    if plan.snow:
        lay_snow(ground, days, rng)
    clouded, masked = let_clouds_pass(ground, days, rng, cloudy=plan.cloudy, missed=plan.missed)
    take_pictures(ground, rng)
    lasting = plan.happening in ("build", "demolish")
    return DrawnSeries(
        bands={name: ground[:, i] for i, name in enumerate(BANDS)},
        days=days,
        masked=masked,
        clouded=clouded,
        site=site,
        onset=float(start) if lasting else None,
        finished=finished if lasting else None,
    )


def _passes(plan: SeriesPlan, rng: np.random.Generator) -> NDArray[np.float64]:
    """Choose the days, a fifth of which are lost to the archive; (T,)."""
    first = 18_000 + rng.integers(0, 365)  # spring of 2019 and later
    days = np.arange(first, first + 365.25 * plan.years, plan.every) + 0.15
    kept: NDArray[np.float64] = days[rng.random(len(days)) > 0.2]
    return kept


def _site(size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    high, wide = rng.integers(14, 27, 2)
    top, left = rng.integers(8, size - high - 8), rng.integers(8, size - wide - 8)
    site = np.zeros((size, size), np.bool_)
    site[top : top + high, left : left + wide] = True
    return site


def _ground(plan: SeriesPlan, days: NDArray[np.float64], rng: np.random.Generator) -> Stack:
    """Draw the land without what happens, (T, 4, H, W)."""
    size = plan.size
    fields = np.kron(rng.random((size // 8 + 1, size // 8 + 1)), np.ones((8, 8)))[:size, :size]
    year = (days % 365.25) / 365.25
    leaf = np.empty((len(days), size, size), np.float32)
    for look, phase in enumerate(year):
        shifted = 2 * np.pi * (phase - 0.62 - 0.12 * (fields - 0.5))
        wave = 0.5 + 0.4 * np.cos(shifted) + 0.12 * np.cos(2 * shifted)
        leaf[look] = {
            "rice": 0.08 + 0.80 * wave,
            "forest": 0.80 + 0.10 * wave,
            "dry": 0.05 + 0.15 * wave,
            "town": 0.10 + 0.20 * wave,
        }[plan.cover]
    leaf = np.clip(leaf + 0.05 * smooth(size, 1.0, rng), 0, 1)[:, None]
    bare = SPECTRA["sand" if plan.cover == "dry" else "straw"][:, None, None]
    bare = bare * (1 + 0.12 * smooth(size, 3.0, rng))
    ground: Stack = (leaf * SPECTRA["leaves"][:, None, None] + (1 - leaf) * bare).astype(
        np.float32
    )
    if plan.cover == "town":
        _put_roofs(ground, np.ones((size, size), np.bool_), np.zeros(len(days)), 0.0, rng)
    return ground


def _put_roofs(
    ground: Stack,
    where: NDArray[np.bool_],
    days: NDArray[np.float64],
    spread: float,
    rng: np.random.Generator,
    start: float = 0.0,
) -> float:
    """Set roofs in rows into a piece of ground, each on its own day; return the last day."""
    rows, cols = np.nonzero(where)
    last = start
    for row in range(rows.min() + 2, rows.max() - 2, 5):
        for col in range(cols.min() + 2, cols.max() - 4, 8):
            if rng.random() < 0.2:
                continue
            day = start + spread * rng.random()
            kind = SPECTRA[ROOFS[rng.integers(len(ROOFS))]]
            length = rng.integers(4, 7)
            ground[days >= day, :, row : row + 3, col : col + length] = kind[:, None, None]
            last = max(last, day)
    return last


def _happen(
    plan: SeriesPlan,
    ground: Stack,
    days: NDArray[np.float64],
    site: NDArray[np.bool_],
    start: float,
    rng: np.random.Generator,
) -> float:
    """Let it happen; return the day on which the last pixel changed."""
    cols = np.nonzero(site)[1]
    along = np.zeros(site.shape)
    along[site] = (cols - cols.min()) / max(np.ptp(cols), 1)
    front = start + along * rng.uniform(10, 90)  # a bulldozer's way, (H, W)
    if plan.happening in ("flood", "burn"):
        lasts = rng.uniform(40, 90) if plan.happening == "flood" else rng.uniform(30, 60)
        during = np.flatnonzero((days >= start) & (days < start + lasts))
        reach = smooth(plan.size, 12.0, rng) > -0.3
        kind = "water" if plan.happening == "flood" else "ash"
        ground[during] = np.where(reach, SPECTRA[kind][:, None, None], ground[during])
        return start + lasts
    if plan.happening in ("demolish", "recolour"):
        _pave(ground, site, rng)
        _put_roofs(ground, site, days, 0.0, rng)
    if plan.happening == "recolour":
        half = site & (along > 0.4)
        late = days >= start
        tint = np.array([1.35, 1.05, 0.8, 1.0], np.float32)[:, None, None]
        ground[late] = np.where(half, ground[late] * tint, ground[late])
        return start
    if plan.happening == "demolish":
        rubble = SPECTRA["rubble"][:, None, None] * (1 + 0.05 * smooth(plan.size, 1, rng))
        _lay(ground, rubble, days, site, front)
        return float(front[site].max())
    if plan.happening == "build":
        soil = SPECTRA["soil"][:, None, None] * (1.1 + 0.08 * smooth(plan.size, 2, rng))
        _lay(ground, soil, days, site, front)
        after = float(front[site].max()) + rng.uniform(20, 120)
        return _put_roofs(ground, site, days, rng.uniform(60, 240), rng, after)
    return start


def _pave(ground: Stack, site: NDArray[np.bool_], rng: np.random.Generator) -> None:
    yard = SPECTRA["concrete"][:, None, None] * (0.75 + 0.1 * rng.random())
    ground[...] = np.where(site, yard, ground)


def _lay(
    ground: Stack,
    cover: Stack,
    days: NDArray[np.float64],
    site: NDArray[np.bool_],
    front: NDArray[np.float64],
) -> None:
    """Lay a cover over the site, pixel by pixel as the front passes."""
    for look, day in enumerate(days):
        ground[look] = np.where(site & (front <= day), cover, ground[look])
