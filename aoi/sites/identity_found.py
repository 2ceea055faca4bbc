"""Tell of compounds that were found: awake again? as large as before?

Names are settled by now; here is what they stand for.

    heirs ──► pieces put together ──► return, split of what had joined ──► persist, grow, shrink
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
import shapely.affinity

from aoi.sites.assign import NOBODY
from aoi.sites.identity_story import Compound, Found, Look
from aoi.sites.identity_telling import Bracket
from aoi.sites.identity_work import SEEN, Work, outlines
from aoi.sites.match import looked_at

STEADY = 5
"""Looks whose mean is the size against which growth is measured."""


def tell_found(work: Work) -> None:
    """Tell what became of every compound that this look shows."""
    pieces, reshaped = pieces_of(work), _reshaped(work)
    for known, f in work.heirs():
        work.ids[work.found[f].id] = known.id
        found = _with_pieces(work, f, pieces.get(int(work.kin.heir[f]), ()))
        _wake(work, known)
        _continue(work, f, found, sized=known.id not in reshaped)


def pieces_of(work: Work) -> dict[int, list[int]]:
    """Find parts of compounds that a person put together: they stay with them."""
    pieces: dict[int, list[int]] = {}
    parent = work.kin.parent
    for f in np.flatnonzero(parent != NOBODY).tolist():
        if work.known[parent[f]].by_hand:
            pieces.setdefault(int(parent[f]), []).append(f)
    return pieces


def _with_pieces(work: Work, f: int, pieces: Sequence[int]) -> Found:
    found = work.found[f]
    if not pieces:
        return found
    parts = [work.found[piece] for piece in pieces]
    outline = shapely.union_all([found.outline, *(part.outline for part in parts)])
    whole = found.whole and all(part.whole for part in parts)
    return Found(id=found.id, outline=outline, whole=whole)


def _reshaped(work: Work) -> set[str]:
    """Name compounds whose size changes for another reason than growth."""
    kin, known = work.kin, work.known
    own = {known[k].id for k in kin.parent[kin.parent != NOBODY]}
    own |= {known[k].id for k in kin.into[kin.into != NOBODY]}
    for one, _ in work.heirs():
        if one.state == "joined":
            own |= {one.id, work.story.name(one.into)}
    return own


def _wake(work: Work, known: Compound) -> None:
    """Tell of a compound that is found again after it was gone, joined or doubted."""
    telling, name = work.telling, known.id
    telling.present.setdefault(name, "persist")
    if known.state == "joined":
        _part_again(work, known)
    elif known.state == "gone":
        telling.open("return", name, Bracket(known.last_miss, known.missing_key))
    elif known.state == "doubtful":  # found twice, then: the first time was no fault
        first = Bracket(known.first_seen, known.last_key)
        telling.open("appear", name, Bracket(known.first_without), first=first)
    elif known.state == "missed":
        for event in telling.waiting(name, "vanish"):
            telling.settle(event, "withdrawn")


def _part_again(work: Work, known: Compound) -> None:
    """Tell of one that had joined another and has its own outline again."""
    telling, name = work.telling, known.id
    other = work.story.name(known.into)
    undone = [e for e in telling.waiting(other, "merge", "absorb") if name in e.others]
    for event in undone:
        telling.settle(event, "withdrawn")
    bracket, first = work.parted(work.story.compounds[other])
    if not undone:
        telling.open("split", other, bracket, others=[name], first=first)


def _continue(work: Work, f: int, found: Found, *, sized: bool) -> None:
    """Write down that a compound was found, and how large."""
    look, name = work.look, work.ids[found.id]
    known = work.telling.compounds[name]
    new = {
        "state": "standing",
        "into": "",
        "last_seen": look.time,
        "last_key": look.key,
        "sightings": known.sightings + 1,
        "missing_since": None,
        "missing_key": "",
        "misses": 0,
    }
    if found.whole and not (sized and _hidden(work, known, found)):
        new |= {"outline": found.outline, "sized_at": look.time, "sized_key": look.key}
        east, north = work.kin.shift.tolist()
        new |= {"shown": known.shown + 1, "shift_x": east, "shift_y": north}
        shared = float(work.kin.shared[f])
        measured = sized and known.shown > 0
        new |= _size(work, known, found, shared) if measured else fresh(found, look)
    work.telling.change(name, **new)


def _hidden(work: Work, known: Compound, found: Found) -> bool:
    """Tell whether what a compound seems to have lost could not be seen at all."""
    lost = shapely.difference(known.outline, found.outline)
    if work.look.seen is None or lost.area < work.rule.growth * known.outline.area:
        return False
    return bool(looked_at(outlines([lost]), work.look.seen)[0] < SEEN)


def _size(work: Work, known: Compound, found: Found, shared: float) -> Mapping[str, object]:
    """Compare with the size so far; open, confirm or withdraw growth and shrinking."""
    telling, area = work.telling, found.outline.area
    blur = found.outline.length * (known.gsd_m + work.look.gsd_m) / 2
    limit = 1 + work.rule.growth + blur / min(area, known.area_m2)
    alike = 1 / limit <= area / known.area_m2 <= limit
    settled: dict[str, object] = {}
    for event in telling.waiting(known.id, "grow", "shrink"):
        old = event.evidence["area_before_m2"]
        # Nearer to the size before than to the new one: the look between was at fault.
        if abs(np.log(area / old)) < abs(np.log(area / known.area_m2)):
            telling.settle(event, "withdrawn")
            return {"area_m2": old, "measured": 1, "before": None}
        if alike and telling.agree(event, work.rule.misses):
            settled = {"before": None}
    if alike and known.measured >= STEADY:
        return settled
    if alike:
        mean = known.area_m2 + (area - known.area_m2) / (known.measured + 1)
        gsd = max(known.gsd_m, work.look.gsd_m)
        return {**settled, "area_m2": mean, "measured": known.measured + 1, "gsd_m": gsd}
    sizes = {"area_before_m2": known.area_m2, "area_after_m2": area, "overlap": shared}
    kind = "grow" if area > known.area_m2 else "shrink"
    telling.open(kind, known.id, work.sized(known), evidence=sizes)
    before = shapely.affinity.translate(known.outline, -known.shift_x, -known.shift_y)
    return {**fresh(found, work.look), "before": before}


def fresh(found: Found, look: Look) -> dict[str, object]:
    """Begin measuring a compound's size anew."""
    area = found.outline.area
    return {"area_m2": area, "measured": 1, "gsd_m": look.gsd_m, "before": None}
