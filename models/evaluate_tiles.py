"""Keep the tiles that went best and worst, so that a person can look at failures.

Of every place and head the few tiles with the highest and the lowest F1 are kept as arrays:
picture, label, score and an error map.  Tiles with next to nothing in them, true or claimed,
are passed over: they are neither good nor bad.

    marks a pixel (right, claimed, found, true) ──► error map (H, W) ──► Gallery ──► TileView
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo.types import FULL, Mask
from models.evaluate_judged import Judged
from models.labels import Labels
from models.metrics import CLAIMED, LINES, TRUE, Counts, Marks, Window, f1

KEPT = 2
"""Best tiles and worst tiles of each place and head."""

LEAST, LEAST_LINE = 0.02, 0.0015
"""Share of a tile's pixels that must be true or claimed, or there is nothing to look at; of
lines, which are a pixel wide: 50 m in a tile of 128 m."""

NOTHING, RIGHT, INVENTED, MISSED, UNKNOWN = 0, 1, 2, 3, 255
"""Values of an error map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileView:
    """One tile to look at."""

    place: str
    """Where."""

    head: str
    """Whose error it shows."""

    name: str
    """Picture and window."""

    figure: float
    """F1 of this tile alone, 0 to 1."""

    picture: NDArray[np.uint8]
    """(3, h, w)."""

    label: Labels
    """(h, w): 0 no, 1 yes, 254 rim, 255 unknown."""

    score: NDArray[np.uint8]
    """(h, w) 0 to 254 for probabilities 0 to 1."""

    errors: NDArray[np.uint8]
    """(h, w): nothing, right, invented, missed, unknown."""

    best: bool = False
    """Whether it is among the best; else it is among the worst."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A judged picture with the errors of one head drawn on it."""

    one: Judged
    """The picture."""

    head: str
    """Whose errors."""

    channel: int
    """Number of the head."""

    errors: NDArray[np.uint8]
    """(H, W) as ``error_map`` draws them."""


@dataclass(slots=True)
class Gallery:
    """The best and the worst tiles seen so far."""

    kept: int = KEPT
    """Of each kind, for each place and head."""

    shelves: dict[tuple[str, str, int], list[TileView]] = field(default_factory=dict)
    """By place, head and sign: -1 for the worst, worst first; 1 for the best, best first."""

    def look(self, marked: Marked, counts: Counts, windows: Sequence[Window]) -> None:
        """Look at all tiles of a picture and keep those worth it.

        Args:
            marked: the picture and its errors.
            counts: (B, 4) of each tile.
            windows: rows and columns of each tile.
        """
        least = LEAST_LINE if marked.head in LINES else LEAST
        for figure, row, window in zip(f1(counts), counts, windows, strict=True):
            size = (window[0].stop - window[0].start) * (window[1].stop - window[1].start)
            if np.isfinite(figure) and row[CLAIMED] + row[TRUE] >= least * size:
                self._offer(marked, float(figure), window)

    def views(self) -> list[TileView]:
        """Give all tiles kept, worst first; none is both worst and best."""
        views = []
        for (place, head, sign), shelf in self.shelves.items():
            worst = {view.name for view in self.shelves[place, head, -1]}
            views += [view for view in shelf if sign < 0 or view.name not in worst]
        return views

    def _offer(self, marked: Marked, figure: float, window: Window) -> None:
        for sign in (-1, 1):
            key = (marked.one.patch.place, marked.head, sign)
            shelf = self.shelves.setdefault(key, [])
            if len(shelf) < self.kept or sign * figure > sign * shelf[-1].figure:
                shelf.append(_view(marked, figure, window, best=sign > 0))
                shelf.sort(key=lambda view, sign=sign: -sign * view.figure)  # type: ignore[misc]
                del shelf[self.kept :]


def error_map(marks: Marks, known: Mask) -> NDArray[np.uint8]:
    """Draw what is right, invented, missed and unknown, (H, W) uint8."""
    right, claimed, found, true = marks
    errors = np.full(known.shape, NOTHING, np.uint8)
    errors[true & ~found] = MISSED
    errors[claimed & ~right] = INVENTED
    errors[right | (true & found)] = RIGHT
    errors[~known & (errors == NOTHING)] = UNKNOWN
    return errors


def _view(marked: Marked, figure: float, window: Window, *, best: bool) -> TileView:
    """Copy a tile out, so that the picture it came from may be forgotten."""
    rows, cols = window
    one, channel = marked.one, marked.channel
    top, left = rows.start + round(one.corner[0]), cols.start + round(one.corner[1])
    return TileView(
        place=one.patch.place, head=marked.head,
        name=f"{one.patch.name}, row {top}, column {left}",
        figure=figure, best=best,
        picture=one.picture[:, rows, cols].copy(),
        label=one.labels[channel][rows, cols].copy(),
        score=np.rint(one.chance[channel][rows, cols] * FULL).astype(np.uint8),
        errors=marked.errors[rows, cols].copy(),
    )  # fmt: skip
