"""Write a file beside its place and rename it when it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import OutputError


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; rename on success, remove on failure."""
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
