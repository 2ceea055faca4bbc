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
from geo.series.looks import Looks, Stack
from geo.series.names import Phase, name_step
from geo.series.progress import Bracket, find_bracket
from geo.series.states import PASSES, STEP, State, find_states
from geo.series.steps import HITS, SEASON, SHRINK

VISIBLE = 0.6
"""Share of a place that a look must show to be used."""

ENOUGH = 2 * HITS
"""Usable looks without which nothing is told."""

LONG = 3 * SEASON
"""Days within which clearing and building are one undertaking."""

GREENED = 0.85
"""Quantile of greenness: a field greens on more than one look in seven."""

SETTLED = 60.0
"""Days without further change after which a change counts as finished."""


SEASONAL = frozenset({"green", "light", "warm"})
"""Measures that a season moves as much as a bulldozer does."""


class Answer(StrEnum):
    """What can be said of a place."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CANNOT_TELL = "cannot_tell"


class Standing(StrEnum):
    """How sure an event is by now."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    FINISHED = "finished"


KIND = {
    Phase.BUILDING: "built",
    Phase.TORN_DOWN: "demolished",
}
"""Phases that are more than *altered*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change of a place; looks are indices into the series."""

    kind: str
    """``built``, ``demolished`` or ``altered``."""

    phases: tuple[tuple[Phase, int, int], ...]
    """What it looks like, step by step: phase, last look without, first look with."""

    last_without: int
    first_with: int
    """Its onset lies between these two looks."""

    finished: tuple[int, int] | None
    """Its end lies between these two; ``None`` while it goes on."""

    standing: Standing
    effect: float
    """Strength of its strongest step, in least changes."""

    hits: int
    """Looks that show it."""


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
    return _told(story, looks, values)


def _told(story: Story, looks: Looks, values: Stack) -> Story:
    """Find states, steps and brackets in the usable looks."""
    where = np.flatnonzero(story.usable)
    least = np.array(looks.least, np.float32)
    days = looks.days[where]
    states, kept = find_states(story.curve[where], days, least, _steady(looks))
    where, days = where[kept], days[kept]
    own = calmed(values[where], least)
    found = [
        (step, bracket)
        for step in pairwise(states)
        if (
            bracket := find_bracket(
                own, days, least, step[1].first, (step[0].first, step[1].end)
            )
        )
    ]
    found = [(step, b) for step, b in found if not _harvest(looks, story.curve[where], step)]
    events = _events(looks, found, where)
    reasons = tuple(_remarks(looks.days[where]))
    if events:
        strongest = max(found, key=lambda f: np.nanmax(_units(f[0], least)))[1]
        progress = np.full(len(values), np.nan)
        progress[where] = strongest.curve
        return replace(
            story, answer=Answer.CHANGED, events=events, reasons=reasons, progress=progress
        )
    blind = _blind(story.curve[where], least)
    if blind:
        return replace(story, reasons=(blind, *reasons))
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


def _units(step: tuple[State, State], least: NDArray[np.float32]) -> NDArray[np.float32]:
    change = np.abs(np.array(step[1].level) - np.array(step[0].level)) / least
    return np.asarray(change, np.float32)


def _events(
    looks: Looks,
    found: list[tuple[tuple[State, State], Bracket]],
    where: NDArray[np.intp],
) -> tuple[Event, ...]:
    """Name each step, and join clearing with the building that follows it."""
    events: list[Event] = []
    least = np.array(looks.least, np.float32)
    for (before, after), bracket in found:
        phase = name_step(looks, _array(before.level), _array(after.late))
        pair = int(where[bracket.last_without]), int(where[bracket.first_with])
        ended = bracket.finished
        event = Event(
            kind=KIND.get(phase, "altered"),
            phases=((phase, *pair),),
            last_without=pair[0],
            first_with=pair[1],
            finished=None if ended is None else (int(where[ended[0]]), int(where[ended[1]])),
            standing=Standing.PROVISIONAL,
            effect=round(float(np.sqrt(np.square(_units((before, after), least)).sum())), 3),
            hits=bracket.hits,
        )
        event = replace(event, standing=_standing(event, looks.days, int(where[-1])))
        if events and _one_undertaking(events[-1], event, looks.days):
            events[-1] = _joined(events[-1], event)
        else:
            events.append(event)
    return tuple(events)


def _harvest(looks: Looks, curve: Stack, step: tuple[State, State]) -> bool:
    """Tell whether ground that lost its plants greens again within the same state."""
    before, after = step
    if name_step(looks, _array(before.level), _array(after.late)) != Phase.CLEARED:
        return False
    green = looks.names.index("green")
    later = curve[after.first : after.end, green]
    midway = (before.level[green] + after.level[green]) / 2
    return bool(np.quantile(later, GREENED) > midway)


def _steady(looks: Looks) -> NDArray[np.bool_]:
    """Tell which measures seasons leave alone, (F,)."""
    return np.array([name not in SEASONAL for name in looks.names])


def _array(level: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(level, np.float32)


def _one_undertaking(earlier: Event, later: Event, days: NDArray[np.float64]) -> bool:
    """Tell whether clearing or levelling was the beginning of the building that follows."""
    openings = {Phase.CLEARED, Phase.SURFACED, Phase.OTHER, Phase.BUILDING}
    begun = {phase for phase, _, _ in earlier.phases} <= openings
    soon = days[later.first_with] - days[earlier.first_with] <= LONG
    goes_on = later.phases[0][0] in openings
    return bool(begun and soon and goes_on)


def _joined(earlier: Event, later: Event) -> Event:
    kinds = {earlier.kind, later.kind}
    return replace(
        later,
        kind="built" if "built" in kinds else "altered",
        phases=earlier.phases + later.phases,
        last_without=earlier.last_without,
        first_with=earlier.first_with,
        effect=max(earlier.effect, later.effect),
        hits=earlier.hits + later.hits,
    )


def _standing(event: Event, days: NDArray[np.float64], last: int) -> Standing:
    if event.hits < HITS or days[last] - days[event.first_with] < PASSES:
        return Standing.PROVISIONAL  # a flood season may still be over some day
    if event.finished and days[last] - days[event.finished[1]] >= SETTLED:
        return Standing.FINISHED
    return Standing.CONFIRMED


def _remarks(days: NDArray[np.float64]) -> list[str]:
    """Say what weakens the answer."""
    said = []
    if days[-1] - days[0] < SEASON:
        said.append(
            "The looks span less than a year, so a season may look like a change and a change "
            "like a season."
        )
    gap = float(np.diff(days).max())
    if gap > SEASON / 2:
        said.append(f"Nothing usable was seen for {gap:.0f} days on end.")
    return said


def _blind(curve: Stack, least: NDArray[np.float32]) -> str:
    """Say why a change would have been missed; empty if it would not."""
    noise = calmed(curve[:, :, None], least)[:, :, 0].var(axis=0)
    few = len(curve) / 2
    strength = np.sqrt((4 * least**2 / (least**2 + noise)).sum()) * few / (few + SHRINK)
    if strength >= STEP:
        return ""
    return (
        "The ground changes so much from look to look that a change of twice the usual size "
        "would have been missed."
    )
