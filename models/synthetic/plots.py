"""Draw the small walled plots of families, and fill town blocks with them.

The commonest walled thing on Earth is a family's plot: a wall two metres high shared with the
neighbours, a gate to the street, a house that may itself stand in for the wall.  Many plots
are half walled, under construction or empty, and that is what teaches a net *closed*.

    block ring ──rows──► plots ──► walls, gate, house, yard ring, trees, cars

Source: the plots of Tripoli, Mekele, Kampala and Dubai as seen in the development set.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon

from models.synthetic.frame import Frame, after, area_of, axes_of, rows, shrink
from models.synthetic.houses import Manner, house
from models.synthetic.scatter import car, litter, scatter
from models.synthetic.shapes import Compound, Patch, Ring, Sketch, Wall
from models.synthetic.walls import wall_ring


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
