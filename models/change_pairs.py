"""Draw one place on two dates, and keep what is true of every building.

    plan ──choose what happens──► plan before, plan after ──look, sun, sensor of each date──►
    DrawnPair: pictures (3, H, W), labels by date, Fate a building

Each building keeps its own generator, so that one that nobody touched looks the same on both
dates but for light, season and sensor.  What happens: it appears, goes (to bare ground, rubble,
or rooms without a roof), or is altered: cut short, or roofed anew in another colour.  Clouds
may drift over either date, with their shadows.

Source: TARGETS and DOMAIN.md 3.2 for what is asked of a ledger; bi-temporal drawing as in
Changen2 (Z. Zheng et al., 2024), without its nets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift
from shapely.affinity import scale
from shapely.geometry import Polygon

from geo.errors import InputError
from geo.grid import Grid, local_grid
from geo.types import Mask, Picture
from models.synthetic.degrade import Sensor, degrade, make_sensor, pool
from models.synthetic.frame import axes_of, ring_of
from models.synthetic.labels import draw_labels, roof_seen
from models.synthetic.materials import Palette, make_palette
from models.synthetic.noise import Noise, Window
from models.synthetic.plan import make_plan
from models.synthetic.regions import REGIONS
from models.synthetic.roofs import Piece, pieces_of
from models.synthetic.scene import FINE
from models.synthetic.shapes import Building, Patch, Plan, largest
from models.synthetic.structures import Structures, lay_out, prop_piece, wall_piece
from models.synthetic.sun import Light, make_light
from models.synthetic.view import Look, view

HAPPENS: Mapping[str, float] = {
    "unchanged": 0.62, "built": 0.14, "demolished": 0.14, "altered": 0.10,
}  # fmt: skip
"""Share of buildings to which each thing happens, unless the caller says otherwise."""

LEAST = 40.0
"""Square metres; smaller roofs stay as they are."""

SKINS = ("red", "blue", "green", "white", "tile", "grey")
"""What a roof may be covered with anew."""


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


def choose(plan: Plan, rng: Generator, happens: Mapping[str, float] = HAPPENS) -> list[str]:
    """Choose what happens to each building of a plan; those without a roof stay."""
    names, share = list(happens), np.array(list(happens.values()))
    return [
        str(rng.choice(names, p=share / share.sum()))
        if b.stands and b.footprint.area >= LEAST
        else "unchanged"
        for b in plan.buildings
    ]


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
    states = [_states(b, fate, rng) for b, fate in zip(plan.buildings, fates, strict=True)]
    grid = local_grid(size, size, gsd)
    looks = [_Look.choose(plan, seed, 0 if same_light else date) for date in (0, 1)]
    pictures, roofs, covers = [], [], []
    for date, look in enumerate(looks):
        one = _as_of(plan, [s[date] for s in states], fates, date, seed)
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


def overcast(
    picture: Picture, share: float, rng: Generator, gsd: float
) -> tuple[Picture, NDArray[np.float32]]:
    """Let clouds drift over a picture, with their shadows.

    Args:
        picture: (3, H, W) uint8.
        share: of the picture under cloud.
        rng: of their shapes.
        gsd: metres per pixel.

    Returns:
        The picture, and how much cloud or shadow hides, (H, W) 0 to 1.
    """
    if share <= 0:
        return picture, np.zeros(picture.shape[1:], np.float32)
    shape = picture.shape[1:]
    # Wide billows with a little crumble, thickened softly where the field is highest.
    field = gaussian_filter(rng.standard_normal(shape), 45 / gsd * 0.5) * 45
    field += gaussian_filter(rng.standard_normal(shape), 12 / gsd * 0.5) * 3
    field /= field.std()
    low = np.quantile(field, 1 - share)
    thick = np.clip((field - low) / 0.5 + 0.5, 0, 1).astype(np.float32)
    turn, far = rng.uniform(0, 2 * math.pi), rng.uniform(60, 120) / gsd
    dark = shift(thick, (far * math.sin(turn), far * math.cos(turn)), order=1, mode="nearest")
    white = np.array([238, 240, 244], np.float32)[:, None, None]
    white = (
        white - 14 * gaussian_filter(rng.random(shape).astype(np.float32), 6)[None] * 6 * 0.2
    )
    ground = picture * (1 - 0.6 * dark * (1 - thick))
    out = ground * (1 - thick) + white * thick
    return np.clip(out + 0.5, 0, 255).astype(np.uint8), np.maximum(thick, dark)


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


def _states(b: Building, fate: str, rng: Generator) -> tuple[Building | None, Building | None]:
    """Give a building before and after; ``None`` where it does not exist."""
    if fate == "built":
        return None, b
    way = rng.random()
    if fate == "demolished":  # carried away, left as rubble, or stripped of its roof
        left = replace(b, stage="rubble" if way < 0.7 else "shell")
        return b, None if way < 0.4 else left
    if fate != "altered":
        return b, b
    if way < 0.5:  # cut short
        frame, width, _ = axes_of(ring_of(b.footprint))
        half = frame.shift(width * rng.uniform(-0.1, 0.1) - width / 2, 0).block(width, 200)
        rest = largest(b.footprint.intersection(half))
        other = replace(
            b, footprint=rest if rest.area > LEAST / 2 else scale(b.footprint, 0.6, 0.6)
        )
    else:
        skins = [skin for skin in SKINS if skin != b.skin]
        roof = "gable" if b.roof == "flat" else b.roof
        other = replace(b, skin=str(rng.choice(skins)), roof=roof)
    return (b, other) if rng.random() < 0.7 else (other, b)


def _as_of(
    plan: Plan,
    states: Sequence[Building | None],
    fates: Sequence[str],
    date: int,
    seed: int,
) -> Plan:
    """Give the plan of one date; where a building is missing, ground shows."""
    rng = np.random.default_rng([seed, 46])
    bare = []
    for b, state, fate in zip(plan.buildings, states, fates, strict=True):
        cover = str(rng.choice(["dust", "soil", "fresh", "grass", "dry"]))
        rim = float(rng.uniform(0.5, 4))
        stands = state is not None and state.stage == "roofed"
        if fate != "unchanged" and not stands and (date == 1 or rng.random() < 0.5):
            bare.append(
                Patch(
                    polygon=largest(b.footprint.buffer(rim)),
                    cover=cover,
                    soft=True,
                    disturbed=True,
                )
            )
    return replace(
        plan,
        buildings=tuple(s for s in states if s is not None),
        patches=(*plan.patches, *bare),
    )


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
        _hidden(roof if roof is not None else b.footprint, cover, gsd)
        for roof, cover in zip(roofs, covers, strict=True)
    ]
    return Fate(
        footprint=b.footprint, seen=(roofs[0], roofs[1]), kind=fate, clouded=max(clouded)
    )


def _hidden(shape: Polygon, cover: NDArray[np.float32], gsd: float) -> float:
    """Share of an outline where cloud or shadow is thick."""
    left, bottom, right, top = shape.bounds
    height, width = cover.shape
    x = np.clip(np.arange(int(left / gsd), int(right / gsd) + 1), 0, width - 1)
    y = np.clip(np.arange(int(-top / gsd), int(-bottom / gsd) + 1), 0, height - 1)
    cols, rows = np.meshgrid(x, y)
    inside = shapely.contains_xy(shape, (cols + 0.5) * gsd, -(rows + 0.5) * gsd)
    if not inside.any():
        return 1.0
    return float((cover[rows[inside], cols[inside]] > 0.4).mean())
