"""What a person says of a layout or a change, before it is written down.

    who, candidate, verdict, note, outline … ──► Said: nothing in it that nobody could use later

Source: docs/decisions/0015-decision-log.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.errors import ShapelyError

from aoi.review.decisions_chain import What
from aoi.verdicts import CORROBORATION, EVERY_LOOK, EVERY_VERDICT
from geo.errors import InputError

LONGEST = 4000
"""Characters of a note; more is a document, and belongs elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says, before it is written down."""

    who: str
    """The reviewer, as they sign in."""

    candidate: str = ""
    """Id of the layout or change."""

    what: What = What.JUDGE
    """What it does."""

    verdict: str | None = None
    """One of ``VERDICTS``, or of ``CHANGE_VERDICTS``."""

    kind: str | None = None
    """One of ``LOOKS``, or of ``CHANGE_LOOKS``."""

    corroboration: str | None = None
    """One of ``CORROBORATION``."""

    note: str = ""
    """Why."""

    tags: tuple[str, ...] = ()
    """Free words."""

    outline: str | None = None
    """WKT of a polygon in the run's own CRS."""

    undoes: str | None = None
    """Hash of the entry to undo."""

    via: str = "review"
    """By which door it came."""

    def __post_init__(self) -> None:
        """Refuse what says nothing, or what nobody could read later."""
        if not self.who.strip() or len(self.who) > 100:
            raise InputError("Every decision needs a reviewer: a name, a role or a pseudonym.")
        if self.what is What.BEGIN:
            raise InputError("A log begins by itself, with its first decision.")
        for word, value, known in (
            ("verdict", self.verdict, EVERY_VERDICT),
            ("kind", self.kind, EVERY_LOOK),
            ("corroboration", self.corroboration, CORROBORATION),
        ):
            if value is not None and value not in known:
                raise InputError(f"{value!r} is no {word}; it may be: {', '.join(known)}.")
        if len(self.note) > LONGEST or any(len(tag) > 60 for tag in self.tags):
            raise InputError(f"A note has at most {LONGEST} characters, a tag 60.")
        self._refuse_the_empty()
        checked_outline(self.outline)

    def _refuse_the_empty(self) -> None:
        judging = self.what in (What.JUDGE, What.ADJUDICATE)
        if judging and self.verdict is None:
            raise InputError("A judgement needs a verdict; without one, it is a remark.")
        if self.what is What.REMARK and self.verdict is not None:
            raise InputError("A remark has no verdict; with one, it is a judgement.")
        if (self.what is What.UNDO) != (self.undoes is not None):
            raise InputError("An undo, and nothing else, names the entry it undoes.")
        if (self.what is What.UNDO) == bool(self.candidate):
            raise InputError("A decision names its layout; an undo names an entry instead.")


def checked_outline(wkt: str | None) -> str | None:
    """Check an outline and write it the one way: a valid polygon, to the centimetre.

    Raises:
        InputError: it is no polygon, or one that crosses itself.
    """
    if wkt is None:
        return None
    try:
        shape = shapely.from_wkt(wkt)
    except ShapelyError as error:
        raise InputError("The edited outline cannot be read.") from error
    if shape.geom_type != "Polygon" or shape.is_empty or not shape.is_valid:
        raise InputError(
            "An edited outline must be one polygon that does not cross itself; draw it again."
        )
    return outline_wkt(shape)


def outline_wkt(shape: shapely.Geometry) -> str:
    """Write an outline the one way in which the log keeps it: WKT, flat, to the centimetre."""
    return shapely.to_wkt(shapely.force_2d(shape), rounding_precision=2, trim=True)
