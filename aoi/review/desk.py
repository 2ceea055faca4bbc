"""The desk: what a reviewer sees next, and where their word goes.

    Book + DecisionLog ──► Desk ──► queue(who), layout(name, who), say(who, Wish), undo(who)

The desk keeps nothing of its own.  Whatever it shows is worked out from the book and the log,
so a second program on the same folder, or a crash, costs at most the word being typed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import shapely

from aoi.review.book import Book, Box, Layout, box_of, lines_of, wider
from aoi.review.decisions import DecisionLog, Said, outline_wkt
from aoi.review.decisions_agreement import agreement
from aoi.review.decisions_chain import What
from aoi.review.decisions_now import Status, pairs
from aoi.review.rows import lot, row_of, said_of
from aoi.review.sheet import Sheet, sheet_of
from geo.errors import InputError

AROUND = 1.6
"""How many times wider than the chip the ground is on which neighbours are drawn."""

CORNERS = 2000
"""Corners of an outline that a person draws, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the page asks to write down."""

    candidate: str = ""
    """The layout; empty for one that was drawn just now."""

    verdict: str | None = None
    kind: str | None = None
    corroboration: str | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    outline: Sequence[tuple[float, float]] | None = field(default=None)
    """Corners in the run's frame; metres."""

    settle: bool = False
    """True to settle what two reviewers saw differently."""


class Desk:
    """One run on the desk of any number of reviewers."""

    def __init__(
        self,
        book: Book,
        log: DecisionLog,
        *,
        rules: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Lay out a run.

        Args:
            book: the run.
            log: its decisions.
            rules: for a log that has none yet; one that has goes by its own.
            clock: tells the time, aware.
        """
        self.book, self.log, self.rules, self.clock = book, log, rules, clock
        self._lock = threading.Lock()
        self._sheet: Sheet | None = None

    def sheet(self) -> Sheet:
        """Read the log, what others wrote meanwhile included.

        Raises:
            InputError: the chain of decisions is broken.
        """
        with self._lock:
            entries = self.log.entries()
            if self._sheet is None or self._sheet.entries != entries:
                self._sheet = sheet_of(entries, self.book.run_id, self.rules)
            return self._sheet

    def queue(self, who: str) -> dict[str, Any]:
        """List every layout as a reviewer may see it, best first; blind, in no order."""
        sheet = self.sheet()
        layouts = self._layouts(sheet)
        if sheet.blind:  # the order by score would tell the score
            layouts = sorted(layouts, key=lambda one: (one.is_site, lot(who, one.id)))
        return {
            "count": len(sheet.entries),
            "rows": [row_of(one, sheet, who) for one in layouts],
        }

    def changes(self, who: str, since: int) -> dict[str, Any]:
        """List the layouts that were spoken of since the log held ``since`` entries."""
        sheet = self.sheet()
        names = sheet.touched(max(since, 0)) if since < len(sheet.entries) else set()
        layouts = [one for one in self._layouts(sheet) if one.id in names]
        return {
            "count": len(sheet.entries),
            "rows": [row_of(one, sheet, who) for one in layouts],
            "gone": sorted(names - {one.id for one in layouts}),
        }

    def layout(self, name: str, who: str) -> dict[str, Any]:
        """Tell all that a reviewer may know of one layout.

        Raises:
            InputError: there is none of this name.
        """
        sheet = self.sheet()
        layout = self._named(name, sheet)
        stands, hidden = sheet.stands(name, who), sheet.hides(name)
        chip = box_of(layout.outline)
        others = {one.id: lines_of(one.outline) for one in self._layouts(sheet)
                  if one.id != name and not one.is_site and _touch(one, chip)}  # fmt: skip
        return {
            **row_of(layout, sheet, who),
            "told": layout.told,
            "judged": None if hidden else layout.judged,
            "outline": lines_of(layout.outline),
            "edited": lines_of(shapely.from_wkt(stands.outline)) if stands.outline else None,
            "chip": chip,
            "sights": self.book.sights_of(layout),
            "near": self.book.near(wider(chip, AROUND)),
            "others": others,
            "said": [said_of(entry) for entry in sheet.seen_by(name, who)],
            "note": stands.note,
            "tags": stands.tags,
            "kind": stands.kind,
            "corroboration": stands.corroboration,
        }

    def chip_box(self, name: str) -> Box:
        """Choose the ground that a layout's chip shows."""
        return box_of(self._named(name, self.sheet()).outline)

    def score_is_hidden(self, name: str) -> bool:
        """Tell whether a layout's score, and pictures of scores, must not be shown."""
        return self.sheet().hides(name)

    def say(self, who: str, wish: Wish) -> dict[str, Any]:
        """Write a word down; it is on the disk when this returns.

        Raises:
            InputError: it says nothing, or of something that is not there.
            OutputError: the folder cannot be written.
        """
        sheet = self.sheet()
        outline = _polygon(wish.outline)
        name = wish.candidate or self._drawn_name(outline)
        if wish.candidate:
            self._refuse_to_judge(wish, name, sheet, who)
        judging = wish.verdict is not None
        what = What.ADJUDICATE if wish.settle else What.JUDGE if judging else What.REMARK
        if what is What.REMARK and not (wish.note or wish.tags or outline):
            raise InputError("Nothing was said: give a verdict, a note, a tag or an outline.")
        said = Said(
            who=who, candidate=name, what=what, verdict=wish.verdict, note=wish.note,
            kind=wish.kind if judging else None,
            corroboration=wish.corroboration if judging else None,
            tags=wish.tags, outline=outline,
        )  # fmt: skip
        return self._write(said, who)

    def undo(self, who: str, *, again: bool = False) -> dict[str, Any]:
        """Take back a reviewer's latest word, or take back that.

        Raises:
            InputError: there is nothing of theirs to undo.
        """
        sheet = self.sheet()
        target = sheet.to_redo(who) if again else sheet.to_undo(who)
        if target is None:
            raise InputError(f"There is nothing of yours to {'redo' if again else 'undo'}.")
        return self._write(Said(who=who, what=What.UNDO, undoes=target.hash), who)

    def agreement(self) -> dict[str, Any]:
        """Say how far reviewers agree, over the layouts that two of them judged."""
        found = agreement(pairs(self.sheet().entries))
        return {"layouts": found.layouts, "same": found.same, "sentence": found.sentence()}

    def _write(self, said: Said, who: str) -> dict[str, Any]:
        before = len(self.sheet().entries)
        with self._lock:
            [entry] = self.log.append(said, at=self.clock(), rules=self._rules_to_begin())
        told = self.changes(who, before)
        [name, *_] = sorted(self.sheet().touched(entry.number))
        return {**told, "layout": name, "entry": said_of(entry)}

    def _rules_to_begin(self) -> str:
        return "" if self.log.entries() else self.rules

    def _layouts(self, sheet: Sheet) -> list[Layout]:
        """List what was found, and behind it what people drew, and then silent sites."""
        found = list(self.book.layouts.values())
        drawn = [
            Layout(id=name, outline=shapely.from_wkt(wkt), flags=("drawn",),
                   told={"where": "Drawn by a reviewer."})
            for name, wkt in sheet.drawn(self.book.layouts).items()
        ]  # fmt: skip
        return [
            *(one for one in found if not one.is_site),
            *drawn,
            *(one for one in found if one.is_site),
        ]

    def _named(self, name: str, sheet: Sheet) -> Layout:
        known = self.book.layouts.get(name)
        for one in [known] if known else self._layouts(sheet):
            if one.id == name:
                return one
        raise InputError(f"There is no layout {name[:60]!r} in run {self.book.run_id}.")

    def _drawn_name(self, outline: str | None) -> str:
        """Name a new outline after itself, as ``stockade import`` does."""
        if outline is None:
            raise InputError("A new layout needs an outline.")
        digest = hashlib.sha256(f"{self.book.run_id}|{outline}".encode()).hexdigest()
        return f"p-{digest[:10]}"

    def _refuse_to_judge(self, wish: Wish, name: str, sheet: Sheet, who: str) -> None:
        layout = self._named(name, sheet)
        if layout.is_site and (wish.verdict is not None or wish.outline is not None):
            raise InputError(
                "Nothing was found at this site, so there is nothing to judge: draw the layout "
                "you see, or leave a note."
            )
        if wish.settle and sheet.stands(name, who).status is not Status.DISAGREED:
            raise InputError("Only what two reviewers saw differently can be settled.")
        if wish.settle and not wish.note.strip():
            raise InputError("Say in the note why: it settles what others saw differently.")


def _polygon(corners: Sequence[tuple[float, float]] | None) -> str | None:
    """Turn drawn corners into WKT; whether it is a fair polygon, the log decides."""
    if corners is None:
        return None
    if not 3 <= len(corners) <= CORNERS:
        raise InputError(f"An outline has 3 to {CORNERS} corners, not {len(corners)}.")
    return outline_wkt(shapely.Polygon(corners))


def _touch(layout: Layout, box: Iterable[float]) -> bool:
    left, bottom, right, top = box
    west, south, east, north = layout.outline.bounds
    return west < right and left < east and south < top and bottom < north
