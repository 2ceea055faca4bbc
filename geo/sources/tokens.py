"""Open the doors of archives that want a signature, and open them again when it expires.

    Planetary Computer   blob address ──► + SAS token of its container, kept till expiry
    buckets              s3://… ──► address presigned with keys from the environment, or public
    any other            the signature that came with the item, if one did

Secrets live in this module's memory and on the wire, nowhere else.

Source: planetary-computer (settings, token record); AWS Signature Version 4, query parameters.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from geo.errors import SourceError
from geo.scene import Scene
from geo.sources.answers import Ask
from geo.sources.http import Client
from geo.sources.links import joined, public_s3

SPARE = 120.0
"""Seconds; a token that has less left is fetched anew."""

LIFE = 3600
"""Seconds that a presigned address is good for; it is made anew for each request."""

BLOBS = ".blob.core.windows.net"
"""Hosts of Azure's blob storage end so."""

OPEN = frozenset({"ai4edatasetspublicassets.blob.core.windows.net"})
"""Blob hosts that want no signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What opens a bucket service."""

    access: str = field(repr=False)
    secret: str = field(repr=False)
    endpoint: str
    """``https://eodata.dataspace.copernicus.eu``."""

    region: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What opens a container for a while."""

    secret: str = field(repr=False)
    expiry: datetime


def cdse_keys() -> Keys | None:
    """Take the keys of the Copernicus Data Space from the environment; ``None`` without."""
    access, secret = (os.environ.get(f"CDSE_S3_{word}_KEY") for word in ("ACCESS", "SECRET"))
    endpoint = os.environ.get("CDSE_S3_ENDPOINT", "https://eodata.dataspace.copernicus.eu")
    return Keys(access=access, secret=secret, endpoint=endpoint) if access and secret else None


class Doors:
    """Signs every address by the rules of whoever it belongs to."""

    def __init__(self, client: Client, keys: Keys | None = None) -> None:
        """Prepare.

        Args:
            client: fetches tokens; must not sign with this very object.
            keys: of a bucket service, for ``s3://`` addresses.
        """
        self._client, self._keys = client, keys
        self._tokens: dict[str, Token] = {}
        self._kept: dict[str, str] = {}
        self._lock = threading.Lock()

    def remember(self, scenes: Iterable[Scene]) -> None:
        """Keep the signatures that came with the addresses of scenes."""
        for scene in scenes:
            for asset in scene.assets.values():
                if asset.secret:
                    self._kept[asset.href] = asset.secret

    def sign(self, url: str) -> str:
        """Make an address that may be asked."""
        if url.startswith("s3://"):
            return presigned(url, self._keys) if self._keys else public_s3(url)
        if _is_blob(url):
            return joined(url, self._token(_container(url)).secret)
        return joined(url, self._kept.get(url, ""))

    def renew(self, url: str) -> bool:
        """Forget the token of this address; tell whether another can be had."""
        if not _is_blob(url):
            return False
        with self._lock:
            self._tokens.pop(_container(url), None)
        return True

    def _token(self, container: str) -> Token:
        with self._lock:  # one thread fetches, the others wait for what it brings
            token = self._tokens.get(container)
            if token is None or (token.expiry - datetime.now(UTC)).total_seconds() < SPARE:
                token = self._tokens[container] = _fetch_token(self._client, container)
            return token


def _is_blob(url: str) -> bool:
    host = urlsplit(url).netloc
    return host.endswith(BLOBS) and host not in OPEN


def _container(url: str) -> str:
    account, container = _library().utils.parse_blob_url(urlsplit(url))
    return f"{account}/{container}"


@cache
def _library() -> Any:
    """Import planetary-computer when it is needed, past what pydantic warns of in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import planetary_computer  # noqa: PLC0415
        import planetary_computer.utils  # noqa: PLC0415
    return planetary_computer


def _fetch_token(client: Client, container: str) -> Token:
    """Ask for a token; ours rather than the library's way, which has no time-out."""
    settings = _library().settings.Settings.get()
    key = settings.subscription_key
    headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
    url = f"{settings.sas_url}/{container}"
    answer = client.ask(Ask(url=url, headers=headers, pages=False))
    try:
        told = _library().sas.SASToken.model_validate_json(answer.body)
    except ValueError:
        raise SourceError(
            f"The Planetary Computer gave no token for {container} that can be read."
        ) from None
    return Token(secret=told.token, expiry=told.expiry)


def presigned(
    url: str,
    keys: Keys,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    life: int = LIFE,
    hosted: bool = False,
) -> str:
    """Sign an address of a bucket by AWS Signature Version 4.

    Args:
        url: ``s3://bucket/key``.
        keys: of the service.
        now: tells the time.
        life: seconds it is good for.
        hosted: whether the endpoint's own name holds the bucket's.
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")
    where = urlsplit(keys.endpoint)
    path = quote(f"/{key}" if hosted else f"/{bucket}/{key}")
    time = now().strftime("%Y%m%dT%H%M%SZ")
    scope = f"{time[:8]}/{keys.region}/s3/aws4_request"
    asked = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys.access}/{scope}",
        "X-Amz-Date": time,
        "X-Amz-Expires": str(life),
        "X-Amz-SignedHeaders": "host",
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(asked.items()))
    words = f"GET\n{path}\n{query}\nhost:{where.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(words.encode()).hexdigest()}"
    stamp = f"AWS4{keys.secret}".encode()
    for word in (*scope.split("/"), text):
        stamp = hmac.new(stamp, word.encode(), hashlib.sha256).digest()
    return f"{where.scheme}://{where.netloc}{path}?{query}&X-Amz-Signature={stamp.hex()}"
