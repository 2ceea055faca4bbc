"""Plots of a scorecard as numbers for inline SVG: no script, no picture, sharp on paper.

    PlaceScore of one figure ──► Dots: a row a place, value and whisker, x from 0 to 1
    Reliability ──► Diagram: a path of share over probability, with its band

Everything is in units of the SVG; x runs right, y runs down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.card import PlaceScore
from models.metrics_calibration import Reliability
from models.metrics_interval import FEW

NAMES, WIDE, ROW = 190.0, 420.0, 30.0
"""Units: the column of place names, the length of the scale, the height of a row."""

SIDE = 150.0
"""Units a side of a reliability diagram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One value with its interval."""

    place: str
    """Where."""

    y: float
    """Middle of its row."""

    x: float
    """The value."""

    low: float
    """Left end of the whisker."""

    high: float
    """Right end of the whisker."""

    text: str
    """What the row says at its end."""

    taught: bool
    """Whether the net was trained there; drawn hollow."""

    rough: bool
    """Whether the interval comes from fewer than ten blocks; drawn dashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """A dot plot of one figure over places."""

    dots: tuple[Dot, ...]
    """From the highest value to the lowest."""

    width: float
    """Of the SVG."""

    height: float
    """Of the SVG."""

    ticks: tuple[tuple[float, str], ...]
    """Where the scale has lines, and what they say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A reliability diagram."""

    place: str
    """Where."""

    line: str
    """``points`` of the line."""

    band: str
    """``points`` of the band, round it."""

    dots: tuple[tuple[float, float], ...]
    """The bins."""

    error: str
    """The calibration error, in words; empty where there is none."""


def dots_of(scores: Sequence[PlaceScore], taught: frozenset[str]) -> Dots:
    """Lay out one figure over all places, best first.

    Args:
        scores: of one head and one figure.
        taught: places the net was trained on.
    """
    order = sorted(scores, key=lambda s: (s.place in taught, -s.value))
    dots = tuple(
        Dot(
            place=s.place, y=ROW * (i + 0.5), x=_along(s.value), low=_along(s.low),
            high=_along(s.high), text=f"{s.value:.2f}", taught=s.place in taught,
            rough=s.blocks < FEW,
        )
        for i, s in enumerate(order)
    )  # fmt: skip
    return Dots(
        dots=dots,
        width=NAMES + WIDE + 60,
        height=ROW * len(dots) + 26,
        ticks=tuple((_along(t / 5), f"{t / 5:.1f}") for t in range(6)),
    )


def diagram_of(place: str, told: Reliability, score: PlaceScore | None) -> Diagram:
    """Lay out a reliability diagram: probability to the right, share of yes upwards."""
    upper = list(zip(told.chance, told.high, strict=True))
    lower = list(zip(told.chance, told.low, strict=True))
    middle = list(zip(told.chance, told.share, strict=True))
    return Diagram(
        place=place,
        line=_points(middle),
        band=_points([*upper, *reversed(lower)]),
        dots=tuple(map(_spot, middle)),
        error="" if score is None else f"{score.value:.3f}",
    )


def _along(value: float) -> float:
    return NAMES + WIDE * min(1.0, max(0.0, value))


def _spot(point: tuple[float, float]) -> tuple[float, float]:
    return round(SIDE * point[0], 1), round(SIDE * (1 - point[1]), 1)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in map(_spot, points))
