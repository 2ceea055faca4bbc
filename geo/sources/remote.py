"""Let GDAL read a file that lies on a server, fetching only the bytes it asks for, once.

GDAL asks for byte ranges; each is answered from the cache or fetched, checked and kept.  The
first bytes are fetched together, for they hold the directory of a cloud-optimised file; tiles
are fetched as they lie, neighbours in one request.

    GDAL ──read(at, n)──► Remote ──► cache, else Client ──► bytes, kept under their hash

GDAL swallows what goes wrong below it and makes its own sentence of it; so the first failure is
kept here and raised when GDAL has finished complaining.

All files stand on one shelf that GDAL is told of once.  rasterio would tell it of one for each
file and take that away again; GDAL 3.10 keeps its list of them without a lock, and threads that
open files at the same time crashed now and then, or waited for ever.

Source: rasterio's Python openers; GDAL's GeoTIFF driver with multi-range reads.
"""

from __future__ import annotations

import atexit
import io
import itertools
import re
import warnings
from bisect import insort
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio._vsiopener import _OPENER_REGISTRY, _opener_registration
from rasterio.abc import MultiByteRangeResourceContainer
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geo.errors import SourceError
from geo.reader import said
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

GAP = 1 << 13
"""Bytes between two ranges that are fetched along rather than asked for apart."""

HELD = 32 * 2**20
"""Bytes of one file held in memory; more are read from the cache again."""

NAME = "picture"
"""What GDAL thinks files are called, with a number before it; addresses would show in
messages."""


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
        """
        self.url = url
        self.failure: SourceError | None = None
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


class Handle(io.RawIOBase):
    """What GDAL holds of a remote file; never raises, for GDAL could not bear it."""

    def __init__(self, remote: Remote) -> None:
        """Stand at the first byte."""
        self._remote, self._at = remote, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte."""
        self._at = offset + (0, self._at, self._remote.total)[whence]
        return self._at

    def tell(self) -> int:
        """Tell at which byte we stand."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes."""
        stop = self._remote.total if size < 0 else self._at + size
        body = self._get(self._at, stop)
        self._at += len(body)
        return body

    def get_byte_ranges(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """Give several ranges; those close together are fetched as one."""
        spans = sorted((o, o + n) for o, n in zip(offsets, sizes, strict=True))
        for low, high in _melted(spans):
            self._get(low, high)
        return [self._get(o, o + n) for o, n in zip(offsets, sizes, strict=True)]

    def _get(self, start: int, stop: int) -> bytes:
        wanted = max(0, min(stop, self._remote.total) - start)
        if self._remote.failure is None:
            try:
                return self._remote.read(start, stop)
            except SourceError as error:
                self._remote.failure = error
        return bytes(wanted)  # whoever opened the file looks at ``failure`` before the pixels


class _Shelf(MultiByteRangeResourceContainer):  # type: ignore[misc] # rasterio has no stubs
    """The files that are open, and sidecars of those that have one."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}
        self._numbers = itertools.count()

    @contextmanager
    def holding(self, remote: Remote, sidecar: bytes | None) -> Iterator[str]:
        """Stand a file on the shelf under a name that no other has."""
        name = f"{next(self._numbers)}-{NAME}"
        self._files[name] = remote
        if sidecar is not None:
            self._files[f"{name}.aux.xml"] = sidecar
        try:
            yield name
        finally:
            for one in (name, f"{name}.aux.xml"):
                self._files.pop(one, None)

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:  # noqa: ARG002
        """Open a file by its last name."""
        found = self._files.get(path.rpartition("/")[2])
        if found is None:
            raise FileNotFoundError(path)
        return Handle(found) if isinstance(found, Remote) else io.BytesIO(found)

    def isfile(self, path: str) -> bool:
        """Tell whether it is here."""
        return path.rpartition("/")[2] in self._files

    def isdir(self, path: str) -> bool:  # noqa: ARG002
        """Tell that there are no folders."""
        return False

    def ls(self, path: str) -> list[str]:  # noqa: ARG002
        """List what is here."""
        return list(self._files)

    def mtime(self, path: str) -> int:  # noqa: ARG002
        """Tell no time."""
        return 0

    def size(self, path: str) -> int:
        """Tell how many bytes a file has."""
        found = self._files.get(path.rpartition("/")[2])
        if found is None:
            raise FileNotFoundError(path)
        return found.total if isinstance(found, Remote) else len(found)

    def rm(self, path: str) -> None:
        """Refuse: nothing here is ours."""
        raise PermissionError(path)


_SHELF, _ALWAYS = _Shelf(), ExitStack()
_FOLDER = _ALWAYS.enter_context(_opener_registration(NAME, _SHELF)).removesuffix(NAME)
_KNOWN = _OPENER_REGISTRY.get()
atexit.register(_ALWAYS.close)


@contextmanager
def opened(remote: Remote, sidecar: bytes | None = None) -> Iterator[Any]:
    """Open a remote file as a rasterio dataset.

    Args:
        remote: the file.
        sidecar: its ``.aux.xml``, where that holds what the file does not.

    Raises:
        SourceError: it is no picture, or bytes of it could not be had.
    """
    _OPENER_REGISTRY.set(_KNOWN)  # rasterio looks there in each thread
    try:
        listing = "EMPTY_DIR" if sidecar is None else "FALSE"
        with (
            _SHELF.holding(remote, sidecar) as name,
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN=listing),
            quietly_open(f"{_FOLDER}{name}") as dataset,
        ):
            yield dataset
    except (RasterioError, SourceError, rasterio._err.CPLE_BaseError) as error:  # noqa: SLF001
        if remote.failure is not None:
            raise remote.failure from None
        if isinstance(error, SourceError):
            raise
        raise SourceError(
            f"{remote.url} cannot be read as a picture: {_plainly(error)}."
        ) from None
    if remote.failure is not None:
        raise remote.failure


def _plainly(error: BaseException) -> str:
    """Give what GDAL said, without the shelf and the number of a file."""
    return re.sub(rf"{re.escape(_FOLDER)}|\d+-(?={NAME})", "", said(error, Path(NAME)))


def quietly_open(path: str, **words: Any) -> Any:
    """Open a dataset without a warning that it does not say where it lies: we find out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path, **words)


def _melted(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that touch or nearly do."""
    joined: list[tuple[int, int]] = []
    for low, high in spans:
        if joined and low - joined[-1][1] <= GAP:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined
