"""Let one program at a time write to a folder.

    file ──locked──► held until the block ends

The system gives the lock back whatever happens to us, so none is ever left behind.

Source: flock(2); on Windows, the C library's locking.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from geo.errors import OutputError

PATIENCE = 30.0
"""Seconds to wait for another writer; each holds the lock for milliseconds."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, waiting for whoever holds it.

    Args:
        path: of the lock; made if it is not there, and left there.

    Raises:
        OutputError: it cannot be made, or somebody else held it too long.
    """
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(f"{path.parent} cannot be written to: {error.strerror}.") from error
    try:
        _take(lock, time.monotonic() + PATIENCE)
        yield
    finally:
        os.close(lock)


def _take(lock: int, until: float) -> None:
    """Wait for the lock."""
    while True:
        try:
            lock_now(lock)
        except OSError as error:
            if time.monotonic() > until:
                raise OutputError(
                    "Another program has been writing to this folder for half a minute. Close "
                    "it, or try again."
                ) from error
            time.sleep(0.01)
        else:
            return


def lock_now(lock: int) -> None:
    """Take the lock of an open file, without waiting; it is given back as the file closes.

    Raises:
        OSError: somebody else holds it.
    """
    if os.name == "nt":  # pragma: no cover - no Windows here
        import msvcrt  # noqa: PLC0415 - exists there only

        msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    import fcntl  # noqa: PLC0415 - exists on other systems only

    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
