"""Say what happened, once, to whoever listens.

Rooms log through ``logging.getLogger(__name__)``: one line per step, with counts and seconds,
never a coordinate and never a secret.  The command line decides where it goes.
"""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
"""One line an analyst can paste into a message."""

ROOTS = ("geo", "models", "aoi")
"""The loggers that are ours."""


def listen(level: int = logging.WARNING) -> None:
    """Send our log lines of ``level`` and above to stderr; a second call starts over."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    for name in ROOTS:
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.handlers = [handler]
        logger.propagate = False
