"""Wall a site, and say what stands there.

    Site ──fence──► walls, gates, a stretch that has fallen ──named──► Sketch of one compound

Look-alikes share both; parks and casinos wall themselves (``models.synthetic.compounds``).
"""

from __future__ import annotations

import math

from numpy.random import Generator
from shapely.geometry import LineString

from models.synthetic.cells import Site
from models.synthetic.frame import ring_of
from models.synthetic.shapes import Compound, Sketch, Wall
from models.synthetic.walls import wall_ring

STUB = LineString([(0, 0), (1, 0)])
"""What a style of wall is drawn along before it has a line of its own."""


def fence(sheet: Sketch, site: Site, rng: Generator, style: Wall, gates: int) -> None:
    """Wall a site with gates on the front and, from the second on, on other sides."""
    ring = ring_of(site.outline())
    holes = []
    for i in range(1, gates):
        edge = int(rng.integers(0, 4)) if i > 1 else 0
        at = float(rng.uniform(0.6, 0.85))
        half = rng.uniform(5, 7.5) / 2 / math.dist(ring[edge], ring[(edge + 1) % 4])
        holes.append((edge, at - half, at + half))
    gate = (0, float(rng.uniform(0.3, 0.5)), rng.uniform(5, 7.5))
    if rng.random() < 0.25:  # a stretch has fallen, or was never built
        start = float(rng.uniform(0, 0.5))
        holes.append((int(rng.integers(1, 4)), start, start + float(rng.uniform(0.15, 0.5))))
    sheet.walls.extend(wall_ring(ring, rng, style, gate=gate, missing=holes))
    sheet.rings.append((site.outline(), gates))


def named(sheet: Sketch, site: Site, kind: str, gates: int) -> Sketch:
    """Put down what the sketch shows, and give it back."""
    sheet.compounds.append(Compound(kind=kind, outline=site.outline(), gates=gates))
    return sheet
