"""Let one program at a time work in a run's folder.

    folder ──hold──► a lock that this process has, until nobody in it needs the run any more

Two starts of one command would sweep away each other's half-written files.  The system gives
the lock back whatever happens to us, so a killed run is in nobody's way.
"""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from weakref import WeakValueDictionary, finalize

from aoi.review.lock import lock_now
from geo.errors import OutputError

log = logging.getLogger(__name__)

LOCK = "lock"
"""Name of the file; it stays, for whoever holds a file that was removed holds nothing."""

TAKEN = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})
"""What systems say of a lock that somebody else has; some disks of networks have none."""


class Hold:
    """A folder that this process works in; given back when the last that knows it is gone."""

    __slots__ = ("__weakref__", "path")

    def __init__(self, path: Path) -> None:
        """Take the lock of a file that exists or can be made.

        Raises:
            BlockingIOError: another process has it.
            OSError: the file cannot be written.
        """
        self.path = path
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        finalize(self, os.close, file)
        try:
            lock_now(file)
        except OSError as error:
            if error.errno in TAKEN:
                raise BlockingIOError(error.errno, "held by another process") from error
            log.warning("%s: this disk keeps no locks; start one run at a time.", path.parent)


_OURS: WeakValueDictionary[Path, Hold] = WeakValueDictionary()
"""By folder; a lock is of a process, and one process may look into its own folder twice."""


def hold(folder: Path) -> Hold:
    """Take a run's folder for this process.

    Args:
        folder: ``.stockade`` of the run; it exists.

    Raises:
        OutputError: another process is at work there.
        OSError: the folder cannot be written.
    """
    place = folder.resolve()
    ours = _OURS.get(place)
    if ours is None:
        try:
            ours = Hold(place / LOCK)
        except BlockingIOError as error:
            raise OutputError(
                f"Another run is at work in {folder.parent}. Wait until it is done, then start "
                "this one again, or choose another --out."
            ) from error
        _OURS[place] = ours
    return ours
