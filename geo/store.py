"""Scores on their way to the disk: written as they are finished, taken up again after a kill.

While a scene is being judged its scores lie in one flat file, band after band, row after row,
and a small journal beside it says how many strips are safe.  Finished rows go straight to their
place by ``pwrite``; nothing is mapped into memory, so a scene of any size costs the same.  Kill
the program anywhere: the next start reads the journal, takes up the blending where it was and
writes the same bytes again.  Delete the flat file, and the next start begins afresh: a journal
never outlives the pixels it vouches for.

    block (C, h, w) ──► NAME.raw at its place     strip done ──► fsync ──► NAME.json + NAME.npy
    all strips done ──► NAME.raw is (C, H, W) uint8, described to GDAL by NAME.hdr (ENVI)

Source: write-ahead journals; the ENVI header is the plainest raw format GDAL reads.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import OutputError
from geo.types import NODATA, Scores


class ScoreStore:
    """One scene's scores in the making."""

    def __init__(self, stem: Path, shape: tuple[int, int, int]) -> None:
        """Open or create the files ``stem.raw``, ``stem.json`` and ``stem.npy``.

        Args:
            stem: path without suffix; its name must hold everything the scores depend on, for
                whoever comes with the same name gets the strips that are already there.
            shape: (C, H, W) of the finished scores.

        Raises:
            OutputError: the folder cannot be written.
        """
        self.raw = stem.with_suffix(".raw")
        """The flat file, (C, H, W) uint8."""
        self.shape = shape
        self._journal = stem.with_suffix(".json")
        self._carry = stem.with_suffix(".npy")
        with _told(stem.parent):
            stem.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.raw, os.O_RDWR | os.O_CREAT, 0o644)
            size = int(np.prod(shape, dtype=np.int64))
            if os.fstat(self._file).st_size != size:
                # New, or somebody deleted or cut the pixels.  What a journal says of them is
                # no longer true, and must be gone before the file has its full size again.
                self._journal.unlink(missing_ok=True)
                os.truncate(self._file, size)

    def resume(self) -> tuple[int, NDArray[np.uint16] | None, list[dict[str, Any]]]:
        """Tell how far an earlier start came.

        Returns:
            strips: how many strips are safe on disk; 0 when there is nothing to take up.
            carry: what ``Blender.lower`` was after the last of them; ``None`` with 0 strips.
            notes: the records kept with :meth:`commit`, in order.
        """
        try:
            journal = json.loads(self._journal.read_text())
            strips, notes = int(journal["strips"]), list(journal["notes"])
            carry = np.load(self._carry.with_suffix(f".{strips}.npy"), allow_pickle=False)
        except (OSError, ValueError, KeyError, TypeError):
            return 0, None, []  # no journal, or one torn by the kill: start afresh
        return strips, carry, notes

    def put(self, block: Scores, row: int, col: int) -> None:
        """Write a finished block (C, h, w) with its top-left pixel at ``row``, ``col``."""
        bands, height, width = self.shape
        with _told(self.raw.parent):
            for band in range(bands):
                for i, line in enumerate(block[band]):
                    at = (band * height + row + i) * width + col
                    _write(self._file, line.data, at)

    def blank(self, rows: slice, cols: slice) -> None:
        """Write nodata where nothing was seen."""
        shape = (self.shape[0], rows.stop - rows.start, cols.stop - cols.start)
        self.put(np.full(shape, NODATA, np.uint8), rows.start, cols.start)

    def commit(
        self, strips: int, carry: NDArray[np.uint16], notes: list[Mapping[str, Any]]
    ) -> None:
        """Make ``strips`` strips safe: pixels first, then the carry, then the journal."""
        with _told(self.raw.parent):
            os.fsync(self._file)
            beside = self._carry.with_suffix(f".{strips}.npy")
            with beside.open("wb") as file:
                np.save(file, carry)
                file.flush()
                os.fsync(file.fileno())
            part = self._journal.with_suffix(".json.part")
            part.write_text(json.dumps({"strips": strips, "notes": notes}))
            part.replace(self._journal)
            self._carry.with_suffix(f".{strips - 1}.npy").unlink(missing_ok=True)

    def describe(self) -> Path:
        """Write the ENVI header that lets GDAL read the finished file; return its path."""
        bands, height, width = self.shape
        with _told(self.raw.parent):
            self.raw.with_suffix(".hdr").write_text(
                f"ENVI\nsamples = {width}\nlines = {height}\nbands = {bands}\n"
                "header offset = 0\n"
                "file type = ENVI Standard\ndata type = 1\ninterleave = bsq\nbyte order = 0\n"
            )
        return self.raw

    def pages(self) -> NDArray[np.uint8]:
        """Give the array, (C, H, W), read-only, paged in from disk as it is used."""
        return np.memmap(self.raw, np.uint8, "r", shape=self.shape)

    def close(self, *, remove: bool = False) -> None:
        """Close the file; with ``remove``, also delete it: the scores stand elsewhere."""
        os.close(self._file)
        if remove:
            self._journal.unlink(missing_ok=True)  # first: it must not outlive the pixels
            for path in self.raw.parent.glob(f"{self.raw.stem}.*"):
                path.unlink(missing_ok=True)


def paged(
    stem: Path, shape: tuple[int, int, int], strips: Iterable[tuple[int, NDArray[np.uint8]]]
) -> NDArray[np.uint8]:
    """Put an array on disk as it comes, and give it back to be paged in as it is used.

    Args:
        stem: path without suffix.
        shape: (C, H, W).
        strips: first row of each, and its pixels (C, h, W).

    Returns:
        (C, H, W), read-only.

    Raises:
        OutputError: the folder cannot be written.
    """
    store = ScoreStore(stem, shape)
    for row, strip in strips:
        store.put(strip, row, 0)
    store.close()
    return store.pages()


def _write(file: int, line: memoryview, at: int) -> None:
    done = os.pwrite(file, line, at)
    while done < len(line):  # a full disk writes short before it says so
        done += os.pwrite(file, line[done:], at + done)


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"Could not write scores in {folder}: {error.strerror}. "
            "Free some space or choose another --out, then run the same command to go on."
        ) from error
