"""Draw houses and the small walled plots they stand on.

The commonest walled thing on Earth is a family's plot: a wall two metres high shared with the
neighbours, a gate to the street, a house that may itself stand in for the wall.  Many plots
are half walled, under construction or empty, and that is what teaches a net *closed*.

    block ring ──rows──► plots ──► walls, gate, house, yard ring, trees, cars

Source: the plots of Tripoli, Mekele, Kampala and Dubai as seen in the development set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon

from models.synthetic.frame import Frame, after, area_of, axes_of, rows, shrink
from models.synthetic.shapes import (
    Building,
    Compound,
    Patch,
    Prop,
    Ring,
    Sketch,
    Tree,
    Wall,
    largest,
)

CARS = (
    (0.92, 0.92, 0.92),
    (0.8, 0.8, 0.8),
    (0.95, 0.95, 0.95),
    (0.15, 0.15, 0.17),
    (0.4, 0.4, 0.42),
    (0.45, 0.2, 0.18),
    (0.15, 0.2, 0.4),
    (0.85, 0.84, 0.8),
)
"""Paint of cars: mostly white and grey."""


SPECIES = (*[0] * 10, *[1] * 5, *[2] * 2, *[3] * 3)
"""Trees as one meets them: half broadleaf, a quarter dark, few palms, some shrubs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How people build here."""

    roofs: tuple[tuple[str, str], ...]
    """Pairs of roof and skin, repeated when common."""

    storeys: tuple[float, float] = (1, 3)
    """Fewest and most."""

    walled: float = 0.8
    """Share of plots with any wall."""

    whole: float = 0.72
    """Share of those whose wall has no missing stretch."""

    wall_height: float = 2.2
    """Metres."""

    green: float = 0.3
    """Trees and gardens, 0 to 1."""

    stepped: bool = True
    """Outlines with wings and recesses rather than plain boxes."""


def pick(rng: Generator, options: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Choose a roof and its skin."""
    return options[int(rng.integers(len(options)))]


def house(at: Frame, size: tuple[float, float], rng: Generator, manner: Manner) -> Building:
    """Draw one house about the origin of a frame."""
    width, depth = size
    roof, skin = pick(rng, manner.roofs)
    shape = at.block(width, depth)
    if manner.stepped and roof == "flat" and min(size) > 7:
        shape = _stepped(at, size, rng)
    elif roof in {"gable", "hip"} and min(size) > 7 and rng.random() < 0.3:
        wing = at.box(-width / 2, -depth * 0.75, -width / 2 + width * 0.45, depth / 2)
        shape = largest(shapely.union(shape, wing))
    storeys = int(rng.integers(int(manner.storeys[0]), int(manner.storeys[1]) + 1))
    stage = "roofed" if rng.random() < 0.95 else "shell"
    return Building(
        footprint=shape,
        height=storeys * rng.uniform(2.9, 3.4) + rng.uniform(0, 0.6),
        roof=roof,
        skin=skin,
        stage=stage if roof == "flat" else "roofed",
    )


def _stepped(at: Frame, size: tuple[float, float], rng: Generator) -> Polygon:
    """Bite one to three corners off a box and push a bay out of one side."""
    width, depth = size
    shape = at.block(width, depth)
    for _ in range(int(rng.integers(1, 4))):
        u, v = rng.choice([-1, 1], 2) * (width / 2, depth / 2)
        a, b = rng.uniform(0.12, 0.42, 2) * size
        beyond_u, beyond_v = u + math.copysign(1, u), v + math.copysign(1, v)
        inner_u, inner_v = u - math.copysign(a, u), v - math.copysign(b, v)
        (west, east), (south, north) = sorted((inner_u, beyond_u)), sorted((inner_v, beyond_v))
        bite = at.box(west, south, east, north)
        shape = largest(shapely.difference(shape, bite))
    if rng.random() < 0.4:
        bay = at.box(-width * 0.15, depth * 0.4, width * 0.2, depth * 0.5 + rng.uniform(1, 2))
        shape = largest(shapely.union(shape, bay))
    return shape


def car(at: Frame, rng: Generator, *, lorry: float = 0.08) -> Prop:
    """Park a car, with a chance a lorry, along the frame."""
    long = rng.uniform(4.0, 5.2) if rng.random() >= lorry else rng.uniform(7, 12)
    colour = CARS[int(rng.integers(len(CARS)))]
    return Prop(
        polygon=at.block(long, 1.9 if long < 6 else 2.5),
        height=1.5 if long < 6 else 3,
        colour=colour,
    )


def tree(x: float, y: float, rng: Generator, *, size: float = 1.0, species: int = -1) -> Tree:
    """Plant a tree."""
    radius = float(min(max(rng.lognormal(0.75, 0.4), 0.8), 7)) * size
    kind = SPECIES[int(rng.integers(len(SPECIES)))] if species < 0 else species
    return Tree(x, y, radius, radius * rng.uniform(1.1, 2.2), kind)


def scatter(ring: Ring, rng: Generator, *, every: float, size: float = 1.0) -> list[Tree]:
    """Plant about one tree per ``every`` square metres of a convex ring, at random."""
    count = int(rng.poisson(max(0.0, area_of(ring)) / every))
    return [tree(float(x), float(y), rng, size=size) for x, y in inside(ring, count, rng)]


def litter(ring: Ring, rng: Generator, *, every: float) -> list[Prop]:
    """Leave small things about: boxes, heaps, drums, sheets of iron."""
    found = []
    for x, y in inside(ring, int(rng.poisson(area_of(ring) / every)), rng):
        shade = float(rng.choice([0.2, 0.35, 0.55, 0.75, 0.95]))
        colour = tuple(float(c) for c in np.clip(shade + rng.normal(0, 0.05, 3), 0.05, 1))
        box = Frame(float(x), float(y), rng.uniform(0, 180)).block(*rng.uniform(0.5, 2.2, 2))
        found.append(Prop(polygon=box, height=rng.uniform(0.3, 1.2), colour=colour[:3]))  # type: ignore[arg-type]
    return found


def inside(ring: Ring, count: int, rng: Generator) -> Ring:
    """Choose random points of a convex ring; fewer than asked where the ring is lean."""
    points = rng.uniform(ring.min(0), ring.max(0), (count * 3 + 24, 2))
    ok = np.ones(len(points), bool)
    for a, b in zip(ring, after(ring), strict=True):
        along = b - a
        ok &= (points - a) @ np.array([-along[1], along[0]]) > 0
    chosen: Ring = points[ok][:count]
    return chosen


def wall_ring(
    ring: Ring,
    rng: Generator,
    style: Wall,
    *,
    gate: tuple[int, float, float] | None,
    missing: list[tuple[int, float, float]],
) -> list[Wall]:
    """Build a wall along a ring.

    Args:
        ring: (N, 2).
        rng: whether the gate has a leaf.
        style: height, thickness and kind of every stretch.
        gate: edge, where along it (0 to 1) and width in metres; ``None`` for no gate.
        missing: edge, from and to along it (0 to 1): stretches never built or fallen.
    """
    walls: list[Wall] = []
    for i, (a, b) in enumerate(zip(ring, after(ring), strict=True)):
        long = math.dist(a, b)
        holes = [(s, e) for edge, s, e in missing if edge == i]
        if gate and gate[0] == i:
            half = gate[2] / 2 / max(long, 0.1)
            holes.append((gate[1] - half, gate[1] + half))
            if rng.random() < 0.5:
                ends = [a + (b - a) * t for t in holes[-1]]
                walls.append(
                    Wall(
                        line=LineString(ends),
                        height=style.height * 0.9,
                        thickness=0.12,
                        kind="gate",
                    )
                )
        at = 0.0
        for s, e in [*sorted(holes), (1.0, 1.0)]:
            if (s - at) * long > 0.6:
                line = LineString([a + (b - a) * at, a + (b - a) * s])
                walls.append(
                    Wall(
                        line=line,
                        height=style.height,
                        thickness=style.thickness,
                        kind=style.kind,
                    )
                )
            at = max(at, e)
    return walls


def block(ring: Ring, rng: Generator, manner: Manner, *, width: float = 22) -> Sketch:
    """Fill a town block with plots, walled and not; shared walls are built once."""
    sheet = Sketch()
    deep = axes_of(ring)[2] > 30
    taken: list[shapely.Geometry] = []
    for plot in rows(ring, rng, width=width, deep=deep):
        if area_of(plot) < 90 or axes_of(plot)[2] < 8:
            continue
        one = _plot(plot, ring, rng, manner)
        strips = np.array(taken, object)
        near = strips[shapely.intersects(strips, Polygon(plot))] if taken else strips
        taken += [w.line.buffer(0.4, cap_style="flat") for w in one.walls]
        if len(near):
            seen = shapely.union_all(near)
            one.walls[:] = [w for wall in one.walls for w in _unshared(wall, seen)]
        sheet.add(one)
    return sheet


def _unshared(wall: Wall, seen: shapely.Geometry) -> list[Wall]:
    """Leave out what a neighbour has built."""
    rest = shapely.get_parts(shapely.difference(wall.line, seen))
    return [
        Wall(line=part, height=wall.height, thickness=wall.thickness, kind=wall.kind)
        for part in rest
        if part.length > 0.8
    ]


def _plot(plot: Ring, outer: Ring, rng: Generator, manner: Manner) -> Sketch:
    """Draw one family's plot."""
    sheet = Sketch()
    frame, width, depth = axes_of(plot)
    state = str(rng.choice(["built", "garden", "empty", "works"], p=[0.68, 0.12, 0.16, 0.04]))
    _plot_ground(sheet, plot, state, rng, manner)
    _plot_walls(sheet, plot, outer, rng, manner)
    inner = shrink(plot, 1.0 if rng.random() < 0.3 else rng.uniform(1.5, 4))
    if state == "built" and len(inner):
        _plot_house(sheet, axes_of(inner), rng, manner)
    elif state == "works" and min(width, depth) > 12:
        size = (min(width - 5, rng.uniform(8, 16)), min(depth - 5, rng.uniform(8, 13)))
        stage = str(rng.choice(["foundation", "shell"]))
        sheet.build(
            frame.block(*size), stage=stage, height=0.7 if stage == "foundation" else 3.2
        )
    dense = {"garden": 40, "built": 130, "empty": 300, "works": 500}[state]
    sheet.trees.extend(scatter(plot, rng, every=dense / (0.3 + manner.green), size=0.8))
    sheet.props.extend(litter(plot, rng, every=rng.uniform(120, 900)))
    if rng.random() < 0.35:
        sheet.props.append(car(frame.shift(width * 0.35, 0, rng.choice([0, 90])), rng, lorry=0))
    return sheet


def _plot_ground(sheet: Sketch, plot: Ring, state: str, rng: Generator, manner: Manner) -> None:
    """Cover a plot: mostly with what lies around it, so that its wall is the only clue."""
    lush = rng.random() < manner.green
    if state == "works":
        fresh = Patch(polygon=Polygon(plot), cover="fresh", disturbed=True, soft=True)
        sheet.patches.append(fresh)
    elif state == "garden" and rng.random() < 0.6:
        cover = "grass" if lush else str(rng.choice(["scrub", "dry", "crop0", "crop1"]))
        sheet.lay(Polygon(plot), cover=cover)
    elif rng.random() < 0.45:
        trodden = shrink(plot, rng.uniform(0.2, 4))
        cover = str(rng.choice(["yard", "paving", "soil", "dust", "concrete", "scrub", "dry"]))
        cover = "grass" if lush and rng.random() < 0.45 else cover
        made = cover in {"paving", "concrete"}
        if len(trodden):
            sheet.lay(Polygon(trodden), cover=cover, soft=not made)


def _plot_walls(sheet: Sketch, plot: Ring, outer: Ring, rng: Generator, manner: Manner) -> None:
    """Wall a plot, with a gate to the street and sometimes a stretch missing."""
    if rng.random() > manner.walled:
        return
    street = _street_edges(plot, outer)
    edges = list(range(len(plot)))
    front = int(rng.choice(street)) if street else int(rng.choice(edges))
    long = math.dist(plot[front], plot[(front + 1) % len(plot)])
    width = min(rng.uniform(3, 5), long * 0.7)
    gate = (front, float(rng.uniform(0.25, 0.75)), width) if rng.random() < 0.9 else None
    missing: list[tuple[int, float, float]] = []
    if rng.random() > manner.whole:
        for edge in rng.choice(
            edges, size=min(len(edges), int(rng.integers(1, 4))), replace=False
        ):
            start = float(rng.choice([0, rng.uniform(0, 0.6)]))
            missing.append(
                (int(edge), start, min(1.0, start + float(rng.choice([1, 0.6, 0.35]))))
            )
    style = Wall(
        line=LineString([(0, 0), (1, 0)]),
        height=manner.wall_height * (0.45 if rng.random() < 0.15 else rng.uniform(0.8, 1.25)),
        thickness=float(rng.choice([0.2, 0.25, 0.3, 0.4])),
        kind="fence" if rng.random() < 0.06 else "wall",
    )
    sheet.walls.extend(wall_ring(plot, rng, style, gate=gate, missing=missing))
    sheet.rings.append((Polygon(plot), int(gate is not None)))
    sheet.compounds.append(
        Compound(kind="plot", outline=Polygon(plot), gates=int(gate is not None))
    )


def _street_edges(plot: Ring, outer: Ring) -> list[int]:
    """Find the edges of a plot that lie on the rim of its block."""
    rim = Polygon(outer).exterior
    mids = (plot + after(plot)) / 2
    away = shapely.distance(rim, shapely.points(mids))
    return [int(i) for i in np.flatnonzero(away < 0.6)]


def _plot_house(
    sheet: Sketch, room: tuple[Frame, float, float], rng: Generator, manner: Manner
) -> None:
    """Put a house, sometimes a second, on the free part of a plot."""
    frame, width, depth = room
    w = float(np.clip(width * rng.uniform(0.4, 0.9), 6, 22))
    d = float(np.clip(depth * rng.uniform(0.45, 0.95), 6, 18))
    if w > width or d > depth:
        w, d = min(w, width), min(d, depth)
    if min(w, d) < 4:
        return
    u, v = rng.uniform(-0.5, 0.5, 2) * (width - w, depth - d)
    sheet.buildings.append(house(frame.shift(u, v), (w, d), rng, manner))
    free = (width - w) / 2 + abs(u)
    if free > 6 and rng.random() < 0.45:
        hut = frame.shift(
            -math.copysign(width / 2 - 2.2, u or 1), rng.uniform(-0.3, 0.3) * depth
        )
        skin = str(rng.choice(["tin", "rust", "concrete", "blue"]))
        sheet.build(
            hut.block(3.6, rng.uniform(3, 7)), height=2.6, roof="shed", skin=skin, use="hut"
        )
