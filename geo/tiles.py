"""Cut a frame into overlapping tiles whose blended scores do not betray where the cuts were.

A tile is ``margin | ramp | body | ramp | margin`` wide.  The margin is context only: what a net
says there depends on pixels it could not see, so it weighs nothing.  On the ramp two neighbours
hand over to each other; in the body one tile speaks alone.

All tiles of a plan have one shape, the one that wastes least on margins within the memory it
may take, so memory hardly depends on the size of the scene.  They start on the world's lattice
of ``stride`` pixels (``geo.grid.phase_of``) and reach past the frame by a whole margin, so that
the edge of a picture looks the same whatever the tile size.

    (H, W), phase ──► Axis for rows, Axis for columns ──► Plan ──► Tile (row, col), by strips

Source: overlap-tile strategy of U-Net (Ronneberger et al. 2015), with the hand-over of
overlap-add in signal processing (weights that sum to one).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from geo.errors import InputError

STRIDE = 16
"""Pixels.  The coarsest step of the shipped net."""


WIDEST_RAMP = 128
"""Pixels.  Blended sums of 254 x 2 x ramp must fit 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How tiles are cut; all in pixels."""

    size: int = 3280
    """Side of the largest square tile.  No tile has more pixels; one may be longer and
    narrower.  Larger tiles waste less on margins and take more memory: a scan takes
    some 150 bytes a pixel."""

    margin: int = 144
    """Context on every side that is seen but not trusted; a net's card says how much it
    needs."""

    ramp: int = 32
    """Where two neighbours hand over; a power of two, so that weights sum to one exactly."""

    stride: int = STRIDE
    """The net's coarsest step; tiles start on multiples of it."""

    def __post_init__(self) -> None:
        """Refuse cuts that leave no body or fall off the lattice."""
        if not 1 <= self.ramp <= WIDEST_RAMP or self.ramp & (self.ramp - 1):
            raise InputError(
                f"ramp must be a power of two up to {WIDEST_RAMP}, not {self.ramp}"
            )
        if self.frill % self.stride:
            raise InputError(
                f"two margins and a ramp ({self.frill} px) must be a multiple "
                f"of the net's stride ({self.stride} px)"
            )
        if self.body < self.stride:
            raise InputError(
                f"A tile of {self.size} px leaves no room between margins of {self.margin} px "
                f"and a ramp of {self.ramp} px; take at least "
                f"{self.frill + max(self.stride, self.ramp)} px."
            )

    @property
    def body(self) -> int:
        """The step between the largest square tiles, of whole strides; 0 without room."""
        room = (self.size - self.frill) // self.stride * self.stride
        return room if room >= self.ramp else 0

    @property
    def frill(self) -> int:
        """What a tile has beyond the step to the next one: two margins and a ramp."""
        return 2 * self.margin + self.ramp


@dataclass(frozen=True, slots=True)
class Axis:
    """The cuts along one side."""

    start: int
    """Pixel where the first tile begins; negative, for tiles reach past the frame."""

    step: int
    """Pixels from tile to tile; the length of what each tile finishes."""

    count: int
    """How many tiles."""

    side: int
    """Length of a tile, margins included."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One window of a plan."""

    id: str
    """Stable within a frame: ``t-`` row, ``-`` column, counted from the top-left."""

    row: int
    """First pixel row, may be negative."""

    col: int
    """First pixel column, may be negative."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every tile of a frame, in strips from the top."""

    shape: tuple[int, int]
    """(H, W) of the frame."""

    cut: Cut
    rows: Axis
    cols: Axis

    @property
    def tile_shape(self) -> tuple[int, int]:
        """(h, w) that every tile has."""
        return self.rows.side, self.cols.side

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return self.rows.count * self.cols.count

    def strip(self, number: int) -> Iterator[Tile]:
        """Walk one row of tiles from left to right; ``number`` counts from 0."""
        row = self.rows.start + number * self.rows.step
        for i in range(self.cols.count):
            yield Tile(f"t-{number:04d}-{i:04d}", row, self.cols.start + i * self.cols.step)

    def finished(self, tile: Tile) -> tuple[slice, slice]:
        """Tell which rows and columns of the frame are final once ``tile`` is blended."""
        height, width = self.shape
        top, left = tile.row + self.cut.margin, tile.col + self.cut.margin
        return (
            slice(max(top, 0), min(top + self.rows.step, height)),
            slice(max(left, 0), min(left + self.cols.step, width)),
        )


def plan_tiles(shape: tuple[int, int], cut: Cut, *, phase: tuple[int, int] = (0, 0)) -> Plan:
    """Cover a frame with tiles of one shape.

    Args:
        shape: (H, W) of the frame in pixels.
        cut: sizes of tile, margin and ramp.
        phase: where the first pixel lies on the stride lattice, from ``geo.grid.phase_of``.

    Returns:
        A plan in which every pixel of the frame is finished by exactly one tile; of all plans
        whose tiles are small enough, the one with the fewest pixels to judge.

    Raises:
        InputError: the frame has no pixels.
    """
    if min(shape) < 1:
        raise InputError(f"A picture of {shape[0]} x {shape[1]} pixels has nothing to cut.")
    most = cut.size**2
    rows, cols = (_axes(n, cut, p) for n, p in zip(shape, phase, strict=True))
    pairs = [(r, c) for r in rows for c in cols if r.side * c.side <= most]
    return Plan(shape, cut, *min(pairs, key=_toil))


def _toil(pair: tuple[Axis, Axis]) -> tuple[int, int]:
    """Order plans: pixels to judge in all, then how far from square a tile is."""
    rows, cols = pair
    return rows.count * rows.side * cols.count * cols.side, abs(rows.side - cols.side)


def _axes(length: int, cut: Cut, phase: int) -> list[Axis]:
    """Give every way to cut a side, from one tile to tiles as narrow as a body's half."""
    lead = cut.margin + cut.ramp  # the first pixel must lie past margin and rising ramp
    start = -phase - cut.stride * math.ceil((lead - phase) / cut.stride)
    need = length - start - cut.margin
    fewest = math.ceil(need / cut.body)
    return [_axis(start, need, count, cut) for count in range(1, 2 * fewest + 1)]


def _axis(start: int, need: int, count: int, cut: Cut) -> Axis:
    """Cut a side into equal tiles: one shape for every batch, and no sliver at the far edge."""
    step = max(math.ceil(need / count / cut.stride) * cut.stride, cut.ramp)
    return Axis(start, step, math.ceil(need / step), step + cut.frill)
