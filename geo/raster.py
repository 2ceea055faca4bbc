"""Pixels that know where they lie, which of them are real, and when they were taken.

    bands (C, H, W)  +  valid (H, W)  +  Grid  +  time   =   Raster

What is not valid carries no meaning: rooms may put anything there, and nobody may read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from geo.errors import InputError, ShapeError
from geo.grid import Grid
from geo.types import Mask, Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """One picture on one grid."""

    bands: Pixels
    """(C, H, W); any of uint8, uint16, float32."""

    valid: Mask
    """(H, W); false where the sensor saw nothing or the caller asked for nothing."""

    grid: Grid
    """The frame both arrays lie on."""

    names: tuple[str, ...] = field(default=())
    """One name a band, for instance ``("red", "green", "blue")``; empty when nobody knows."""

    time: datetime | None = None
    """When the pixels were taken, aware, UTC; ``None`` when nobody knows."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not lie on the grid and times without a zone."""
        if self.bands.ndim != 3 or self.bands.shape[1:] != tuple(self.grid.shape):
            raise ShapeError(
                f"bands must be (C, {self.grid.height}, {self.grid.width}) to lie on the grid, "
                f"not {self.bands.shape}"
            )
        if self.valid.shape != self.bands.shape[1:] or self.valid.dtype != np.bool_:
            raise ShapeError(
                f"valid must be {self.bands.shape[1:]} bool, not {self.valid.shape}"
            )
        if self.names and len(self.names) != len(self.bands):
            raise ShapeError(f"{len(self.bands)} bands cannot carry {len(self.names)} names")
        if self.time is not None and self.time.tzinfo is None:
            raise InputError(f"A time needs a zone; {self.time.isoformat()} has none. Use UTC.")

    @property
    def valid_share(self) -> float:
        """Share of pixels that are real, 0 to 1."""
        return float(self.valid.mean()) if self.valid.size else 0.0
