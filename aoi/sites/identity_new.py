"""Name what was found and continues nobody: parts of others, and new ones.

left over ──► part of a compound? ──► split
          └─► else: since when? ──────► appear, with the last look that saw its ground bare
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from aoi.sites.assign import NOBODY
from aoi.sites.identity_found import pieces_of
from aoi.sites.identity_story import Compound, Found
from aoi.sites.identity_telling import Bracket
from aoi.sites.identity_work import SEEN, Work, outlines
from aoi.sites.match import looked_at


def tell_new(work: Work) -> None:
    """Tell of parts first, then of what is new."""
    _split(work)
    kin = work.kin
    new = (kin.heir == NOBODY) & (kin.parent == NOBODY)
    alone = np.flatnonzero(new & (kin.over == NOBODY)).tolist()
    _appear(work, [work.found[f] for f in alone])
    for f in np.flatnonzero(kin.over != NOBODY).tolist():
        _was_grown_over(work, work.found[f], work.known[kin.over[f]])


def _split(work: Work) -> None:
    parent, pieces = work.kin.parent, pieces_of(work)
    for k in np.unique(parent[parent != NOBODY]).tolist():
        parts = [work.found[f] for f in np.flatnonzero(parent == k).tolist()]
        before = work.known[k]
        if k in pieces:
            work.ids.update((part.id, before.id) for part in parts)
            continue
        bracket, first = work.parted(before)
        names = [_mint(work, part, bracket) for part in parts]
        evidence = {"area_before_m2": before.area_m2, "parts": float(len(parts) + 1)}
        work.telling.open(
            "split", before.id, bracket, others=names, first=first, evidence=evidence
        )


def _appear(work: Work, found: Sequence[Found]) -> None:
    for one, bracket in zip(found, _last_bare(work, found), strict=True):
        name = _mint(work, one, bracket)
        evidence = {"area_after_m2": one.outline.area}
        work.telling.open("appear", name, bracket, evidence=evidence)


def _was_grown_over(work: Work, found: Found, neighbour: Compound) -> None:
    """Tell of one that the look before took for growth of its neighbour: it was there then."""
    telling = work.telling
    grown = telling.newest(neighbour.id, "grow")
    [bracket] = _last_bare(work, [found], until=grown.first_with)
    name = _mint(work, found, bracket)
    evidence = {"area_after_m2": found.outline.area}
    first = Bracket.of(grown) if bracket.time else None
    telling.open("appear", name, bracket, first=first, evidence=evidence)


def _last_bare(
    work: Work, found: Sequence[Found], *, until: datetime | None = None
) -> list[Bracket]:
    """Find the last look before that saw each outline's ground, and nothing on it.

    As many must have seen it bare as it takes to call a compound gone; else nobody knows since
    when it stands.
    """
    shapes = outlines([one.outline for one in found])
    brackets = [Bracket(None)] * len(found)
    clear = np.zeros(len(found), dtype=int)
    latest: list[Bracket | None] = [None] * len(found)
    for sight in reversed(work.story.looks):
        at = np.flatnonzero(clear < work.rule.misses)
        if sight.seen is None or not at.size or (until and sight.time >= until):
            continue
        bare = at[looked_at(shapes[at], sight.seen) >= SEEN]
        clear[bare] += 1
        for i in bare.tolist():
            latest[i] = latest[i] or Bracket(sight.time, sight.key)
            if clear[i] == work.rule.misses:
                brackets[i] = latest[i] or brackets[i]
    return brackets


def _mint(work: Work, found: Found, bracket: Bracket) -> str:
    """Name a new compound after its first outline; a name is never given twice."""
    look, taken = work.look, work.telling.compounds
    name = work.names.get(found.id, found.id)
    while name in taken or name in work.story.aliases:
        digest = hashlib.sha256(f"{name}|{look.key}".encode()).hexdigest()
        name = f"{found.id[:2]}{digest[:10]}"
    taken[name] = Compound(
        id=name,
        outline=found.outline,
        area_m2=found.outline.area,
        gsd_m=look.gsd_m,
        first_without=bracket.time,
        first_seen=look.time,
        last_seen=look.time,
        last_key=look.key,
        sized_at=look.time,
        sized_key=look.key,
        shown=int(found.whole),
        shift_x=float(work.kin.shift[0]),
        shift_y=float(work.kin.shift[1]),
    )
    work.ids[found.id] = name
    work.telling.present[name] = "persist"
    return name
