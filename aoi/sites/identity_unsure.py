"""Let what no second look confirmed not decide who is who.

Kinship asks which outlines share most ground with a compound *as it was last seen*.  If that
last look was at fault, so is the answer.  While an event is provisional, its compound therefore
has two outlines, the one before and the one after, and this look may speak for either:

    split, and the whole again   ──► nothing happened; the older name goes on
    growth, then it and another  ──► it never grew: another was taken for a part of it
    shrinking, then all its parts──► it never shrank: it fell apart, and a part was missed

Source: docs/decisions/0026-seen-twice.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.sites.assign import NOBODY
from aoi.sites.identity_kin import KIN, Kin
from aoi.sites.identity_overlap import Geometries, Reals, moved
from aoi.sites.identity_work import ABSORB, Work, outlines


def on_second_thought(work: Work) -> Kin:
    """Settle anew who continues whom where only one look said what befell a compound."""
    kin = _older_goes_on(_parts_go_back(work.kin, work), work)
    return _old_parts(_lost_parts(_others_grown_over(kin, work), work), work)


def _parts_go_back(kin: Kin, work: Work) -> Kin:
    """Let a compound take back its ground when a split that nobody confirmed is undone.

    The larger part may have the newer name; then the old name, not the new one, goes on.
    """
    heir, into = kin.heir.copy(), kin.into.copy()
    for k in np.flatnonzero(into != NOBODY).tolist():
        other = into[k]
        name, part = work.known[k].id, work.known[other].id
        undone = [
            e
            for e in work.telling.waiting(name, "split")
            if e.compound == name and part in e.others
        ]
        if undone:
            heir[heir == other] = k
            into[k], into[other] = NOBODY, k
    return replace(kin, heir=heir, into=into)


def _older_goes_on(kin: Kin, work: Work) -> Kin:
    """Let the older name go on when two that are about equally large become one.

    Which of them shares more ground may hang on a metre, and change from look to look.
    """
    heir, into = kin.heir.copy(), kin.into.copy()
    for k in np.unique(into[into != NOBODY]).tolist():
        least = ABSORB * work.known[k].area_m2
        lost = [n for n in np.flatnonzero(into == k).tolist() if work.known[n].area_m2 >= least]
        oldest = min([k, *lost], key=lambda n: work.known[n].first_seen)
        if oldest != k:
            heir[heir == k] = oldest
            into[into == k] = oldest
            into[oldest], into[k] = NOBODY, oldest
    return replace(kin, heir=heir, into=into)


def _others_grown_over(kin: Kin, work: Work) -> Kin:
    """Let the part most like the outline before a growth keep the name.

    The others were never a part of it, only found as one with it.
    """
    heir, parent, over = kin.heir.copy(), kin.parent.copy(), kin.over.copy()
    for k in np.unique(parent[parent != NOBODY]).tolist():
        before = work.known[k].before
        if before is None or not work.unsure(work.known[k], "grow"):
            continue
        parts = np.flatnonzero((heir == k) | (parent == k))
        inside = _inside(kin.laid[parts], before)
        union = shapely.area(shapely.union(kin.laid[parts], before))
        best = np.argmax(inside * shapely.area(kin.laid[parts]) / union)
        others = parts[inside < KIN]
        others = others[others != parts[best]]
        if len(others):
            heir[parts], parent[parts] = NOBODY, k
            heir[parts[best]], parent[parts[best]] = k, NOBODY
            parent[others], over[others] = NOBODY, k
    return replace(kin, heir=heir, parent=parent, over=over)


def _lost_parts(kin: Kin, work: Work) -> Kin:
    """Take what is found on ground that a compound seemed to lose for a part of it."""
    parent = kin.parent.copy()
    free = np.flatnonzero((kin.heir == NOBODY) & (parent == NOBODY) & (kin.over == NOBODY))
    if not len(free):
        return kin
    for known, f in work.heirs():
        if known.before is None or not work.unsure(known, "shrink"):
            continue
        lost = _inside(kin.laid[free], known.before) >= KIN
        lost &= _inside(kin.laid[free], kin.laid[f]) < KIN
        parent[free[lost]] = kin.heir[f]
    return replace(kin, parent=parent)


def _old_parts(kin: Kin, work: Work) -> Kin:
    """Give parts of a compound, cut by cloud or not, the names of those that once went in."""
    heir, parent = kin.heir.copy(), kin.parent.copy()
    split = set(parent[parent != NOBODY].tolist())
    if not split:
        return kin
    place = {work.known[k].id: k for k in split}
    held = set(heir.tolist())
    for n, one in enumerate(work.known):
        k = place.get(work.story.name(one.into)) if one.state == "joined" else None
        if k is None or n in held:
            continue
        parts = np.flatnonzero(parent == k)
        [outline] = moved(outlines([one.outline]), np.array([-one.shift_x, -one.shift_y]))
        shares = _inside(kin.laid[parts], outline)
        if len(parts) and shares.max() >= KIN:
            f = parts[np.argmax(shares)]
            heir[f], parent[f] = n, NOBODY
    return replace(kin, heir=heir, parent=parent)


def _inside(shapes: Geometries, outline: BaseGeometry) -> Reals:
    """Share of each shape that lies in the outline, (N,)."""
    shares: Reals = shapely.area(shapely.intersection(shapes, outline)) / shapely.area(shapes)
    return shares
