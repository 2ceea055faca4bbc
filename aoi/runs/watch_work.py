"""Do the work of one run: all looks, then all comparisons, each area taken in as it is whole.

    Plans ──looks, here or elsewhere──► taken in, oldest first ──► surveys, here or elsewhere
          ──► kept as they come ──► works told, lease given back ──► AreaReport

Looks come first everywhere, for a comparison wants the pictures they fetched and the compounds
they found.  Both count towards one bar, whoever does them.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aoi.runs.ledger import Clock, now
from aoi.runs.ledger_leases import Lease, LostLeaseError
from aoi.runs.ledger_surveys import Surveys
from aoi.runs.ledger_watch import AreaRow
from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_due import Plan, after_failure
from aoi.runs.watch_eyes import Eyes, Scan, Sight
from aoi.runs.watch_survey import Ask, Survey
from aoi.runs.watch_surveyor import Compare, Surveyor
from aoi.runs.watch_take import Desk, take_in
from aoi.runs.watch_take_works import take_works
from aoi.runs.watch_visits import Visit
from geo.errors import StockadeError
from geo.work import Done, each

log = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
"""Told: looks and comparisons done, all of them, and which was done last."""

LookItem = tuple[Eyes, Watch, WatchedArea, Visit]
"""All that a worker needs for one look."""

SurveyItem = tuple[Surveyor, Watch, WatchedArea, Ask]
"""All that a worker needs for one survey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaReport:
    """What a run did at one area."""

    area: str
    looks: int = 0
    """Dates that were taken in; of a series those that are new to it."""

    events: Mapping[str, int] = field(default_factory=dict)
    """How many events and works began, were confirmed or taken back, by kind."""

    failure: str = ""
    """Why it could not be finished; empty if it was."""

    gaps: tuple[str, ...] = ()
    """What could not be seen."""

    notes: tuple[str, ...] = ()
    """What a reader should know."""


@dataclass(slots=True)
class Taking:
    """One area on its way through a run."""

    plan: Plan
    lease: Lease
    looks: int = 0
    events: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    lost: bool = False
    """Whether another process has the area by now."""

    def fail(self, words: str) -> None:
        """Note what went wrong; the area is tried again later."""
        log.warning("%s: %s", self.plan.place.name, words)
        self.failures.append(words)

    def report(self) -> AreaReport:
        """Tell how it ended."""
        return AreaReport(
            area=self.plan.place.name,
            looks=self.looks,
            events=dict(sorted(self.events.items())),
            failure=" ".join(self.failures[:3]),
            gaps=tuple(dict.fromkeys((*self.plan.gaps, *self.gaps))),
            notes=self.plan.notes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """With what the work is done."""

    eyes: Eyes = field(default_factory=Scan)
    surveyor: Surveyor = field(default_factory=Compare)
    on: str = "serial"
    """Where looks and surveys are made; see ``geo.work``."""

    clock: Clock = now
    progress: Progress | None = None


def look(item: LookItem) -> tuple[Sight, float]:
    """Make one look, wherever this runs; return it with the seconds it took."""
    eyes, watch, place, visit = item
    began = time.perf_counter()
    return eyes.look(watch, place, visit), time.perf_counter() - began


def survey(item: SurveyItem) -> tuple[Survey, float]:
    """Make one survey, wherever this runs; return it with the seconds it took."""
    surveyor, watch, place, ask = item
    began = time.perf_counter()
    return surveyor.survey(watch, place, ask), time.perf_counter() - began


def work(
    todo: Sequence[Plan], desk: Desk, held: Mapping[str, Lease], tools: Tools
) -> Iterator[AreaReport]:
    """Do all that is planned, and report each area as it is done.

    Args:
        todo: areas whose lease is held.
        desk: what the run knows.
        held: leases, by area.
        tools: with what.
    """
    takings = {p.place.name: Taking(p, held[p.place.name]) for p in todo}
    told = _counter(todo, tools.progress)
    _make_looks(takings, desk, tools, told)
    for taking in takings.values():
        if taking.lost or not taking.plan.asks:
            yield _ended(taking, desk)
    waiting = {a: t for a, t in takings.items() if t.plan.asks and not t.lost}
    yield from _make_surveys(waiting, desk, tools, told)


def _counter(todo: Sequence[Plan], progress: Progress | None) -> Callable[[str], None]:
    """Count looks and surveys of all workers towards one bar."""
    total = sum(len(plan.visits) + len(plan.asks) for plan in todo)
    done = iter(range(1, total + 1))

    def told(key: str) -> None:
        """Tell that one more is done."""
        number = next(done, total)
        if progress is not None:
            progress(number, total, key)

    return told


def _make_looks(
    takings: Mapping[str, Taking], desk: Desk, tools: Tools, told: Callable[[str], None]
) -> None:
    """Make all looks; take each area's in as soon as all of them are there."""
    items = {
        f"{area}/{visit.key}": (tools.eyes, desk.watch, taking.plan.place, visit)
        for area, taking in takings.items()
        for visit in taking.plan.visits
    }
    done: dict[str, dict[str, Done[tuple[Sight, float]]]] = defaultdict(dict)
    for result in each(look, items, on=tools.on):
        _, _, place, visit = items[result.key]
        told(f"{place.name}, {visit.time:%Y-%m-%d}")
        done[place.name][visit.key] = result
        taking = takings[place.name]
        if len(done[place.name]) == len(taking.plan.visits):
            _take_looks(taking, done.pop(place.name), desk)


def _take_looks(
    taking: Taking, done: Mapping[str, Done[tuple[Sight, float]]], desk: Desk
) -> None:
    """Take in an area's looks, oldest first; one that failed stops no other."""
    place = taking.plan.place
    for visit in taking.plan.visits:
        with _minding(taking, f"{visit.time:%Y-%m-%d}"):
            sight, seconds = done[visit.key].result()
            changed = take_in(desk, taking.lease, place, visit, sight, seconds=seconds)
            taking.looks += 1
            taking.gaps += sight.gaps
            taking.events.update(f"{event.kind} {event.status}" for event in changed)
        if taking.lost:
            return


def _make_surveys(
    takings: Mapping[str, Taking], desk: Desk, tools: Tools, told: Callable[[str], None]
) -> Iterator[AreaReport]:
    """Make all surveys, keep each as it comes, and end an area when all of its are there."""
    items = {
        f"{area}/{ask.key}": (tools.surveyor, desk.watch, taking.plan.place, ask)
        for area, taking in takings.items()
        for ask in taking.plan.asks
    }
    left = Counter({area: len(taking.plan.asks) for area, taking in takings.items()})
    kept = Surveys(desk.memory.ledger)
    for result in each(survey, items, on=tools.on):
        _, _, place, ask = items[result.key]
        day = f"{max(visit.time for visit in ask.dates):%Y-%m-%d}"
        told(f"{place.name}, comparing {day}")
        taking = takings[place.name]
        with _minding(taking, f"{day}, compared"):
            found, seconds = result.result()
            if not taking.lost:
                kept.keep(taking.lease, place.name, found, seconds=seconds, size=ask.size)
            taking.looks += sum(ask.is_new(visit) for visit in ask.dates)
            taking.gaps += found.gaps
        left[place.name] -= 1
        if not left[place.name]:
            yield _ended(taking, desk)


class _minding:  # noqa: N801 - reads like a word
    """Note what goes wrong with one date of an area, and go on with the next."""

    def __init__(self, taking: Taking, day: str) -> None:
        self.taking, self.day = taking, day

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Swallow what a failing date may raise; everything else goes on its way."""
        if error is None or not isinstance(error, Exception):
            return False
        if isinstance(error, LostLeaseError):
            self.taking.lost = True
            self.taking.fail(str(error))
        elif isinstance(error, StockadeError):
            self.taking.fail(f"{self.day}: {error}")
        else:
            log.error("%s, %s", self.taking.plan.place.name, self.day, exc_info=error)
            self.taking.fail(f"{self.day}: {type(error).__name__}: {error}")
        return True


def _ended(taking: Taking, desk: Desk) -> AreaReport:
    """Tell an area's works, write down how it stands, and give its lease back."""
    place = taking.plan.place
    if not taking.lost:
        with _minding(taking, "comparing"):
            works = take_works(desk, taking.lease, place)
            taking.events.update(f"{one.kind} {one.status}" for one in works)
    if taking.plan.failure:
        taking.failures.insert(0, taking.plan.failure)
    report = taking.report()
    if taking.lost:
        return report
    moment = desk.memory.ledger.clock()
    row = (
        after_failure(taking.plan.row, place, report.failure, moment)
        if taking.failures
        else AreaRow(name=place.name, looked_at=moment)
    )
    desk.memory.close(taking.lease, row, "failed" if taking.failures else "done")
    return report
