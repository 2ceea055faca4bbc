"""The decision log as one reviewer may see it.

    entries ──► Sheet ──► stands(layout, who), may see, hides the score

The rules are those of ``decisions_now``; here they are only applied layout by layout, for a
page that asks of two thousand at once.  An outline that a person drew is shown to everybody,
for a layout that nobody else sees, nobody else can judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aoi.review.decisions_chain import FIRST, Entry, What
from aoi.review.decisions_now import Standing, hides_score, live, may_see, standing


@dataclass(frozen=True, slots=True)
class Sheet:
    """A log at one moment."""

    entries: tuple[Entry, ...]
    """All of it."""

    begin: Entry
    """Its first entry, or what it will be: it says by which rules."""

    by_layout: Mapping[str, tuple[Entry, ...]] = field(init=False)
    """``begin`` and what counts of each layout."""

    def __post_init__(self) -> None:
        """Sort by layout what was not undone."""
        found: dict[str, list[Entry]] = {}
        for entry in live(self.entries):
            found.setdefault(entry.candidate, [self.begin]).append(entry)
        object.__setattr__(self, "by_layout", {k: tuple(v) for k, v in found.items()})

    @property
    def blind(self) -> bool:
        """Tell whether two must judge without seeing each other's verdict or the score."""
        return self.begin.rules == "two_blind"

    def of(self, name: str) -> tuple[Entry, ...]:
        """Give what counts of a layout, after ``begin``."""
        return self.by_layout.get(name, (self.begin,))

    def hides(self, name: str) -> bool:
        """Tell whether the score of a layout must be kept from reviewers."""
        return hides_score(self.of(name), name)

    def seen_by(self, name: str, who: str) -> list[Entry]:
        """Give what a reviewer may see of a layout."""
        return may_see(self.of(name), name, who)

    def stands(self, name: str, who: str) -> Standing:
        """Add up what a reviewer may see of a layout."""
        seen = standing([self.begin, *self.seen_by(name, who)])
        return seen.get(name, Standing(candidate=name))

    def verdict_of(self, name: str, who: str) -> str | None:
        """Give a reviewer's own latest verdict on a layout."""
        own = [
            entry.verdict
            for entry in self.of(name)
            if entry.who == who and entry.what is What.JUDGE
        ]
        return own[-1] if own else None

    def drawn(self, known: Iterable[str]) -> dict[str, str]:
        """Give layouts that people drew: name to the outline first drawn, as WKT."""
        names = set(known)
        first: dict[str, str] = {}
        for name, own in self.by_layout.items():
            outline = next((entry.outline for entry in own if entry.outline), None)
            if name not in names and outline is not None:
                first[name] = outline
        return first

    def touched(self, since: int) -> set[str]:
        """Name the layouts that entries from number ``since`` speak of."""
        by_hash = {entry.hash: entry for entry in self.entries}
        return {_root(entry, by_hash).candidate for entry in self.entries[since:]} - {""}

    def to_undo(self, who: str) -> Entry | None:
        """Find the entry that undoes a reviewer's latest word that counts."""
        own = [entry for entry in live(self.entries) if entry.who == who]
        return self._last_link(own[-1]) if own else None

    def to_redo(self, who: str) -> Entry | None:
        """Find the entry that brings back what a reviewer undid last, if that was last."""
        own = [entry for entry in self.entries if entry.who == who]
        if not own or own[-1].what is not What.UNDO:
            return None
        by_hash = {entry.hash: entry for entry in self.entries}
        root = _root(own[-1], by_hash)
        counts = any(entry.hash == root.hash for entry in self.of(root.candidate))
        return None if counts else self._last_link(root)

    def _last_link(self, entry: Entry) -> Entry:
        """Follow undos of undos: each may be undone once, so the last one is the handle."""
        undone = {one.undoes: one for one in self.entries if one.undoes}
        while entry.hash in undone:
            entry = undone[entry.hash]
        return entry


def _root(entry: Entry, by_hash: Mapping[str, Entry]) -> Entry:
    """Follow undos down to the word that was said."""
    while entry.undoes is not None:
        entry = by_hash[entry.undoes]
    return entry


def sheet_of(entries: Sequence[Entry], run_id: str, rules: str) -> Sheet:
    """Take a log as it is; one without entries goes by the rules it will begin with."""
    begin = entries[0] if entries else Entry(
        number=0, previous=FIRST, at="", who="", what=What.BEGIN, run_id=run_id,
        rules=rules or "single",
    )  # fmt: skip
    return Sheet(tuple(entries), begin)
