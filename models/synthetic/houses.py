"""Draw houses as people of a country build them.

    place, size, manner ──► roof, wings and recesses, storeys ──► Building

Source: the houses of Tripoli, Mekele, Kampala and Dubai as seen in the development set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import shapely
from numpy.random import Generator
from shapely.geometry import Polygon

from models.synthetic.frame import Frame
from models.synthetic.shapes import Building, largest


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
