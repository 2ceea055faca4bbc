"""Turn any sensor's numbers into the 8-bit picture a net was trained on, alike everywhere.

An 8-bit picture is taken as it is.  Others are stretched between two robust percentiles of the
scene's valid pixels: measured once, kept in the manifest, and used again for a crop, a second
date or another tile.  Never per tile, or the same ground would get other scores next door.

    scene ──sample──► percentiles ──► Stretch ──apply──► (3, H, W) uint8

The sample: scenes up to ``SAMPLE`` pixels are read whole; larger ones through ``SIDE`` x
``SIDE`` windows of full-resolution pixels on a regular lattice, so the answer never depends on
overviews or chance.  Where the lattice meets almost nothing valid, every block is read, and the
valid pixels thinned.  NaN and nodata never count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from geo.grid import Grid
from geo.types import Mask, Picture, Pixels

LOW, HIGH = 0.5, 99.5
"""Percentiles that become black and white: past the dead pixels and the glints."""

WINDOW = 128
"""Pixels; the side of one sample window."""

SIDE = 16
"""Windows a side of the lattice."""

SAMPLE = (WINDOW * SIDE) ** 2
"""Pixels; 4.2 million, at most 50 MB of three float bands."""

ENOUGH = 0.01
"""Share of the lattice's pixels that must be valid before it is believed."""

Window = tuple[slice, slice]


class Samples(Protocol):
    """Reads windows; ``geo.reader.Reader`` is one."""

    def read(self, rows: slice, cols: slice) -> tuple[Pixels, Mask]:
        """Return (C, H, W) bands and (H, W) valid."""
        ...


class Sampled(Protocol):
    """What can be measured; ``geo.read.Image`` is one."""

    @property
    def path(self) -> Path:
        """Where it lies, for messages."""
        ...

    @property
    def grid(self) -> Grid:
        """Its own frame."""
        ...

    @property
    def dtype(self) -> str:
        """Its number type."""
        ...

    def reader(self) -> AbstractContextManager[Samples]:
        """Open it for reading its red, green and blue."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Where black and white lie in a scene, one pair a colour."""

    low: tuple[float, float, float]
    """What becomes 0, in the file's own numbers."""

    high: tuple[float, float, float]
    """What becomes 255; above ``low``."""

    def __post_init__(self) -> None:
        """Refuse what would divide by zero or turn the picture into its negative."""
        if len(self.low) != 3 or len(self.high) != 3:
            raise InputError("A stretch has three numbers for low and three for high.")
        if not all(a < b < np.inf for a, b in zip(self.low, self.high, strict=True)):
            raise InputError(f"A stretch runs upwards, not from {self.low} to {self.high}.")

    @classmethod
    def identity(cls) -> Self:
        """Return the stretch that leaves 8-bit pictures as they are."""
        return cls(low=(0.0, 0.0, 0.0), high=(255.0, 255.0, 255.0))

    @property
    def is_identity(self) -> bool:
        """Tell whether 8-bit pictures pass unchanged."""
        return self == Stretch.identity()

    def apply(self, bands: Pixels) -> Picture:
        """Stretch three bands to 8 bits.

        Args:
            bands: (3, H, W), any number type; NaN becomes 0.

        Returns:
            (3, H, W) uint8; the same array when nothing has to change.
        """
        if bands.dtype == np.uint8 and self.is_identity:
            return bands  # type: ignore[return-value]
        if bands.dtype in (np.uint8, np.uint16):  # look the answer up: ten times faster
            count = 2 ** (8 * bands.itemsize)
            tables = (_table(count, *ends) for ends in zip(self.low, self.high, strict=True))
            return np.stack([table[band] for table, band in zip(tables, bands, strict=True)])
        ends = zip(bands, self.low, self.high, strict=True)
        return np.stack([_scale(band, low, high) for band, low, high in ends])

    def to_dict(self) -> dict[str, list[float]]:
        """Give what a manifest keeps."""
        return {"low": list(self.low), "high": list(self.high)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Take up again what a manifest kept.

        Raises:
            InputError: it is not what ``to_dict`` gave.
        """
        try:
            low, high = (tuple(float(n) for n in kept[key]) for key in ("low", "high"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"Statistics need three numbers under low and three under high, not {kept!r}."
            ) from error
        return cls(low=low, high=high)  # type: ignore[arg-type]


def _scale(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    with np.errstate(over="ignore", invalid="ignore"):  # nodata may be -3.4e38, or NaN
        scaled = (values - low) * (255 / (high - low)) + 0.5
    return np.nan_to_num(np.clip(scaled, 0, 255), copy=False).astype(np.uint8)


@lru_cache(maxsize=16)
def _table(count: int, low: float, high: float) -> NDArray[np.uint8]:
    """Stretch every number of an integer type, once."""
    return _scale(np.arange(count, dtype=np.float64), low, high)


def measure_stretch(image: Sampled, area_mask: Mask | None = None) -> Stretch:
    """Measure the stretch of a scene; the same scene always gives the same one.

    Args:
        image: the scene; 8-bit ones give the identity.
        area_mask: (h, w), laid over the whole scene at any resolution; only pixels under true
            cells count.

    Raises:
        InputError: not one valid pixel.
        SourceError: the file could not be read.
    """
    with image.reader() as reader:
        windows = list(_lattice(image.grid.shape))
        if image.dtype == "uint8":
            every = _values(reader, image, windows, area_mask)
            if not any(v.size for v in every):
                _thinned(reader, image, area_mask)
            return Stretch.identity()
        sample = _joined(_values(reader, image, windows, area_mask))
        asked = sum((r.stop - r.start) * (c.stop - c.start) for r, c in windows)
        if sample.shape[1] < ENOUGH * asked:
            sample = _thinned(reader, image, area_mask)
    low, high = np.percentile(sample, [LOW, HIGH], axis=1).astype(np.float64)
    # A band of one value becomes mid grey rather than a division by zero.
    gap = np.where(high > low, 0.0, np.maximum(1e-6 * np.abs(low), 1.0))
    triples = [np.broadcast_to(side, 3).tolist() for side in (low - gap, high + gap)]
    return Stretch(low=tuple(triples[0]), high=tuple(triples[1]))


def _lattice(shape: Sequence[int]) -> Iterator[Window]:
    """Yield the windows of the sample: all of a small scene, a lattice of a large one."""
    if shape[0] * shape[1] <= SAMPLE:
        yield from _blocks(shape)
        return
    starts = [np.linspace(0, max(0, side - WINDOW), SIDE).astype(int) for side in shape]
    for row, col in product(*(np.unique(s).tolist() for s in starts)):
        yield (
            slice(row, min(row + WINDOW, shape[0])),
            slice(col, min(col + WINDOW, shape[1])),
        )


def _blocks(shape: Sequence[int], side: int = 1024) -> Iterator[Window]:
    for row, col in product(range(0, shape[0], side), range(0, shape[1], side)):
        yield slice(row, min(row + side, shape[0])), slice(col, min(col + side, shape[1]))


def _values(
    reader: Samples, image: Sampled, windows: list[Window], area_mask: Mask | None
) -> Iterator[NDArray[Any]]:
    """Yield the valid pixels of each window, (C, N)."""
    for rows, cols in windows:
        bands, valid = reader.read(rows, cols)
        if area_mask is not None:
            valid = valid & _under(area_mask, image.grid.shape, rows, cols)
        yield bands[:, valid]


def _under(area_mask: Mask, shape: Sequence[int], rows: slice, cols: slice) -> Mask:
    """Look up which pixels of a window lie under true cells of a coarser or finer mask."""
    near = [
        (np.arange(s.start, s.stop) * 2 + 1) * cells // (2 * side)
        for s, cells, side in zip((rows, cols), area_mask.shape, shape, strict=True)
    ]
    return area_mask[np.ix_(*near)]


def _thinned(reader: Samples, image: Sampled, area_mask: Mask | None) -> NDArray[Any]:
    """Read every block and keep every k-th valid pixel of each, never none of some."""
    shape = image.grid.shape
    step = max(1, shape[0] * shape[1] // SAMPLE)
    sample = _joined(
        values[:, ::step] for values in _values(reader, image, list(_blocks(shape)), area_mask)
    )
    if not sample.size:
        where = "in the area asked for" if area_mask is not None else "at all"
        raise InputError(
            f"{image.path.name} has no valid pixel {where}: every one is nodata or masked. "
            "Check the nodata value with gdalinfo, or choose another picture or area."
        )
    return sample


def _joined(parts: Iterator[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(list(parts), axis=1)
