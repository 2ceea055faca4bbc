"""An archive that lies in memory: for tests, examples, and to show what a source is.

Scenes + pixels by (scene, asset) ──► MemorySource ──find, read──► like any other archive
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from odc.geo.warp import rio_reproject

from geo.errors import SourceError
from geo.grid import Grid
from geo.lattice import offset_of
from geo.raster import Raster
from geo.scene import Asset, Scene
from geo.sources.base import Found, Source, Wish, found
from geo.types import Mask, Pixels


@dataclass(frozen=True, slots=True)
class MemorySource:
    """Scenes and their pixels; an asset without pixels fails as a missing file would."""

    scenes: Sequence[Scene]
    """All there is."""

    pixels: Mapping[tuple[str, str], Raster] = field(default_factory=dict)
    """By scene id and asset key."""

    name: str = "memory"

    def find(self, wish: Wish) -> Found:
        """Tell of what meets the wish."""
        return found(self.scenes, wish, self.name)

    def read(self, scene: Scene, asset: Asset, grid: Grid) -> Raster:
        """Give the pixels, copied where grids share their lines, else the nearest ones.

        Raises:
            SourceError: there are no pixels for this asset.
        """
        own = self.pixels.get((scene.id, asset.key))
        if own is None:
            raise SourceError(f"{asset.key} of {scene.id} is not in memory.")
        bands, valid = _laid(own, grid)
        return Raster(bands=bands, valid=valid, grid=grid, names=asset.bands, time=scene.time)


def _laid(own: Raster, grid: Grid) -> tuple[Pixels, Mask]:
    origin = offset_of(own.grid, grid)
    bands = np.zeros((len(own.bands), *grid.shape), own.bands.dtype)
    valid = np.zeros(tuple(grid.shape), np.bool_)
    if origin is None:
        for source, target in zip(own.bands, bands, strict=True):
            rio_reproject(source, target, own.grid, grid, resampling="nearest")
        seen = valid.astype(np.uint8)
        rio_reproject(own.valid.astype(np.uint8), seen, own.grid, grid, resampling="nearest")
        return bands, seen > 0
    row, col = origin
    here = slice(max(row, 0), row + own.grid.height), slice(max(col, 0), col + own.grid.width)
    there = slice(max(-row, 0), grid.height - row), slice(max(-col, 0), grid.width - col)
    bands[:, *here], valid[here] = own.bands[:, *there], own.valid[there]
    return bands, valid


_: type[Source] = MemorySource
