"""Tell the story of one place: what changed, between when and when, or why nobody can tell.

    Looks, inside (H, W) ──► usable looks ──► curve (T, F) ──► states ──► steps ──► brackets
        ──► clearing followed by building is one story: *built* ──► Story: events, or the reason

Answers are three: something changed; nothing changed *and a change would have been seen*; or
nobody can tell, with the reasons.

Source: the persistence and direction rules of K. Senf's and the IARPA SMART programme's
monitors, in the form of this project's issue 6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geo.errors import ShapeError
from geo.series.calm import calmed
from geo.series.events import Event, events_of, is_harvest, named
from geo.series.looks import Days, Looks, Stack, date_of
from geo.series.progress import find_bracket
from geo.series.roofing import tell_roofs
from geo.series.states import STEP, find_states
from geo.series.steps import SHRINK
from geo.series.years import FARTHEST, HITS, SEASON, YEAR, blind_spans, told_at

VISIBLE = 0.6
"""Share of a place that a look must show to be used."""

ENOUGH = 2 * HITS
"""Usable looks without which nothing is told."""

SEASONAL = frozenset({"green", "light", "warm"})
"""Measures that a season moves as much as a bulldozer does."""


class Answer(StrEnum):
    """What can be said of a place."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that the looks of one sensor tell of one place."""

    answer: Answer
    events: tuple[Event, ...]
    """In order of time."""

    reasons: tuple[str, ...]
    """Why nobody can tell, or what a reader must know; sentences."""

    usable: NDArray[np.bool_]
    """(T,) looks that show enough of the place as it is."""

    curve: Stack
    """(T, F) mean of the place; NaN where a look is not usable."""

    progress: NDArray[np.float64]
    """(T,) 0 before the strongest event, 1 after; NaN where not told."""

    reach: tuple[int, int] | None = None
    """Looks between which a change would be told; the later may be the first that shows it."""


def tell_story(looks: Looks, inside: NDArray[np.bool_]) -> Story:
    """Tell the story of one place.

    Args:
        looks: unveiled looks at the window around it.
        inside: (H, W) its pixels.

    Raises:
        ShapeError: ``inside`` does not lie on the looks, or is empty.
    """
    if inside.shape != looks.values.shape[2:] or not inside.any():
        raise ShapeError(
            f"inside must be {looks.values.shape[2:]} with a true pixel, not {inside.shape}"
        )
    values = looks.values[:, :, inside]  # (T, F, N)
    usable = np.isfinite(values[:, 0]).mean(axis=1) >= VISIBLE
    story = Story(
        answer=Answer.CANNOT_TELL,
        events=(),
        reasons=(),
        usable=usable,
        curve=_curve(values, usable),
        progress=np.full(len(values), np.nan),
    )
    count = int(usable.sum())
    if count < ENOUGH:
        why = (
            f"Only {count} of {len(usable)} looks show the place; {ENOUGH} are needed, "
            f"{HITS} before a change and {HITS} after it."
        )
        return replace(story, reasons=(why,))
    return _told(story, looks, values, inside)


def _told(story: Story, looks: Looks, values: Stack, inside: NDArray[np.bool_]) -> Story:
    """Find states, steps and brackets in the usable looks."""
    where = np.flatnonzero(story.usable)
    least = np.array(looks.least, np.float32)
    days = looks.days[where]
    states, kept = find_states(
        story.curve[where], days, least, _steady(looks), pixels=values[where]
    )
    where, days = where[kept], days[kept]
    own = calmed(values[where], least)
    dated = [
        (step, bracket)
        for step in pairwise(states)
        if (
            bracket := find_bracket(
                own,
                days,
                least,
                step[1].first,
                (step[0].first, step[1].end),
                inside=inside,
            )
        )
    ]
    found = [
        one
        for step, bracket in dated
        if not is_harvest(one := named(looks, inside, step, bracket, where), looks, story.curve)
    ]
    events = events_of(found, looks.days, int(where[-1]))
    events = tell_roofs(events, looks, inside, story.curve)
    reasons = tuple(_remarks(days))
    story = replace(story, reach=_reach(where, days))
    if events:
        strongest = max(found, key=lambda one: one.largest)
        progress = np.full(len(values), np.nan)
        progress[where] = strongest.bracket.curve
        return replace(
            story, answer=Answer.CHANGED, events=events, reasons=reasons, progress=progress
        )
    blind = [*_unjudged(days), *_blind(story.curve[where], least)]
    if blind:
        return replace(story, reasons=(*blind, *reasons))
    return replace(story, answer=Answer.UNCHANGED, reasons=reasons)


def _curve(values: Stack, usable: NDArray[np.bool_]) -> Stack:
    """Average a place look by look, so that pixels hidden on one look do not tilt the mean."""
    own = np.where(usable[:, None, None], values, np.float32("nan"))
    seen = np.isfinite(own)
    count = np.maximum(seen.sum(axis=0), 1)
    usual = np.where(seen, own, 0).sum(axis=0) / count  # (F, N)
    off = np.where(seen, own - usual, 0).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    weight = seen.any(axis=0)
    mean = (usual * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
    return np.where(usable[:, None], off + mean, np.nan).astype(np.float32)


def _steady(looks: Looks) -> NDArray[np.bool_]:
    """Tell which measures seasons leave alone, (F,)."""
    return np.array([name not in SEASONAL for name in looks.names])


def _remarks(days: Days) -> list[str]:
    """Say what weakens the answer."""
    said = []
    if days[-1] - days[0] < SEASON:
        said.append(
            "The looks span less than a year, so a season may look like a change and a change "
            "like a season."
        )
    elif _short_stretch(days):
        said.append(
            "On one side of a gap of years the looks span less than a year, so a season may "
            "look like a change."
        )
    gap = float(np.diff(days).max())
    if gap > SEASON / 2:
        said.append(f"Nothing usable was seen for {gap:.0f} days on end.")
    return said


def _reach(where: NDArray[np.intp], days: Days) -> tuple[int, int] | None:
    """Find between which looks a change would be told."""
    told = np.flatnonzero(told_at(days))
    return (int(where[told[0] - 1]), int(where[told[-1]])) if len(told) else None


def _short_stretch(days: Days) -> bool:
    """Tell whether less than a year was seen beside a gap that no year reaches across."""
    far = np.flatnonzero(np.diff(days) > FARTHEST * YEAR) + 1
    parts = np.split(days, far)
    return len(parts) > 1 and any(part[-1] - part[0] < SEASON for part in parts)


def _unjudged(days: Days) -> list[str]:
    """Say between which looks a change could not be judged."""
    spans = " and ".join(f"between {date_of(a)} and {date_of(b)}" for a, b in blind_spans(days))
    if not spans:
        return []
    why = (
        f"A change {spans} could not be judged: too few looks, or none of the same season, can "
        "be held against each other there."
    )
    return [why]


def _blind(curve: Stack, least: NDArray[np.float32]) -> list[str]:
    """Say why a change would have been missed; nothing if it would not."""
    noise = calmed(curve[:, :, None], least)[:, :, 0].var(axis=0)
    few = len(curve) / 2
    strength = np.sqrt((4 * least**2 / (least**2 + noise)).sum()) * few / (few + SHRINK)
    if strength >= STEP:
        return []
    why = (
        "The ground changes so much from look to look that a change of twice the usual size "
        "would have been missed."
    )
    return [why]
