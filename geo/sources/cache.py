"""Keep every byte that was fetched under its own hash, so that nothing is asked for twice.

    objects/ab/abcdef…            bytes, named by their SHA-256
    assets/12/1234….jsonl         of one address: which bytes of it lie where, one line a part
    pages/34/3456….json           of one question to a catalogue: its answer, and when

Whoever reads checks the hash: a file that a kill or a disk tore is as if it were not there.  An
asset whose mark (ETag) changed is another file; its old parts are left unused.  Nothing secret
is written: addresses come without signatures.

Source: content-addressed storage, as in Venti (Quinlan and Dorward, FAST 2002) and git.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geo.errors import OutputError


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of an asset."""

    start: int
    stop: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is there of an asset."""

    total: int
    """Bytes of the whole."""

    mark: str
    """Of the version these parts are of."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """An answer kept."""

    body: bytes
    made: datetime


def usual_folder() -> Path:
    """Give where the cache lies unless ``--cache`` or STOCKADE_CACHE says otherwise."""
    own = os.environ.get("STOCKADE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) if own else Path(base) / "stockade"


class Cache:
    """A folder of fetched bytes; may be shared by threads, programs and runs."""

    def __init__(self, folder: Path) -> None:
        """Take a folder; it is made when something is kept."""
        self.folder = folder

    def known(self, url: str) -> Known | None:
        """Tell what is there of an asset, by its address without secrets."""
        lines = self._lines(self._place("assets", url, ".jsonl"))
        if not lines:
            return None
        newest = lines[-1]
        parts = tuple(
            Part(int(x["start"]), int(x["stop"]), str(x["sha256"]))
            for x in lines
            if x["mark"] == newest["mark"] and x["total"] == newest["total"]
        )
        return Known(int(newest["total"]), str(newest["mark"]), parts)

    def keep_part(self, url: str, start: int, body: bytes, *, total: int, mark: str) -> Part:
        """Keep bytes of an asset.

        Raises:
            OutputError: the cache's disk is full or not ours to write.
        """
        part = Part(start, start + len(body), self.keep(body))
        line = {"start": part.start, "stop": part.stop, "sha256": part.sha256}
        line |= {"total": total, "mark": mark, "url": url}
        place = self._place("assets", url, ".jsonl")
        with self._told():
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("ab") as file:
                file.write((json.dumps(line) + "\n").encode())
        return part

    def page(self, question: str) -> Page | None:
        """Give the kept answer to a question, or ``None``."""
        try:
            kept = json.loads(self._place("pages", question, ".json").read_text())
            made = datetime.fromisoformat(kept["made"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        body = self.read(str(kept["sha256"]))
        return None if body is None else Page(body, made)

    def keep_page(self, question: str, body: bytes) -> None:
        """Keep an answer, in place of an older one.

        Raises:
            OutputError: the cache's disk is full or not ours to write.
        """
        kept = {"sha256": self.keep(body), "made": datetime.now(UTC).isoformat()}
        self._write(self._place("pages", question, ".json"), json.dumps(kept).encode())

    def keep(self, body: bytes) -> str:
        """Keep bytes under their own hash, and give it."""
        sha256 = hashlib.sha256(body).hexdigest()
        place = self.folder / "objects" / sha256[:2] / sha256
        if not place.exists():
            self._write(place, body)
        return sha256

    def read(self, sha256: str) -> bytes | None:
        """Give bytes by their hash; ``None`` if they are not there, or not whole."""
        place = self.folder / "objects" / sha256[:2] / sha256
        try:
            body = place.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(body).hexdigest() == sha256:
            return body
        with contextlib.suppress(OSError):  # a cache may be ours to read and not to write
            place.unlink()
        return None

    def _place(self, shelf: str, name: str, suffix: str) -> Path:
        key = hashlib.sha256(name.encode()).hexdigest()
        return self.folder / shelf / key[:2] / (key + suffix)

    def _lines(self, place: Path) -> list[dict[str, Any]]:
        """Read what lines are whole; a kill may have torn the last."""
        try:
            text = place.read_text()
        except OSError:
            return []
        lines = []
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                lines.append(json.loads(line))
        return lines

    def _write(self, place: Path, body: bytes) -> None:
        part = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        with self._told():
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                part.write_bytes(body)
                part.replace(place)
            finally:
                part.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _told(self) -> Any:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"The cache {self.folder} cannot be written: {error.strerror}. Free some "
                "space, or choose another folder with --cache."
            ) from error
