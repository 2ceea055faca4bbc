"""Give a step between two states of a place the name that its direction earns.

    before, after (F,) ──in least changes──► greener, rougher, warmer, lighter?
                       ──► Phase, in words   ──► kind: built, demolished, altered

Ten-metre pixels show ground, not walls: *built* means that barer ground became rough and
roof-like, no more.  Where the direction fits nothing, the name is *altered*.

Source: phases of a site as in IARPA SMART (site preparation, active construction, post
construction); directions of radar after A. Stasolla, IEEE JSTARS 2018: walls brighten.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from geo.series.looks import LEAST_PLAIN_GREEN, Looks
from geo.series.texture import BUILT_UP, Layout

LEAFY = {True: 0.35, False: 0.02}
"""Greenness from which ground counts as grown over: NDVI, or told from green and red alone."""

ROUGH = 0.12
"""Roughness from which ground counts as built upon: roofs beside yards; fields have 0.03 to
0.1."""

WATER = -2.5
"""``light`` of open water and of nothing else that lasts: 8 % reflectance."""

MUCH, SOME = 1.5, 0.8
"""Least changes that make a clear difference, and one that only leans."""


UNKNOWN = Layout(before=0.0, after=0.0, likeness=0.0)
"""Of places whose pixels were not looked at."""


class Phase(StrEnum):
    """What a step looks like from above."""

    CLEARED = "cleared"
    BUILDING = "building"
    ROOFED = "roofed"
    SURFACED = "surfaced"
    TORN_DOWN = "torn_down"
    RECOLOURED = "recoloured"
    OVERGROWN = "overgrown"
    FLOODED = "flooded"
    OTHER = "other"


WORDS: Mapping[Phase, str] = {
    Phase.CLEARED: "the ground was laid bare, of plants or of whatever covered it",
    Phase.BUILDING: "ground became rough and roof-like, as when buildings go up",
    Phase.ROOFED: "roofs beside yards came to stand on most of it",
    Phase.SURFACED: "bare ground changed its surface, as when it is levelled, paved or roofed",
    Phase.TORN_DOWN: "rough, roof-like ground became smooth and bare, as when buildings go",
    Phase.RECOLOURED: "what is there changed its colour, not its layout, as painted roofs do",
    Phase.OVERGROWN: "ground grew over with plants",
    Phase.FLOODED: "ground came under water, or became as dark",
    Phase.OTHER: "the ground changed in a way that fits no name",
}
"""Each phase in words that claim no more than was seen."""


def name_step(
    looks: Looks,
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    layout: Layout | None = None,
) -> Phase:
    """Name the step from one state to another.

    Args:
        looks: what the measures are.
        before: (F,) level of the state before.
        after: (F,) level of the state after.
        layout: of the place in both, where it is known.
    """
    units = dict(zip(looks.names, (after - before) / np.array(looks.least), strict=True))
    if "light" not in units:
        return _by_radar(units)
    old = dict(zip(looks.names, before.tolist(), strict=True))
    new = dict(zip(looks.names, after.tolist(), strict=True))
    leafy = LEAFY[looks.least[looks.names.index("green")] != LEAST_PLAIN_GREEN]
    if new["light"] < WATER and units["light"] < -MUCH and new["green"] < leafy:
        return Phase.FLOODED
    seen = layout or UNKNOWN
    if seen.stayed and seen.before >= BUILT_UP:
        return Phase.RECOLOURED
    if units["green"] > MUCH and new["green"] > leafy:
        return Phase.OVERGROWN
    was_rough, is_rough = old["rough"] > ROUGH, new["rough"] > ROUGH
    fell = seen.fell and units["light"] <= 0  # ground without its plants is lighter than with
    if units["green"] < -MUCH and new["green"] < leafy and not fell:
        rough = units["rough"] > MUCH or new["rough"] > 1.5 * ROUGH
        return Phase.BUILDING if seen.rose or (rough and not seen.stayed) else Phase.CLEARED
    return _on_bare_ground(units, seen, was_rough=was_rough, is_rough=is_rough)


def _on_bare_ground(
    units: Mapping[str, float], seen: Layout, *, was_rough: bool, is_rough: bool
) -> Phase:
    """Name a step that no plants took part in.

    Dark fields are as rough as villages, in parts of their lightness; but ground cleared of
    them becomes lighter, and roofs that fall do not.
    """
    still = min(seen.before, seen.after) >= BUILT_UP
    if seen.stayed or (still and not seen.rose):
        return Phase.RECOLOURED
    if seen.rose or units["rough"] > MUCH or (units["rough"] > SOME and is_rough):
        return Phase.BUILDING
    if (seen.fell or (units["rough"] < -SOME and was_rough)) and units["light"] < SOME:
        return Phase.TORN_DOWN
    if was_rough and is_rough and max(seen.before, seen.after) < BUILT_UP / 2:
        return Phase.RECOLOURED
    if max(abs(units["light"]), abs(units["warm"])) > SOME:
        return Phase.SURFACED
    return Phase.OTHER


def _by_radar(units: Mapping[str, float]) -> Phase:
    """Name a step of backscatter: walls and roofs brighten, their loss darkens."""
    mean = sum(units.values()) / len(units)
    if mean > SOME:
        return Phase.BUILDING
    if mean < -SOME:
        cross = units.get("vh", mean)
        return Phase.CLEARED if cross < units.get("vv", mean) - SOME else Phase.TORN_DOWN
    return Phase.OTHER
