"""One labelled picture in memory, at about the net's own pixels.

    picture (3, H, W), labels (H, W) a head ──► Patch ──shrunk──► no finer than half the net's
                                                      ──cut_round──► a window and its context

A head that has no label says nothing anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo.types import Picture
from models.card import GSD, HEADS
from models.kept import hash_of
from models.labels import Labels
from models.losses import UNKNOWN

FINEST = 0.25
"""Metres per pixel; finer pictures are averaged down to about this, for the net sees 0.5 m with
a jitter of 0.7 and more would only fill memory."""

CONTEXT = 72.0
"""Metres of ground that are kept round a window somebody labelled; a net looks 72 m far."""

NOTHING = np.array([110, 105, 75], np.uint8).reshape(3, 1, 1)
"""The colour of ground beyond a picture: the card's mean, which is nothing to a net."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One picture with what is known of it."""

    name: str
    """Of its file, or of the sheet."""

    place: str
    """Where it lies."""

    group: str
    """The set it came from; crops are balanced over groups."""

    weight: float
    """Of the group."""

    picture: Picture
    """(3, H, W) uint8."""

    labels: Mapping[str, Labels]
    """By head; heads not in here are unknown everywhere."""

    gsd: float
    """Metres per pixel."""

    averaged: int = 1
    """Pixels of the picture's file, a side, that one of these is the mean of."""

    def stacked(self, heads: Sequence[str] = HEADS) -> Labels:
        """Lay the labels of all heads on each other, (C, H, W) uint8."""
        blank = np.full(self.picture.shape[1:], UNKNOWN, np.uint8)
        return np.stack([self.labels.get(head, blank) for head in heads])


def fingerprint(patches: Iterable[Patch]) -> str:
    """Tell patches from others by 16 letters: of pixels, labels, sets, weights and order."""
    return hash_of(part for patch in patches for part in _told(patch))


def _told(patch: Patch) -> Iterator[str | NDArray[np.uint8]]:
    heads = sorted(patch.labels)
    said = (patch.name, patch.place, patch.group, patch.weight, patch.gsd)
    yield repr((said, patch.picture.shape, heads))
    yield patch.picture
    yield from (patch.labels[head] for head in heads)


def cut_round(patch: Patch, window: Sequence[float]) -> Patch:
    """Cut out a window with ``CONTEXT`` round it, as far as the picture goes.

    Args:
        patch: at the pixels the window counts in.
        window: x0, y0, x1, y1 in pixels.
    """
    rim = round(CONTEXT / patch.gsd)
    left, top = (max(0, round(v) - rim) for v in window[:2])
    cols, rows = slice(left, round(window[2]) + rim), slice(top, round(window[3]) + rim)
    return replace(
        patch, picture=patch.picture[:, rows, cols],
        labels={head: label[rows, cols] for head, label in patch.labels.items()},
    )  # fmt: skip


def shrunk(patch: Patch) -> Patch:
    """Average a picture much finer than the net's own pixels down by a whole number."""
    factor = math.floor(GSD / max(patch.gsd, 1e-6) / (GSD / FINEST) + 0.35)
    if factor < 2:
        return patch
    _, height, width = patch.picture.shape
    rows, cols = height // factor, width // factor
    cut = patch.picture[:, : rows * factor, : cols * factor]
    blocks = cut.reshape(3, rows, factor, cols, factor).mean((2, 4))
    middle = slice(factor // 2, None, factor)
    return replace(
        patch, picture=np.rint(blocks).astype(np.uint8), gsd=patch.gsd * factor,
        averaged=patch.averaged * factor,
        labels={h: v[middle, middle][:rows, :cols] for h, v in patch.labels.items()},
    )  # fmt: skip
