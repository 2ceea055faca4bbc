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

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from geo.errors import SourceError
from geo.retry import PassingError, Patience, persist
from geo.sources.answers import (
    LARGEST,
    Answer,
    Ask,
    RefusedError,
    lengths,
    refuse_status,
    told,
)
from geo.sources.links import host_of, is_web, plain

log = logging.getLogger(__name__)

REDIRECTS = 5
"""Hops; archives use one or two."""

SLOWEST = 20_000
"""Bytes a second; an answer may take ``Limits.answer`` seconds and one second for so many."""

CHUNK = 1 << 16
"""Bytes taken from the socket at a time."""


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
        self._ways: dict[tuple[str, ...], dict[str, Any]] = {}

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
            session = self._session()
            request = requests.Request(ask.method, url, headers=headers, json=ask.body)
            with session.send(
                session.prepare_request(request),
                allow_redirects=False,
                timeout=(self.limits.connect, self.limits.silence),
                **self._way(url),
            ) as response:
                if response.is_redirect:
                    return None, response.headers["Location"]
                refuse_status(ask, response)
                return self._believe(ask, response), ""
        except SourceError:  # like all that requests raises an OSError: the order matters
            raise
        except requests.Timeout:
            raise PassingError(f"{told(ask)}: no answer in time.") from None
        except requests.ConnectionError:
            raise PassingError(f"{told(ask)}: the connection failed.") from None
        except requests.RequestException as error:
            raise SourceError(
                f"{told(ask)}: it cannot be asked ({type(error).__name__}). Look at its "
                "address, and at the keys that are set for it."
            ) from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise PassingError(f"{told(ask)}: the connection failed.") from None

    def _session(self) -> requests.Session:
        """Give this thread its own session: connections are kept, nothing is shared."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            session.headers["User-Agent"] = "stockade"
            session.trust_env = False  # ``_way`` asks; and passwords in .netrc are not for us
        return session

    def _way(self, url: str) -> dict[str, Any]:
        """Ask the environment for proxies and certificates, once for each server.

        requests would ask it at every request, which took as long as the request itself.
        """
        door = urlsplit(url)[:2]
        with self._lock:
            if door not in self._ways:
                found = requests.Session().merge_environment_settings(
                    url, proxies={}, stream=True, verify=None, cert=None
                )
                self._ways[door] = dict(found)
            return self._ways[door]

    def _believe(self, ask: Ask, response: requests.Response) -> Answer:
        """Read the body within its deadline, and check that it is what was asked for."""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml") and not ask.pages:
            raise PassingError(f"{told(ask)}: the server answered with a web page.")
        total, want = lengths(ask, response)
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
