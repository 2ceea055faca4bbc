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
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import shapely
from shapely.errors import ShapelyError

from aoi.review.decisions_chain import FIRST, Chain, Entry, What, body_of, check, head_of, seal
from aoi.verdicts import CORROBORATION, EVERY_LOOK, EVERY_VERDICT
from geo.errors import InputError, OutputError

LOG, HEAD, LOCK = "decisions.jsonl", "decisions.head", ".decisions.lock"
"""Files of a run's folder."""

RULES = ("single", "two_blind")
"""One reviewer settles a layout; or two must, and neither sees the other or the score."""

LONGEST = 4000
"""Characters of a note; more is a document, and belongs elsewhere."""

PATIENCE = 30.0
"""Seconds to wait for another writer; each holds the lock for milliseconds."""


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
        _outline(self.outline)

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
            with contextlib.suppress(OutputError), self._locked():
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
        with self._locked():
            known = self._whole(self.chain())
            new = _begun(known, self.run_id, when, rules, wanted)
            for one in wanted:
                _refuse_strange_undo(one, [*known, *new])
                new.append(_entry(one, self.run_id, when, [*known, *new]))
            self._write(known, new)
        return new[-len(wanted) :] if wanted else []

    def _write(self, known: tuple[Entry, ...], new: Sequence[Entry]) -> None:
        """Add lines after the last whole one, force them to the disk, then move the head."""
        lines = [seal(body_of(entry))[1] for entry in new]
        whole = len(self._followed[0])
        try:
            with (self.folder / LOG).open("ab") as file:
                file.truncate(whole)  # drops at most a line that was never finished
                file.write(b"".join(lines))
                file.flush()
                os.fsync(file.fileno())
            part = self.folder / f".{HEAD}.part"
            part.write_bytes(head_of((*known, *new)))
            part.replace(self.folder / HEAD)
        except OSError as error:
            raise OutputError(
                f"The decision could not be written to {self.folder}: {error.strerror}. Free "
                "some space or ask for the right to write there, and decide again."
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock; the system gives it back whatever happens to us."""
        try:
            lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise OutputError(
                f"Decisions cannot be written to {self.folder}: {error.strerror}."
            ) from error
        try:
            _take(lock, time.monotonic() + PATIENCE)
            yield
        finally:
            os.close(lock)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _take(lock: int, until: float) -> None:
    """Wait for the lock."""
    while True:
        try:
            _lock_now(lock)
        except OSError as error:
            if time.monotonic() > until:
                raise OutputError(
                    "Another program has been writing decisions for half a minute. Close it, "
                    "or try again."
                ) from error
            time.sleep(0.01)
        else:
            return


def _lock_now(lock: int) -> None:
    if os.name == "nt":  # pragma: no cover - no Windows here
        import msvcrt  # noqa: PLC0415 - exists there only

        msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    import fcntl  # noqa: PLC0415 - exists on other systems only

    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


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
            outline=_outline(said.outline),
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


def _outline(wkt: str | None) -> str | None:
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
