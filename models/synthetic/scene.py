"""Draw one scene: a plan, its picture, its exact labels.

    kind, seed ──► Plan ──► view (fine) ──► pool, degrade ──► picture (3, H, W)
                     └────► labels (H, W) of every head, vectors

The same seed gives the same pixels.  Labels come from the plan: what a crown or a roof hides is
still labelled, and a wall that cannot be seen is still a wall.

Source: the heads of the shipped net (docs/model-card.md), the project's own choice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.grid import Grid, local_grid
from geo.types import Picture
from models.synthetic.degrade import Sensor, degrade, make_sensor, pool
from models.synthetic.labels import draw_labels
from models.synthetic.materials import make_palette
from models.synthetic.noise import Noise, Surface, Window
from models.synthetic.plan import make_plan
from models.synthetic.regions import REGIONS
from models.synthetic.shapes import Plan
from models.synthetic.structures import make_structures
from models.synthetic.sun import Light, make_light
from models.synthetic.view import Look, view

FINE = 0.27
"""Metres.  Pictures are painted at about this step or finer, so that a wall is a thin thing."""

BLOCK = 1024
"""Output pixels a side that are painted at once; memory follows this, not the scene."""

FARTHEST = 120.0
"""Metres beyond a block from which shadows and leaning towers come in, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One drawn scene with everything that is true about it."""

    picture: Picture
    """(3, H, W) uint8."""
    labels: Mapping[str, NDArray[np.uint8]]
    """Head to (H, W) uint8 of 0 and 1, in the order of the heads."""
    plan: Plan
    """The vectors: walls, yards, buildings, compounds with kinds, in the grid's metres."""
    grid: Grid
    """Local metres: x right, y up, origin at the top-left corner."""
    light: Light
    """Sun and lean."""
    sensor: Sensor
    """What the picture went through."""
    gsd: float
    """Metres per pixel."""


def draw_scene(kind: str = "mix", *, seed: int, gsd: float = 0.5, size: int = 1024) -> Drawn:
    """Draw a square scene.

    Args:
        kind: one of ``plan.KINDS``.
        seed: the same seed gives the same pixels.
        gsd: metres per pixel, 0.3 to 1.2 is what the net will meet.
        size: pixels a side.

    Raises:
        InputError: nobody can draw this kind.
        UnitsError: ``gsd`` is not a positive number.
    """
    grid = local_grid(size, size, gsd)
    plan = make_plan(
        kind, np.random.default_rng([seed, *kind.encode()]), size * gsd, size * gsd
    )
    return draw_plan(plan, grid, seed=seed)


def draw_plan(
    plan: Plan,
    grid: Grid,
    *,
    seed: int,
    date: int = 0,
    climate: str | None = None,
    sensor: Sensor | None = None,
) -> Drawn:
    """Draw a plan as one acquisition sees it.

    Args:
        plan: what is there.
        grid: local metres; its first pixel lies at 0, 0.
        seed: of the look.
        date: another date is another look at the same plan.
        climate: one of ``materials.CLIMATES``; chosen from the region's when not given.
        sensor: what the picture goes through; chosen when not given.
    """
    gsd = float(grid.affine.a)
    rng = np.random.default_rng([seed, 1, date])
    chosen = str(rng.choice(REGIONS[plan.region].climates))
    palette = make_palette(climate or chosen, rng)
    light, usual = make_light(rng), make_sensor(rng)
    sensor = sensor or usual
    look = Look(
        palette=palette,
        light=light,
        noise=Noise((seed, 2)),
        structures=make_structures(plan, palette, light, np.random.default_rng([seed, 3])),
    )
    rows, cols = grid.shape
    clean = _expose(plan, look, (rows, cols), gsd)
    return Drawn(
        picture=degrade(clean, sensor, np.random.default_rng([seed, 4, date])),
        labels=draw_labels(plan, light, (rows, cols), gsd),
        plan=plan,
        grid=grid,
        light=light,
        sensor=sensor,
        gsd=gsd,
    )


def _expose(plan: Plan, look: Look, shape: tuple[int, int], gsd: float) -> Surface:
    """Paint block by block and average to the output's pixels, (3, H, W)."""
    factor = max(2, round(gsd / FINE))
    clean = np.empty((3, *shape), np.float32)
    whole = max(shape) <= BLOCK
    halo = 0 if whole else math.ceil(_reach(look) / gsd)
    for r in range(0, shape[0], BLOCK):
        for c in range(0, shape[1], BLOCK):
            h, w = min(BLOCK, shape[0] - r), min(BLOCK, shape[1] - c)
            window = Window(
                left=(c - halo) * gsd,
                top=-(r - halo) * gsd,
                rows=(h + 2 * halo) * factor,
                cols=(w + 2 * halo) * factor,
                step=gsd / factor,
            )
            part = pool(view(plan, look, window), factor)
            clean[:, r : r + h, c : c + w] = part[:, halo : halo + h, halo : halo + w]
    return clean


def _reach(look: Look) -> float:
    """Tell how far, in metres, anything here throws its shadow or leans."""
    tallest = float(look.structures.top.max(initial=12.0))
    throw = max(
        math.hypot(*look.light.shadow), math.hypot(look.light.lean_x, look.light.lean_y)
    )
    return min(FARTHEST, tallest * throw + 2)
