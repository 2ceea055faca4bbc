"""Cut pictures for the page on demand, and keep the latest of them in bounded memory.

A *chip* shows one layout with some ground around it and is there at once; *tiles* fill in what
lies around it as the reviewer moves.  Both are cut in the run's own metric frame, through the
same door and the same contrast as the net's own view.  Every reading opens its file and closes
it again, so pictures can be moved or unmounted while the page is open.

    Sight, box ──► grid ──► picture (3, H, W) + valid (H, W) ──► JPEG ──► kept, by key

A tile on which nothing was seen is one transparent pixel; invalid pixels elsewhere are as grey
as the map beneath.
"""

from __future__ import annotations

import io
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from PIL import Image as Pixels

from aoi.palette import HEADS
from aoi.review.book import Book, Box, Sight
from geo.errors import InputError, SourceError
from geo.grid import Grid
from geo.types import NODATA

SIDE = 512
"""Pixels along a tile; a laptop's map takes six."""

NATIVE = 6
"""Zoom level at which a tile's pixels are those of the finest picture."""

COARSEST, FINEST = NATIVE - 3, NATIVE + 1
"""Levels that are served.  A tile of the coarsest reads 4096 x 4096 pixels of a picture that
has no overviews."""

CHIP, SMALL = 900, 200
"""Pixels along a chip, and along one of the strip of dates."""

ROOM = 96 * 2**20
"""Bytes of pictures kept; about a thousand chips."""

AT_ONCE = 3
"""Readings at the same time; more only make each other wait for the disk."""

QUALITY = 86
"""JPEG quality; roofs keep their edges."""

UNSEEN = np.array([111, 118, 114], np.uint8)[:, None, None]
"""The map's ground, ``#6f7672`` in ``map.css``: a white rim was the brightest thing on it."""

FAINTEST, DENSEST = 0.15, 190
"""Scores below the first are not drawn, they would veil the picture; a score of 1 is drawn with
the second as its opacity, of 255."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A picture as it goes to the browser."""

    body: bytes
    kind: str
    """``image/jpeg`` or ``image/png``."""


class Kept:
    """The latest pictures, in so many bytes at most; safe for many threads."""

    def __init__(self, room: int = ROOM) -> None:
        """Begin empty."""
        self.room, self.held = room, 0
        self._cuts: OrderedDict[Hashable, Cut] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Cut]) -> Cut:
        """Give a picture, made now if it is not kept."""
        with self._lock:
            if key in self._cuts:
                self._cuts.move_to_end(key)
                return self._cuts[key]
        cut = make()  # two threads may both make it; that costs time and nothing else
        with self._lock:
            if key not in self._cuts:
                self._cuts[key] = cut
                self.held += len(cut.body)
            while self.held > self.room and self._cuts:
                self.held -= len(self._cuts.popitem(last=False)[1].body)
        return cut


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where tiles lie: in the run's frame, halved from level to level."""

    x: float
    """Metres; left edge of tile 0."""

    y: float
    """Metres; top edge of tile 0."""

    gsd: float
    """Metres a pixel at level ``NATIVE``."""

    @classmethod
    def over(cls, book: Book) -> Lattice:
        """Lay a lattice over all pictures and layouts of a run."""
        boxes = [sight.box for sight in book.sights if sight.box]
        boxes += [layout.outline.bounds for layout in book.layouts.values()]
        gsds = [sight.gsd_m for sight in book.sights if sight.gsd_m]
        left = min((box[0] for box in boxes), default=0.0)
        top = max((box[3] for box in boxes), default=0.0)
        return cls(math.floor(left), math.ceil(top), min(gsds, default=0.5))

    def box(self, level: int, column: int, row: int) -> Box:
        """Tell what a tile covers."""
        side = SIDE * self.gsd * 2.0 ** (NATIVE - level)
        left, top = self.x + column * side, self.y - row * side
        return (left, top - side, left + side, top)


class Pictures:
    """All pictures of a run, cut as the page asks for them."""

    def __init__(self, book: Book, *, room: int = ROOM) -> None:
        """Open nothing yet."""
        self.book, self.lattice, self.kept = book, Lattice.over(book), Kept(room)
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    def chip(self, number: int, box: Box, *, side: int = CHIP) -> Cut:
        """Cut the ground within a square box.

        Raises:
            InputError: there is no such picture, or it cannot be opened any more.
            SourceError: the file is damaged there.
        """
        sight = self._sight(number)
        side = max(1, min(side, math.ceil((box[2] - box[0]) / (sight.gsd_m or 0.5))))
        return self.kept.get(("chip", number, box, side), lambda: self._cut(sight, box, side))

    def tile(self, number: int, level: int, column: int, row: int) -> Cut:
        """Cut one tile; a single transparent pixel where nothing was seen."""
        sight, box = self._sight(number), self._box(level, column, row)
        if sight.box is not None and not _meet(sight.box, box):
            return EMPTY
        key = ("tile", number, level, column, row)
        return self.kept.get(key, lambda: self._cut(sight, box, SIDE))

    def heat(self, number: int, head: str, where: tuple[int, int, int]) -> Cut:
        """Draw one tile of what the net scored, in the head's own colour.

        Raises:
            InputError: there is no such picture, head or level.
        """
        sight, box = self._sight(number), self._box(*where)
        scores = sight.scores
        if scores is None or head not in scores.names:
            raise InputError(f"No scores of {head!r} are kept for this picture.")
        if sight.box is not None and not _meet(sight.box, box):
            return EMPTY
        grid = grid_of(box, SIDE, self.book.crs)

        def make() -> Cut:
            with self._turn, scores.reader(grid, bands=[scores.names.index(head)]) as reader:
                bands, valid = reader.read(slice(0, SIDE), slice(0, SIDE))
            return _heat(np.asarray(bands[0]), valid, head)

        return self.kept.get(("heat", number, head, where), make)

    def _sight(self, number: int) -> Sight:
        if not 0 <= number < len(self.book.sights):
            raise InputError(f"There is no picture {number} in this run.")
        sight = self.book.sights[number]
        if sight.image is None:
            raise InputError(sight.trouble or f"No picture of {sight.scene}.")
        return sight

    def _box(self, level: int, column: int, row: int) -> Box:
        if not COARSEST <= level <= FINEST:
            raise InputError(f"Tiles have levels {COARSEST} to {FINEST}, not {level}.")
        return self.lattice.box(level, column, row)

    def _cut(self, sight: Sight, box: Box, side: int) -> Cut:
        """Read and encode; the file is open only meanwhile."""
        if sight.image is None or sight.stretch is None:
            raise InputError(sight.trouble)
        if not sight.image.path.is_file():
            raise SourceError(f"{sight.image.path.name} is not where it was a moment ago.")
        with self._turn:
            pixels, valid = sight.image.picture(
                grid_of(box, side, self.book.crs), sight.stretch
            )
        if not valid.any():
            return EMPTY
        shown = np.where(valid, pixels, UNSEEN)  # (3, side, side)
        return Cut(_encoded(shown.transpose(1, 2, 0), "JPEG", quality=QUALITY), "image/jpeg")


def grid_of(box: Box, side: int, crs: Any) -> Grid:
    """Lay a square grid of so many pixels over a box."""
    gsd = (box[2] - box[0]) / side
    return Grid((side, side), Affine(gsd, 0, box[0], 0, -gsd, box[3]), crs)


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip


def _heat(scores: NDArray[Any], valid: NDArray[np.bool_], head: str) -> Cut:
    """Colour scores (H, W) of 0 to 254; the stronger, the denser."""
    share = np.where(valid & (scores != NODATA), scores / 254.0, 0.0)
    dense = np.clip((share - FAINTEST) / (1 - FAINTEST), 0, 1) * DENSEST
    if not dense.any():
        return EMPTY
    colour = next(swatch.colour for swatch in HEADS if swatch.key == head)
    picture = np.empty((*scores.shape, 4), np.uint8)  # (H, W, 4)
    picture[..., :3] = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    picture[..., 3] = dense.astype(np.uint8)
    return Cut(_encoded(picture, "PNG"), "image/png")


def _encoded(picture: NDArray[np.uint8], kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    Pixels.fromarray(np.ascontiguousarray(picture)).save(buffer, kind, **options)
    return buffer.getvalue()


EMPTY = Cut(_encoded(np.zeros((1, 1, 4), np.uint8), "PNG"), "image/png")
"""One transparent pixel: nothing was seen here."""
