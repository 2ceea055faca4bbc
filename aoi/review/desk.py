"""The desk: what a reviewer sees next of one run, and where their word goes.

    Book + DecisionLog ──► Desk ──► queue(who), layout(name, who), say(who, Wish), undo(who)

The desk keeps nothing of its own.  Whatever it shows is worked out from the book and the log,
so a second program on the same folder, or a crash, costs at most the word being typed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import shapely

from aoi.review.book import Book, Box, Layout, Ways, lines_of, wider
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_chain import What
from aoi.review.decisions_now import pairs
from aoi.review.rows import lot, row_of, said_of
from aoi.review.said import Said
from aoi.review.sheet import Sheet, sheet_of
from aoi.review.wish import Wish, polygon_of, refuse_unfit
from geo.errors import InputError

AROUND = 1.6
"""How many times wider than the chip the ground is on which neighbours are drawn."""


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
            layouts = sorted(layouts, key=lambda one: (_shelf(one), lot(who, one.id)))
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
        chip = self.book.box_of(layout)
        others = {one.id: lines_of(one.outline) for one in self._layouts(sheet)
                  if one.id != name and _shelf(one) == 0 and _touch(one, chip)}  # fmt: skip
        return {
            **row_of(layout, sheet, who),
            "told": layout.told,
            "judged": None if hidden else layout.judged,
            "outline": lines_of(layout.outline),
            "edited": lines_of(shapely.from_wkt(stands.outline)) if stands.outline else None,
            "chip": chip,
            "sights": self.book.sights_of(layout),
            "dates": self.book.dates_of(layout),
            "ways": self.book.ways is not None and layout.rank is not None and not hidden,
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
        return self.book.box_of(self._named(name, self.sheet()))

    def ways(self, name: str) -> Ways:
        """Measure the ways out of a layout again.

        Raises:
            InputError: that is not told of it, or not yet.
        """
        layout = self._named(name, self.sheet())
        if self.book.ways is None or layout.rank is None:
            raise InputError("The ways out were measured of layouts that a run found, only.")
        if self.score_is_hidden(name):
            raise InputError("Scores are hidden until two reviewers have judged this layout.")
        return self.book.ways(layout.id)

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
        outline = polygon_of(wish.outline)
        name = wish.candidate or self._drawn_name(outline)
        if wish.candidate:
            layout = self._named(name, sheet)
            refuse_unfit(wish, layout, sheet.stands(name, who).status)
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

    def last_word(self, who: str, *, again: bool = False) -> str:
        """Tell when a reviewer said what an undo, or a redo, would take back, if anything."""
        sheet = self.sheet()
        own = [entry.at for entry in sheet.entries if entry.who == who]
        target = sheet.to_redo(who) if again else sheet.to_undo(who)
        return "" if target is None else own[-1] if again else target.at

    def pairs(self, *, changes: bool) -> list[tuple[str, str]]:
        """Collect the verdicts of two reviewers on each layout, or on each change."""
        known = self.book.layouts
        return pairs(
            self.sheet().entries,
            lambda name: (name in known and known[name].is_change) == changes,
        )

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
        found = sorted(self.book.layouts.values(), key=_shelf)  # stable: by rank on each
        drawn = [
            Layout(id=name, outline=shapely.from_wkt(wkt), flags=("drawn",),
                   told={"where": "Drawn by a reviewer."})
            for name, wkt in sheet.drawn(self.book.layouts).items()
        ]  # fmt: skip
        return [
            *(one for one in found if _shelf(one) == 0),
            *drawn,
            *(one for one in found if _shelf(one) > 0),
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


def _shelf(layout: Layout) -> int:
    """Layouts come first, then changes, then sites at which nothing was found."""
    return 2 if layout.is_site else 1 if layout.is_change else 0


def _touch(layout: Layout, box: Iterable[float]) -> bool:
    left, bottom, right, top = box
    west, south, east, north = layout.outline.bounds
    return west < right and left < east and south < top and bottom < north
