"""Several runs on one desk: one queue, every word written to the run it speaks of.

    [Desk, Desk, …] ──► Shelf ──► queue(who), layout(name, who), say(who, Wish), undo(who)

With one run a layout is called as the run calls it.  With several the page calls it
``1~c-…``: the run by its place in the row, then its name there, for two runs may call two
things alike.  Pictures are numbered through.  Nothing of that ever reaches a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aoi.review.book import Ways
from aoi.review.decisions_agreement import Agreement, agreement
from aoi.review.desk import Desk
from aoi.review.rows import lot
from aoi.review.tiles import ROOM, SMALL, Cut, Pictures
from aoi.review.wish import Wish
from aoi.verdicts import CHANGE_VERDICTS, VERDICTS
from geo.errors import InputError, UsageError

MARK = "~"
"""Between the number of a run and a name in it; no name of ours holds one."""


class Shelf:
    """Runs that are reviewed together."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        """Put desks side by side.

        Args:
            desks: one or more.

        Raises:
            UsageError: one run lies there twice; its log must be written through one desk.
        """
        homes = [desk.log.folder.resolve() for desk in desks]
        if len(set(homes)) != len(homes):
            raise UsageError("A run was named twice; name each folder once.")
        self.desks = tuple(desks)
        self.pictures = tuple(Pictures(d.book, room=ROOM // len(desks)) for d in desks)
        self._at = 0  # run of the latest word: two may be said within a second
        counts = [len(desk.book.sights) for desk in desks]
        self._firsts = [sum(counts[:n]) for n in range(len(counts))]

    @property
    def several(self) -> bool:
        """Tell whether names need the number of their run."""
        return len(self.desks) > 1

    @property
    def blind(self) -> bool:
        """Tell whether any run is judged by blind rules."""
        return any(desk.sheet().blind for desk in self.desks)

    def queue(self, who: str) -> dict[str, Any]:
        """List what is to be judged in all runs, best first; blind, in no order."""
        told = [desk.queue(who) for desk in self.desks]
        rows = [row for n, one in enumerate(told) for row in self._rows(n, one["rows"])]
        if self.several:
            blind = self.blind
            rows.sort(key=lambda row: _place(row, who, blind=blind))
        return {"count": _count(told), "rows": rows}

    def changes(self, who: str, since: str) -> dict[str, Any]:
        """List what was spoken of since ``since``, a ``count`` of an earlier answer.

        Raises:
            InputError: it is none.
        """
        parts = since.split("-")
        if len(parts) != len(self.desks) or not all(
            p.isascii() and p.isdecimal() for p in parts
        ):
            raise InputError(f"{since[:60]!r} is no count that this page was ever told.")
        told = [
            desk.changes(who, int(part)) for desk, part in zip(self.desks, parts, strict=True)
        ]
        return {
            "count": _count(told),
            "rows": [row for n, one in enumerate(told) for row in self._rows(n, one["rows"])],
            "gone": [self._name(n, name) for n, one in enumerate(told) for name in one["gone"]],
        }

    def layout(self, name: str, who: str) -> dict[str, Any]:
        """Tell all that a reviewer may know of one layout or change.

        Raises:
            InputError: there is none of this name.
        """
        n, plain = self._of(name)
        told = self.desks[n].layout(plain, who)
        first, dates = self._firsts[n], told["dates"]
        return {
            **told,
            **self._named(n, told),
            "sights": [first + number for number in told["sights"]],
            "dates": None if dates is None else [first + number for number in dates],
            "others": {self._name(n, one): lines for one, lines in told["others"].items()},
        }

    def agreement(self) -> dict[str, Any]:
        """Say how far reviewers agree, over what two of them judged; changes apart."""
        layouts = self._agreement(VERDICTS, changes=False)
        changes = self._agreement(CHANGE_VERDICTS, changes=True)
        said = [layouts.sentence()] if layouts.layouts or not changes.layouts else []
        if changes.layouts:
            said.append(f"Changes: {changes.sentence()}")
        return {"layouts": layouts.layouts, "same": layouts.same, "sentence": " ".join(said)}

    def say(self, who: str, wish: Wish, *, run: int = 0, since: str = "") -> dict[str, Any]:
        """Write a word into the log of its run; it is on the disk when this returns.

        Args:
            who: the reviewer.
            wish: what they say.
            run: to which a layout that was drawn just now belongs.
            since: what the page knows; the answer tells all that was said after it.

        Raises:
            InputError: it says nothing, or of something that is not there.
            OutputError: the folder cannot be written.
        """
        n, plain = self._of(wish.candidate) if wish.candidate else (run, "")
        if not 0 <= n < len(self.desks):
            raise InputError(f"There is no run {n} on this desk.")
        since = since or self._count()
        told = self.desks[n].say(who, replace(wish, candidate=plain))
        return self._written(n, told, self.changes(who, since))

    def undo(self, who: str, *, again: bool = False, since: str = "") -> dict[str, Any]:
        """Take back a reviewer's latest word, in whichever run it was, or bring it back.

        Raises:
            InputError: there is nothing of theirs to undo.
        """
        when = [desk.last_word(who, again=again) for desk in self.desks]
        latest = max(when)
        n = self._at if when[self._at] == latest else when.index(latest)
        since = since or self._count()
        told = self.desks[n].undo(who, again=again)
        return self._written(n, told, self.changes(who, since))

    def ways(self, name: str) -> Ways:
        """Measure the ways out of a layout again.

        Raises:
            InputError: that is not told of it, or not yet.
        """
        n, plain = self._of(name)
        return self.desks[n].ways(plain)

    def chip(self, number: int, name: str, *, small: bool = False) -> Cut:
        """Cut the picture of one layout.

        Raises:
            InputError: there is no such layout or picture.
            SourceError: the file is damaged there.
        """
        n, plain = self._of(name)
        box = self.desks[n].chip_box(plain)
        own = number - self._firsts[n]
        pictures = self.pictures[n]
        return pictures.chip(own, box, side=SMALL) if small else pictures.chip(own, box)

    def tile(self, number: int, level: int, column: int, row: int) -> Cut:
        """Cut one tile of a picture of whichever run."""
        n, own = self._picture(number)
        return self.pictures[n].tile(own, level, column, row)

    def heat(self, name: str, number: int, head: str, where: tuple[int, int, int]) -> Cut:
        """Draw one tile of what the net scored, where the score may be seen.

        Raises:
            InputError: it may not, or there is no such picture, head or level.
        """
        n, plain = self._of(name)
        if self.desks[n].score_is_hidden(plain):
            raise InputError("Scores are hidden until two reviewers have judged this layout.")
        return self.pictures[n].heat(number - self._firsts[n], head, where)

    def _written(self, n: int, told: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Tell the page what became of its word, and all that is new to it."""
        self._at = n
        return {**news, "layout": self._name(n, told["layout"]), "entry": told["entry"]}

    def _count(self) -> str:
        return "-".join(str(len(desk.sheet().entries)) for desk in self.desks)

    def _rows(self, n: int, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, **self._named(n, row)} for row in rows]

    def _named(self, n: int, row: dict[str, Any]) -> dict[str, Any]:
        """Call a row as the page does, and say which run it is of."""
        return {"id": self._name(n, row["id"]), "called": row["id"], "run": n}

    def _name(self, n: int, name: str) -> str:
        return f"{n}{MARK}{name}" if self.several else name

    def _of(self, name: str) -> tuple[int, str]:
        """Find the run that a name of the page belongs to."""
        if not self.several:
            return 0, name
        number, mark, plain = name.partition(MARK)
        if not mark or not number.isdecimal() or int(number) >= len(self.desks):
            raise InputError(f"There is no layout {name[:60]!r} on this desk.")
        return int(number), plain

    def _picture(self, number: int) -> tuple[int, int]:
        """Find the run that a picture belongs to, and its number there."""
        for n in reversed(range(len(self.desks))):
            if number >= self._firsts[n]:
                return n, number - self._firsts[n]
        raise InputError(f"There is no picture {number} on this desk.")

    def _agreement(self, verdicts: Mapping[str, str], *, changes: bool) -> Agreement:
        both = [pair for desk in self.desks for pair in desk.pairs(changes=changes)]
        return agreement(both, verdicts=verdicts)


def _count(told: Sequence[Mapping[str, Any]]) -> str:
    """Write how many entries every log holds."""
    return "-".join(str(one["count"]) for one in told)


def _place(row: Mapping[str, Any], who: str, *, blind: bool) -> tuple[int, float, str]:
    """Give a row its place among those of other runs."""
    kind = 2 if row["site"] else 1 if row["change"] else 0
    if blind:
        return kind, 0.0, lot(who, row["id"])
    score = row["score"]
    return kind, 2.0 if score is None else -float(score), ""
