"""Post a digest to a webhook, signed.

    body (JSON) ──► bytes ──► HMAC-SHA256 ──► POST ──2xx──► arrived
                                               └──else──► SourceError; tried again later

The bytes that are signed are the bytes that are sent.  Redirects are not followed, for a digest
is meant for one address only.  This is a door beside ``geo.sources.http``, not that one, for
that one fetches pictures: it takes only 200 and 206 for an answer, and receivers say 201, 202
or 204.

Source: RFC 2104 (HMAC).
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from geo.errors import SourceError, UsageError

PATIENCE = 20.0
"""Seconds to wait for the receiver."""


class _Stay(HTTPRedirectHandler):
    """Follow nothing."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse to go elsewhere."""
        return


def post(url: str, body: Mapping[str, Any], secret: str) -> None:
    """Send a digest once.

    Args:
        url: of the receiver.
        body: what JSON can hold, with the digest's ``id``.
        secret: key of the signature.

    Raises:
        SourceError: it did not answer 2xx.
        UsageError: the address is none of the web.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError("A webhook is an address that begins with https://.")
    data = json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    request = Request(url, data, signed(data, str(body["id"]), secret))  # noqa: S310 - checked
    try:
        with build_opener(_Stay).open(request, timeout=PATIENCE):
            return
    except HTTPError as error:
        error.close()
        raise SourceError(f"{parts.hostname} answered with status {error.code}.") from error
    except (URLError, http.client.HTTPException, OSError) as error:
        why = getattr(error, "reason", error)
        raise SourceError(f"{parts.hostname} cannot be reached: {why}.") from error


def signed(data: bytes, digest: str, secret: str) -> dict[str, str]:
    """Write the headers: the receiver computes the same HMAC of the bytes it got.

    Args:
        data: the body's bytes.
        digest: its id, which never changes, however often it is sent.
        secret: the shared key.
    """
    mac = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "stockade",
        "Stockade-Signature": f"sha256={mac}",
        "Idempotency-Key": digest,
    }
