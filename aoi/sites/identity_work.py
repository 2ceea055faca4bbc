"""One look on its way into a story: what was known, what was found, who continues whom.

The rooms that tell it each take a ``Work`` and write into its ``telling`` and ``ids``:

    identity_unsure ──► identity_found ──► identity_new ──► identity_lost
     who is who          again? size?       parts, new       joined, missed, settled
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from shapely.geometry.base import BaseGeometry

from aoi.sites.identity_kin import Kin
from aoi.sites.identity_overlap import Geometries
from aoi.sites.identity_story import Compound, Found, Look, Rule, Story
from aoi.sites.identity_telling import Bracket, Telling

SEEN = 0.9
"""Share of an outline's ground that must have been seen before it can be missed."""

ABSORB = 1 / 3
"""Of two that become one, one smaller than this share of the other is absorbed; else they
merge."""

PROOF = 2
"""Looks.  What was seen only once may be a flaw of that look: nobody knows since when it was
so, and nobody is told that it is so no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One look being worked into a story; K known compounds, F found outlines."""

    story: Story
    """Before the look."""

    look: Look
    rule: Rule
    names: Mapping[str, str]
    """Once given to outlines of this look."""

    known: Sequence[Compound]
    """(K,) all compounds ever named, in the order in which ``Kin`` numbers them."""

    found: Sequence[Found]
    """(F,) likewise."""

    kin: Kin
    """Who continues whom."""

    telling: Telling
    """The story as it becomes."""

    ids: dict[str, str] = field(default_factory=dict)
    """Name in the look to the compound's name."""

    def heirs(self) -> list[tuple[Compound, int]]:
        """List compounds that were found, as known before, and their outlines' numbers."""
        heir = self.kin.heir
        return [(self.known[heir[f]], f) for f in np.flatnonzero(heir >= 0).tolist()]

    def twice(self, *compounds: Compound) -> bool:
        """Tell whether enough looks showed each of these as it was."""
        return all(one.shown >= PROOF for one in compounds)

    def sized(self, compound: Compound) -> Bracket:
        """Give the last look that showed all of a compound; none if only one ever did."""
        whole = Bracket(compound.sized_at, compound.sized_key)
        return whole if self.twice(compound) else Bracket(None)

    def parted(self, compound: Compound) -> tuple[Bracket, Bracket | None]:
        """Say since when a compound is several, and take back what was told of its size.

        If one of the parts was seen alone before, they were several since then.

        Returns:
            The bracket; and that of the first look which showed it, if it was not this one.
        """
        lost = self.telling.drop_sizes(compound.id)
        if lost is None:
            return self.sized(compound), None
        return Bracket.without(lost), Bracket.of(lost)

    def unsure(self, compound: Compound, kind: str) -> bool:
        """Tell whether a compound grew or shrank by the last look, and by no other."""
        waits = any(self.telling.waiting(compound.id, kind))
        return waits and compound.before is not None


def outlines(shapes: Sequence[BaseGeometry | None]) -> Geometries:
    """Put outlines into an array (N,) of objects."""
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
