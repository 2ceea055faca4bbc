"""What is known of a yard, and of all yards of a picture.

A *yard* is ground one cannot leave but by a gate.  Places are (row, col) in pixels of the
picture given, counted from the centre of its first pixel; lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geo.escape import Heights, drive
from geo.types import FULL, Labels, Mask, Surface

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """One piece of enclosed ground, buildings inside it included."""

    label: int
    """Its value in the label raster, from 1."""

    area_m2: float
    """Square metres inside the outline, inner yards and buildings included."""

    closed: bool
    """Whether a vehicle as wide as the gate cannot leave; never true for ground cut by the
    edge.  Yards that are not closed open by more than the gate, or by a wall nobody saw."""

    enclosure: float
    """Barrier score of the easiest way out for a vehicle as wide as the gate, above that
    of the ground inside, 0 to 1 (medians); NaN for ground cut by the edge, of which nobody can
    tell."""

    closure: float
    """Share of the seen perimeter that is barred, 0 to 1."""

    largest_gap_m: float
    """Metres, from barrier to barrier; 0 when there is none."""

    gates: int
    """Number of gaps from 2 m to the width of a gate."""

    gate_points: tuple[tuple[float, float], ...]
    """(row, col) in pixels of the picture given, widest gate first."""

    gate_widths: tuple[float, ...]
    """Metres, in the order of ``gate_points``."""

    double_perimeter: float
    """Share of the seen perimeter with a second barrier 3 to 12 m outside the first."""

    strip_m: float
    """Metres, median width of the clear strip between the two; NaN without a second."""

    cut_by_edge: bool
    """Whether it touches the edge of the picture or ground nobody saw: never enclosed."""

    inside: int
    """Label of the smallest yard whose outline holds this one; 0 when none does."""

    compound: int
    """Number of the group of yards that share walls, from 1."""

    perimeter_m: float
    """Metres, length of the outline."""

    ring: NDArray[np.float64]
    """(N, 2) row, col of the outline in pixels of the picture given, closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yards:
    """All yards of a picture, and the surfaces they were read from.

    The surfaces are kept at the work resolution (``work_…``, one pixel is ``step`` pixels of
    the picture) and spread to the picture's own pixels when asked for.
    """

    yards: list[Yard]
    """Largest first; empty, never None, when nothing is enclosed."""

    shape: tuple[int, int]
    """(H, W) of the picture given."""

    step: int
    """Pixels of the picture along one work pixel."""

    bar: int
    """Barrier score, 1 to 254, from which on a way is barred."""

    work_labels: Labels
    """(h, w); 0 outside, ``Yard.label`` inside; of nested yards the inner one shows."""

    work_barrier: Heights
    """(h, w) uint8, 0 to 254: the stronger of wall and building, ``b``."""

    work_seen: Mask
    """(h, w), false where nothing is known."""

    reach: float
    """Work pixels from the middle of the gate's vehicle to its side."""

    @property
    def work_escape(self) -> Heights:
        """(h, w) uint8, 0 to 254: the strongest barrier on the easiest way out, ``f``.

        Found anew at every call, for only pictures of it need it everywhere: a second for 25
        million work pixels.
        """
        return drive(self.work_barrier, self.work_seen, self.reach)[2]

    @property
    def labels(self) -> Labels:
        """(H, W) int32 on the picture's own pixels."""
        return _magnify(self.work_labels, self.step, self.shape)

    @property
    def escape(self) -> Surface:
        """(H, W) float32, 0 to 1: the escape cost ``f``."""
        return _magnify(_share(self.work_escape), self.step, self.shape)

    @property
    def enclosure(self) -> Surface:
        """(H, W) float32, 0 to 1: ``e = f - b``, high on ground that is hard to leave."""
        escape = self.work_escape
        depth = escape - np.minimum(self.work_barrier, escape)
        return _magnify(_share(depth), self.step, self.shape)


def _share(heights: Heights) -> Surface:
    """Turn 0 to 254 into 0 to 1."""
    return np.divide(heights, FULL, dtype=np.float32)


def _magnify(work: NDArray[Kind], step: int, shape: tuple[int, int]) -> NDArray[Kind]:
    """Repeat every work pixel ``step`` times both ways and cut to the picture."""
    return work.repeat(step, axis=0).repeat(step, axis=1)[: shape[0], : shape[1]]
