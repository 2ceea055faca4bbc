"""Put a walled compound, built step by step, into real pictures of ten metres a pixel.

Drawn ground is too kind: real fields have edges, roads and farms that roughen a picture.  So
only the site is drawn, and its weather; the ground beneath is what a satellite really saw.

    ground (T, 3, H, W), days, SitePlan + seed
        ──site drawn at 2 m, averaged──► snow, cloud, haze, sun, jitter ──► SiteSeries, truth

The ground is cleared from one end to the other, the wall goes up around it, long blocks follow
one by one, and years later half of the roofs are painted.

Source: layouts of ``models.synthetic.compounds``, rows of dormitory blocks behind one wall;
reflectances of ``models.synthetic.spectra``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift

from models.synthetic.series_sky import Stack
from models.synthetic.spectra import SPECTRA

FINE = 5
"""Drawn pixels a side of a ten-metre pixel: 2 m."""

GROUND, SOIL, WALL, SHADOW, ROOF, PAINTED, PLAIN = range(7)
"""What a drawn pixel may be; roofs that are painted later, and those that are not."""

COLOURS = np.stack(
    [
        np.zeros(4, np.float32),
        SPECTRA["soil"] * 1.15,
        SPECTRA["concrete"],
        SPECTRA["soil"] * 0.45,
        SPECTRA["blue roof"],
        SPECTRA["red roof"],
        SPECTRA["concrete"] * 1.2,
    ]
)[:, 2::-1]
"""(7, 3) red, green, blue reflectance, in the order above."""

SHED = 0.35
"""Share of the snow that lies on roofs: they are warm and smooth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """What is to be drawn."""

    cleared: float | None = 0.4
    """Share of the time at which clearing begins; ``None`` for never."""

    painted: float | None = 0.8
    """Share of the time at which half of the roofs change colour; ``None`` for never."""

    standing: bool = False
    """Whether the compound stands all the time, so that only its paint is new."""

    cloudy: float = 0.35
    """Share of looks with cloud in them."""

    snow: float = 0.6
    """Share of looks from December to February under snow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSeries:
    """Pictures and the truth."""

    colours: Stack
    """(T, 3, H, W) reflectance, red, green, blue."""

    site: NDArray[np.bool_]
    """(H, W); inside the wall."""

    hidden: NDArray[np.float32]
    """(T,) share of the site under cloud, its shadow or snow."""

    cleared: float | None
    """Day on which the first ground is cleared."""

    roofed: float | None
    """Day of the first roof."""

    finished: float | None
    """Day of the last."""

    painted: float | None
    """Day on which roofs change colour."""


def build_site(
    ground: Stack, days: NDArray[np.float64], plan: SitePlan, seed: int
) -> SiteSeries:
    """Draw a site and its weather into looks at real ground.

    Args:
        ground: (T, 3, H, W) reflectance, red, green, blue, without cloud.
        days: (T,) since 1970, rising.
        plan: what is to be drawn.
        seed: the same seed gives the same series.
    """
    rng = np.random.default_rng(seed)
    length = days[-1] - days[0]
    start = days[0] + (plan.cleared or 0.0) * length
    if plan.standing:
        start = days[0] - 900
    paint = days[0] + plan.painted * length if plan.painted else np.inf
    layout = _layout(ground.shape[2:], start, rng)
    colours = ground.copy()
    shown = plan.cleared is not None or plan.standing
    if shown:
        for look, day in enumerate(days):
            colours[look] = _laid(colours[look], layout, day, paint)
    hidden = _weather(colours, layout, days, plan, rng)
    _sensor(colours, rng)
    real = shown and not plan.standing
    return SiteSeries(
        colours=colours,
        site=layout.inside,
        hidden=hidden,
        cleared=start if real else None,
        roofed=layout.first if real else None,
        finished=layout.last if real else None,
        painted=paint if shown and np.isfinite(paint) else None,
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """A site at 2 m: what stands where, and from which day on."""

    kind: NDArray[np.int8]
    """(h, w) what it will be in the end."""

    since: NDArray[np.float64]
    """(h, w) day on which that is so."""

    bare: NDArray[np.float64]
    """(h, w) day on which the ground is cleared; infinite outside."""

    inside: NDArray[np.bool_]
    """(H, W) of ten metres."""

    first: float
    last: float


def _layout(shape: tuple[int, ...], start: float, rng: np.random.Generator) -> _Layout:
    """Draw the compound, turned as it may lie, on its days."""
    high, wide = shape[0] * FINE, shape[1] * FINE
    rows, cols = np.mgrid[:high, :wide].astype(np.float64)
    step = 10.0 / FINE
    size = rng.uniform(170, 290), rng.uniform(150, 240)  # metres
    room = 0.6 * max(size) / 10 + 2
    middle = [rng.uniform(room, max(room + 1, side - room)) * 10 for side in shape]
    turn = rng.uniform(-0.6, 0.6)
    down, right = rows * step - middle[0], cols * step - middle[1]
    u = np.cos(turn) * right + np.sin(turn) * down
    v = -np.sin(turn) * right + np.cos(turn) * down
    rim = np.maximum(np.abs(u) - size[0] / 2, np.abs(v) - size[1] / 2)  # metres, below 0 inside
    kind = np.where(rim <= 0, SOIL, GROUND).astype(np.int8)
    front = start + (u / size[0] + 0.5) * rng.uniform(20, 60)
    bare = np.where(rim <= 0, front, np.inf)
    since = bare.copy()
    walls = start + 60 + rng.uniform(20, 60)
    kind[(rim <= 0) & (rim > -2)] = WALL
    kind[(rim <= -2) & (rim > -5) & (v > 0)] = SHADOW
    since[(rim <= 0) & (rim > -5)] = walls
    begun, lasts = walls + rng.uniform(20, 60), rng.uniform(120, 300)
    opened: list[float] = []
    for top in np.arange(-size[1] / 2 + 14, size[1] / 2 - 24, 26.0):
        painted = PAINTED if len(opened) % 2 == 0 else PLAIN
        for left in np.arange(-size[0] / 2 + 14, size[0] / 2 - 50, 54.0):
            day = begun + lasts * rng.random()
            block = (u >= left) & (u < left + 44) & (v >= top) & (v < top + 14)
            shade = (u >= left) & (u < left + 44) & (v >= top + 14) & (v < top + 18)
            kind[block], kind[shade] = painted, SHADOW
            since[block | shade] = day
            opened.append(day)
    inside = _coarse(rim[None] <= 0)[0] > 0.5
    return _Layout(kind, since, bare, inside, min(opened), max(opened))


def _coarse(fine: NDArray[np.generic]) -> NDArray[np.float64]:
    """Average 2 m to 10 m, (C, H, W)."""
    count, high, wide = fine.shape
    shape = count, high // FINE, FINE, wide // FINE, FINE
    return np.asarray(fine.reshape(shape).mean(axis=(2, 4)))


def _laid(look: Stack, layout: _Layout, day: float, paint: float) -> Stack:
    """Lay the site as it is on a day into a look, (3, H, W)."""
    kind = np.where(layout.since <= day, layout.kind, SOIL)
    kind[layout.bare > day] = GROUND
    kind[(kind == PAINTED) & (day < paint)] = ROOF
    colour = np.moveaxis(COLOURS[kind], -1, 0)  # (3, h, w)
    share = gaussian_filter(_coarse((kind != GROUND)[None]), (0, 0.4, 0.4))
    own = gaussian_filter(_coarse(colour), (0, 0.4, 0.4))
    return np.asarray(look * (1 - share) + own, np.float32)


def _weather(
    colours: Stack,
    layout: _Layout,
    days: NDArray[np.float64],
    plan: SitePlan,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Lay snow, clouds, their shadows and haze over the looks; tell how much is hidden."""
    shape, site = colours.shape[2:], layout.inside
    roofs = _coarse((layout.kind >= ROOF)[None])[0]
    hidden = np.zeros(len(days), np.float32)
    for look, day in enumerate(days):
        colours[look] += rng.exponential(0.008) * np.array([0.5, 0.7, 1.0])[:, None, None]
        season = day % 365.25
        if (season > 335 or season < 59) and rng.random() < plan.snow:
            lies = np.clip(rng.uniform(0.35, 1.1) + 0.25 * _smooth(shape, 5, rng), 0, 0.97)
            lies = lies * np.where(layout.last < day, 1 - (1 - SHED) * roofs, 1)
            colours[look] += lies * (0.72 - colours[look])
            hidden[look] = (lies[site] > 0.15).mean()
        if rng.random() < plan.cloudy:
            thick = np.clip(_smooth(shape, rng.uniform(6, 25), rng) + rng.normal(0, 1.3), 0, 1)
            dark = np.roll(thick > 0.5, (9, -7), (0, 1)) & (thick < 0.1)
            colours[look] *= np.where(dark, 0.5, 1.0)
            colours[look] += thick * (0.55 - colours[look])
            hidden[look] = max(hidden[look], ((thick > 0.15) | dark)[site].mean())
    return hidden


def _smooth(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> Stack:
    """Draw smooth noise of standard deviation one, (H, W)."""
    noise = gaussian_filter(rng.standard_normal(shape), scale, mode="wrap")
    return np.asarray(noise / noise.std(), np.float32)


def _sensor(colours: Stack, rng: np.random.Generator) -> None:
    """Misplace each look by some tenths of a pixel; add sun and noise."""
    for look in range(len(colours)):
        moved = shift(colours[look], (0, *rng.normal(0, 0.25, 2)), order=1, mode="nearest")
        noise = rng.normal(0, 0.003, moved.shape)
        colours[look] = np.maximum(moved * rng.normal(1.0, 0.05) + noise, 0.002)
