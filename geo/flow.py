"""Let three hands work at once: one fetches, one works, one puts away.

The middle hand works in the calling thread (it may own a GPU or two cores); the other two have
a thread each.  Queues between them are short, so a fast hand waits for a slow one and memory
stays bounded.  When one hand fails, the others put down their work and the failure is raised
here.

    source() ──► queue ──► middle(item) ──► queue ──► sink(result)

Source: bounded producer and consumer queues (Dijkstra 1965).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

PATIENCE = 0.1
"""Seconds between two looks at whether another hand has failed."""


class _End:
    """What follows the last item."""


class _Belt(Generic[A]):
    """A short queue that ends, and that stops moving when a hand fails."""

    def __init__(self, length: int, stop: threading.Event) -> None:
        self._queue: queue.Queue[A | _End] = queue.Queue(length)
        self._stop = stop

    def put(self, item: A | _End) -> None:
        """Put an item on the belt; wait for room, or give up when a hand has failed."""
        while not self._stop.is_set():
            try:
                return self._queue.put(item, timeout=PATIENCE)
            except queue.Full:
                continue
        return None

    def fill(self, items: Iterable[A]) -> None:
        """Put every item on the belt, then its end; ask for no more when a hand has failed."""
        for item in items:
            self.put(item)
            if self._stop.is_set():
                return
        self.put(_End())

    def __iter__(self) -> _Belt[A]:
        return self

    def __next__(self) -> A:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=PATIENCE)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                break
            return item
        raise StopIteration


def flow(
    source: Callable[[], Iterable[A]],
    middle: Callable[[A], B],
    sink: Callable[[B], None],
    *,
    ahead: int = 2,
) -> None:
    """Pass every item of ``source`` through ``middle`` into ``sink``, in order.

    Args:
        source: called once, in its own thread; yields the items.
        middle: called in this thread.
        sink: called in its own thread.
        ahead: how many items may wait in each of the two queues.

    Raises:
        Exception: whatever the first hand to fail raised; the others have stopped by then.
    """
    stop = threading.Event()
    fetched: _Belt[A] = _Belt(ahead, stop)
    done: _Belt[B] = _Belt(ahead, stop)
    hands = [
        _Hand(lambda: fetched.fill(source()), stop),
        _Hand(lambda: _each(sink, done), stop),
    ]
    try:
        done.fill(map(middle, fetched))
    except BaseException:
        stop.set()
        raise
    finally:
        for hand in hands:
            hand.thread.join()
    for hand in hands:
        if hand.failed:
            raise hand.failed


class _Hand:
    """A thread that carries its failure back."""

    def __init__(self, work: Callable[[], None], stop: threading.Event) -> None:
        self.failed: BaseException | None = None
        self._work, self._stop = work, stop
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  # raised again by the caller of flow
            self.failed = error
            self._stop.set()


def _each(sink: Callable[[B], None], results: Iterable[B]) -> None:
    for result in results:
        sink(result)
