"""What a reviewer asks to write down, and what cannot be written.

    Wish (from the page) + Layout ──► refuse ──► a sentence, or nothing

A layout is called a walled compound or not; a change is found as told or not; a registered site
at which nothing was found takes a remark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely

from aoi.review.book import Layout
from aoi.review.decisions_now import Status
from aoi.review.said import outline_wkt
from aoi.verdicts import CHANGE_LOOKS, CHANGE_VERDICTS, LOOKS, VERDICTS
from geo.errors import InputError

CORNERS = 2000
"""Corners of an outline that a person draws, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the page asks to write down."""

    candidate: str = ""
    """The layout or change; empty for a layout that was drawn just now."""

    verdict: str | None = None
    kind: str | None = None
    corroboration: str | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    outline: Sequence[tuple[float, float]] | None = field(default=None)
    """Corners in the run's frame; metres."""

    settle: bool = False
    """True to settle what two reviewers saw differently."""


def refuse_unfit(wish: Wish, layout: Layout, status: Status) -> None:
    """Refuse what cannot be said of a layout, a change or a site.

    Args:
        wish: what is asked.
        layout: of which it speaks.
        status: how far its judgement has come, as this reviewer may know it.

    Raises:
        InputError: it cannot be said; the sentence tells what can.
    """
    _refuse_words(wish, layout)
    if layout.is_site and (wish.verdict is not None or wish.outline is not None):
        raise InputError(
            "Nothing was found at this site, so there is nothing to judge: draw the layout "
            "you see, or leave a note."
        )
    if layout.is_change and wish.outline is not None:
        raise InputError(
            "A change is what two pictures differ in, so its outline stays. Judge it, or draw "
            "a layout of its own."
        )
    if wish.settle and status is not Status.DISAGREED:
        raise InputError("Only what two reviewers saw differently can be settled.")
    if wish.settle and not wish.note.strip():
        raise InputError("Say in the note why: it settles what others saw differently.")


def _refuse_words(wish: Wish, layout: Layout) -> None:
    """Refuse a change's words for a layout, and the other way round."""
    verdicts, looks = (CHANGE_VERDICTS, CHANGE_LOOKS) if layout.is_change else (VERDICTS, LOOKS)
    for word, value, known in (("verdict", wish.verdict, verdicts), ("kind", wish.kind, looks)):
        if value is not None and value not in known:
            what = "a change" if layout.is_change else "a layout"
            raise InputError(
                f"{value!r} is no {word} of {what}; it may be: {', '.join(known)}."
            )


def polygon_of(corners: Sequence[tuple[float, float]] | None) -> str | None:
    """Turn drawn corners into WKT; whether it is a fair polygon, the log decides.

    Raises:
        InputError: too few corners, or too many.
    """
    if corners is None:
        return None
    if not 3 <= len(corners) <= CORNERS:
        raise InputError(f"An outline has 3 to {CORNERS} corners, not {len(corners)}.")
    return outline_wkt(shapely.Polygon(corners))
