"""Say how good a net is, place by place, never pooled.

    patches of a split ──► judged at the net's pixels ──► counted by blocks ──► Evaluation
                           every figure with its interval, reliability, tiles to look at

``measure`` is the whole of it, for the command and the scripts; ``score`` and ``calibration``
are for training and for the card, which judge for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from models.calibrate import Samples, to_logits
from models.card import HEADS, Card, PlaceScore
from models.checkpoint import Net
from models.evaluate_judged import Judged, judge, judge_with
from models.evaluate_tally import Key, Tally, blocks_of, score_of
from models.evaluate_tiles import Gallery, TileView
from models.evaluate_yards import YardBook
from models.metrics_calibration import Reliability, Sums, add_up, calibration_error
from models.patch import Patch

__all__ = [
    "Evaluation", "Judged", "block_pixels", "calibration", "judge", "known_pixels", "measure",
    "score", "tally_of",
]  # fmt: skip

LARGEST = 1024
"""Pixels a side of what is judged of each picture, unless asked otherwise: 512 m, so that one
large picture costs no more than a town."""


QUICK = ("iou", "object_f1", "f1_2m")
"""What ``score`` tells: the figures that choose a checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All that was measured of one net."""

    card: Card
    """Which net."""

    scores: tuple[PlaceScore, ...]
    """Every figure, by place."""

    diagrams: Mapping[tuple[str, str], Reliability]
    """By place and head."""

    tiles: tuple[TileView, ...]
    """The worst and the best, by place and head."""

    pictures: Mapping[str, int]
    """How many were judged of each place."""

    licences: Mapping[str, str]
    """Of the pictures of each place, as far as anybody knows."""

    @property
    def taught(self) -> frozenset[str]:
        """Places the net was trained on; what is measured there says little."""
        return frozenset(s.place for s in self.card.sources if s.split == "train")

    @property
    def chosen_on(self) -> frozenset[str]:
        """Places that chose checkpoint and thresholds; their figures flatter a little."""
        return frozenset(s.place for s in self.card.sources if s.split == "val")


def measure(
    net: Net,
    patches: Sequence[Patch],
    *,
    yards: YardBook | None = None,
    licences: Mapping[str, str] | None = None,
    most: int = LARGEST,
    seed: int = 0,
) -> Evaluation:
    """Measure a net with its card's own thresholds.

    Args:
        net: as ``load_net`` gives it.
        patches: to measure on.
        yards: drawn yards of those that have some (``models.evaluate_yards.read_yards``).
        licences: by place, to be told beside the tiles.
        most: pixels a side judged of each patch, its middle; 0 for all.
        seed: of the intervals.

    Raises:
        InputError: no label says anything about any head.
    """
    gallery = Gallery()
    tally = tally_of(net, patches, yards=yards, most=most, gallery=gallery)
    return Evaluation(
        card=net.card,
        scores=tuple(tally.scores(seed=seed)),
        diagrams=tally.diagrams(seed=seed),
        tiles=tuple(gallery.views()),
        pictures={
            place: sum(one.place == place for one in patches)
            for place in dict.fromkeys(one.place for one in patches)
        },
        licences=dict(licences or {}),
    )


def tally_of(
    net: Net,
    patches: Sequence[Patch],
    *,
    yards: YardBook | None = None,
    most: int = LARGEST,
    gallery: Gallery | None = None,
    full: bool = True,
) -> Tally:
    """Judge and count; the arguments are those of ``measure`` and of ``Tally``.

    Raises:
        InputError: no label says anything about any head.
    """
    book = yards or {}
    tally = Tally(net.card.thresholds, heads=net.card.heads, gallery=gallery, full=full)
    for one in judge_with(net, patches, most=most):
        tally.add(one, book.get((one.patch.group, one.patch.name)))
    if not tally.parts:
        raise InputError(
            f"The labels of {len(patches)} pictures say nothing about {', '.join(HEADS)}: all "
            "of it is unknown ground, so nothing was measured."
        )
    return tally


def score(
    judged: Sequence[Judged],
    thresholds: Mapping[str, float],
    *,
    heads: Sequence[str] = HEADS,
    seed: int = 0,
) -> list[PlaceScore]:
    """Measure quickly what chooses a checkpoint: pixels, lines, and buildings one by one.

    Args:
        judged: of any number of places.
        thresholds: probability from which a head says yes; 0.5 where not given.
        heads: in the order of the channels.
        seed: of the intervals.
    """
    tally = Tally(thresholds, heads=heads, full=False)
    for one in judged:
        tally.add(one)
    return [one for one in tally.scores(seed=seed) if one.metric in QUICK]


def calibration(
    judged: Sequence[Judged], *, heads: Sequence[str] = HEADS, seed: int = 0
) -> list[PlaceScore]:
    """Measure how far probabilities are from frequencies, for every head and place."""
    sums: dict[Key, list[Sums]] = {}
    for one in judged:
        for channel, head in enumerate(heads):
            known = one.labels[channel] <= 1
            if known.any():
                part = add_up(one.chance[channel], one.labels[channel], blocks_of(known))
                sums.setdefault(Key(one.patch.place, head, "ece"), []).append(part)
    return [
        score_of(key, calibration_error(np.concatenate(parts)), seed=seed)
        for key, parts in sums.items()
    ]


def known_pixels(
    judged: Sequence[Judged], channel: int, place: str, *, most: int = 300_000
) -> Samples:
    """Gather logits and truth of a place's known pixels, thinned evenly to at most ``most``."""
    return block_pixels(judged, channel, place, most=most)[0]


def block_pixels(
    judged: Sequence[Judged], channel: int, place: str, *, most: int = 300_000
) -> tuple[Samples, NDArray[np.int32]]:
    """Gather a place's known pixels as ``known_pixels`` does, and the block of each, (N,)."""
    here = [one for one in judged if one.patch.place == place]
    known = [one.labels[channel] <= 1 for one in here]
    step = max(1, sum(int(k.sum()) for k in known) // most)
    chance, true, blocks, first = [], [], [], 0
    for one, k in zip(here, known, strict=True):
        if not k.any():
            continue
        number = blocks_of(k)
        chance.append(one.chance[channel][k][::step])
        true.append((one.labels[channel] == 1)[k][::step])
        blocks.append(number[k][::step] + first)
        first += int(number.max()) + 1
    if not chance:
        return (np.empty(0), np.empty(0, np.bool_)), np.empty(0, np.int32)
    samples = (to_logits(np.concatenate(chance)), np.concatenate(true))
    return samples, np.concatenate(blocks).astype(np.int32)
