"""Tell the story of every place: each series by itself, then all together.

    places (H, W) or outlines ──window by window──► Looks of each series ──► Story
        ──► changes of all series combined ──► Judged: one record a place, kept in the ledger

A place is a step of the ledger: killed between two places, a monitor goes on with the next.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from odc.geo.geom import Geometry
from odc.geo.xr import rasterize

from aoi.runs.folder import RunFolder
from aoi.runs.ledger import key_of
from aoi.runs.monitor_gather import Watcher
from aoi.runs.monitor_places import Place
from aoi.runs.monitor_plan import AROUND
from aoi.runs.monitor_read import Eyes, Window
from geo.series.agree import Change, combine
from geo.series.events import Event
from geo.series.story import VISIBLE, Answer, Story, tell_story
from geo.types import Mask

FORM = 5
"""Version of what is kept of a place; another one is told anew."""

RING = 55
"""Pixels around a place that are read as well, so that veils are seen for what they are."""

ROOM = 192 * 2**20
"""Bytes of one array of a place; of a larger place only the clearest looks are read."""

FEWEST = 40
"""Looks that are read of any place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one series tells of one place, as JSON can hold it."""

    series: str
    answer: str
    reasons: tuple[str, ...]
    events: tuple[Mapping[str, Any], ...]
    days: tuple[float, ...]
    usable: tuple[bool, ...]
    scenes: tuple[str, ...]
    names: tuple[str, ...]
    curve: tuple[tuple[float | None, ...], ...]
    """(T, F); null where a look is not usable."""

    progress: tuple[float | None, ...]

    reach: tuple[int, ...]
    """Looks between which a change would be told, two; none where there are too few."""

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Take up again what ``asdict`` gave."""
        lists = {key: tuple(value) for key, value in kept.items() if isinstance(value, list)}
        return cls(**dict(kept) | lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One place and all that is told of it."""

    place: Place
    told: tuple[Told, ...]
    """One a series."""

    changes: tuple[Change, ...]
    """All series together, oldest first."""

    @property
    def answer(self) -> str:
        """``changed``, ``unchanged`` or ``cannot_tell``, whoever is surest."""
        answers = {one.answer for one in self.told}
        order = ("changed", "unchanged", "cannot_tell")
        return next((answer for answer in order if answer in answers), "cannot_tell")

    @property
    def reasons(self) -> tuple[str, ...]:
        """What a reader must know, by series where there are several."""
        several = len(self.told) > 1
        return tuple(
            f"{one.series}: {reason}" if several else reason
            for one in self.told
            for reason in one.reasons
        )


def judge_places(
    places: Sequence[Place],
    eyes: Sequence[Eyes],
    folder: RunFolder,
    watcher: Watcher | None = None,
) -> list[Judged]:
    """Tell the story of each place.

    Raises:
        SourceError: a prepared file is damaged.
    """
    judged = []
    for number, place in enumerate(places, start=1):
        told = tuple(_kept(place, one, folder) for one in eyes)
        changes = [
            change
            for one, seen in zip(told, eyes, strict=True)
            for change in _changes(one, seen.looked.series.kind)
        ]
        judged.append(Judged(place=place, told=told, changes=tuple(combine(changes))))
        if watcher:
            watcher("dating changes", number, len(places))
    return judged


def _changes(told: Told, kind: str) -> list[Change]:
    """Put what one series tells into days, as the others can be held against it."""
    return [
        Change(
            kind=event["kind"],
            last_without=told.days[event["last_without"]],
            first_with=told.days[event["first_with"]],
            series=(told.series,),
            members=(index,),
            weight=float(event["effect"]),
            phase=event["phases"][0][0],
            radar=kind == "radar",
        )
        for index, event in enumerate(told.events)
    ]


def _kept(place: Place, eyes: Eyes, folder: RunFolder) -> Told:
    """Take up what was told of a place by the same looks, or tell it."""
    key = key_of(
        form=FORM, place=place.outline.wkb_hex, looks=eyes.looked.key, grid=str(eyes.grid)
    )
    kept = folder.ledger.done(key)
    if kept is not None:
        return Told.from_dict(kept)
    clock = time.perf_counter()
    told = _told(place, eyes)
    seconds = time.perf_counter() - clock
    folder.ledger.finish(key, "place", asdict(told), seconds=seconds)
    return Told.from_dict(folder.ledger.done(key) or asdict(told))


def _told(place: Place, eyes: Eyes) -> Told:
    window, inside = _window(place, eyes)
    which = eyes.thinned(max(FEWEST, ROOM // (16 * inside.size)))
    looks = eyes.read(window, which)
    story = _in_part(tell_story(looks, inside), _framed(place, eyes))
    records = [eyes.looked.records[i] for i in _best(eyes, which, window, inside)]
    return Told(
        series=eyes.looked.series.name,
        answer=str(story.answer),
        reasons=story.reasons,
        events=tuple(_event(event) for event in story.events),
        days=tuple(float(day) for day in looks.days),
        usable=tuple(bool(one) for one in story.usable),
        scenes=tuple(record.id for record in records),
        names=looks.names,
        curve=tuple(_plain(row) for row in story.curve),
        progress=_plain(story.progress),
        reach=story.reach or (),
    )


def _framed(place: Place, eyes: Eyes) -> float:
    """Tell which share of a place lies in the frame."""
    frame = eyes.grid.extent.geom
    return (
        float((place.outline & frame).area / place.outline.area) if place.outline.area else 1.0
    )


def _in_part(story: Story, share: float) -> Story:
    """Say so where little of a place lies in the frame: then nobody can tell *unchanged*."""
    if share >= VISIBLE:
        return story
    why = (
        f"Only {share:.0%} of it lies in the area or within {AROUND:.0f} m of it, and the rest "
        "was not looked at. Ask about all of it with a larger --area."
    )
    answer = Answer.CANNOT_TELL if story.answer == Answer.UNCHANGED else story.answer
    return replace(story, answer=answer, reasons=(why, *story.reasons))


def _best(eyes: Eyes, which: Sequence[int], window: Window, inside: Mask) -> list[int]:
    """Choose the pass of each moment that shows most of a place, oldest first."""
    moments: dict[float, list[int]] = {}
    for look in sorted(which, key=lambda i: (eyes.days[i], i)):
        moments.setdefault(float(eyes.days[look]), []).append(look)
    return [
        same[0]
        if len(same) == 1
        else max(same, key=lambda i: int(eyes.shows(i, window)[inside].sum()))
        for same in moments.values()
    ]


def _window(place: Place, eyes: Eyes) -> tuple[Window, Mask]:
    """Choose the rows and columns to read for a place, and which pixels are its own."""
    height, width = eyes.grid.shape
    shape = Geometry(place.outline, eyes.grid.crs)
    box = eyes.grid.project(shape).boundingbox
    rows = slice(max(0, int(box.bottom) - RING), min(height, int(box.top) + RING + 1))
    cols = slice(max(0, int(box.left) - RING), min(width, int(box.right) + RING + 1))
    inside = rasterize(shape, eyes.grid[rows, cols]).values.astype(np.bool_)
    if not inside.any():  # smaller than a pixel: the one it lies in
        point = Geometry(place.outline.representative_point(), eyes.grid.crs)
        x, y = eyes.grid.project(point).coords[0]
        inside[int(y) - rows.start, int(x) - cols.start] = True
    return (rows, cols), inside


def _event(event: Event) -> dict[str, Any]:
    return asdict(event) | {
        "standing": str(event.standing),
        "phases": [[str(phase), last, first] for phase, last, first in event.phases],
        "finished": None if event.finished is None else list(event.finished),
    }


def _plain(row: Any) -> tuple[float | None, ...]:
    return tuple(round(float(v), 4) if np.isfinite(v) else None for v in row)
