"""Let GDAL read files that lie on servers, through one shelf on which all of them stand.

GDAL asks for byte ranges; each is answered by a :class:`Remote`, neighbours in one request.

    GDAL ──open("0-picture")──► shelf ──► Handle ──read(at, n)──► Remote ──► bytes

GDAL swallows what goes wrong below it and makes its own sentence of it; so the first failure is
kept with the file and raised when GDAL has finished complaining.

GDAL is told of the shelf once.  rasterio would tell it of one for each file and take that away
again; GDAL 3.10 keeps its list of them without a lock, and threads that open files at the same
time crashed now and then, or waited for ever.

Source: rasterio's Python openers; docs/decisions/0028-one-shelf.md.
"""

from __future__ import annotations

import atexit
import io
import itertools
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio._vsiopener import _OPENER_REGISTRY, _opener_registration
from rasterio.abc import MultiByteRangeResourceContainer
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geo.errors import SourceError, StockadeError
from geo.reader import said
from geo.sources.remote import Remote

GAP = 1 << 13
"""Bytes between two ranges that are fetched along rather than asked for apart."""

NAME = "picture"
"""What GDAL thinks files are called, with a number before it; addresses would show in
messages."""


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
            except StockadeError as error:
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
        OutputError: bytes of it could not be kept: the cache's disk is full.
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
    except (RasterioError, StockadeError, rasterio._err.CPLE_BaseError) as error:  # noqa: SLF001
        if remote.failure is not None:
            raise remote.failure from None
        if isinstance(error, StockadeError):
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
