"""Watch places: look when it is time, take in what is new, and say only that.

    CONFIG ──► due areas ──► leases ──► looks, then comparisons (here, in processes, on Dask)
           ──► taken in ──► story.gpkg, sites.csv, ranking.csv ──► digests ──► Report

Everything between two commits to the ledger may be killed and is done again with the same
result.  One area that fails stops no other; it is tried again later, and later each time.  Two
watches on one ledger share the areas: each is looked at by whoever holds its lease.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from aoi.runs.alerts_tell import Post, deliver, gather
from aoi.runs.ledger import Clock, Ledger, now
from aoi.runs.ledger_leases import Lease, Leases, Owner
from aoi.runs.ledger_watch import Memory
from aoi.runs.watch_config import Watch
from aoi.runs.watch_displace import Emptied
from aoi.runs.watch_due import next_due, plan
from aoi.runs.watch_leave import leave
from aoi.runs.watch_ranking import emptied_of
from aoi.runs.watch_sites import read_register
from aoi.runs.watch_take import Desk, story_of
from aoi.runs.watch_work import AreaReport, Tools, work
from aoi.sites.site import Registry
from geo.errors import OutputError, StockadeError

log = logging.getLogger(__name__)

__all__ = ["AreaReport", "Hands", "Report", "open_memory", "run_once", "watch_on"]

LEDGER = "watch.ledger"
"""Name of the memory in the watch's folder."""

DONE, GAPS = 0, 3
"""Exit codes of a run that ended; see ``aoi.cli``."""

NAP = timedelta(minutes=15)
"""The longest sleep of a resident watch, so that it notices a clock that jumped, and sends what
waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The end of one run."""

    run: int
    areas: tuple[AreaReport, ...]
    """Those that were due."""

    waiting: tuple[str, ...]
    """Those that were not."""

    elsewhere: tuple[str, ...]
    """Those that another process is at."""

    digests: int
    """Made in this run."""

    undelivered: tuple[str, ...]
    register: tuple[str, ...]
    """What changed in the register since the last run, in sentences."""

    @property
    def code(self) -> int:
        """Exit code: 0, or 3 if anything failed."""
        failed = any(area.failure or area.gaps for area in self.areas)
        return GAPS if failed or self.undelivered else DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands(Tools):
    """With what a watch works; tests and other programs put their own here."""

    secret: str = ""
    """Key of the webhook's signature."""

    post: Post | None = None
    everything: bool = False
    """Look at every area, due or not."""


def open_memory(watch: Watch, *, clock: Clock = now) -> Memory:
    """Open the watch's ledger, or begin one in a folder that never had one.

    Raises:
        OutputError: the ledger is damaged, or gone while its results are there.
    """
    path = watch.out / LEDGER
    if not path.exists():
        left = [area.name for area in watch.areas if (watch.out / area.name).is_dir()]
        if left or path.with_suffix(".backup").exists():
            raise OutputError(
                f"The ledger {path} is gone, but the folder {watch.out} holds what a watch "
                f"left. Put the ledger back (a copy is called {path.stem}.backup), or choose "
                "another out folder to begin a new history."
            )
        try:
            watch.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"Cannot make the folder {watch.out}: {error.strerror}."
            ) from error
    ledger = Ledger(path, clock=clock)
    ledger.check()
    return Memory(ledger)


def run_once(watch: Watch, hands: Hands | None = None) -> Report:
    """Look at everything that is due, and tell what is new.

    Raises:
        InputError: the register cannot be read, or the webhook's key is missing.
        OutputError: the folder cannot be written, or the ledger is damaged.
    """
    hands = hands or Hands()
    memory = open_memory(watch, clock=hands.clock)
    with memory.ledger.session():
        report = _run(watch, memory, hands)
    memory.ledger.back_up()
    return report


def _run(watch: Watch, memory: Memory, hands: Hands) -> Report:
    run = memory.begin(f"watch {watch.name}")
    register, changes = read_register(watch.sites, memory)
    plans = plan(watch, memory, hands.eyes, now=hands.clock(), everything=hands.everything)
    leases = Leases(memory.ledger, Owner.me())
    held: dict[str, Lease] = {}
    for one in plans:
        lease = leases.take(f"area:{one.place.name}", "area", run=run) if one.due else None
        if lease is not None:
            held[one.place.name] = lease
    todo = [one for one in plans if one.place.name in held]
    desk = Desk(
        watch=watch,
        memory=memory,
        register=register,
        emptied=tuple(_emptied(watch, memory, register)),
    )
    with _pulse(leases, held):
        reports = list(work(todo, desk, held, hands))
    taken = leave(desk)
    digests = gather(watch, memory)
    undelivered = deliver(watch, memory, secret=hands.secret, send=hands.post)
    report = Report(
        run=run,
        areas=tuple(reports),
        waiting=tuple(one.place.name for one in plans if not one.due),
        elsewhere=tuple(p.place.name for p in plans if p.due and p.place.name not in held),
        digests=digests,
        undelivered=tuple(undelivered),
        register=tuple(str(change["text"]) for change in changes),
    )
    memory.end(run, report.code, f"{sum(r.looks for r in reports)} looks, {taken} compounds")
    return report


def watch_on(
    watch: Watch,
    hands: Hands,
    *,
    stop: threading.Event,
    tell: Callable[[Report], None],
) -> None:
    """Run whenever something is due, until told to stop.

    Args:
        watch: what is watched; read once, so start again after a change.
        hands: with what.
        stop: set it, and the watch ends after the run it is at.
        tell: gets the report of each run.
    """
    while not stop.is_set():
        tell(run_once(watch, hands))
        stop.wait(nap(watch, open_memory(watch, clock=hands.clock)).total_seconds())


def nap(watch: Watch, memory: Memory) -> timedelta:
    """Tell how long a resident watch may sleep."""
    moment = memory.ledger.clock()
    due = [next_due(place, memory.area(place.name), moment) for place in watch.areas]
    return max(timedelta(seconds=1), min(min(due) - moment, NAP))


def _emptied(watch: Watch, memory: Memory, register: Registry) -> list[Emptied]:
    names = {place.name: place for place in watch.areas}
    stories = {name: story_of(memory, name) for name in names}
    looks = {name: memory.looks(name) for name in names}
    return emptied_of(names, stories, looks, register, memory.register_changes())


@contextmanager
def _pulse(leases: Leases, held: Mapping[str, Lease]) -> Iterator[None]:
    """Renew leases while the block runs; a look may take longer than a lease lasts."""
    stop = threading.Event()

    def beat() -> None:
        """Renew every lease four times in its length, until the block ends."""
        while not stop.wait(leases.length.total_seconds() / 4):
            for lease in held.values():
                try:
                    leases.renew(lease)
                except StockadeError as error:  # given back by now, or seen when it is used
                    log.debug("%s", error)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
