"""Scatter over the ground what stands about everywhere: trees, cars, small things.

    ring, rng ──► points inside ──► Tree …, Prop …

Rings are convex, and points are chosen with no regard to what stands there already.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.synthetic.frame import Frame, after, area_of
from models.synthetic.shapes import Prop, Ring, Tree

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
