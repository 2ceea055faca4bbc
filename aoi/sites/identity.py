"""Give each compound one name for ever, and tell what befell it between two looks.

Every look is laid over all that was ever known.  Heirs keep the name; what is left over tells
of splits, merges, new ground and missing outlines (``aoi.sites.identity_kin``).  Names are
settled before sizes, so that jitter of outlines can never change who is who.

    Story + Look ──► kin ──► persist, grow, shrink ──────────┐
                      ├────► split, merge, absorb ───────────┼──► Story, with events opened,
                      └────► appear, miss, vanish, return ───┘    confirmed or withdrawn

Looks come in the order of their pictures' dates; for one that comes late, the story is told
anew and no name changes (``aoi.sites.identity_retell``).

Source: docs/decisions/0014-watch.md; status rules after OPERA DIST-ALERT (provisional,
confirmed, finished).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from aoi.sites.identity_found import tell_found
from aoi.sites.identity_kin import Known, kin_of
from aoi.sites.identity_lost import settle, tell_lost
from aoi.sites.identity_new import tell_new
from aoi.sites.identity_story import Compound, Event, Found, Look, Rule, Sighting, Story
from aoi.sites.identity_telling import Telling
from aoi.sites.identity_unsure import on_second_thought
from aoi.sites.identity_work import Work, outlines
from geo.errors import InputError

__all__ = ["Compound", "Event", "Found", "Look", "Rule", "Step", "Story", "advance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one look added."""

    story: Story
    """All that is known now."""

    ids: Mapping[str, str]
    """Name in the look to the compound's name, for every outline of the look."""

    befell: Mapping[str, str]
    """Compounds of this look: ``persist``, or the kind of event."""

    changed: tuple[Event, ...]
    """Events that are new, or whose status is."""


def advance(
    story: Story,
    look: Look,
    *,
    rule: Rule | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Step:
    """Add the newest look to a story.

    Args:
        story: what is known.
        look: newer than all looks of the story.
        rule: when a difference counts.
        names: names once given to outlines of this look, for stories that are told anew.

    Raises:
        InputError: the look is older than the story; tell it anew with ``retell``.
    """
    if story.looks and (look.time, look.key) <= (story.looks[-1].time, story.looks[-1].key):
        raise InputError(f"Look {look.key} is not newer than the story; tell it anew.")
    rule = rule or Rule()
    # By age and place, not by name: ties shall not hang on what somebody was called.
    known = sorted(
        story.compounds.values(), key=lambda c: (c.first_seen, c.outline.bounds, c.id)
    )
    found = sorted(look.found, key=lambda f: (f.outline.bounds, f.id))
    kin = kin_of(
        Known(
            outlines([c.outline for c in known]),
            np.array([not c.alive for c in known], dtype=bool),
            np.array([c.state == "joined" for c in known], dtype=bool),
            np.array([(c.shift_x, c.shift_y) for c in known], dtype=float).reshape(-1, 2),
        ),
        outlines([f.outline for f in found]),
        np.array([f.whole for f in found], dtype=bool),
    )
    work = Work(
        story=story,
        look=look,
        rule=rule,
        names=names,
        known=known,
        found=found,
        kin=kin,
        telling=Telling.of(story, look),
    )
    work = replace(work, kin=on_second_thought(work))
    for tell in (tell_found, tell_new, tell_lost, settle):
        tell(work)
    return _step(work)


def _step(work: Work) -> Step:
    telling, look = work.telling, work.look
    sighting = Sighting(key=look.key, time=look.time, seen=look.seen)
    return Step(
        story=replace(
            work.story,
            compounds=telling.compounds,
            events=telling.events,
            looks=(*work.story.looks, sighting),
        ),
        ids=work.ids,
        befell=telling.present,
        changed=tuple(telling.events[key] for key in telling.changed),
    )
