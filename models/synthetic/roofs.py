"""Take a building apart into flat pieces at their heights, as light and sensor meet them.

A flat roof is a parapet with a lower floor inside, a stair head, tanks, cooling boxes; a
pitched one is lit differently on each side of its ridge; rooms without a roof are walls about
dark floors.  Pieces are painted in order, so a lower floor covers the middle of its parapet.

    Building ──► [Piece: outline, top in metres, colour, pattern]

Source: roofs of the Tripoli and Kampala tiles at four times enlargement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from shapely.geometry import Point, Polygon

from models.synthetic.frame import Frame, axes_of, ring_of
from models.synthetic.materials import ROOFS, Colour, Palette, from_bytes, mix, shake
from models.synthetic.shapes import Building
from models.synthetic.sun import Light


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How a piece's brightness varies: two slopes about a ridge, and ribs across it."""

    x: float = 0.0
    y: float = 0.0
    """A point of the ridge, metres."""
    across_x: float = 1.0
    across_y: float = 0.0
    """Unit vector across the ridge."""
    here: float = 1.0
    """Brightness on the side that ``across`` points to."""
    there: float = 1.0
    """Brightness on the other side."""
    hip: float = 1e6
    """Half the length of the ridge; beyond it the ends slope (hip roofs)."""
    end: float = 1.0
    """Brightness of the ends."""
    ribs: float = 0.0
    """Amplitude of corrugation."""
    pitch: float = 1.0
    """Metres between ribs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One level piece of a structure."""

    polygon: Polygon
    top: float
    """Metres above ground."""
    colour: Colour
    pattern: Pattern | None = None
    grime: float = 0.06
    """Amplitude of stains."""
    facade: bool = False
    """Whether its sides show when the picture leans."""


def pieces_of(
    building: Building, rng: Generator, palette: Palette, light: Light
) -> list[Piece]:
    """Take one building apart."""
    if building.stage in {"shell", "foundation"}:
        return _rooms(building, rng, palette)
    if building.stage == "rubble":
        return _rubble(building, rng, palette)
    skin = shake(from_bytes(ROOFS[building.skin]), rng, hue=0.015, light=0.09)
    if building.skin in {"concrete", "white"}:
        skin = mix(skin, palette.colour[palette.number("dust")], rng.uniform(0, 0.45))
    if building.roof == "flat":
        return _flat(building, rng, palette, skin)
    return [_pitched(building, rng, light, skin)]


def _flat(b: Building, rng: Generator, palette: Palette, skin: Colour) -> list[Piece]:
    rim = rng.uniform(0.25, 0.45)
    floor = b.footprint.buffer(-rim, join_style="mitre")
    edge = mix(skin, palette.walls[1], 0.6) * np.float32(rng.uniform(0.92, 1.08))
    high = rng.uniform(0.25, 1.1) if rng.random() < 0.85 else 0.05
    pieces = [Piece(polygon=b.footprint, top=b.height + high, colour=edge, facade=True)]
    if floor.is_empty or floor.geom_type != "Polygon":
        return pieces
    pieces.append(
        Piece(polygon=floor, top=b.height, colour=skin, grime=rng.uniform(0.03, 0.14))
    )
    frame, width, depth = axes_of(ring_of(b.footprint))
    if min(width, depth) > 5:
        pieces += _clutter(b, (frame, width, depth), rng, skin)
    return pieces


def _clutter(
    b: Building, room: tuple[Frame, float, float], rng: Generator, skin: Colour
) -> list[Piece]:
    """Put stair heads, tanks, cooling boxes and solar panels on a flat roof."""
    frame, width, depth = room
    pieces: list[Piece] = []
    inner = b.footprint.buffer(-0.8)
    for u in np.arange(-width / 2 + 6, width / 2 - 4, max(14.0, width / 4)):
        if rng.random() < 0.6:
            at = frame.shift(float(u), float(rng.uniform(-0.25, 0.25) * depth))
            pieces.append(
                Piece(
                    polygon=at.block(rng.uniform(2.5, 4.5), rng.uniform(2.2, 3.6)),
                    top=b.height + rng.uniform(1.8, 2.8),
                    colour=skin * 1.03,
                )
            )
    many = min(24, int(rng.poisson(width * depth / 85)))
    for _ in range(many):
        at = frame.shift(*(rng.uniform(-0.46, 0.46, 2) * (width, depth)))
        kind = rng.random()
        if kind < 0.45:
            shade = float(rng.choice([0.9, 0.75, 0.2, 0.5]))
            shape, up = Point(at.x, at.y).buffer(rng.uniform(0.5, 0.9), quad_segs=2), 1.5
            colour = np.full(3, shade, np.float32)
        elif kind < 0.85:
            shape, up, colour = at.block(1.1, 0.9), 0.9, np.full(3, 0.7, np.float32)
        else:
            shape, up = at.block(rng.uniform(2, 5), 1.8), 0.4
            colour = np.array([0.16, 0.19, 0.28], np.float32)
        pieces.append(Piece(polygon=shape, top=b.height + up, colour=colour))
    return [p for p in pieces if inner.contains(p.polygon)]


def _pitched(b: Building, rng: Generator, light: Light, skin: Colour) -> Piece:
    """Light the two or four slopes of a pitched roof."""
    frame, width, depth = axes_of(ring_of(b.footprint))
    tilt = {"shed": 5.0, "gable": rng.uniform(8, 24), "hip": rng.uniform(16, 28)}[b.roof]
    turn = math.radians(frame.angle)
    across = (-math.sin(turn), math.cos(turn))
    facing = math.degrees(math.atan2(*across))
    here, there = light.on_slope(tilt, facing), light.on_slope(tilt, facing + 180)
    if b.roof == "shed":
        there = here
    end = (light.on_slope(tilt, facing + 90) + light.on_slope(tilt, facing - 90)) / 2
    ribs = rng.uniform(0, 0.05) if b.skin not in {"tile", "brown"} else 0.02
    pattern = Pattern(
        x=frame.x,
        y=frame.y,
        across_x=across[0],
        across_y=across[1],
        here=here,
        there=there,
        end=end,
        ribs=ribs,
        hip=max(0.5, width / 2 - depth / 2) if b.roof == "hip" else 1e6,
        pitch=rng.uniform(0.9, 2.2),
    )
    grime = 0.16 if b.skin == "rust" else rng.uniform(0.02, 0.08)
    return Piece(
        polygon=b.footprint,
        top=b.height + 0.4 * depth / 2 * math.tan(math.radians(tilt)),
        colour=skin,
        pattern=pattern,
        grime=grime,
        facade=True,
    )


def _rooms(b: Building, rng: Generator, palette: Palette) -> list[Piece]:
    """Show the walls of rooms, or the strips of a foundation, about open floors."""
    soil, grey = palette.colour[palette.number("soil")], palette.walls[2]
    strips = soil * 0.72 if b.stage == "foundation" and rng.random() < 0.5 else grey * 0.92
    pieces = [Piece(polygon=b.footprint, top=b.height, colour=strips, facade=True)]
    frame, width, depth = axes_of(ring_of(b.footprint))
    cols, lines = (
        max(1, round(width / rng.uniform(3.2, 5))),
        max(1, round(depth / rng.uniform(3.2, 5))),
    )
    floor = (
        soil * rng.uniform(0.85, 1.05)
        if b.stage == "foundation"
        else mix(soil, grey, 0.5) * 0.9
    )
    t = 0.35 if b.stage == "shell" else 0.5
    for i in range(cols):
        for j in range(lines):
            u, v = -width / 2 + width * i / cols, -depth / 2 + depth * j / lines
            cell = frame.box(u + t, v + t, u + width / cols - t, v + depth / lines - t)
            if b.footprint.contains(cell) and cell.is_valid:
                pieces.append(Piece(polygon=cell, top=0.1, colour=floor.astype(np.float32)))
    return pieces


def _rubble(b: Building, rng: Generator, palette: Palette) -> list[Piece]:
    """Leave heaps of grey and soil where a building stood."""
    pieces = []
    frame, width, depth = axes_of(ring_of(b.footprint))
    for _ in range(int(width * depth / 6)):
        u, v = rng.normal(0, 0.3, 2) * (width, depth)
        at = frame.shift(u, v, rng.uniform(0, 90))
        size = rng.uniform(0.6, 3.2, 2)
        colour = mix(palette.walls[2], palette.colour[palette.number("dust")], rng.random())
        pieces.append(
            Piece(
                polygon=at.block(*size),
                top=rng.uniform(0.3, 1.6),
                colour=colour * np.float32(rng.uniform(0.75, 1.1)),
            )
        )
    return pieces
