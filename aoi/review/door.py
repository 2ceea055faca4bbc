"""The door of the page: who may come in, from where, and with how much.

The page listens on this machine only, but every web page open in the same browser can send
requests there too.  So each request must name this very address (else a foreign name was
pointed here: DNS rebinding), must not come from a page of another origin, must not be larger
than a person types, and needs the key of a reviewer.  Nothing is ever shared with other
origins, and what is sent tells the browser to run no script, style or frame but ours.

    request ──► host? origin? size? ──► application ──► + strict headers
    link with a key ──► cookie ──► reviewer's name; words that change something need a pass too

Source: OWASP cheat sheets on CSRF and on CSP; W3C Fetch Metadata.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 256 * 1024
"""Bytes of a request: an outline of 2,000 corners and a long note are a quarter of it."""

READING = {"GET", "HEAD"}
"""Methods that change nothing."""

PASS = "x-stockade-pass"  # noqa: S105 - the name of a header
"""Header that proves that a change was asked for by our own page."""

STRICT: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every answer says.  ``data:`` pictures are the one transparent pixel of the map
library."""


@dataclass(frozen=True, slots=True)
class Keys:
    """One key a reviewer, new with every start; only their hashes are kept."""

    names: Sequence[str]
    """Reviewers."""

    links: Mapping[str, str] = field(init=False)
    """Reviewer to key, to be shown once in the terminal."""

    _hashes: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Draw a key for each."""
        links = {name: secrets.token_urlsafe(32) for name in self.names}
        object.__setattr__(self, "links", links)
        object.__setattr__(self, "_hashes", {n: _hash(key) for n, key in links.items()})

    def who(self, key: str | None) -> str | None:
        """Tell whose key this is; the same time is spent on every wrong one."""
        given = _hash(key or "")
        found = None
        for name, known in self._hashes.items():
            if hmac.compare_digest(given, known):
                found = name
        return found

    @staticmethod
    def pass_of(key: str) -> str:
        """Make the pass that goes with a key; it cannot be turned back into the key."""
        return _hash(f"pass|{key}")


class Door:
    """Lets in what comes from our own page, and nothing else."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        """Stand before ``app``, which listens on ``port``."""
        self.app = app
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it in a sentence."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # web sockets are not spoken here
        headers = Headers(scope=scope)
        refusal = self._refusal(str(scope["method"]), headers)

        async def strict(message: Message) -> None:
            """Send an answer on, with the headers that keep strangers out."""
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                for name, value in STRICT.items():
                    told[name] = value
                told.setdefault("cache-control", "no-store")
            await send(message)

        if refusal is not None:
            await refusal(scope, receive, strict)
            return
        body = await _body_of(receive)
        if body is None:
            await _refused(413, "That is too much at once.")(scope, receive, strict)
            return
        await self.app(scope, _again(body, receive), strict)

    def _refusal(self, method: str, headers: Headers) -> JSONResponse | None:
        if headers.get("host", "") not in self.hosts:
            return _refused(421, "This page answers to its own address only.")
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins:
            return _refused(403, "Another web page asked for this; it was refused.")
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return _refused(403, "Another web page asked for this; it was refused.")
        if method not in READING and origin is None:
            return _refused(403, "A change must come from the review page itself.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST:
            return _refused(413, "That is too much at once.")
        return None


async def _body_of(receive: Receive) -> bytes | None:
    """Read a request whole, or give up where it grows too large."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            return None
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Hand on a body that was read, and then whatever comes."""
    given = False

    async def hand_on() -> Message:
        """Give the body once, then what the other side still sends."""
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return hand_on


def _refused(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"sentence": sentence}, status_code=status)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
