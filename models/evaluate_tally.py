"""Keep count over any number of pictures, and forget each picture once it is counted.

Each head is measured by what it is for: buildings by pixels and one by one, walls and edges by
their lines within 2 m, yards by pixels and the whole way through ``geo.yards``, ground by
pixels, all of them by their calibration.  A place whose labels say nothing about a head gets no
figure for it.

    Judged (+ drawn yards) ──► Parts a picture and head ──► Measure a place, head and figure

Only one picture is in memory at a time; counts are kept by blocks of 128 m.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from geo.change.weights import seen_once
from geo.roofs import draw_labels
from geo.types import FULL, Mask
from geo.types import Labels as Things
from models.card import GSD, HEADS, PlaceScore
from models.evaluate_judged import Judged
from models.evaluate_tiles import Gallery, Marked, error_map
from models.evaluate_yards import moved, seen_in, yards_of
from models.labels import Labels
from models.metrics import (
    LINES,
    Blocks,
    Counts,
    count_marks,
    cut_blocks,
    f1,
    iou,
    mark_lines,
    mark_pixels,
    precision,
    recall,
    windows_of,
)
from models.metrics_calibration import (
    Reliability,
    Sums,
    add_up,
    brier,
    calibration_error,
    reliability,
)
from models.metrics_interval import Measure, of_counts
from models.metrics_objects import Matches, average_precision, join, lay_out, things_of
from models.metrics_words import METRICS
from models.metrics_yards import LabelledYards, YardCounts, count_yards, yard_measures

BLOCK = 128.0
"""Metres; side of the blocks that intervals draw from.  Neighbouring houses share one."""

SMALLEST = 12.0
"""Square metres; smaller building claims are dropped, smaller labels nobody asks of."""

NEAR = 5.0
"""Metres between the centres of a house and its outline: half a small house."""


class Key(NamedTuple):
    """Names one figure."""

    place: str
    head: str
    metric: str


@dataclass(slots=True)
class Parts:
    """What was counted of one head on one place, a list entry a picture."""

    marks: list[Counts] = field(default_factory=list)
    """(B, 4) pixels, or pixels of line."""

    matches: dict[str, list[Matches]] = field(default_factory=dict)
    """Buildings one by one, by the suffix of the figure."""

    sums: list[Sums] = field(default_factory=list)
    """(B, STEPS, 4) for calibration."""

    yards: list[YardCounts] = field(default_factory=list)
    """Yards the whole way."""


class Tally:
    """Counts of one net."""

    def __init__(
        self,
        thresholds: Mapping[str, float],
        *,
        heads: Sequence[str] = HEADS,
        full: bool = True,
        gallery: Gallery | None = None,
    ) -> None:
        """Begin with nothing.

        Args:
            thresholds: probability from which a head says yes; 0.5 where not given.
            heads: in the order of the channels.
            full: whether to count all there is; else only what chooses a checkpoint: pixels,
                lines, and buildings one by one at IoU 0.5.
            gallery: where to keep tiles worth looking at.
        """
        self.thresholds, self.heads, self.full = thresholds, tuple(heads), full
        self.gallery = gallery
        self.parts: dict[tuple[str, str], Parts] = {}

    def add(self, one: Judged, drawn: LabelledYards | None = None) -> None:
        """Count a picture.

        Args:
            one: judged.
            drawn: its labelled yards, in pixels of the patch.
        """
        for channel, head in enumerate(self.heads):
            known = one.labels[channel] <= 1
            if known.any():
                parts = self.parts.setdefault((one.patch.place, head), Parts())
                self._count(one, channel, known, parts, drawn)

    def measures(self) -> dict[Key, Measure]:
        """Make the figures; those that say nothing (NaN) are left out."""
        measures = {
            Key(place, head, metric): measure
            for (place, head), parts in self.parts.items()
            for metric, measure in measures_of(head, parts).items()
        }
        return {key: one for key, one in measures.items() if np.isfinite(one.value)}

    def scores(self, *, seed: int) -> list[PlaceScore]:
        """Give every figure with its interval, place by place."""
        return [score_of(key, measure, seed=seed) for key, measure in self.measures().items()]

    def diagrams(self, *, seed: int) -> dict[tuple[str, str], Reliability]:
        """Give the reliability of every place and head."""
        return {
            key: reliability(np.concatenate(parts.sums), seed=seed)
            for key, parts in self.parts.items()
            if parts.sums
        }

    def _count(
        self, one: Judged, channel: int, known: Mask, parts: Parts, drawn: LabelledYards | None
    ) -> None:
        head, labels, chance = self.heads[channel], one.labels[channel], one.chance[channel]
        yes = chance >= self.thresholds.get(head, 0.5)
        blocks = blocks_of(known)
        marks = mark_lines(yes, labels, GSD) if head in LINES else mark_pixels(yes, labels)
        counts = count_marks(marks, blocks)
        parts.marks.append(counts)
        if head == "building":
            self._count_buildings(one, labels, blocks, parts)
        if not self.full:
            return
        parts.sums.append(add_up(chance, labels, blocks))
        if head == "yard" and drawn is not None:
            found, barrier = yards_of(one, self.heads)
            here = seen_in(moved(drawn, one.scale, one.corner), known.shape)
            parts.yards.append(count_yards(here, found, barrier, GSD, blocks))
            marks = mark_pixels(found.labels > 0, labels)
            counts = count_marks(marks, blocks)
        if self.gallery is not None:
            errors = error_map(marks, labels <= 1)
            windows = windows_of(known, round(BLOCK / GSD))
            self.gallery.look(Marked(one, head, channel, errors), counts, windows)

    def _count_buildings(
        self, one: Judged, labels: Labels, blocks: Blocks, parts: Parts
    ) -> None:
        channel = self.heads.index("building")
        least = round(SMALLEST / GSD**2)
        claims = outlined(one, self.heads)
        field_ = lay_out(
            claims,
            things_of(labels == 1),
            one.chance[channel],
            labels <= 1,
            blocks,
            least=least,
        )
        found = {"": field_.match_overlap(0.5)}
        if self.full:
            found |= {
                "_30": field_.match_overlap(0.3),
                "_5m": field_.match_centres(NEAR / GSD),
            }
        for suffix, matches in found.items():
            parts.matches.setdefault(suffix, []).append(matches)


def blocks_of(known: Mask) -> Blocks:
    """Cut a picture at the net's pixels into the blocks that intervals draw from."""
    return cut_blocks(known, round(BLOCK / GSD))


def outlined(one: Judged, heads: Sequence[str]) -> Things:
    """Part the buildings of a judged picture as ``stockade scan`` does; (H, W) int32."""
    scores = {
        head: np.rint(one.chance[heads.index(head)] * FULL).astype(np.uint8)
        for head in ("building", "building_edge")
        if head in heads
    }
    building, edge = scores["building"], scores.get("building_edge")
    labels, *_ = draw_labels(building, edge, GSD, seen_once())
    return labels


def measures_of(head: str, parts: Parts) -> dict[str, Measure]:
    """Make the figures of one head on one place, in the order pages show them."""
    marks = np.concatenate(parts.marks)
    measures: dict[str, Measure] = {}
    if head in LINES:
        for name, figure in (("f1", f1), ("precision", precision), ("recall", recall)):
            measures[f"{name}_2m"] = of_counts(marks, figure)
    else:
        measures["iou"] = of_counts(marks, iou)
    for suffix, several in parts.matches.items():
        matches = join(several)
        for name, figure in (("f1", f1), ("precision", precision), ("recall", recall)):
            measures[f"object_{name}{suffix}"] = of_counts(matches.counts(), figure)
        measures[f"ap{suffix or '_50'}"] = average_precision(matches)
    if parts.yards:
        measures |= yard_measures(parts.yards)
    if parts.sums:
        sums = np.concatenate(parts.sums)
        measures |= {"ece": calibration_error(sums), "brier": brier(sums)}
    order = {name: i for i, name in enumerate(METRICS)}
    return dict(sorted(measures.items(), key=lambda item: order[item[0]]))


def score_of(key: Key, measure: Measure, *, seed: int) -> PlaceScore:
    """Ask a measure for its value and its interval."""
    low, high = measure.interval(seed=seed)
    return PlaceScore(
        head=key.head, place=key.place, metric=key.metric, value=round(measure.value, 4),
        low=round(low, 4), high=round(high, 4), blocks=measure.blocks,
    )  # fmt: skip
