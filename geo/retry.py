"""Try again what will probably work in a moment, without hurrying anybody.

Waits grow by a factor and are drawn at random from their upper half, so that many programs that
failed together do not come back together.  A server that says how long to wait is obeyed, up to
what the caller's patience allows.

    attempt() ──Passing──► wait ──► attempt() … ──► its answer, or the last failure in words

Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from geo.errors import InputError, SourceError

log = logging.getLogger(__name__)

T = TypeVar("T")


class PassingError(SourceError):
    """Failed, and will probably work in a moment."""

    def __init__(self, words: str, *, after: float | None = None) -> None:
        """Say what failed.

        Args:
            words: a sentence for the analyst, without anything secret.
            after: seconds the other side asked us to wait.
        """
        super().__init__(words)
        self.after = after


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to keep trying."""

    tries: int = 6
    """At most so many attempts."""

    first: float = 0.5
    """Seconds before the second attempt."""

    factor: float = 2.0
    """Each wait is so much longer than the last."""

    longest: float = 30.0
    """Seconds; no wait of our own is longer."""

    obey: float = 120.0
    """Seconds; a server that asks for more is not waited for."""

    def __post_init__(self) -> None:
        """Refuse patience that never tries or waits for ever."""
        if self.tries < 1 or self.first < 0 or self.factor < 1:
            raise InputError("Patience needs a try or more, and waits that do not shrink.")

    def wait(self, attempt: int, draw: float) -> float:
        """Tell how long to wait after failed attempt number ``attempt``, counted from 1.

        Args:
            attempt: 1 or more.
            draw: a random number, 0 to 1.

        Returns:
            Seconds, half to all of the full wait.
        """
        full = min(self.longest, self.first * self.factor ** (attempt - 1))
        return full * (0.5 + 0.5 * draw)


def persist(
    attempt: Callable[[], T],
    patience: Patience,
    *,
    sleep: Callable[[float], None] = time.sleep,
    draw: Callable[[], float] = random.random,
) -> T:
    """Call ``attempt`` until it answers or patience ends.

    Args:
        attempt: raises ``PassingError`` for what is worth another try; anything else ends it.
        patience: how often and how long.
        sleep: waits so many seconds.
        draw: gives a random number, 0 to 1.

    Raises:
        SourceError: patience ended; the message tells the last failure and how often it was
            tried.
    """
    for number in range(1, patience.tries + 1):
        try:
            return attempt()
        except PassingError as error:
            asked = error.after or 0.0
            if number == patience.tries:
                raise SourceError(f"{error} It was tried {number} times.") from None
            if asked > patience.obey:
                raise SourceError(
                    f"{error} It asks us to come back in {asked:.0f} seconds; run the same "
                    "command again then."
                ) from None
            pause = max(asked, patience.wait(number, draw()))
            log.info("%s Trying again in %.1f s.", error, pause)
            sleep(pause)
    raise AssertionError  # pragma: no cover - the loop returns or raises
