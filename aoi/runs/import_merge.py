"""Merge one edited row with what was decided since its file left: three ways, field by field.

What only the file changed becomes an entry of the decision log; what both changed is a
conflict.  A verdict, a kind and a corroboration are words to compare, and one judgement: the
log takes all three or none, so that no word goes in beside one that was refused.  An outline is
the same while its corners moved by less than anybody could mean.

    Row, base, log before and now ──edited──► Said, or Conflict
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.leaving import Found
from aoi.outputs.returned import Returned, Row
from aoi.review.decisions_chain import Entry, What
from aoi.review.decisions_now import Standing, live, standing
from aoi.review.said import LONGEST, Said, outline_wkt
from geo.errors import InputError

SAME = 0.05
"""Metres: corners that moved by less were only rewritten."""

JUDGED = frozenset({"verdict", "kind", "corroboration"})
"""The words of one judgement."""


NO_OUTLINE = (
    "Its outline was removed in the file; a layout keeps the one it has. To say that it is no "
    "compound, give it a verdict."
)
"""What is said of a row that lost its outline."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that was not taken."""

    layout: str
    """Its id, or what its author called it."""

    why: str
    """In a sentence."""


@dataclass(slots=True)
class Merge:
    """One import while it is worked out."""

    found: Found
    """The run, as it stands now."""

    returned: Returned
    """The file that came back."""

    entries: tuple[Entry, ...]
    """Of the run's decision log."""

    who: str
    """Whose edits they are."""

    before: Mapping[str, Standing] = field(init=False)
    """How the log stood when the file left."""

    now: Mapping[str, Standing] = field(init=False)
    brought: Mapping[str, Standing] = field(init=False)
    """What this very person brought by this door, and nobody took back."""

    conflicts: list[Conflict] = field(default_factory=list)
    """Filled while rows are merged."""

    def __post_init__(self) -> None:
        """Tell how the log stood when the file left, and how it stands now."""
        self.before = standing(self.entries[: self.returned.decisions])
        self.now = standing(self.entries)
        own = [e for e in live(self.entries) if (e.who, e.via) == (self.who, self.returned.via)]
        self.brought = standing(own)


def edited(row: Row, name: str, merge: Merge) -> Said | None:
    """Tell what a row says that its base did not, and note what of it cannot be taken.

    Args:
        row: as it came back.
        name: of the layout or change, at home.
        merge: gains a conflict for each word that is not taken.

    Raises:
        InputError: the run and the file do not share a frame.
    """
    whys = _whys(row, name, merge)
    merge.conflicts += [Conflict(name, why) for why in whys.values() if why]
    changed = {word for word, why in whys.items() if not why}
    outline = _moved(row, name, merge)
    if not changed and outline is None:
        return None
    return _said(name, row, changed, outline, merge)


def _whys(row: Row, name: str, merge: Merge) -> dict[str, str]:
    """Tell of each word that goes into the log why it cannot; nothing where it can."""
    told, base, now = _even(row.words), _base(row, name, merge), _words(merge.now.get(name))
    differs = {
        word
        for word, value in told.items()
        if value != now.get(word) and not _said_already(merge, name, word, value)
    }
    edits = {word for word in differs if told[word] != base.get(word)}
    if edits & JUDGED:
        edits |= differs & JUDGED  # left alone in the file, and by now another at home
    whys = {
        word: _why_not(word, value, base.get(word), now.get(word))
        for word, value in told.items()
        if word in edits
    }
    length = len(row.words.get("note") or "")
    if "note" in whys and length > LONGEST:
        whys["note"] = (
            f"The note has {length} characters and may have {LONGEST}. Shorten it, or put it "
            "into a document of its own and name that."
        )
    judged = [word for word in whys if word in JUDGED]
    if any(whys[word] for word in judged):
        alone = "stays out with the rest of its judgement, which is taken whole or not at all"
        whys |= {w: whys[w] or f"The {w} {told[w]!r} {alone}." for w in judged}
    elif judged and told.get("verdict") is None:
        whys |= {word: f"The {word} {told[word]!r} needs a verdict." for word in judged}
    return whys


def _why_not(word: str, told: str | None, was: str | None, now: str | None) -> str:
    """Tell why one word cannot be taken, by how it came, left and stands."""
    if told is None and was is not None:
        return f"The {word} was cleared; nothing said is ever removed. Undo it."
    if now != was:
        here, there, before = (
            "empty" if value is None else repr(value) for value in (now, told, was)
        )
        later = f"{here} by now; it was {before} when the file left"
        return f"The {word} is {there} in the file, {later}."
    return ""


def _said(name: str, row: Row, changed: set[str], outline: str | None, merge: Merge) -> Said:
    """Put edits into one entry: a judgement where there is a verdict to it, else a remark."""
    judged = JUDGED & changed
    return Said(
        who=merge.who,
        candidate=name,
        what=What.JUDGE if judged else What.REMARK,
        verdict=row.words.get("verdict") if judged else None,
        kind=row.words.get("kind") if judged else None,
        corroboration=row.words.get("corroboration") if judged else None,
        note=(row.words["note"] or "") if "note" in changed else "",
        outline=outline,
        via=merge.returned.via,
    )


def _moved(row: Row, name: str, merge: Merge) -> str | None:
    """Tell the new outline of a row, or nothing where it did not move."""
    if row.outline is None:
        if row.layer == "compounds" and row.id in merge.returned.outlines:
            merge.conflicts.append(Conflict(name, NO_OUTLINE))
        return None
    shape = at_home(row.outline, merge)
    written = merge.returned.outlines.get(row.id)
    was, now = (_outline_of(name, known, merge) for known in (merge.before, merge.now))
    base = was if written is None else at_home(written, merge)
    if (base is not None and _same(shape, base)) or (now is not None and _same(shape, now)):
        return None
    if was is not None and now is not None and not _same(was, now):
        merge.conflicts.append(
            Conflict(name, "Its outline was moved in the file and, since the file left, here.")
        )
        return None
    return outline_wkt(shape)


def _outline_of(name: str, known: Mapping[str, Standing], merge: Merge) -> BaseGeometry | None:
    """Give the outline of a layout by a state of the log."""
    stands = known.get(name)
    if stands is not None and stands.outline is not None:
        shape: BaseGeometry = shapely.from_wkt(stands.outline)
        return shape
    return merge.found.written.get(name)


def _same(one: BaseGeometry, other: BaseGeometry) -> bool:
    near = bool(one.hausdorff_distance(other) < SAME)
    return near and one.symmetric_difference(other).area < SAME * one.length


def at_home(shape: BaseGeometry, merge: Merge) -> BaseGeometry:
    """Bring an outline into the run's own frame.

    Raises:
        InputError: the run and the file do not share a frame.
    """
    crs = merge.found.crs
    if (crs is None) != (merge.returned.crs is None):
        raise InputError("The run and the file do not share a frame: one has no CRS.")
    if crs is None:
        return shape
    [moved] = gpd.GeoSeries([shape], crs=merge.returned.crs).to_crs(crs)
    home: BaseGeometry = moved
    return home


def _base(row: Row, name: str, merge: Merge) -> Mapping[str, str | None]:
    """Tell how a row stood when the file left."""
    if row.id in merge.returned.base:
        return _even(merge.returned.base[row.id])
    drawn = row.layer == "compounds" and name not in merge.found.written
    if drawn and name not in merge.before:
        return _words(merge.brought.get(name))  # its file left before it was drawn
    return _words(merge.before.get(name))


def _words(stands: Standing | None) -> dict[str, str | None]:
    if stands is None:
        return {}
    return _even({word: getattr(stands, word) for word in (*JUDGED, "note")})


def _even(words: Mapping[str, str | None]) -> dict[str, str | None]:
    """Write words as files give them back: lines ended one way, nothing blank around them."""
    return {
        word: re.sub(r"\r\n?", "\n", value or "").strip() or None
        for word, value in words.items()
    }


def _said_already(merge: Merge, name: str, column: str, value: str | None) -> bool:
    """Tell whether this very person's latest word is this, though it did not prevail."""
    own = [e for e in live(merge.entries) if e.candidate == name and e.who == merge.who]
    judged = [e for e in own if e.what is What.JUDGE or column == "note"]
    told: Any = getattr(judged[-1], column, None) if judged else None
    return value is not None and _even({column: told}) == {column: value}
