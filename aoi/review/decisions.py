"""Keep what people decided: who, when, what and why, for good.

One file a run, one line a decision, every line bound to the one before.  Nothing is ever
changed or removed; an undo is one more line.  Any number of programs may write at once: each
takes a lock, reads what the others wrote meanwhile, and adds its own.

    Said(candidate, who, verdict, …) ──► lock ──► check chain ──► + line, on the disk ──► head

The log is text on purpose: a person can read it without us, and any changed byte shows.

Source: docs/decisions/0015-decision-log.md.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aoi.review.decisions_chain import FIRST, Chain, Entry, What, body_of, check, head_of, seal
from aoi.review.lock import locked
from aoi.review.said import Said, checked_outline
from geo.errors import InputError, OutputError

LOG, HEAD, LOCK = "decisions.jsonl", "decisions.head", ".decisions.lock"
"""Files of a run's folder."""

RULES = ("single", "two_blind")
"""One reviewer settles a layout; or two must, and neither sees the other or the score."""


class DecisionLog:
    """The decisions of one run's folder."""

    def __init__(self, folder: Path, run_id: str) -> None:
        """Open the log of a run; no file is made before the first decision."""
        self.folder = folder
        self.run_id = run_id
        self._followed: tuple[bytes, tuple[Entry, ...]] = (b"", ())

    def chain(self) -> Chain:
        """Read the log and follow its chain; a broken one is told, not raised.

        What this very object has followed before is compared byte by byte, and only what came
        since is followed link by link.
        """
        try:
            text, head = _bytes_of(self.folder / LOG) or b"", _bytes_of(self.folder / HEAD)
        except OSError as error:
            raise OutputError(
                f"{self.folder / LOG} cannot be read: {error.strerror}."
            ) from error
        before, known = self._followed
        if not text.startswith(before):
            before, known = b"", ()
        chain = check(text[len(before) :], head, known)
        if not chain.broken:
            self._followed = (text[: len(text) - chain.torn], chain.entries)
        return chain

    def entries(self) -> tuple[Entry, ...]:
        """Read every decision.

        Raises:
            InputError: the chain is broken; the sentence names the first broken link.
        """
        chain = self.chain()
        if chain.broken and (self.folder / LOCK).exists():
            # A writer may stand between the log and its head: look again while none writes.
            with contextlib.suppress(OutputError), locked(self.folder / LOCK):
                chain = self.chain()
        return self._whole(chain)

    def _whole(self, chain: Chain) -> tuple[Entry, ...]:
        """Give the entries of a chain that holds."""
        if chain.broken:
            raise InputError(
                f"The decisions in {self.folder} were tampered with or damaged. {chain.broken} "
                "Nothing is written to such a log: fetch it from a backup, or move "
                f"{LOG} and {HEAD} away and begin anew."
            )
        return chain.entries

    def append(
        self, said: Sequence[Said] | Said, *, at: datetime, rules: str = ""
    ) -> list[Entry]:
        """Write decisions down, all of them or none.

        Args:
            said: one or several.
            at: now; aware.
            rules: for a new log, one of ``RULES``; left out, ``single``.  On a log that goes by
                other rules it is refused.

        Returns:
            The entries as they stand in the log; they are on the disk by now.

        Raises:
            InputError: the chain is broken, the log is of another run or goes by other rules,
                or an undo of something that is not there or not one's own.
            OutputError: the disk is full or the folder is not ours to write.
        """
        wanted = [said] if isinstance(said, Said) else list(said)
        when = at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
        with locked(self.folder / LOCK):
            known = self._whole(self.chain())
            new = _begun(known, self.run_id, when, rules, wanted)
            for one in wanted:
                _refuse_strange_undo(one, [*known, *new])
                new.append(_entry(one, self.run_id, when, [*known, *new]))
            self._write(known, new)
        return new[-len(wanted) :] if wanted else []

    def _write(self, known: tuple[Entry, ...], new: Sequence[Entry]) -> None:
        """Add lines after the last whole one, force them to the disk, then move the head.

        A new log begins with a head that speaks of no decision: at no moment are there lines
        without a head, so wherever a head is missing somebody took it away.
        """
        lines = [seal(body_of(entry))[1] for entry in new]
        whole = len(self._followed[0])
        try:
            if not known:
                self._move_head(())
            with (self.folder / LOG).open("ab") as file:
                file.truncate(whole)  # drops at most a line that was never finished
                file.write(b"".join(lines))
                file.flush()
                os.fsync(file.fileno())
            self._move_head((*known, *new))
        except OSError as error:
            raise OutputError(
                f"The decision could not be written to {self.folder}: {error.strerror}. Free "
                "some space or ask for the right to write there, and decide again."
            ) from error

    def _move_head(self, entries: tuple[Entry, ...]) -> None:
        """Put the end of the log on the disk, in one moment."""
        part = self.folder / f".{HEAD}.part"
        with part.open("wb") as file:
            file.write(head_of(entries))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / HEAD)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _begun(
    known: Sequence[Entry], run_id: str, when: str, rules: str, said: Iterable[Said]
) -> list[Entry]:
    """Begin the log if it is new; refuse another run's, or other rules."""
    if rules and rules not in RULES:
        raise InputError(f"Rules are {' or '.join(RULES)}, not {rules!r}.")
    if known:
        first = known[0]
        if first.run_id != run_id:
            raise InputError(
                f"The decisions here belong to run {first.run_id}, and this is {run_id}. Move "
                f"{LOG} and {HEAD} to a safe place to begin anew."
            )
        if rules and rules != first.rules:
            raise InputError(f"These decisions go by the rules {first.rules!r}, not {rules!r}.")
        return []
    who = next((one.who for one in said), "")
    return [
        _sealed(
            Entry(
                number=0, previous=FIRST, at=when, who=who, what=What.BEGIN, run_id=run_id,
                rules=rules or "single",
            )
        )
    ]  # fmt: skip


def _entry(said: Said, run_id: str, when: str, before: Sequence[Entry]) -> Entry:
    return _sealed(
        Entry(
            number=len(before),
            previous=before[-1].hash,
            at=when,
            who=said.who.strip(),
            what=said.what,
            run_id=run_id,
            candidate=said.candidate,
            verdict=said.verdict,
            kind=said.kind,
            corroboration=said.corroboration,
            note=said.note,
            tags=said.tags,
            outline=checked_outline(said.outline),
            undoes=said.undoes,
            via=said.via,
        )
    )


def _sealed(entry: Entry) -> Entry:
    return seal(body_of(entry))[0]


def _refuse_strange_undo(said: Said, entries: Sequence[Entry]) -> None:
    """One may undo what one said oneself, once."""
    if said.undoes is None:
        return
    target = next((entry for entry in entries if entry.hash == said.undoes), None)
    if target is None or target.what is What.BEGIN:
        raise InputError("There is no such decision to undo.")
    if target.who != said.who.strip():
        raise InputError(
            f"Decision {target.number} is {target.who}'s; say your own verdict, or adjudicate."
        )
    if any(entry.undoes == said.undoes for entry in entries):
        raise InputError(f"Decision {target.number} is undone already.")
