"""Keep arrays that were dear to make, and take them up again.

    arrays ──keep──► one compressed file, whole or not there ──take_up──► the same arrays

A file that is missing or damaged is none, so that whoever asks makes its arrays anew.  What
depends on other arrays is named after their hash.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from geo.write import beside

log = logging.getLogger(__name__)

DAMAGED = (
    *(BadZipFile, zlib.error, EOFError, OSError),
    *(LookupError, RuntimeError, TypeError, ValueError),
)
"""What NumPy and zipfile raise of a file that was cut off, written over or never an archive."""


def hash_of(parts: Iterable[str | NDArray[Any]]) -> str:
    """Tell words and arrays from others, in their order, by 16 letters."""
    whole = hashlib.sha256()
    for part in parts:
        plain = part.encode() if isinstance(part, str) else np.ascontiguousarray(part).data
        whole.update(plain)
    return whole.hexdigest()[:16]


def keep(path: Path | None, **arrays: NDArray[Any]) -> None:
    """Keep arrays in a file that is either whole or not there; nowhere without a path."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def take_up(path: Path | None, *names: str) -> dict[str, NDArray[Any]] | None:
    """Read the arrays of these names; ``None`` where they are not kept, or damaged."""
    if path is None or not path.exists():
        return None
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except DAMAGED as error:
        log.warning("%s is damaged and is made anew: %s", path, error)
        return None
