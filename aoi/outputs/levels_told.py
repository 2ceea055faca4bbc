"""Tell what stayed at home and why, and gather the words that leave.

Cut (what was decided of each thing) ──► withheld_of ──► Withheld(what, count, why)
Leaving ──► texts_of ──► every text that a person wrote, to be searched for names
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd

from aoi.outputs.leaving import Found, Leaving, Withheld

WATCHED: Mapping[str, tuple[str, ...]] = {
    "compounds": ("note", "site_name", "cannot_tell"),
    "changes": ("verdict_note",),
    "sites": ("name", "aliases"),
}
"""Columns that people filled."""

FOLLOW = ("buildings", "walls", "yards", "changes")
"""Layers whose rows stay with their compound."""

NEAR = "They lie in or near layouts that do not leave exactly."
WHY_LOST: Mapping[str, str] = {
    "changes": "They lie outside layouts that leave exactly, or a reviewer denied them."
}
"""Why rows of these layers stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What was decided."""

    found: Found
    """The run at home."""

    fate: Mapping[str, str]
    """Compound to ``exact``, ``cell`` or ``withheld``."""

    ready: Mapping[str, gpd.GeoDataFrame]
    """Layers that leave."""

    shown: int
    """Compounds with a picture."""

    cell: float
    """Metres a side."""

    def count(self, fate: str) -> int:
        """Count the compounds of one fate."""
        return sum(kept == fate for kept in self.fate.values())

    def lost(self, layer: str) -> int:
        """Count the rows of a layer that stay."""
        return len(self.found.layers[layer]) - len(self.ready[layer])


def withheld_of(cut: Cut, *, finest: float, notes: bool) -> tuple[Withheld, ...]:
    """Tell what stayed at home and why.

    Args:
        cut: what was decided.
        finest: metres a pixel of pictures that leave.
        notes: whether notes leave.
    """
    settled = cut.found.settled
    denied = sum(
        kept == "withheld" and settled.get(name) == "not_a_compound"
        for name, kept in cut.fate.items()
    )
    unjudged = "Nobody has judged these layouts to be walled compounds"
    told = [
        ("exact outlines", cut.count("cell"), f"{unjudged}; each is a cell of {cut.cell:g} m."),
        ("layouts", cut.count("withheld") - denied, f"{unjudged}."),
        ("layouts", denied, "A reviewer judged these not to be walled compounds."),
        *((name, cut.lost(name), WHY_LOST.get(name, NEAR)) for name in FOLLOW),
        ("tiles of what was looked at", cut.lost("coverage"), "They would show where to look."),
        (
            "registered sites",
            cut.lost("sites"),
            "They come from a register of your own, which may be confidential.",
        ),
        (
            "pictures of layouts",
            cut.count("exact") - cut.shown,
            "Their licence is not known to be open; --licence tells it.",
        ),
        (
            "layouts whose reviewers and notes",
            0 if notes else len(cut.found.reviewers),
            "They are the desk's own; --notes lets notes leave.",
        ),
        (
            "names of pictures",
            len(cut.found.scenes),
            f"File names may hold coordinates. Pixels are never finer than {finest:g} m.",
        ),
    ]
    return tuple(Withheld(what=w, count=n, why=y) for w, n, y in told if n > 0)


def texts_of(leaving: Leaving) -> list[tuple[str, str]]:
    """Collect every text that a person wrote and that would leave, with where it stands."""
    texts = [("The credit of a picture", scene.credit) for scene in leaving.scenes]
    texts += [("The licence of a picture", scene.licence) for scene in leaving.scenes]
    for layer, columns in WATCHED.items():
        rows = leaving.layers[layer]
        texts += [
            (f"The {column.replace('_', ' ')} of {name}", text)
            for column in columns
            for name, text in zip(rows["id"], rows[column], strict=True)
            if isinstance(text, str)
        ]
    return texts
