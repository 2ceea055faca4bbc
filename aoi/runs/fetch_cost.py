"""Estimate what one window of one file costs: megabytes and requests, about.

    Asset, grid ──► whole blocks that the window touches ──► Cost

It is an estimate: what a file holds and how much of it the window covers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from odc.geo.crs import CRS

from geo.grid import Grid
from geo.scene import Asset

BLOCK = 512
"""Pixels a side of a block in most archives' files."""

HEAD = 16_384
"""Bytes of a file's directory."""

PACKED = 0.8
"""Share of their plain size that blocks of reflectance take in a file."""

DEPTH = {"classes": 0.1, "bits": 0.3, "power": 4.0}
"""Bytes a pixel in the file; 2 for anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """About how much will be asked for."""

    megabytes: float
    requests: int


def cost_of(asset: Asset, grid: Grid) -> Cost:
    """Estimate bytes and requests of one window of one file."""
    gsd = asset.gsd or abs(grid.affine.a)
    cols, rows = (side * abs(grid.affine.a) / gsd for side in (grid.width, grid.height))
    blocks_x, blocks_y = (math.ceil(side / BLOCK) + 0.5 for side in (cols, rows))
    pixels = blocks_x * blocks_y * BLOCK**2
    plain = DEPTH.get(asset.kind, 2.0 if asset.kind == "reflectance" else 1.0) * PACKED
    size = pixels * plain * len(asset.bands)
    if asset.size and asset.extent:
        left, bottom, right, top = asset.extent
        unit = 1.0 if CRS(asset.crs or "EPSG:4326").projected else 111_000.0
        whole = (right - left) * (top - bottom) * unit**2 / gsd**2
        size = min(asset.size, asset.size * pixels / max(whole, 1)) if whole else size
    return Cost(megabytes=(size + HEAD) / 1e6, requests=1 + math.ceil(blocks_y))


def total_of(costs: Iterable[Cost]) -> Cost:
    """Add costs up."""
    every = list(costs)
    return Cost(
        megabytes=sum(cost.megabytes for cost in every),
        requests=sum(cost.requests for cost in every),
    )
