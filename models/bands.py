"""Walk a picture in bands of rows, so that fine layers never stand whole in memory.

Most of what a net holds at once are its layers at strides 2 and 4, and each of them looks only
a few pixels far.  So they are run band by band: each band reads some rows of its neighbours,
for context, and finishes its own.  Only what far-sighted layers need is kept whole.

    rows ──► Band: seen (own and context) ──layers──► own rows of what came ──► whole

Rows are counted in units of 4 pixels, for that is how far apart the coarsest of these features
lie.

Source: fused-layer tiling, M. Alwani et al., "Fused-layer CNN accelerators", MICRO 2016.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

UNIT = 4
"""Pixels a row that is counted here."""

PIXELS = 2**20
"""Of a band on a CPU.  Larger ones waste less on context, smaller ones take less memory: the
shipped net's fine layers hold some 80 bytes a pixel while they run."""

Layers = Callable[..., Sequence[Tensor]]
"""(N, C, h, W) arrays of some rows to arrays of the same rows."""


@dataclass(frozen=True, slots=True)
class Band:
    """Some rows that are finished together."""

    own: slice
    """What it finishes."""

    seen: slice
    """What it reads: its own and, where there are more, its context."""

    @property
    def inner(self) -> slice:
        """Where its own rows lie within those it reads."""
        first = self.own.start - self.seen.start
        return slice(first, first + self.own.stop - self.own.start)


def bands(height: int, rows: int, context: int = 0) -> Iterator[Band]:
    """Cut ``height`` rows into bands of nearly one size, ``rows`` at most.

    Args:
        height: rows in all.
        rows: that a band finishes at most; at least one is taken.
        context: rows it reads beyond them on either side; fewer at the ends.
    """
    count = -(-height // max(rows, 1))
    ends = [height * i // count for i in range(count + 1)]
    for start, stop in itertools.pairwise(ends):
        seen = slice(max(start - context, 0), min(stop + context, height))
        yield Band(slice(start, stop), seen)


def run_banded(
    layers: Layers, inputs: Mapping[int, Tensor], pixels: int | None, *, context: int
) -> Sequence[Tensor]:
    """Run layers band by band and lay together what comes out.

    Args:
        layers: from arrays at strides 1, 2 or 4 to such arrays, without memory.
        inputs: (N, C, H / stride, W / stride) by stride, in the order ``layers`` takes them; H
            is a multiple of ``UNIT``.
        pixels: of the picture that a band finishes at most; ``None`` runs the layers at once.
        context: rows (of ``UNIT`` pixels) to either side on which an output may depend.

    Returns:
        What ``layers(*inputs.values())`` gives, to rounding.
    """
    stride, one = next(iter(inputs.items()))
    height, across = one.shape[2] * stride // UNIT, one.shape[0] * one.shape[3] * stride
    rows = height if pixels is None else pixels // (UNIT * across)
    if rows >= height:
        return layers(*inputs.values())
    wholes: list[Tensor] = []
    for band in bands(height, rows, context):
        seen = band.seen.stop - band.seen.start
        parts = layers(*(_lines(x, band.seen, UNIT // step) for step, x in inputs.items()))
        wholes = wholes or [_whole(part, part.shape[2] // seen * height) for part in parts]
        for part, whole in zip(parts, wholes, strict=True):
            lines = part.shape[2] // seen
            _lines(whole, band.own, lines).copy_(_lines(part, band.inner, lines))
    return wholes


def _lines(x: Tensor, rows: slice, lines: int) -> Tensor:
    """Give some rows of an array that has so many lines a row."""
    return x[:, :, rows.start * lines : rows.stop * lines]


def _whole(part: Tensor, height: int) -> Tensor:
    """Make room for an array of ``height`` lines like ``part``."""
    shape = (*part.shape[:2], height, part.shape[3])
    return torch.empty(
        shape, dtype=part.dtype, device=part.device, memory_format=torch.channels_last
    )
