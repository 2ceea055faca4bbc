"""What is asked of a server, what it may answer, and what is made of a bad answer.

    Ask + response ──► status ──► PassingError (again), RefusedError, MissingError, SourceError
                   └─► lengths: of the whole thing, and of the part that was asked for

Nothing here talks to anybody; ``geo.sources.http`` does.

Source: RFC 9110 (HTTP semantics: ranges, Retry-After).
"""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from geo.errors import SourceError
from geo.retry import PassingError
from geo.sources.links import host_of, plain

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that pass."""

LARGEST = 256 * 2**20
"""Bytes; an answer larger than this was not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request."""

    url: str = field(repr=False)
    """Without the secrets of files; that of a catalogue may hold the caller's token."""

    method: str = "GET"
    body: Any = None
    """What JSON can hold."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """May hold secrets, so never shown."""

    span: tuple[int, int] | None = None
    """First byte and the one after the last; ``None`` for the whole."""

    pages: bool = True
    """Whether a web page is an answer; never for pictures and JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    body: bytes = field(repr=False)
    total: int
    """Bytes of the whole thing, of which ``body`` may be a part."""

    mark: str = ""
    """ETag or date of change: another mark, another file."""

    kind: str = ""
    """Content type."""


class RefusedError(SourceError):
    """The door is closed: no token, or one that has expired."""


class MissingError(SourceError):
    """There is nothing at this address."""


def told(ask: Ask) -> str:
    """Name what was asked for, for a message."""
    path = plain(ask.url).partition("?")[0].rstrip("/").rpartition("/")[2]
    return f"{path or 'the front page'} at {host_of(ask.url)}"


def refuse_status(ask: Ask, response: requests.Response) -> None:
    """Refuse whatever status is no answer.

    Raises:
        PassingError: worth another try.
        RefusedError: the door is closed.
        MissingError: there is no such thing.
        SourceError: anything else.
    """
    status = response.status_code
    if status in AGAIN:
        after = _retry_after(response.headers.get("Retry-After"))
        what = "asks us to slow down" if status in (429, 503) else "failed"
        raise PassingError(f"{told(ask)}: the server {what} (status {status}).", after=after)
    if status in (401, 403):
        raise RefusedError(
            f"{told(ask)}: access was refused (status {status}). A token may be missing or "
            "expired; see docs/imagery.md for what each archive wants."
        )
    if status in (404, 410):
        raise MissingError(f"{told(ask)}: there is no such file (status {status}).")
    if status not in (200, 206):
        raise SourceError(f"{told(ask)}: the server answered with status {status}.")


def lengths(ask: Ask, response: requests.Response) -> tuple[int | None, int | None]:
    """Tell how long the whole thing and this answer should be, by what the server says.

    Raises:
        PassingError: it answers another range than was asked for.
        SourceError: it does not give ranges of a thing too large to take whole.
    """
    said = response.headers.get("Content-Length")
    length = int(said) if said and said.isdigit() else None
    if not ask.span:
        return length, length
    if response.status_code == requests.codes.ok:
        if length is None or length > LARGEST // 4:
            raise SourceError(
                f"{told(ask)}: the server gives no ranges, and the whole file is too large to "
                "take. Download it, and name the file."
            )
        return length, length
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    place, _, whole = rest.partition("/")
    first, _, last = place.partition("-")
    numbers = (first, last, whole)
    if unit != "bytes" or not all(n.isdigit() for n in numbers):
        raise PassingError(f"{told(ask)}: the server does not say which part it gave.")
    start, stop, total = int(first), int(last) + 1, int(whole)
    if start != ask.span[0] or stop != min(ask.span[1], total):
        raise PassingError(f"{told(ask)}: the server gave another part than was asked for.")
    if length is not None and length != stop - start:
        raise PassingError(f"{told(ask)}: the server gave another length than the part has.")
    return total, stop - start


def _retry_after(text: str | None) -> float | None:
    """Read seconds, or a date."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(
            0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        )
    except (TypeError, ValueError):
        return None
