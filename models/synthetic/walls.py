"""Build a wall along a ring, with its gate and the stretches that are missing.

    ring (N, 2), style, gate, missing ──► Wall …, the leaf of the gate among them

Edges are counted from the ring's first corner; places along an edge run from 0 to 1.
"""

from __future__ import annotations

import math

from numpy.random import Generator
from shapely.geometry import LineString

from models.synthetic.frame import after
from models.synthetic.shapes import Ring, Wall


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
