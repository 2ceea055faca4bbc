"""Read windows of a series as looks: reflectance or levelled pictures, unmasked, unveiled.

    Looked, window ──each pass: pixels, sky──► (T, C, h, w), NaN where hidden ──► Looks

8-bit pictures are drawn with whatever contrast somebody liked.  Before they are compared, each
is levelled: its numbers are carried onto those of the series' own middle picture by the ground
that did not change (``geo.series.contrast``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aoi.runs.fetch_pass import PassRecord
from aoi.runs.monitor_gather import Looked
from geo.bands import RGB
from geo.grid import Grid
from geo.prepare.masks import Sky
from geo.prepare.numbers import UNIT
from geo.read import open_image
from geo.series.contrast import Contrasts, find_contrasts
from geo.series.looks import Days, Looks, gathered, optical, radar
from geo.series.veil import unveiled
from geo.types import Mask, Pixels

WHITE = 0.35
"""Reflectance that 255 of an 8-bit picture stands for: Sentinel-2's own true-colour pictures
end at about that."""

SAMPLE = 400
"""Pixels a side, at most, of the thumbnails that pictures are levelled by."""

KINDS = {"uint8": "8-bit numbers", "uint16": "16-bit numbers"}
"""Kinds of numbers in words."""

DAY = 86_400.0
"""Seconds."""

INSTANT = 1e-6
"""Days, a tenth of a second: far less than lies between two passes of one sensor."""

Window = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Eyes:
    """A series ready to be read, window by window."""

    looked: Looked
    folder: Path
    grid: Grid
    contrasts: Contrasts | None
    """Of the passes, in their order; ``None`` unless these are 8-bit pictures."""

    def read(self, window: Window, which: Sequence[int] | None = None) -> Looks:
        """Read a window of the frame.

        Args:
            window: rows, cols.
            which: passes, by number; all when ``None``.

        Raises:
            SourceError: a prepared file is damaged.
        """
        chosen = range(len(self.looked.records)) if which is None else which
        stacks = [self._one(look, window) for look in chosen]
        bands = {name: np.stack([s[i] for s in stacks]) for i, name in enumerate(self._names)}
        days = self.days[list(chosen)]
        if self.looked.series.kind == "radar":
            return radar(bands, days)
        if "nir" not in bands and "nir08" in bands:
            bands["nir"] = bands["nir08"]
        looks = optical(bands, _apart(days))
        clear = looks.only(unveiled(looks))
        return gathered(clear.values, np.sort(days), clear.names, clear.least)

    def shows(self, look: int, window: Window) -> Mask:
        """Tell where one pass shows the ground, veiled or not, (h, w)."""
        return np.asarray(np.isfinite(self._one(look, window)).all(axis=0))

    @property
    def days(self) -> Days:
        """When each pass was, (T,) days since 1970."""
        return np.array([time.timestamp() / DAY for time in self.looked.times])

    @property
    def notes(self) -> list[str]:
        """Say what a reader must know of how these pictures were drawn."""
        if self.contrasts is None or not self.contrasts.differ:
            return []
        count = len(self.looked.records)
        lost = sum(line is None for line in self.contrasts.lines)
        left = f"; {lost} could not be and were left out" if lost else ""
        said = (
            f"The {count} {self.looked.series.name} were drawn with different contrasts. They "
            f"were carried onto one by the ground that stayed the same{left}. Pictures of one "
            "fixed contrast tell more: save them without stretching each to its own lightest "
            "and darkest ground."
        )
        return [said]

    def thinned(self, most: int) -> list[int]:
        """Choose moments, all passes of each: of many the clearest of each stretch of time.

        Args:
            most: passes, about.
        """
        days = self.days
        moments, which = np.unique(days, return_inverse=True)
        if len(days) <= most:
            return list(range(len(days)))
        room = max(1, most * len(moments) // len(days))
        clear = np.bincount(which, [record.clear_share for record in self.looked.records])
        stretch = (moments - moments[0]) / max(moments[-1] - moments[0], 1.0) * room
        best: dict[int, int] = {}
        for moment in np.lexsort((moments, -clear)):
            best.setdefault(min(int(stretch[moment]), room - 1), int(moment))
        return np.flatnonzero(np.isin(which, list(best.values()))).tolist()

    @property
    def _names(self) -> tuple[str, ...]:
        """Name the bands that are used: of levelled pictures those that are levelled."""
        return self.looked.records[0].bands if self.contrasts is None else RGB

    def _one(self, look: int, window: Window) -> NDArray[np.float32]:
        """Read one pass, (C, h, w); NaN where the ground is hidden."""
        record = self.looked.records[look]
        pixels, clear = read_pass(self.folder, record, self.grid, window)
        unit = {"uint8": WHITE / 255, "uint16": 1 / UNIT}.get(str(pixels.dtype), 1.0)
        numbers = pixels.astype(np.float32)[[record.bands.index(n) for n in self._names]]
        if self.contrasts is not None:
            line = self.contrasts.lines[look]
            numbers = numbers if line is None else line.apply(numbers)
            clear = clear & self.contrasts.comparable(look)
        return np.where(clear, numbers * np.float32(unit), np.float32("nan"))


def _apart(days: Days) -> Days:
    """Set passes of one moment apart by an instant each: each has veils of its own."""
    order = np.argsort(days, kind="stable")
    rank = np.arange(len(days)) - np.searchsorted(days[order], days[order])
    apart = days.copy()
    apart[order] += rank * INSTANT
    return apart


def open_eyes(looked: Looked, folder: Path, grid: Grid) -> Eyes:
    """Make a series ready; 8-bit pictures are levelled first, in red, green and blue."""
    if not all(_is_picture(folder, record) for record in looked.records):
        return Eyes(looked, folder, grid, None)
    return Eyes(looked, folder, grid, _contrasts(looked.records, folder, grid))


def of_one_kind(looked: Looked, folder: Path) -> Looked:
    """Leave out pictures whose numbers are of another kind than most: no line joins them.

    Each of them is lost, with a sentence that says so.
    """
    kinds = [open_image(folder / record.picture).dtype for record in looked.records]
    if len(set(kinds)) < 2:
        return looked
    [(usual, count)] = Counter(kinds).most_common(1)
    why = (
        f"{KINDS.get(usual, usual)}, {count} of {len(kinds)}, and cannot be compared with it. "
        "It was left out; save all pictures alike."
    )
    odd = tuple(
        replace(
            record,
            failures=(
                *record.failures,
                f"{record.id} holds {KINDS.get(kind, kind)}; most pictures hold {why}",
            ),
        )
        for record, kind in zip(looked.records, kinds, strict=True)
        if kind != usual
    )
    same = (r for r, kind in zip(looked.records, kinds, strict=True) if kind == usual)
    return replace(looked, records=tuple(same), lost=(*looked.lost, *odd))


def read_pass(
    folder: Path, record: PassRecord, grid: Grid, window: Window
) -> tuple[Pixels, Mask]:
    """Read pixels (C, h, w) of a pass, and where the ground can be seen (h, w)."""
    picture, mask = open_image(folder / record.picture), open_image(folder / record.mask)
    every = range(picture.count)
    with picture.reader(grid, bands=every, resampling="nearest") as reader:
        pixels, valid = reader.read(*window)
    with mask.reader(grid, bands=[0], resampling="nearest") as reader:
        sky, _ = reader.read(*window)
    return pixels, valid & (sky[0] == Sky.CLEAR)


def _is_picture(folder: Path, record: PassRecord) -> bool:
    image = open_image(folder / record.picture)
    return image.dtype == "uint8" and set(RGB) <= set(record.bands)


def _contrasts(records: Sequence[PassRecord], folder: Path, grid: Grid) -> Contrasts:
    """Find how each picture is carried onto the middle one, by what most of the ground says."""
    side = max(grid.shape)
    step = max(1, -(-side // SAMPLE))
    small = grid.zoom_out(step) if step > 1 else grid
    whole = slice(0, small.height), slice(0, small.width)
    reads = [read_pass(folder, record, small, whole) for record in records]
    colours = [[record.bands.index(name) for name in RGB] for record in records]
    stack = np.stack(
        [
            pixels[own].astype(np.float32)
            for (pixels, _), own in zip(reads, colours, strict=True)
        ]
    )
    return find_contrasts(stack, np.stack([clear for _, clear in reads]))
