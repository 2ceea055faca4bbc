"""Stand walls, buildings and cars on the ground, as sun and a leaning sensor see them.

Every structure is flat pieces at known heights.  A piece is painted where the lean puts its
top; the faces turned to the sensor are painted before it; taller groups cover lower ones.

    Plan ──► Structures (pieces, faces, tables) ──window──► numbers, heights (H, W) ──► colours

Source: the painter's algorithm, from the ground up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry import box

from models.synthetic.materials import Palette
from models.synthetic.noise import Noise, Surface, Window
from models.synthetic.paint import burn
from models.synthetic.roofs import Pattern, Piece, pieces_of
from models.synthetic.shapes import Plan, Prop, Wall
from models.synthetic.sun import Light

THIN = 0.3
"""Metres.  A thinner wall is burnt this thick, or it would fall between fine pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structures:
    """All pieces and faces of a place, in painting order."""

    ground: NDArray[np.object_]
    """(N,) outlines where they stand."""
    seen: NDArray[np.object_]
    """(N,) outlines where the lean puts them."""
    top: Surface
    """(N,) metres; 0 for a face."""
    face: NDArray[np.bool_]
    """(N,) whether it is an upright face."""
    colour: Surface
    """(N, 3)."""
    grime: Surface
    """(N,)."""
    pattern: Surface
    """(N, 10), the fields of ``Pattern``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Structures as burnt into one window."""

    heights: Surface
    """(H, W) metres above ground where things stand."""
    number: NDArray[np.int32]
    """(H, W) piece seen, from 1; 0 for ground."""


def make_structures(plan: Plan, palette: Palette, light: Light, rng: Generator) -> Structures:
    """Take the whole plan apart, once a scene."""
    groups: list[tuple[float, list[Piece]]] = []
    plaster = palette.walls[rng.permutation(4)[:2]]
    for wall in plan.walls:
        if wall.bars:
            piece = wall_piece(wall, plaster[int(rng.random() < 0.2)], rng)
            groups.append((wall.height, [piece]))
    groups += [(p.height, [prop_piece(p)]) for p in plan.props]
    groups += [(b.height + 1, pieces_of(b, rng, palette, light)) for b in plan.buildings]
    order = sorted(range(len(groups)), key=lambda i: groups[i][0])
    pieces = [piece for i in order for piece in groups[i][1]]
    return lay_out(pieces, light, palette, rng)


def prop_piece(prop: Prop) -> Piece:
    """Give the piece of a tank, a lorry, a tower."""
    return Piece(
        polygon=prop.polygon, top=prop.height, colour=np.array(prop.colour, np.float32)
    )


def wall_piece(wall: Wall, colour: NDArray[np.float32], rng: Generator) -> Piece:
    """Give the piece of a wall, a fence or a gate, about as it is coloured."""
    thick = max(wall.thickness, THIN)
    shape = wall.line.buffer(thick / 2, cap_style="square", join_style="mitre")
    if wall.kind == "gate":
        tint = rng.uniform(0.15, 0.7, 3) * 0.5 + 0.15
        colour = tint.astype(np.float32)
    if wall.kind == "fence":
        colour = colour * np.float32(0.75)
    return Piece(
        polygon=shape,
        top=wall.height,
        colour=colour * np.float32(rng.normal(1, 0.05)),
        facade=wall.kind != "fence",
    )


def lay_out(pieces: list[Piece], light: Light, palette: Palette, rng: Generator) -> Structures:
    """Lay pieces and their faces out as arrays, each face just before its piece."""
    shapes = np.array([p.polygon for p in pieces], object)
    tops = np.array([p.top for p in pieces], np.float32)
    lean = np.array([light.lean_x, light.lean_y])
    coords, owner = shapely.get_coordinates(shapes, return_index=True)
    moved = shapely.set_coordinates(shapes.copy(), coords + lean * tops[owner, None])
    rank = np.arange(len(pieces), dtype=float)
    colour = np.array([p.colour for p in pieces], np.float32).reshape(-1, 3)
    pattern = np.array([_row(p.pattern) for p in pieces], np.float32).reshape(-1, 10)
    grime = np.array([p.grime for p in pieces], np.float32)
    quads, whose, light_of, normal = _faces(pieces, light)
    plaster = palette.walls[rng.integers(0, 4, len(pieces))]
    walls = (colour * 0.5 + plaster * 0.5)[whose] * light_of[:, None]
    face_rows = np.tile(np.array(_row(None), np.float32), (len(quads), 1))
    if len(quads):
        face_rows[:, 0:2] = shapely.get_coordinates(
            shapely.get_point(shapely.get_exterior_ring(quads), 0)
        )
        face_rows[:, 2:4] = normal
        face_rows[:, 8] = np.where(tops[whose] > 4.5, rng.uniform(0.02, 0.16), 0.0)
        face_rows[:, 9] = 3.0
    order = np.argsort(np.concatenate([rank, whose - 0.5]), kind="stable")
    return Structures(
        ground=np.concatenate([shapes, quads])[order],
        seen=np.concatenate([moved, quads])[order],
        top=np.concatenate([tops, np.zeros(len(quads), np.float32)])[order],
        face=np.concatenate([np.zeros(len(pieces), bool), np.ones(len(quads), bool)])[order],
        colour=np.concatenate([colour, walls.astype(np.float32)])[order],
        grime=np.concatenate([grime, np.full(len(quads), 0.08, np.float32)])[order],
        pattern=np.concatenate([pattern, face_rows])[order],
    )


def _row(pattern: Pattern | None) -> list[float]:
    p = pattern or Pattern()
    return [p.x, p.y, p.across_x, p.across_y, p.here, p.there, p.hip, p.end, p.ribs, p.pitch]


def _faces(
    pieces: list[Piece], light: Light
) -> tuple[NDArray[np.object_], NDArray[np.int64], Surface, Surface]:
    """Raise the faces that the sensor sees.

    Returns:
        quads, the piece each belongs to, its brightness, its outward normal (M, 2).
    """
    lean = np.array([light.lean_x, light.lean_y])
    empty = np.zeros(0, np.int64)
    none = (np.array([], object), empty, np.zeros(0, np.float32), np.zeros((0, 2), np.float32))
    if math.hypot(*lean) < 1e-6:
        return none
    starts, ends, whose = [], [], []
    for i, piece in enumerate(pieces):
        if piece.facade:
            ring = np.asarray(piece.polygon.exterior.coords)
            ring = ring if piece.polygon.exterior.is_ccw else ring[::-1]
            starts.append(ring[:-1])
            ends.append(ring[1:])
            whose.append(np.full(len(ring) - 1, i))
    if not starts:
        return none
    a, b, owner = np.concatenate(starts), np.concatenate(ends), np.concatenate(whose)
    along = b - a
    normal = np.stack([along[:, 1], -along[:, 0]], 1)
    normal /= np.maximum(np.hypot(*normal.T), 1e-9)[:, None]
    shown = normal @ lean < -1e-9
    a, b, owner, normal = a[shown], b[shown], owner[shown], normal[shown]
    rise = lean * np.array([pieces[i].top for i in owner])[:, None]
    quads = np.asarray(shapely.polygons(np.stack([a, b, b + rise, a + rise], 1)), object)
    facing = np.degrees(np.arctan2(normal[:, 0], normal[:, 1]))
    bright = np.array([min(1.25, light.on_slope(90, f)) for f in facing], np.float32)
    return quads, owner, bright, normal.astype(np.float32)


def stand(structures: Structures, window: Window) -> Standing:
    """Burn heights where things stand and numbers where they are seen."""
    right, low = window.left + window.cols * window.step, window.top - window.rows * window.step
    view = box(window.left, low, right, window.top)
    solid = ~structures.face & shapely.intersects(structures.ground, view)
    at = np.flatnonzero(solid)
    standing = burn(((structures.ground[i], int(i) + 1) for i in at), window)
    table = np.concatenate([[0], structures.top]).astype(np.float32)
    heights = table[standing]
    if not structures.face.any():
        return Standing(heights=heights, number=standing)
    shown = np.flatnonzero(shapely.intersects(structures.seen, view))
    number = burn(((structures.seen[i], int(i) + 1) for i in shown), window)
    return Standing(heights=heights, number=number)


def paint_structures(
    picture: Surface, standing: Standing, structures: Structures, noise: Noise, window: Window
) -> None:
    """Paint what is seen of every structure over the ground, in place."""
    rows, cols = np.nonzero(standing.number)
    if len(rows) == 0:
        return
    number = standing.number[rows, cols] - 1
    x, y = window.grid()
    p = structures.pattern
    dx, dy = x[0, cols] - p[number, 0], y[rows, 0] - p[number, 1]
    ax, ay = p[number, 2], p[number, 3]
    across, along = dx * ax + dy * ay, dy * ax - dx * ay
    shade = np.where(across > 0, p[number, 4], p[number, 5])
    past = np.abs(along) - p[number, 6]
    shade = np.where(past > np.abs(across), p[number, 7], shade)
    ribs = p[number, 8]
    wave = np.flatnonzero(ribs)
    turn = along[wave] * np.float32(2 * np.pi) / p[number[wave], 9]
    shade[wave] += ribs[wave] * np.cos(turn)
    stain = noise.field(11, (9, 1.0), window)[rows, cols]
    stain += 0.35 * noise.grain(12, window)[rows, cols]
    shade *= 1 + structures.grime[number] * stain
    for band in range(3):
        picture[band, rows, cols] = structures.colour[number, band] * shade
