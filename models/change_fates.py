"""Choose what happens to the buildings of a drawn place, and give its plan on either date.

    plan ──choose──► a fate a building ──► what stands before and after ──► plan of a date

What happens: a building appears, goes (to bare ground, rubble, or rooms without a roof), or is
altered: cut short, or roofed anew in another colour.  Where one is missing, ground shows.

Source: KK Park, November 2025, where some buildings were flattened and more were damaged (the
Centre for Information Resilience, told by AP); the shares are the project's own choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from shapely.affinity import scale

from models.synthetic.frame import axes_of, ring_of
from models.synthetic.shapes import Building, Patch, Plan, largest

HAPPENS: Mapping[str, float] = {
    "unchanged": 0.62, "built": 0.14, "demolished": 0.14, "altered": 0.10,
}  # fmt: skip
"""Share of buildings to which each thing happens, unless the caller says otherwise."""

LEAST = 40.0
"""Square metres; smaller roofs stay as they are."""

SKINS = ("red", "blue", "green", "white", "tile", "grey")
"""What a roof may be covered with anew."""


def choose(plan: Plan, rng: Generator, happens: Mapping[str, float] = HAPPENS) -> list[str]:
    """Choose what happens to each building of a plan; those without a roof stay.

    Args:
        plan: of the place.
        rng: of the choice.
        happens: share of buildings to which each thing happens.
    """
    names, share = list(happens), np.array(list(happens.values()))
    return [
        str(rng.choice(names, p=share / share.sum()))
        if b.stands and b.footprint.area >= LEAST
        else "unchanged"
        for b in plan.buildings
    ]


def states_of(
    b: Building, fate: str, rng: Generator
) -> tuple[Building | None, Building | None]:
    """Give a building before and after; ``None`` where it does not exist."""
    if fate == "built":
        return None, b
    way = rng.random()
    if fate == "demolished":  # carried away, left as rubble, or stripped of its roof
        left = replace(b, stage="rubble" if way < 0.7 else "shell")
        return b, None if way < 0.4 else left
    if fate != "altered":
        return b, b
    if way < 0.5:  # cut short
        frame, width, _ = axes_of(ring_of(b.footprint))
        half = frame.shift(width * rng.uniform(-0.1, 0.1) - width / 2, 0).block(width, 200)
        rest = largest(b.footprint.intersection(half))
        other = replace(
            b, footprint=rest if rest.area > LEAST / 2 else scale(b.footprint, 0.6, 0.6)
        )
    else:
        skins = [skin for skin in SKINS if skin != b.skin]
        roof = "gable" if b.roof == "flat" else b.roof
        other = replace(b, skin=str(rng.choice(skins)), roof=roof)
    return (b, other) if rng.random() < 0.7 else (other, b)


def plan_of(
    plan: Plan,
    states: Sequence[Building | None],
    fates: Sequence[str],
    date: int,
    seed: int,
) -> Plan:
    """Give the plan of one date; where a building is missing, ground shows.

    Args:
        plan: of the place.
        states: of each building on that date; ``None`` where it does not stand.
        fates: of each building.
        date: 0 or 1.
        seed: of the ground that shows.
    """
    rng = np.random.default_rng([seed, 46])
    bare = []
    for b, state, fate in zip(plan.buildings, states, fates, strict=True):
        cover = str(rng.choice(["dust", "soil", "fresh", "grass", "dry"]))
        rim = float(rng.uniform(0.5, 4))
        stands = state is not None and state.stage == "roofed"
        if fate != "unchanged" and not stands and (date == 1 or rng.random() < 0.5):
            bare.append(
                Patch(
                    polygon=largest(b.footprint.buffer(rim)),
                    cover=cover,
                    soft=True,
                    disturbed=True,
                )
            )
    return replace(
        plan,
        buildings=tuple(s for s in states if s is not None),
        patches=(*plan.patches, *bare),
    )
