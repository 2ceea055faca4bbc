"""Ask whether calibration keeps its word on places it was not fitted on.

Temperatures and object thresholds are fitted on all places but one, and tried on that one; so
each figure is of a place the choice never saw.  Objects of one place drawn into halves show
what conformal thresholds promise: there they must keep it.  Between places they need not, and
the table says how far they fall short.

    sums by place (logits, truth) ──► error before and after ──► TemperRow
    object scores by place ──► threshold of the others ──► misses here ──► MissRow

Source: interval of a share, C. Clopper and E. Pearson, Biometrika 26, 1934; what breaks without
exchangeability, R. Barber et al., Ann. Statist. 51(2), 2023.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import beta

from models.calibrate import Samples, place_threshold, promise, temperature
from models.metrics_calibration import add_up, calibration_error
from models.metrics_interval import Measure, difference

ObjectScores = NDArray[np.float64]
"""(N,) of each true object the mean probability inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperRow:
    """One head on one place."""

    place: str
    """Tried here."""

    temperature: float
    """Fitted on the other places; 1 where no other place labels the head."""

    before: Measure
    """Calibration error as the net came out of training."""

    after: Measure
    """Calibration error with that temperature."""

    others: int
    """How many other places it was fitted on."""

    @property
    def gain(self) -> Measure:
        """How much smaller the error became."""
        return difference(self.before, self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissRow:
    """A promised share of objects, tried on one place."""

    place: str
    """Tried here."""

    threshold: float
    """From which an object is kept."""

    missed: float
    """True objects below it; a mean, where the promise was tried many times."""

    objects: int
    """True objects in all."""

    promised: float
    """Share that may be missed."""

    @property
    def rate(self) -> float:
        """Share missed."""
        return self.missed / self.objects if self.objects else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share missed, as if objects were independent."""
        return share_interval(self.missed, self.objects)

    @property
    def verdict(self) -> str:
        """Whether the promise held, broke, or cannot be told from chance."""
        low, high = self.interval
        if low > self.promised:
            return "broken"
        if high <= self.promised:
            return "kept with room"
        return "kept" if self.rate <= self.promised else "cannot tell"


def temper_rows(
    samples: Mapping[str, Samples], blocks: Mapping[str, NDArray[np.int32]]
) -> list[TemperRow]:
    """Fit a temperature without each place and try it there.

    Args:
        samples: logits, untempered, and truth of each place that labels the head.
        blocks: number of the block of each sample.
    """
    rows = []
    for place, (logits, true) in samples.items():
        others = {name: s for name, s in samples.items() if name != place}
        fitted = temperature(others)
        before, after = (
            _error(logits / divisor, true, blocks[place]) for divisor in (1.0, fitted)
        )
        rows.append(
            TemperRow(
                place=place, temperature=fitted, before=before, after=after, others=len(others)
            )
        )
    return rows


def miss_rows(scores: Mapping[str, ObjectScores], *, recall: float) -> list[MissRow]:
    """Promise a recall from the objects of all other places, and try it on each place.

    Args:
        scores: of true objects, by place.
        recall: share promised.
    """
    rows = []
    for place, here in scores.items():
        others = [s for name, s in scores.items() if name != place and len(s)]
        pooled = np.concatenate(others) if others else np.empty(0)
        if len(here) and len(pooled) >= 1 / (1 - recall):
            kept = promise(pooled.tolist(), recall=recall).threshold
            rows.append(_row(place, kept, here, recall))
    return rows


def place_rows(scores: Mapping[str, ObjectScores], *, recall: float) -> list[MissRow]:
    """Promise a recall for a *new place* from the other places, and try it on each.

    Args:
        scores: of true objects, by place.
        recall: share promised, on the mean over places.

    Returns:
        Nothing where there are too few places to promise that much.
    """
    rows = []
    for place, here in scores.items():
        others = [s for name, s in scores.items() if name != place and len(s)]
        kept = place_threshold(others, recall=recall)
        if len(here) and kept is not None:
            rows.append(_row(place, kept, here, recall))
    return rows


def half_rows(
    scores: Mapping[str, ObjectScores], *, recall: float, seed: int, draws: int = 1000
) -> list[MissRow]:
    """Promise from one half of a place's objects and try it on the other, many times.

    Halves of one place are exchangeable, so on average the promise must hold.

    Returns:
        A row a place with enough objects; threshold and misses are means over draws.
    """
    rng, rows = np.random.default_rng(seed), []
    for place, here in scores.items():
        half = len(here) // 2
        if half < 1 / (1 - recall):
            continue
        missed, kept = [], []
        for _ in range(draws):
            mixed = rng.permutation(here)
            kept.append(promise(mixed[:half].tolist(), recall=recall).threshold)
            missed.append(int((mixed[half:] < kept[-1]).sum()))
        rows.append(
            MissRow(
                place=place, threshold=float(np.mean(kept)), objects=len(here) - half,
                missed=float(np.mean(missed)), promised=round(1 - recall, 6),
            )
        )  # fmt: skip
    return rows


def share_interval(part: float, whole: int, *, sure: float = 0.95) -> tuple[float, float]:
    """Give the exact interval of a share of independent things; 0 to 1 where there are none.

    Args:
        part: how many were so.
        whole: of how many.
        sure: how often the interval holds the truth, at least.
    """
    rest = (1 - sure) / 2
    low = float(beta.ppf(rest, part, whole - part + 1)) if part else 0.0
    high = float(beta.ppf(1 - rest, part + 1, whole - part)) if part < whole else 1.0
    return low, high


def _row(place: str, kept: float, here: ObjectScores, recall: float) -> MissRow:
    return MissRow(
        place=place, threshold=kept, missed=int((here < kept).sum()), objects=len(here),
        promised=round(1 - recall, 6),
    )  # fmt: skip


def _error(
    logits: NDArray[np.float64], true: NDArray[np.bool_], blocks: NDArray[np.int32]
) -> Measure:
    chance = expit(logits).astype(np.float32)[None]
    return calibration_error(add_up(chance, true.astype(np.uint8)[None], blocks[None]))


def places_needed(recall: float) -> int:
    """Tell how many places a promise for a new place needs, before any score is seen."""
    return int(np.ceil(1 / (1 - recall) - 1e-9)) - 1
