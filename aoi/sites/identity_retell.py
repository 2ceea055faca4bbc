"""Tell a story anew when a look comes late or a person knows better; no name ever changes.

A story depends on the looks in the order of their dates, whatever the order in which they came.
So when an old picture turns up, everything is told again from the first look.  Names do not
depend on it: each outline that once had a name keeps it, and a compound that begins earlier
than was known takes the name its later outlines have.

    looks in any order + names given + corrections ──► sorted ──► advance … ──► Story, names

Source: docs/decisions/0014-watch.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import shapely

from aoi.sites.identity import Rule, advance
from aoi.sites.identity_story import Compound, Correction, Event, Look, Story
from geo.errors import InputError

log = logging.getLogger(__name__)

Names = Mapping[str, Mapping[str, str]]
"""Look to outline to compound: who was called what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """A story from the beginning."""

    story: Story
    names: dict[str, dict[str, str]]
    """Look to outline to compound."""


def retell(
    looks: Iterable[Look],
    *,
    names: Names | None = None,
    corrections: Iterable[Correction] = (),
    rule: Rule | None = None,
) -> Retold:
    """Tell a story from its looks.

    Args:
        looks: in any order.
        names: names given so far; they are kept.
        corrections: in the order in which they were said.
        rule: when a difference counts.
    """
    given = names or {}
    spoken = sorted(corrections, key=lambda c: c.at)
    story = Story()
    told: dict[str, dict[str, str]] = {}
    fresh: set[str] = set()
    for look in sorted(looks, key=lambda one: (one.time, one.key)):
        while spoken and spoken[0].at < look.time:
            story = _corrected(story, spoken.pop(0))
        pinned = given.get(look.key, {})
        before = set(story.compounds)
        step = advance(story, look, rule=rule, names=pinned)
        story, told[look.key] = step.story, dict(step.ids)
        fresh |= set(story.compounds) - before - set(pinned.values())
        renamed = _renamed(step.ids, pinned, fresh, story)
        if renamed:
            story = rename(story, renamed)
            told = {
                k: {f: renamed.get(c, c) for f, c in ids.items()} for k, ids in told.items()
            }
            fresh -= set(renamed)
    for correction in spoken:
        story = _corrected(story, correction)
    return Retold(story=_remember(story, given, told), names=told)


def correct(story: Story, correction: Correction) -> Story:
    """Let a person's word stand, now and for ever.

    Raises:
        InputError: nobody knows one of the two compounds.
    """
    one, other = story.name(correction.one), story.name(correction.other)
    for name in (one, other):
        if name not in story.compounds:
            raise InputError(
                f"No compound is called {name} here. Their names stand in the column id of the "
                "layer compounds in story.gpkg, in the folder of the area."
            )
    kept = replace(story, corrections=(*story.corrections, correction))
    if correction.kind == "apart" or one == other:
        return kept
    compounds = {k: v for k, v in story.compounds.items() if k != other}
    compounds[one] = _united(story.compounds[one], story.compounds[other])
    return replace(
        kept,
        compounds=compounds,
        aliases={**story.aliases, other: one},
        events={key: _excused(event, one, other) for key, event in story.events.items()},
    )


def rename(story: Story, names: Mapping[str, str]) -> Story:
    """Call compounds by other names, everywhere."""
    compounds = {
        names.get(k, k): replace(c, id=names.get(k, k), into=names.get(c.into, c.into))
        for k, c in story.compounds.items()
    }
    events = {}
    for event in story.events.values():
        name = names.get(event.compound, event.compound)
        key = f"{name}:{event.key.partition(':')[2]}"
        others = tuple(names.get(other, other) for other in event.others)
        events[key] = replace(event, key=key, compound=name, others=others)
    return replace(story, compounds=compounds, events=events)


def _corrected(story: Story, correction: Correction) -> Story:
    try:
        return correct(story, correction)
    except InputError:
        # Told anew, the two may never have parted; the word is kept all the same.
        log.warning("correction %s has nothing to correct now", correction)
        return replace(story, corrections=(*story.corrections, correction))


def _renamed(
    ids: Mapping[str, str], pinned: Mapping[str, str], fresh: set[str], story: Story
) -> dict[str, str]:
    """Find compounds that began in a late look, and the names their later outlines have."""
    renamed: dict[str, str] = {}
    for found, name in sorted(ids.items()):
        wanted = pinned.get(found)
        free = wanted not in story.compounds and wanted not in renamed.values()
        if wanted and name in fresh and name not in renamed and free:
            renamed[name] = wanted
    return renamed


def _remember(story: Story, given: Names, told: Names) -> Story:
    """Let names that were given once, and fit no more, point to what stands there now."""
    aliases = dict(story.aliases)
    for look, ids in given.items():
        for found, name in ids.items():
            now = story.name(told.get(look, {}).get(found, name))
            if name not in story.compounds and name not in aliases and now != name:
                aliases[name] = now
    return replace(story, aliases=aliases)


def _united(one: Compound, other: Compound) -> Compound:
    """Put two compounds together; the one that stands tells where."""
    newer = max(one, other, key=lambda c: (c.alive, c.last_seen))
    first = min(one, other, key=lambda c: c.first_seen)
    both = one.alive and other.alive
    outline = shapely.union_all([one.outline, other.outline]) if both else newer.outline
    return replace(
        newer,
        id=one.id,
        outline=outline,
        area_m2=outline.area,
        measured=1,
        first_seen=first.first_seen,
        first_without=first.first_without,
        sightings=max(one.sightings, other.sightings),
        by_hand=True,
    )


def _excused(event: Event, one: str, other: str) -> Event:
    """Take back what is no event if the two were one all along."""
    about = {event.compound, *event.others}
    parted = event.kind in {"split", "merge", "absorb"} and {one, other} <= about
    alone = event.kind in {"appear", "vanish", "return"} and event.compound == other
    return replace(event, status="withdrawn") if parted or alone else event
