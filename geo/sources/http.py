"""Ask a server for bytes and take nothing for an answer that is not one.

Every request has a time-out for each step and a deadline for the whole; every answer is checked
before it is believed: status, length, the range it claims to be, and that it is no web page.
What passes is tried again with patience, and a server that asks for time gets it from all
threads at once.

    url ─sign─► ask ─► redirects (≤ 5) ─► status ─► body within its deadline ─► checks ─► Answer
                 └────────────── PassingError: wait, sign anew if refused ─────────────┘

Addresses in messages and logs carry nothing secret.

Source: RFC 9110 (HTTP semantics: ranges, Retry-After, redirects).
"""

from __future__ import annotations

import email.utils
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urljoin

import requests
import urllib3

from geo.errors import SourceError
from geo.retry import PassingError, Patience, persist
from geo.sources.links import host_of, is_web, plain

log = logging.getLogger(__name__)

REDIRECTS = 5
"""Hops; archives use one or two."""

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that pass."""

SLOWEST = 20_000
"""Bytes a second; an answer may take ``Limits.answer`` seconds and one second for so many."""

CHUNK = 1 << 16
"""Bytes taken from the socket at a time."""

LARGEST = 256 * 2**20
"""Bytes; an answer larger than this was not asked for."""


class Signer(Protocol):
    """Opens doors: turns an address into one that may be asked."""

    def sign(self, url: str) -> str:
        """Put what is secret on an address that has nothing secret."""
        ...

    def renew(self, url: str) -> bool:
        """Forget what was used for this address; tell whether another try can differ."""
        ...


class Unsigned:
    """For archives that are open to all."""

    def sign(self, url: str) -> str:
        """Leave the address as it is."""
        return url

    def renew(self, url: str) -> bool:  # noqa: ARG002 - the protocol's word
        """Tell that nothing will differ."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server has to bear, and we from it."""

    connect: float = 10.0
    """Seconds to reach it."""

    silence: float = 20.0
    """Seconds without a byte."""

    answer: float = 60.0
    """Seconds for an answer of no length; see ``SLOWEST``."""

    together: int = 6
    """Requests at one host at a time."""


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


@dataclass(slots=True)
class Tally:
    """What was asked for so far."""

    requests: int = 0
    bytes: int = 0
    waited: float = 0.0


class Client:
    """Asks servers; safe to share among threads."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        patience: Patience | None = None,
        signer: Signer | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is asked yet."""
        self.limits = limits or Limits()
        self.patience = patience or Patience()
        self.signer: Signer = signer or Unsigned()
        self.tally = Tally()
        self._sleep = sleep
        self._own = threading.local()
        self._lock = threading.Lock()
        self._gates: dict[str, threading.Semaphore] = defaultdict(
            lambda: threading.Semaphore(self.limits.together)
        )
        self._until: dict[str, float] = {}

    def ask(self, ask: Ask, check: Callable[[Answer], None] | None = None) -> Answer:
        """Ask until there is an answer that can be believed.

        Args:
            ask: the question.
            check: looks at an answer that seems whole; raises ``PassingError`` if it cannot be
                what was asked for.

        Raises:
            SourceError: there is none; the sentence names host, file and reason.
        """
        renewed = False

        def attempt() -> Answer:
            """Ask once; a refusal renews the signature once."""
            nonlocal renewed
            try:
                answer = self._once(ask)
            except RefusedError as error:
                if renewed or not self.signer.renew(ask.url):
                    raise SourceError(str(error)) from None
                renewed = True
                raise PassingError(str(error)) from None
            if check:
                check(answer)
            return answer

        return persist(attempt, self.patience, sleep=self._rest)

    def _rest(self, seconds: float) -> None:
        with self._lock:
            self.tally.waited += seconds
        self._sleep(seconds)

    def _once(self, ask: Ask) -> Answer:
        host = host_of(ask.url)
        with self._lock:
            gate, pause = self._gates[host], self._until.get(host, 0.0) - time.monotonic()
        if pause > 0:
            self._rest(min(pause, self.patience.obey))
        with gate:
            try:
                return self._follow(ask)
            except PassingError as error:
                if error.after:
                    with self._lock:
                        self._until[host] = time.monotonic() + error.after
                raise

    def _follow(self, ask: Ask) -> Answer:
        """Ask, and go where we are sent."""
        url, seen = self.signer.sign(ask.url), set()
        for _ in range(REDIRECTS + 1):
            seen.add(url)
            with self._lock:
                self.tally.requests += 1
            answer, where = self._send(ask, url)
            if answer is not None:
                return answer
            url = urljoin(url, where)
            if url in seen:
                raise SourceError(f"{told(ask)}: the server sends us round in a circle.")
            if not is_web(url):
                raise SourceError(f"{told(ask)}: the server sends us to {plain(url)[:80]!r}.")
        raise SourceError(f"{told(ask)}: the server sent us on more than {REDIRECTS} times.")

    def _send(self, ask: Ask, url: str) -> tuple[Answer | None, str]:
        """Send one request; give the answer, or where it sends us instead."""
        headers = {"Accept-Encoding": "identity"} if ask.span else {}
        if host_of(url) == host_of(ask.url):  # never to a stranger
            headers |= dict(ask.headers)
        if ask.span:
            headers["Range"] = f"bytes={ask.span[0]}-{ask.span[1] - 1}"
        try:
            with self._session().request(
                ask.method,
                url,
                json=ask.body,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(self.limits.connect, self.limits.silence),
            ) as response:
                if response.is_redirect:
                    return None, response.headers["Location"]
                _refuse_status(ask, response)
                return self._believe(ask, response), ""
        except requests.Timeout:
            raise PassingError(f"{told(ask)}: no answer in time.") from None
        except (requests.ConnectionError, urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error, SourceError):
                raise
            raise PassingError(f"{told(ask)}: the connection failed.") from None
        except requests.RequestException as error:
            raise SourceError(
                f"{told(ask)}: it cannot be asked ({type(error).__name__})."
            ) from None

    def _session(self) -> requests.Session:
        """Give this thread its own session: connections are kept, nothing is shared."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            session.headers["User-Agent"] = "stockade"
        return session

    def _believe(self, ask: Ask, response: requests.Response) -> Answer:
        """Read the body within its deadline, and check that it is what was asked for."""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml") and not ask.pages:
            raise PassingError(f"{told(ask)}: the server answered with a web page.")
        total, want = _lengths(ask, response)
        body = self._body(ask, response, want)
        mark = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        if ask.span and response.status_code == requests.codes.ok:
            body = body[slice(*ask.span)]
        with self._lock:
            self.tally.bytes += len(body)
        return Answer(
            status=response.status_code,
            body=body,
            total=len(body) if total is None else total,
            mark=mark,
            kind=kind,
        )

    def _body(self, ask: Ask, response: requests.Response, want: int | None) -> bytes:
        """Take the body, neither too slowly nor more or less than was said."""
        deadline = time.monotonic() + self.limits.answer + (want or 0) / SLOWEST
        got = bytearray()
        packed = "Content-Encoding" in response.headers
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            got += chunk
            if time.monotonic() > deadline:
                raise PassingError(f"{told(ask)}: the server sends too slowly.")
            if len(got) > LARGEST or (want is not None and not packed and len(got) > want):
                raise PassingError(f"{told(ask)}: the answer is longer than it said.")
        if want is not None and not packed and len(got) < want:
            raise PassingError(
                f"{told(ask)}: the answer broke off after {len(got)} of {want} bytes."
            )
        return bytes(got)


class RefusedError(SourceError):
    """The door is closed: no token, or one that has expired."""


class MissingError(SourceError):
    """There is nothing at this address."""


def told(ask: Ask) -> str:
    """Name what was asked for, for a message."""
    path = plain(ask.url).partition("?")[0].rstrip("/").rpartition("/")[2]
    return f"{path or 'the front page'} at {host_of(ask.url)}"


def _refuse_status(ask: Ask, response: requests.Response) -> None:
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


def _lengths(ask: Ask, response: requests.Response) -> tuple[int | None, int | None]:
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
