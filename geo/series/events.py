"""Name what stands between two states of a place, and join steps to one undertaking.

    step, bracket ──levels, layout──► Named: phase ──► clearing and the building after it: Event

An event says what it looks like and how sure it is by now; a harvest is none.

Source: phases of a site as in IARPA SMART; persistence is the project's own choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from geo.series.looks import Days, Looks, Stack
from geo.series.names import Phase, name_step
from geo.series.progress import Bracket
from geo.series.states import PASSES, State
from geo.series.texture import BUILT_UP, SAME, Layout, find_layout
from geo.series.years import HITS, SEASON

Step = tuple[State, State]
"""Two states that follow each other."""

LONG = 3 * SEASON
"""Days within which clearing and building are one undertaking."""

AT_ONCE = SEASON
"""Days within which colours that change where something goes up are more of it going up."""

OPENINGS = frozenset({Phase.CLEARED, Phase.SURFACED, Phase.OTHER, Phase.BUILDING})
"""Phases that building may begin with."""

GREENED = 0.85
"""Quantile of greenness: a field greens on more than one look in seven."""

SETTLED = 60.0
"""Days without further change after which a change counts as finished."""


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
class Named:
    """A step between two states, with its bracket and its name."""

    phase: Phase
    bracket: Bracket
    where: NDArray[np.intp]
    """Looks that states and bracket are numbered by."""

    units: NDArray[np.float32]
    """(F,) change of each measure, in least changes, without its sign."""

    states: Step

    layout: Layout | None = None
    """Of the place before and after, where it is known."""

    @property
    def largest(self) -> float:
        """Its largest change of one measure, in least changes."""
        return float(self.units.max())


def named(
    looks: Looks,
    inside: NDArray[np.bool_],
    step: Step,
    bracket: Bracket,
    where: NDArray[np.intp],
) -> Named:
    """Name a step.

    Args:
        looks: unveiled.
        inside: (H, W) pixels of the place.
        step: the states before and after.
        bracket: of the step.
        where: looks that both are numbered by.
    """
    before, after = step
    old_looks, new_looks = (where[_late(state)] for state in step)
    layout = find_layout(looks, inside, old_looks, new_looks)
    old, new = np.array(before.level, np.float32), np.array(after.late, np.float32)
    change = np.abs(np.array(after.level) - np.array(before.level)) / np.array(looks.least)
    return Named(
        phase=name_step(looks, old, new, layout),
        bracket=bracket,
        where=where,
        units=change.astype(np.float32),
        states=step,
        layout=layout,
    )


def _late(state: State) -> slice:
    """Take the second half of a state: what became of it."""
    return slice((state.first + state.end) // 2, state.end)


def events_of(found: Sequence[Named], days: Days, last: int) -> tuple[Event, ...]:
    """Make events of steps, and join clearing with the building that follows it.

    Args:
        found: oldest first.
        days: (T,) of all looks.
        last: the last usable look.
    """
    events: list[Event] = []
    for one in _in_order(found, days):
        event = _event(one, days, last)
        if events and _one_undertaking(events[-1], event, days):
            events[-1] = _joined(events[-1], event)
        else:
            events.append(event)
    return tuple(events)


def _in_order(found: Sequence[Named], days: Days) -> list[Named]:
    """Name steps anew by what stood there before them.

    Bare ground has no roofs to paint: a state that saw the first roofs go up is like the one
    that has them all, and so is one half of a building year to the other.  Nor has it plants to
    lose: there, what keeps its layout was painted.
    """
    told: list[Named] = []
    begun = -np.inf
    for one in found:
        day = float(days[one.where[one.bracket.first_with]])
        opened = bool(told) and told[-1].phase in OPENINGS
        phase = _bare(told[-1], one, day - begun) if opened else one.phase
        started = phase == Phase.BUILDING and opened and told[-1].phase != Phase.BUILDING
        if phase in OPENINGS and (started or not opened):
            begun = day
        told.append(replace(one, phase=phase))
    return told


def _bare(earlier: Named, one: Named, since: float) -> Phase:
    """Name a step on ground that was laid bare, or first built upon, some days ago."""
    old, new = earlier.layout, one.layout
    phase = one.phase
    if phase == Phase.CLEARED:
        alike = new is not None and new.likeness >= SAME
        phase = Phase.RECOLOURED if alike else Phase.SURFACED
    if phase != Phase.RECOLOURED:
        return phase
    if earlier.phase == Phase.BUILDING:
        return Phase.BUILDING if since <= AT_ONCE else phase
    if old is None or new is None or old.after >= BUILT_UP or since > LONG:
        return phase
    return Phase.BUILDING if new.after >= BUILT_UP else Phase.SURFACED


def _event(one: Named, days: Days, last: int) -> Event:
    """Say of one step what an event says."""
    bracket, where = one.bracket, one.where
    pair = int(where[bracket.last_without]), int(where[bracket.first_with])
    ended = bracket.finished
    event = Event(
        kind=KIND.get(one.phase, "altered"),
        phases=((one.phase, *pair),),
        last_without=pair[0],
        first_with=pair[1],
        finished=None if ended is None else (int(where[ended[0]]), int(where[ended[1]])),
        standing=Standing.PROVISIONAL,
        effect=round(float(np.sqrt(np.square(one.units).sum())), 3),
        hits=bracket.hits,
    )
    return replace(event, standing=_standing(event, days, last))


def is_harvest(one: Named, looks: Looks, curve: Stack) -> bool:
    """Tell whether ground that lost its plants becomes the same field again.

    It must be green again *and* on the whole nearer to what it was: seen in red, green and blue
    alone a pale roof is as green as dry grass, but lighter and rougher than any field.

    Args:
        one: the step.
        looks: what the measures are.
        curve: (T, F) of the place, all looks.
    """
    if one.phase != Phase.CLEARED or "green" not in looks.names:
        return False
    before, after = one.states
    green, least = looks.names.index("green"), np.array(looks.least)
    old, new = np.array(before.level) / least, np.array(after.level) / least
    later = curve[one.where[after.first : after.end]] / least  # (T, F) in least changes
    greened = later[:, green] > (old[green] + new[green]) / 2
    apart = new - old
    gone = (later - old) @ apart / np.maximum(apart @ apart, 1e-6)  # 0 before, 1 after
    return bool((greened & (gone < 0.5)).mean() > 1 - GREENED)


def _one_undertaking(earlier: Event, later: Event, days: NDArray[np.float64]) -> bool:
    """Tell whether clearing or levelling was the beginning of the building that follows."""
    begun = {phase for phase, _, _ in earlier.phases} <= OPENINGS
    soon = days[later.first_with] - days[earlier.first_with] <= LONG
    goes_on = later.phases[0][0] in OPENINGS
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
