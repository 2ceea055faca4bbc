"""Have a file that lies on a server as a row of bytes: only those asked for, each once.

What is not in the cache is fetched, checked and kept.  The first bytes are fetched together,
for they hold the directory of a cloud-optimised file.

    read(start, stop) ──► parts held ──► cache, else Client ──► bytes, kept under their hash

:mod:`geo.sources.shelf` shows such files to GDAL.

Source: GDAL's GeoTIFF driver, whose steps these are.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from collections.abc import Iterator

from geo.errors import SourceError, StockadeError
from geo.retry import PassingError
from geo.sources.answers import Answer, Ask
from geo.sources.cache import Cache, Part
from geo.sources.http import Client

HEAD = 1 << 14
"""Bytes fetched first, and at least: GDAL's own step for files on servers."""

MAGIC = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\0\0\0\x0cjP",
    b"\xffO\xffQ",
    b"\x89PNG",
    b"\xff\xd8",
)
"""How TIFF, BigTIFF, JPEG 2000, PNG and JPEG begin."""

HELD = 32 * 2**20
"""Bytes of one file held in memory; more are read from the cache again."""


class ChangedError(SourceError):
    """The file is not the one that was being read; begin again."""


class Remote:
    """One file on a server, as a row of bytes."""

    def __init__(
        self, url: str, client: Client, cache: Cache, *, offline: bool = False
    ) -> None:
        """Take up what the cache knows; ask for the first bytes if it knows nothing.

        Raises:
            SourceError: nothing can be had.
            OutputError: it cannot be kept.
        """
        self.url = url
        self.failure: StockadeError | None = None
        self._client, self._cache, self._offline = client, cache, offline
        self._parts: list[tuple[int, int, str]] = []
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self.total, self._mark = 0, ""
        known = cache.known(url)
        if known:
            self.total, self._mark = known.total, known.mark
            self._parts = sorted((p.start, p.stop, p.sha256) for p in known.parts)
        else:
            self._fetch(0, HEAD)

    def read(self, start: int, stop: int) -> bytes:
        """Give bytes ``start`` to ``stop``, fewer at the end of the file.

        Raises:
            SourceError: they cannot be had.
            OutputError: they cannot be kept.
        """
        stop = min(stop, self.total)
        if start >= stop:
            return b""
        for low, high in self._missing(start, stop):
            self._fetch(low, high)
        out = bytearray(stop - start)
        filled = start
        for low, high, sha256 in self._parts:
            if high <= filled or low > filled:
                continue
            body = self._body(sha256)
            if body is None:  # torn or swept away: forget it, and fetch it again
                self._parts.remove((low, high, sha256))
                return self.read(start, stop)
            upto = min(high, stop)
            out[filled - start : upto - start] = body[filled - low : upto - low]
            filled = upto
            if filled >= stop:
                break
        return bytes(out)

    def _missing(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        at = start
        for low, high, _ in list(self._parts):
            if high <= at:
                continue
            if low >= stop:
                break
            if low > at:
                yield at, low
            at = max(at, high)
        if at < stop:
            # Small reads are directories: take the step GDAL itself would take.
            yield at, max(stop, min(at + HEAD, self.total)) if stop - at < HEAD // 4 else stop

    def _fetch(self, start: int, stop: int) -> None:
        if self._offline:
            raise SourceError(
                f"{self.url} is not in the cache, and --offline forbids to ask for it."
            )
        ask = Ask(url=self.url, span=(start, stop), pages=False)
        answer = self._client.ask(ask, self._check if start == 0 else None)
        part = self._cache.keep_part(
            self.url, start, answer.body, total=answer.total, mark=answer.mark
        )
        if self.total and (answer.total, answer.mark) != (self.total, self._mark):
            # From now on the cache knows the new file; whoever opens it again begins with it.
            raise ChangedError(f"{self.url} was changed on the server while it was being read.")
        self.total, self._mark = answer.total, answer.mark
        self._learn(part, answer.body)

    def _check(self, answer: Answer) -> None:
        """Look at the first bytes before they are kept: an error page may stand in for them."""
        if not answer.body.startswith(MAGIC):
            raise PassingError(
                f"{self.url} is no picture: it begins with {answer.body[:12]!r}. The archive "
                "may have put an error page in its place."
            )

    def _learn(self, part: Part, body: bytes) -> None:
        insort(self._parts, (part.start, part.stop, part.sha256))
        self._hold(part.sha256, body)

    def _body(self, sha256: str) -> bytes | None:
        if sha256 in self._held:
            self._held.move_to_end(sha256)
            return self._held[sha256]
        body = self._cache.read(sha256)
        if body is not None:
            self._hold(sha256, body)
        return body

    def _hold(self, sha256: str, body: bytes) -> None:
        self._held[sha256] = body
        while len(self._held) > 1 and sum(map(len, self._held.values())) > HELD:
            self._held.popitem(last=False)
