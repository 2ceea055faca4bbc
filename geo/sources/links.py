"""Keep secrets out of addresses, and turn bucket names into addresses that can be asked.

    https://host/file.tif?sig=…&se=…  ──part──►  https://host/file.tif   +  the secret part
    s3://bucket/key                   ──ask───►  https://bucket.s3.amazonaws.com/key

Signatures are query parameters whose names are known (Azure SAS, AWS and Google presigned
addresses, tokens and keys); everything else in a query stays, for it may name the file.  A
``key`` may do either: it is cut off, and a hash of it stays behind the ``#``, which no server
is ever sent.

    https://host/get?key=…            ──part──►  https://host/get#9c1185…   +  the key
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

SECRET = re.compile(
    r"^(sig|se|st|sp|sv|sr|ske|skt|sks|skv|skoid|sktid|spr|sip|x-(amz|goog)-.*"
    r"|awsaccesskeyid|signature|expires|(access_|auth_?|id_)?token|api_?key|key|password"
    r"|client_secret|subscription-key)$",
    re.IGNORECASE,
)
"""Names of query parameters that open doors."""

EITHER = "key"
"""The one among them that may name a file instead: of a bucket's object, or of a customer."""


def is_web(href: str) -> bool:
    """Tell whether an address is asked over HTTP."""
    return href.startswith(("http://", "https://"))


def part(href: str) -> tuple[str, str]:
    """Cut what is secret off an address.

    Returns:
        The address without it (also without a name and password before the host), which still
        tells one file from another, and the secret part of its query, to be ``joined`` again.
    """
    if not is_web(href):
        return href, ""
    url = urlsplit(href)
    pairs = parse_qsl(url.query, keep_blank_values=True)
    shown = urlencode([p for p in pairs if not SECRET.match(p[0])])
    secret = urlencode([p for p in pairs if SECRET.match(p[0])])
    host = url.netloc.rpartition("@")[2]
    keys = " ".join(value for name, value in pairs if name.lower() == EITHER)
    mark = hashlib.sha256(keys.encode()).hexdigest()[:16] if keys else ""
    return urlunsplit((url.scheme, host, url.path, shown, mark)), secret


def plain(href: str) -> str:
    """Give an address that may be written down and shown."""
    return part(href)[0].partition("#")[0] if is_web(href) else href


def plain_source(source: str) -> str:
    """Name a source (``stac:URL``, a folder) without anything secret in its address."""
    kind, colon, rest = source.partition(":")
    return f"{kind}{colon}{plain(rest)}" if kind in ("stac", "hub") else plain(source)


def joined(href: str, secret: str) -> str:
    """Put a query part on an address, in place of the mark it left there."""
    if not secret:
        return href
    bare = href.partition("#")[0]
    return f"{bare}{'&' if urlsplit(bare).query else '?'}{secret}"


def absolute(href: str, base: str) -> str:
    """Resolve an address relative to the document it stands in, a URL or a path."""
    if is_web(href) or "://" in href or href.startswith("/") or not base:
        return href
    if is_web(base):
        return urljoin(base, href)
    folder = base.replace("\\", "/").rpartition("/")[0]
    return f"{folder}/{href.removeprefix('./')}" if folder else href


def host_of(href: str) -> str:
    """Give the host, for limits and messages."""
    return urlsplit(href).netloc.rpartition("@")[2] or "this machine"


def public_s3(href: str) -> str:
    """Turn ``s3://bucket/key`` into the address of a public bucket."""
    bucket, _, key = href.removeprefix("s3://").partition("/")
    return f"https://{bucket}.s3.amazonaws.com/{quote(key)}"
