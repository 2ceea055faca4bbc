"""Do one thing for each of many items: here, in processes, or on a cluster; always the same.

    each(f, {key: item}, on="serial" | "processes" | "processes:4" | "dask://host:8786")
        ──► Done(key, value) or Done(key, error), as they end; the order means nothing

``f`` must be a pure function a worker can import, from an item that can be pickled to a result
that can; large things travel as paths or addresses that every worker can reach.  A failure is
carried back with its key and stops nobody else; one that no other process can make again comes
back as its name and its words.  A worker that dies (killed, out of memory) costs the item it
was at, which is tried once more on a new worker.

Nothing else in Stockade imports Dask.

Source: docs/decisions/0014-watch.md; Dask's futures, https://docs.dask.org/en/stable/futures.html
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import os
import pickle
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any, Generic, TypeVar

from geo.errors import InputError, SourceError, StockadeError, UsageError

log = logging.getLogger(__name__)

A = TypeVar("A")
B = TypeVar("B")

TRIES = 2
"""Workers that may die over one item before it is given up: the item is the likely reason."""

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[B]):
    """What became of one item."""

    key: str
    value: B | None = None
    """What the function gave; ``None`` after a failure."""

    error: Exception | None = None
    """What it raised."""

    def result(self) -> B:
        """Give the value, or raise what went wrong."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # None is a value a function may give


def each(
    function: Callable[[A], B],
    items: Mapping[str, A],
    *,
    on: str = "serial",
    memory_gib: float | None = None,
) -> Iterator[Done[B]]:
    """Call ``function`` with every item.

    Args:
        function: pure, importable by a worker.
        items: by key.
        on: ``serial``; ``processes`` (one a core) or ``processes:N``; ``dask://HOST:PORT`` for
            a running scheduler, ``dask://local:N`` for N workers of our own on this machine.
        memory_gib: a worker that wants more than this is refused it, and its item fails; for
            ``processes`` and ``dask://local``.

    Yields:
        One ``Done`` an item, as they end.

    Raises:
        UsageError: ``on`` is none of these.
        InputError: Dask is wanted and not installed, or its scheduler does not answer.
    """
    kind, _, rest = on.partition(":")
    if on == "serial":
        return _serially(function, items)
    if kind == "processes":
        return _in_processes(function, items, _count(rest, on), memory_gib)
    if kind == "dask" and rest.startswith("//") and len(rest) > 2:
        return _on_dask(function, items, rest.removeprefix("//"), memory_gib)
    raise UsageError(
        f"--on takes serial, processes, processes:N or dask://HOST:8786, not {on}."
    )


def _serially(function: Callable[[A], B], items: Mapping[str, A]) -> Iterator[Done[B]]:
    for key, item in items.items():
        yield _tried(function, key, item)


def _tried(function: Callable[[A], B], key: str, item: A) -> Done[B]:
    try:
        return Done(key=key, value=function(item))
    except Exception as error:
        log.debug("%s failed", key, exc_info=True)
        return Done(key=key, error=error)


def _tried_away(function: Callable[[A], B], key: str, item: A) -> Done[B]:
    """Try it in a worker: what comes of it can be sent to whoever asked."""
    done = _tried(function, key, item)
    try:
        # Pickling is not enough: many an exception is pickled well and cannot be made again,
        # for its class wants more than its words.  Whoever asked would fail in its place.
        pickle.loads(pickle.dumps(done))  # noqa: S301 - our own bytes
    except Exception as fault:  # noqa: BLE001 - whatever a class's own making may raise
        if done.error is None:
            words = f"What came of {key} cannot be sent back: {fault}."
            return Done(key=key, error=InputError(words))
        words = f"{type(done.error).__name__}: {done.error}"
        return Done(key=key, error=StockadeError(words))
    return done


def _count(text: str, on: str) -> int:
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    if not text.isdigit() or not 1 <= int(text) <= 256:
        raise UsageError(f"--on processes:N takes a number from 1 to 256, not {on}.")
    return int(text)


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, function: Callable[..., Any], memory_gib: float | None) -> None:
        ways = multiprocessing.get_all_start_methods()
        # Never a plain fork: nets and GDAL hold threads, and a forked thread holds its locks.
        context: Any = multiprocessing.get_context(
            "forkserver" if "forkserver" in ways else "spawn"
        )
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs, function, memory_gib), daemon=True
        )
        self.process.start()
        theirs.close()
        self.key: str | None = None

    def give(self, key: str, item: Any) -> None:
        """Set to work."""
        self.key = key
        self.pipe.send((key, item))

    def stop(self) -> None:
        """End the process, whatever it is at."""
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def _serve(
    pipe: connection.Connection, function: Callable[..., Any], memory_gib: float | None
) -> None:
    """Work off what comes through the pipe, in a process of its own."""
    if memory_gib is not None:
        _bound(memory_gib)
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            key, item = pipe.recv()
            pipe.send(_tried_away(function, key, item))


def _bound(gib: float) -> None:
    """Let this process have so much memory and no more, where the system can do that."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        resource = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_DATA, (int(gib * GIB), int(gib * GIB)))


def _in_processes(
    function: Callable[[A], B], items: Mapping[str, A], count: int, memory_gib: float | None
) -> Iterator[Done[B]]:
    todo = deque(items)
    deaths: dict[str, int] = {}
    workers = [_Worker(function, memory_gib) for _ in range(min(count, len(items)))]
    try:
        while todo or any(worker.key for worker in workers):
            for worker in workers:
                if worker.key is None and todo:
                    key = todo.popleft()
                    with contextlib.suppress(OSError):  # it died idle; seen below
                        worker.give(key, items[key])
            ready = set(connection.wait([w.pipe for w in workers if w.key]))
            for number, worker in enumerate(workers):
                if worker.pipe not in ready:
                    continue
                done = _received(worker)
                if done is None:
                    done = _mourn(worker, deaths, todo)
                    workers[number] = _Worker(function, memory_gib)
                if done is not None:
                    worker.key = None
                    yield done
    finally:
        for worker in workers:
            worker.stop()


def _received(worker: _Worker) -> Done[Any] | None:
    """Take what a worker sent; ``None`` if it died instead."""
    try:
        done: Done[Any] = worker.pipe.recv()
    except (EOFError, OSError):
        return None
    return done


def _mourn(worker: _Worker, deaths: dict[str, int], todo: deque[str]) -> Done[Any] | None:
    """Put a dead worker's item back, or give it up."""
    worker.process.join()
    key, code = str(worker.key), worker.process.exitcode
    deaths[key] = deaths.get(key, 0) + 1
    worker.stop()
    if deaths[key] < TRIES:
        log.warning("a worker died at %s (code %s); another takes it up", key, code)
        todo.appendleft(key)
        return None
    return Done(key=key, error=_given_up(key, f"exit code {code}"))


def _given_up(key: str, how: str) -> SourceError:
    return SourceError(
        f"{TRIES} workers died at {key} ({how}). Was memory short? Give workers more, or use "
        "fewer of them."
    )


def _on_dask(
    function: Callable[[A], B], items: Mapping[str, A], where: str, memory_gib: float | None
) -> Iterator[Done[B]]:
    try:
        dask = importlib.import_module("distributed")
    except ImportError as error:
        raise InputError(
            "Work on a cluster needs Dask: pip install dask distributed."
        ) from error
    with _client(dask, where, memory_gib) as client:
        call = secrets.token_hex(4)  # a scheduler remembers names; each call has its own
        # One name for all of them: Dask then hands them out as workers get free, and by what
        # the first ones took.  Work of many names it deals out at once, and does not move any
        # of a name of which none has ended: a worker stood idle for a whole scan.
        futures = client.map(
            _tried_away,
            [function] * len(items),
            list(items),
            list(items.values()),
            key=[(f"work-{call}", key) for key in items],
            pure=False,
        )
        names = dict(zip(futures, items, strict=True))
        for future in dask.as_completed(futures, loop=client.loop):
            fault = future.exception()
            if fault is None:
                yield future.result()
            elif type(fault).__name__ == "KilledWorker":
                yield Done(key=names[future], error=_given_up(names[future], "killed"))
            else:
                yield Done(key=names[future], error=fault)
            future.release()


@contextlib.contextmanager
def _client(dask: Any, where: str, memory_gib: float | None) -> Iterator[Any]:
    """Open a running scheduler, or a small cluster of our own."""
    host, _, number = where.partition(":")
    with contextlib.ExitStack() as stack:
        if host == "local":
            limit = "auto" if memory_gib is None else int(memory_gib * GIB)
            cluster = dask.LocalCluster(
                n_workers=_count(number, f"dask://{where}"),
                threads_per_worker=1,  # nets and GDAL use the cores themselves
                memory_limit=limit,
                dashboard_address=None,
            )
            address = stack.enter_context(cluster)
        else:
            address = f"tcp://{where}"
        try:
            client = dask.Client(address, timeout="10s", set_as_default=False)
        except OSError as error:
            raise InputError(
                f"No Dask scheduler answers at {where}. Start one with 'dask scheduler', and "
                "workers with 'dask worker HOST:8786'."
            ) from error
        yield stack.enter_context(client)
