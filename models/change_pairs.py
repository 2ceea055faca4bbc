"""Draw one place on two dates, and keep what is true of every building.

    plan ──choose what happens──► plan before, plan after ──look, sun, sensor of each date──►
    DrawnPair: pictures (3, H, W), labels by date, Fate a building

Each building keeps its own generator, so that one that nobody touched looks the same on both
dates but for light, season and sensor.  What may happen to it stands in
``models.change_fates``; clouds may drift over either date (``models.change_clouds``).

Source: bi-temporal drawing as in Changen2 (Z. Zheng et al., 2024), without its nets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from geo.errors import InputError
from geo.grid import Grid, local_grid
from geo.types import Mask, Picture
from models.change_clouds import overcast, share_hidden
from models.change_fates import HAPPENS, choose, plan_of, states_of
from models.synthetic.degrade import Sensor, degrade, make_sensor, pool
from models.synthetic.labels import draw_labels, roof_seen
from models.synthetic.materials import Palette, make_palette
from models.synthetic.noise import Noise, Window
from models.synthetic.plan import make_plan
from models.synthetic.regions import REGIONS
from models.synthetic.roofs import Piece, pieces_of
from models.synthetic.scene import FINE
from models.synthetic.shapes import Building, Plan
from models.synthetic.structures import Structures, lay_out, prop_piece, wall_piece
from models.synthetic.sun import Light, make_light
from models.synthetic.view import Look, view


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one building."""

    footprint: Polygon
    """On the ground, metres of the grid."""

    seen: tuple[Polygon | None, Polygon | None]
    """Its roof as each date's picture shows it; ``None`` where it has none."""

    kind: str
    """A key of ``HAPPENS``."""

    clouded: float
    """Largest share of it under cloud or a cloud's shadow on either date, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPair:
    """One place on two dates."""

    pictures: tuple[Picture, Picture]
    """(3, H, W) uint8."""

    roofs: tuple[Mask, Mask]
    """(H, W), true where a roof is seen."""

    fates: tuple[Fate, ...]
    grid: Grid
    """Local metres."""

    clouds: tuple[NDArray[np.float32], NDArray[np.float32]]
    """(H, W) how much cloud or its shadow hides, 0 to 1."""


def draw_pair(
    kind: str,
    *,
    seed: int,
    size: int = 640,
    gsd: float = 0.5,
    happens: Mapping[str, float] = HAPPENS,
    clouds: tuple[float, float] = (0.0, 0.0),
    same_light: bool = False,
) -> DrawnPair:
    """Draw a pair.

    Args:
        kind: of place, one of ``models.synthetic.plan.KINDS``.
        seed: the same seed gives the same pixels.
        size: pixels a side, at most 1024.
        gsd: metres per pixel.
        happens: share of buildings to which each thing happens.
        clouds: share of each picture under cloud.
        same_light: keep sun, season and sensor, so that only buildings differ.

    Raises:
        InputError: the picture is too large to be painted at once.
    """
    if size > 1024:
        raise InputError(f"A drawn pair has at most 1024 pixels a side, not {size}.")
    rng = np.random.default_rng([seed, 40])
    plan = make_plan(kind, np.random.default_rng([seed, 41]), size * gsd, size * gsd)
    return draw_fates(plan, choose(plan, rng, happens), seed=seed, gsd=gsd, size=size,
                      clouds=clouds, same_light=same_light)  # fmt: skip


def draw_fates(
    plan: Plan,
    fates: Sequence[str],
    *,
    seed: int,
    gsd: float,
    size: int,
    clouds: tuple[float, float] = (0.0, 0.0),
    same_light: bool = False,
) -> DrawnPair:
    """Draw a plan before and after what is said to happen to each of its buildings."""
    rng = np.random.default_rng([seed, 42])
    states = [states_of(b, fate, rng) for b, fate in zip(plan.buildings, fates, strict=True)]
    grid = local_grid(size, size, gsd)
    looks = [_Look.choose(plan, seed, 0 if same_light else date) for date in (0, 1)]
    pictures, roofs, covers = [], [], []
    for date, look in enumerate(looks):
        one = plan_of(plan, [s[date] for s in states], fates, date, seed)
        clean = _paint(one, [s[date] for s in states], look, seed, size, gsd)
        sensed = degrade(clean, look.sensor, np.random.default_rng([seed, 43, date]))
        sensed, cover = overcast(
            sensed, clouds[date], np.random.default_rng([seed, 44, date]), gsd
        )
        pictures.append(sensed)
        covers.append(cover)
        roofs.append(draw_labels(one, look.light, (size, size), gsd)["building"] == 1)
    told = [
        _fate(b, s, fate, looks, covers, gsd)
        for b, s, fate in zip(plan.buildings, states, fates, strict=True)
        if any(each is not None and each.stands for each in s)
    ]
    return DrawnPair(
        pictures=(pictures[0], pictures[1]), roofs=(roofs[0], roofs[1]), fates=tuple(told),
        grid=grid, clouds=(covers[0], covers[1]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Look:
    """How one date sees a plan."""

    palette: Palette
    light: Light
    sensor: Sensor

    @classmethod
    def choose(cls, plan: Plan, seed: int, date: int) -> _Look:
        rng = np.random.default_rng([seed, 45, date])
        climate = str(rng.choice(REGIONS[plan.region].climates))
        return cls(make_palette(climate, rng), make_light(rng), make_sensor(rng))


def _paint(
    plan: Plan, states: Sequence[Building | None], look: _Look, seed: int, size: int, gsd: float
) -> NDArray[np.float32]:
    """Paint a plan, each building by its own generator; (3, H, W) float32."""
    factor = max(2, round(gsd / FINE))
    window = Window(left=0, top=0, rows=size * factor, cols=size * factor, step=gsd / factor)
    looked = Look(
        palette=look.palette,
        light=look.light,
        noise=Noise((seed, 2)),
        structures=_structures(plan, states, look, seed),
    )
    return pool(view(plan, looked, window), factor)


def _structures(
    plan: Plan, states: Sequence[Building | None], look: _Look, seed: int
) -> Structures:
    rng = np.random.default_rng([seed, 47])
    plaster = look.palette.walls[rng.permutation(4)[:2]]
    groups: list[tuple[float, list[Piece]]] = [
        (w.height, [wall_piece(w, plaster[int(rng.random() < 0.2)], rng)])
        for w in plan.walls
        if w.bars
    ]
    groups += [(p.height, [prop_piece(p)]) for p in plan.props]
    groups += [
        (
            b.height + 1,
            pieces_of(b, np.random.default_rng([seed, 48, n]), look.palette, look.light),
        )
        for n, b in enumerate(states)
        if b is not None
    ]
    order = sorted(range(len(groups)), key=lambda i: groups[i][0])
    pieces = [piece for i in order for piece in groups[i][1]]
    return lay_out(pieces, look.light, look.palette, np.random.default_rng([seed, 49]))


def _fate(
    b: Building,
    states: tuple[Building | None, Building | None],
    fate: str,
    looks: Sequence[_Look],
    covers: Sequence[NDArray[np.float32]],
    gsd: float,
) -> Fate:
    roofs = [
        roof_seen(s, look.light) if s is not None and s.stands else None
        for s, look in zip(states, looks, strict=True)
    ]
    clouded = [
        share_hidden(roof if roof is not None else b.footprint, cover, gsd)
        for roof, cover in zip(roofs, covers, strict=True)
    ]
    return Fate(
        footprint=b.footprint, seen=(roofs[0], roofs[1]), kind=fate, clouded=max(clouded)
    )
