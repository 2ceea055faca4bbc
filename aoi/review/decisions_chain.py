"""The links of the decision log: how an entry becomes bytes, and how a break is found.

Each entry is one line of JSON that holds the hash of the line before it.  Whoever changes,
removes or slips in a line breaks every link after it; whoever cuts the end off is betrayed by
the *head*, a second file that says how many lines there are and what the last one hashes to.

    entry ──► seal ──► {"hash": …, "previous": …, …} and a line end
    lines + head ──► check ──► entries, first broken link or none

A line that a power cut left half-written was acknowledged to nobody and is told apart from a
broken one.

Source: hash chains after S. Haber and W. S. Stornetta, How to Time-Stamp a Digital Document,
J. Cryptology 3(2), 1991.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from geo.errors import InputError

FIRST = "0" * 64
"""What the first entry names as the one before it."""


class What(StrEnum):
    """What an entry does."""

    BEGIN = "begin"  # opens the log and says by which rules
    JUDGE = "judge"
    REMARK = "remark"  # a note, tags or a moved outline, without a verdict
    UNDO = "undo"
    ADJUDICATE = "adjudicate"  # settles what two reviewers saw differently


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log; never changed once written."""

    number: int
    """From 0, without gaps."""

    previous: str
    """Hash of the entry before; ``FIRST`` for the first."""

    at: str
    """ISO 8601 UTC, to the second."""

    who: str
    """The reviewer, as they sign in; a role or a pseudonym does."""

    what: What
    """What the entry does."""

    run_id: str
    """The run it speaks of."""

    candidate: str = ""
    """Id of the layout or change; empty for ``begin`` and ``undo``."""

    verdict: str | None = None
    """One of ``EVERY_VERDICT``."""

    kind: str | None = None
    """One of ``EVERY_LOOK``."""

    corroboration: str | None = None
    """One of ``CORROBORATION``."""

    note: str = ""
    """Why, in the reviewer's words."""

    tags: tuple[str, ...] = ()
    """Free words to find it by."""

    outline: str | None = None
    """The edited outline: WKT in the run's own CRS."""

    undoes: str | None = None
    """For ``undo``: hash of the entry that counts no longer."""

    rules: str = ""
    """For ``begin``: ``single`` or ``two_blind``."""

    via: str = "review"
    """By which door it came: ``review``, ``qgis``, ``google_earth``."""

    hash: str = field(default="", compare=False)
    """SHA-256 of everything above."""


def seal(entry: Mapping[str, Any]) -> tuple[Entry, bytes]:
    """Hash an entry's fields (without ``hash``) and write its line."""
    body = {key: entry[key] for key in sorted(entry) if key != "hash"}
    digest = hashlib.sha256(_canonical(body)).hexdigest()
    sealed = Entry(
        **{**body, "what": What(body["what"]), "tags": tuple(body["tags"])}, hash=digest
    )
    return sealed, _canonical({**body, "hash": digest}) + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A log as it was found."""

    entries: tuple[Entry, ...]
    """All that are whole and linked."""

    broken: str = ""
    """The first broken link, in a sentence; empty if there is none."""

    torn: int = 0
    """Bytes of a last line that was never finished; not a break."""

    unsaid: int = 0
    """Entries after the head: written, but the program was stopped before it said so."""


def check(log: bytes, head: bytes | None, known: tuple[Entry, ...] = ()) -> Chain:
    """Follow the chain from its first link to its last.

    Args:
        log: the bytes of ``decisions.jsonl``, after those of ``known``.
        head: the bytes of ``decisions.head``; ``None`` if there is no such file.
        known: entries that were followed before and whose bytes are still the same.

    Returns:
        Every entry up to the first broken link, and that link in words.
    """
    *lines, rest = log.split(b"\n")
    entries = list(known)
    for number, line in enumerate(lines, start=len(known)):
        previous = entries[-1].hash if entries else FIRST
        found = _link(line, number, previous)
        if isinstance(found, str):
            return Chain(entries=tuple(entries), broken=found)
        entries.append(found)
    return _against_head(tuple(entries), head, len(rest))


def head_of(entries: tuple[Entry, ...]) -> bytes:
    """Write the head: the number of entries and the hash of the last."""
    return f"{len(entries)} {entries[-1].hash if entries else FIRST}\n".encode()


def _link(line: bytes, number: int, previous: str) -> Entry | str:
    """Read one line, or say what is wrong with it."""
    try:
        record = json.loads(line)
        if set(record) != {entry.name for entry in fields(Entry)}:
            return f"Decision {number} is not an entry: its fields are not those of the log."
        entry, again = seal(record)
    except (ValueError, TypeError, KeyError) as error:
        return f"Decision {number} cannot be read: {error}."
    if entry.number != number:
        return f"Decision {number} calls itself {entry.number}: one was removed or slipped in."
    if entry.previous != previous:
        return f"Decision {number} does not follow the one before it: the chain is cut there."
    if again != line + b"\n":
        return (
            f"Decision {number} ({entry.what} by {entry.who}) was changed since it was written."
        )
    return entry


def _against_head(entries: tuple[Entry, ...], head: bytes | None, torn: int) -> Chain:
    """Compare the chain with what the head says of its end."""
    if head is None:
        missing = "There are decisions, but their head (decisions.head) is missing."
        return Chain(entries=entries, torn=torn, broken=missing if entries else "")
    try:
        words = head.decode("ascii").split()
        count, last = int(words[0]), words[1]
    except (ValueError, IndexError):
        return Chain(entries=entries, torn=torn, broken="decisions.head cannot be read.")
    if head != f"{count} {last}\n".encode():
        return Chain(entries=entries, torn=torn, broken="decisions.head was changed.")
    if count > len(entries):
        return Chain(
            entries=entries,
            torn=torn,
            broken=f"{count} decisions were written and {len(entries)} are left: decision "
            f"{len(entries)} and all after it were removed.",
        )
    if last != (entries[count - 1].hash if count else FIRST):
        return Chain(
            entries=entries,
            torn=torn,
            broken=f"decisions.head does not belong to decision {count - 1}.",
        )
    return Chain(entries=entries, torn=torn, unsaid=len(entries) - count)


def _canonical(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8")


def body_of(entry: Entry) -> dict[str, Any]:
    """Turn an entry into what JSON can hold, without its hash.

    Raises:
        InputError: a text holds half a character, which no file can keep.
    """
    body = asdict(entry) | {"what": str(entry.what), "tags": list(entry.tags)}
    del body["hash"]
    try:
        _canonical(body)
    except UnicodeEncodeError as error:
        raise InputError("A note or tag holds a character that cannot be written.") from error
    return body
