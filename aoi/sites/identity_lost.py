"""Tell of compounds without an outline of their own, and settle what waited for this look.

without an outline ──► in another's ──► merge, absorb
                   └─► ground seen ───► missed; often enough: vanish
provisional events ──► this look agrees, or they are taken back
"""

from __future__ import annotations

import numpy as np

from aoi.sites.assign import NOBODY
from aoi.sites.identity_story import Event
from aoi.sites.identity_telling import Bracket
from aoi.sites.identity_work import ABSORB, SEEN, Work, outlines
from aoi.sites.match import looked_at

DOUBT = 2
"""Clear looks in vain after which what was found only once is taken back."""


def tell_lost(work: Work) -> None:
    """Tell who went into whom, and who was missed."""
    _join(work)
    _miss(work)


def _join(work: Work) -> None:
    """Tell which compounds went into which."""
    telling, story, into = work.telling, work.story, work.kin.into
    apart = {
        frozenset((story.name(c.one), story.name(c.other)))
        for c in story.corrections
        if c.kind == "apart"
    }
    gone: dict[tuple[str, str], list[str]] = {}
    for k in np.flatnonzero(into != NOBODY).tolist():
        lost, heir = work.known[k], work.known[into[k]]
        if frozenset((lost.id, heir.id)) in apart:
            continue
        undone = [e for e in telling.waiting(heir.id, "split") if lost.id in e.others]
        for event in undone:
            telling.settle(event, "withdrawn")
        state = {"state": "doubtful"} if undone else {"state": "joined", "into": heir.id}
        telling.change(lost.id, **state, misses=0, missing_since=None)
        for event in telling.waiting(lost.id, "vanish", "appear"):
            telling.settle(event, "withdrawn" if event.kind == "vanish" else "confirmed")
        if not undone:
            kind = "absorb" if lost.area_m2 < ABSORB * heir.area_m2 else "merge"
            gone.setdefault((heir.id, kind), []).append(lost.id)
    for (heir_id, kind), names in gone.items():
        _tell_joined(work, heir_id, kind, names)


def _tell_joined(work: Work, heir: str, kind: str, names: list[str]) -> None:
    before = work.story.compounds
    work.telling.drop_sizes(heir)
    ones = [before[name] for name in (heir, *names)]
    apart = min(ones, key=lambda c: c.last_seen)
    bracket = Bracket(apart.last_seen, apart.last_key) if work.twice(*ones) else Bracket(None)
    evidence = {"area_before_m2": before[heir].area_m2}
    work.telling.open(kind, heir, bracket, others=names, evidence=evidence)


def _miss(work: Work) -> None:
    """Count clear looks in vain, for those of whose ground enough was seen."""
    kin, telling, look = work.kin, work.telling, work.look
    held = set(kin.heir[kin.heir != NOBODY].tolist())
    lost = [
        c
        for k, c in enumerate(work.known)
        if c.alive and k not in held and kin.into[k] == NOBODY and not kin.near[k]
    ]
    if not lost or look.seen is None:
        return
    shares = looked_at(outlines([c.outline for c in lost]), look.seen)
    for known, share in zip(lost, shares.tolist(), strict=True):
        if share < SEEN:
            continue
        telling.change(
            known.id,
            state="missed",
            misses=known.misses + 1,
            missing_since=known.missing_since or look.time,
            missing_key=look.key,
            last_miss=look.time,
        )
        if not any(telling.waiting(known.id, "vanish", "appear", "return")):
            bracket = Bracket(known.last_seen, known.last_key)
            telling.open("vanish", known.id, bracket, evidence={"seen_share": share})


def settle(work: Work) -> None:
    """Confirm what this look agrees with, and take back what was found only once."""
    telling = work.telling
    waiting = {key for keys in telling.pending.values() for key in keys}
    for key in sorted(waiting):
        event = telling.events[key]
        if key in telling.opened and not (event.kind == "vanish" and work.rule.misses == 1):
            continue
        found = [name in telling.present for name in (event.compound, *event.others)]
        misses = telling.compounds[event.compound].misses
        if event.kind in {"appear", "return"}:
            if found[0]:
                telling.settle(event, "confirmed")
            elif misses >= DOUBT:
                state = "doubtful" if event.kind == "appear" else "gone"
                telling.change(event.compound, state=state)
                telling.settle(event, "withdrawn")
        elif event.kind == "vanish" and misses >= work.rule.misses:
            _gone(work, event)
        elif (event.kind == "split" and all(found)) or (
            event.kind in {"merge", "absorb"} and _still_one(work, event.compound)
        ):
            telling.agree(event, work.rule.misses)


def _still_one(work: Work, compound: str) -> bool:
    """Tell whether this look shows all of a compound, and no less of it than before."""
    whole = work.telling.compounds[compound].sized_at == work.look.time
    return whole and work.telling.present.get(compound) not in {"shrink", "split", None}


def _gone(work: Work, event: Event) -> None:
    """Settle that a compound is gone; what was never confirmed of it never will be."""
    telling, name = work.telling, event.compound
    once = [e for e in telling.waiting(name, "split") if name in e.others]
    telling.settle(event, "withdrawn" if once else "confirmed")
    telling.change(name, state="doubtful" if once else "gone")
    for other in telling.waiting(name, "grow", "shrink", "split"):
        telling.settle(other, "withdrawn")
