"""What every figure is called, what it means, and which way is better: one table for all pages.

metric ──► Words: title, meaning, higher is better, floor and goal
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """How to speak of one figure."""

    title: str
    """A few words for the head of a column."""

    meaning: str
    """One sentence for a person who has read nothing else."""

    rising: bool = True
    """Whether more is better."""

    kind: str = ""
    """Figures of one kind stand in one table."""


_OBJECTS = {
    "": ("overlap 0.5", "shares half or more of its ground (IoU 0.5)"),
    "_30": ("overlap 0.3", "shares a third or so of its ground (IoU 0.3)"),
    "_5m": ("centre 5 m", "has its centre within 5 m"),
}


def _of_objects() -> dict[str, Words]:
    words = {}
    for suffix, (short, sense) in _OBJECTS.items():
        words[f"object_f1{suffix}"] = Words(
            f"houses, F1, {short}",
            f"Balance of houses found and houses not invented; found is one that {sense}.",
            kind=suffix,
        )
        words[f"object_precision{suffix}"] = Words(
            f"houses, precision, {short}",
            f"Share of outlined houses that are one; a true counterpart {sense}.",
            kind=suffix,
        )
        words[f"object_recall{suffix}"] = Words(
            f"houses, recall, {short}",
            f"Share of true houses found; the outline {sense}.",
            kind=suffix,
        )
        words[f"ap{suffix or '_50'}"] = Words(
            f"houses, AP, {short}",
            f"Precision averaged over recall, outlines ranked by score; right if it {sense}.",
            kind=suffix,
        )
    return words


METRICS: Mapping[str, Words] = {
    "iou": Words("pixels, IoU", "Ground both say yes to, over ground either says yes to."),
    **_of_objects(),
    "f1_2m": Words(
        "lines, F1, 2 m", "Balance of lines found and not invented, within 2 m of each other."
    ),
    "precision_2m": Words("lines, precision, 2 m", "Share of claimed line near a true one."),
    "recall_2m": Words("lines, recall, 2 m", "Share of true line near a claimed one."),
    "yard_f1": Words(
        "yards, F1, overlap 0.5",
        "Balance of whole yards found and not invented, by the way from net to geo.yards.",
    ),
    "yard_precision": Words("yards, precision", "Share of yards claimed that are one."),
    "yard_recall": Words("yards, recall", "Share of whole labelled yards that were found."),
    "closed_accuracy": Words(
        "closed or open",
        "Balanced accuracy of closed or open; a yard that was not found is called open.",
        kind="closed",
    ),
    "closed_accuracy_given": Words(
        "closed or open, outline given",
        "The same, asked on a walk round the outline drawn by hand.",
        kind="closed",
    ),
    "closure_error": Words(
        "closure, error",
        "Mean absolute error of the share that is barred.",
        rising=False,
        kind="closed",
    ),
    "closure_error_given": Words(
        "closure, error, outline given",
        "The same, asked on a walk round the outline drawn by hand.",
        rising=False,
        kind="closed",
    ),
    "ece": Words(
        "calibration error",
        "Mean distance between probability and frequency, in 15 bins of equal mass.",
        rising=False,
        kind="calibration",
    ),
    "brier": Words(
        "Brier score",
        "Mean squared distance between probability and truth.",
        rising=False,
        kind="calibration",
    ),
}
"""In the order in which pages show them."""

HEADLINE: Mapping[str, str] = {
    "building": "iou",
    "building_edge": "f1_2m",
    "wall": "f1_2m",
    "yard": "yard_f1",
    "ground": "iou",
}
"""The one figure of each head that says most."""


def words_of(metric: str) -> Words:
    """Find the words of a figure; an unknown one speaks for itself."""
    return METRICS.get(metric, Words(metric.replace("_", " "), ""))
