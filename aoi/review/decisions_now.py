"""What stands now, after all that was said, undone and settled.

    entries ──► standing ──► {candidate: Standing(status, verdict, outline, …)}

By ``single`` rules one reviewer settles a layout, and two who differ leave it open until
somebody adjudicates.  By ``two_blind`` rules it takes two, and until both have spoken neither
sees what the other said, nor the score.

Source: the enum of judgements of nomenklatura (opensanctions), where people who disagree add
up to *unsure*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aoi.review.decisions_chain import Entry, What

TWO = 2
"""Reviewers that blind rules ask for."""


class Status(StrEnum):
    """How far the judgement of a layout has come."""

    OPEN = "open"  # remarks or nothing
    HALF = "half"  # blind rules, and only one has judged
    DISAGREED = "disagreed"  # two verdicts that differ; somebody must adjudicate
    JUDGED = "judged"
    ADJUDICATED = "adjudicated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands of one layout."""

    candidate: str
    """Its id."""

    status: Status = Status.OPEN
    """How far the judgement has come."""

    verdict: str | None = None
    """What was settled; nothing while it is open, half or disagreed."""

    kind: str | None = None
    """Of the entry that settled it."""

    corroboration: str | None = None
    """Of the entry that settled it."""

    note: str = ""
    """The latest note."""

    tags: tuple[str, ...] = ()
    """All tags, in order of appearance."""

    outline: str | None = None
    """The latest outline anybody drew: WKT in the run's CRS."""

    by: tuple[str, ...] = ()
    """Who judged, in order."""

    at: str = ""
    """When the latest word was said."""

    numbers: tuple[int, ...] = ()
    """Entries of the log it rests on."""

    @property
    def settled(self) -> bool:
        """Tell whether a verdict stands."""
        return self.status in (Status.JUDGED, Status.ADJUDICATED)


def live(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out what was undone; an undo that was itself undone counts no longer."""
    void: set[str] = set()
    for entry in reversed(entries):
        if entry.undoes is not None and entry.hash not in void:
            void.add(entry.undoes)
    return [e for e in entries if e.hash not in void and e.what not in (What.UNDO, What.BEGIN)]


def rules_of(entries: Sequence[Entry]) -> str:
    """Tell by which rules a log goes."""
    return entries[0].rules if entries else "single"


def standing(entries: Sequence[Entry]) -> dict[str, Standing]:
    """Add up a log, layout by layout, in order of first mention."""
    by_candidate: dict[str, list[Entry]] = {}
    for entry in live(entries):
        by_candidate.setdefault(entry.candidate, []).append(entry)
    rules = rules_of(entries)
    return {name: _standing(name, own, rules) for name, own in by_candidate.items()}


def may_see(entries: Sequence[Entry], candidate: str, who: str) -> list[Entry]:
    """Tell what a reviewer may see of a layout: everything, or while blind only their own."""
    own = [entry for entry in live(entries) if entry.candidate == candidate]
    if _revealed(own, rules_of(entries)):
        return own
    return [entry for entry in own if entry.who == who]


def hides_score(entries: Sequence[Entry], candidate: str) -> bool:
    """Tell whether the score must be kept from reviewers: blind rules, and not two yet."""
    own = [entry for entry in live(entries) if entry.candidate == candidate]
    return not _revealed(own, rules_of(entries))


def pairs(
    entries: Sequence[Entry], counts: Callable[[str], bool] = bool
) -> list[tuple[str, str]]:
    """Collect the verdicts of the first two reviewers of each layout, for their agreement.

    The first reviewer in alphabetical order stands first, so that a pair of people is compared
    the same way round everywhere.

    Args:
        entries: of a log.
        counts: tells by its name whether a layout or change counts; left out, every one does.
    """
    found = []
    for name, own in _judgements(entries).items():
        if len(own) >= TWO and counts(name):
            first_two = sorted(list(own.items())[:TWO])
            found.append((str(first_two[0][1].verdict), str(first_two[1][1].verdict)))
    return found


def _judgements(entries: Sequence[Entry]) -> dict[str, dict[str, Entry]]:
    """Collect, by layout and reviewer, the latest judgement that counts."""
    found: dict[str, dict[str, Entry]] = {}
    for entry in live(entries):
        if entry.what is What.JUDGE:
            found.setdefault(entry.candidate, {})[entry.who] = entry
    return found


def _revealed(own: Iterable[Entry], rules: str) -> bool:
    judges = {entry.who for entry in own if entry.what is What.JUDGE}
    settled = any(entry.what is What.ADJUDICATE for entry in own)
    return rules != "two_blind" or settled or len(judges) >= TWO


def _standing(candidate: str, own: Sequence[Entry], rules: str) -> Standing:
    latest = {entry.who: entry for entry in own if entry.what is What.JUDGE}
    settling = [entry for entry in own if entry.what is What.ADJUDICATE]
    status, chosen = _settle(list(latest.values()), settling, rules)
    outlines = [entry.outline for entry in own if entry.outline is not None]
    notes = [entry.note for entry in own if entry.note]
    return Standing(
        candidate=candidate,
        status=status,
        verdict=chosen.verdict if chosen else None,
        kind=chosen.kind if chosen else None,
        corroboration=chosen.corroboration if chosen else None,
        note=notes[-1] if notes else "",
        tags=tuple(dict.fromkeys(tag for entry in own for tag in entry.tags)),
        outline=outlines[-1] if outlines else None,
        by=tuple(latest),
        at=own[-1].at,
        numbers=tuple(entry.number for entry in own),
    )


def _settle(
    judged: Sequence[Entry], settling: Sequence[Entry], rules: str
) -> tuple[Status, Entry | None]:
    """Decide how far it has come, and which entry settles it."""
    if settling:
        return Status.ADJUDICATED, settling[-1]
    if not judged:
        return Status.OPEN, None
    if rules == "two_blind" and len(judged) < TWO:
        return Status.HALF, None
    if len({entry.verdict for entry in judged}) > 1:
        return Status.DISAGREED, None
    return Status.JUDGED, max(judged, key=lambda entry: entry.number)
