"""Keep secrets out of addresses, and turn bucket names into addresses that can be asked.

    https://host/file.tif?sig=…&se=…  ──part──►  https://host/file.tif   +  the secret part
    s3://bucket/key                   ──ask───►  https://bucket.s3.amazonaws.com/key

Signatures are query parameters whose names are known (Azure SAS, AWS and Google presigned
addresses, tokens and keys); everything else in a query stays, for it may name the file.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

SECRET = re.compile(
    r"^(sig|se|st|sp|sv|sr|ske|skt|sks|skv|skoid|sktid|spr|sip|x-(amz|goog)-.*"
    r"|awsaccesskeyid|signature|expires|(access_|auth_?|id_)?token|api_?key|key|password"
    r"|client_secret|subscription-key)$",
    re.IGNORECASE,
)
"""Names of query parameters that open doors."""


def is_web(href: str) -> bool:
    """Tell whether an address is asked over HTTP."""
    return href.startswith(("http://", "https://"))


def part(href: str) -> tuple[str, str]:
    """Cut what is secret off an address.

    Returns:
        The address without it (also without a name and password before the host), and the
        secret part of its query, ready to be appended.
    """
    if not is_web(href):
        return href, ""
    url = urlsplit(href)
    pairs = parse_qsl(url.query, keep_blank_values=True)
    plain = urlencode([p for p in pairs if not SECRET.match(p[0])])
    secret = urlencode([p for p in pairs if SECRET.match(p[0])])
    host = url.netloc.rpartition("@")[2]
    return urlunsplit((url.scheme, host, url.path, plain, "")), secret


def plain(href: str) -> str:
    """Give an address that may be written down and shown."""
    return part(href)[0]


def plain_source(source: str) -> str:
    """Name a source (``stac:URL``, a folder) without anything secret in its address."""
    kind, colon, rest = source.partition(":")
    return f"{kind}{colon}{plain(rest)}" if kind in ("stac", "hub") else plain(source)


def joined(href: str, secret: str) -> str:
    """Put a query part on an address."""
    if not secret:
        return href
    return f"{href}{'&' if urlsplit(href).query else '?'}{secret}"


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
