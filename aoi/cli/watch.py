"""``stockade watch``: what is new since last time?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoi.counted import counted

if TYPE_CHECKING:
    from aoi.runs.ledger_watch import Memory
    from aoi.runs.watch import Hands, Report
    from aoi.runs.watch_config import Watch

Config = Annotated[Path, typer.Argument(help="TOML: areas, sources, cadence, alerts.")]
Once = Annotated[
    bool, typer.Option("--once", help="One run, for cron and its like; else stay and repeat.")
]
Show = Annotated[bool, typer.Option("--status", help="Tell how it stands; touch nothing.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what a run would do: dates, megabytes, minutes.")
]
Everything = Annotated[bool, typer.Option("--all", help="Every area, due or not.")]
On = Annotated[
    str, typer.Option("--on", help="serial, processes, processes:N or dask://HOST:8786.")
]
Same = Annotated[
    str | None,
    typer.Option(metavar="AREA:ID=ID", help="These two compounds are one; kept for ever."),
]
Apart = Annotated[
    str | None, typer.Option(metavar="AREA:ID=ID", help="These two never join; kept for ever.")
]
By = Annotated[str, typer.Option(help="Who says so: a role or initials.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines: one object a run.")]


def watch(
    config: Config,
    *,
    once: Once = False,
    status: Show = False,
    dry_run: DryRun = False,
    everything: Everything = False,
    on: On = "serial",
    same: Same = None,
    apart: Apart = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Look at places when it is time, and say only what is new.

    A killed run goes on with the same command; two at once share the areas. Exit code 3 when an
    area failed: the others were looked at, and it is tried again later. With --dry-run, when
    one cannot be asked.

    Example: stockade watch desk.toml --once
    """
    from aoi.runs.watch import open_memory
    from aoi.runs.watch_read import read_config

    told = read_config(config)
    looks_only = status or dry_run or same or apart
    hands = _hands(told, on=on, everything=everything, sends=not looks_only)
    if same or apart:
        _correct(told, same or apart or "", kind="same" if same else "apart", by=by)
        return
    if status:
        _show_status(told, open_memory(told), as_json=as_json)
        return
    if dry_run:
        raise typer.Exit(_show_plan(told, open_memory(told), hands, as_json=as_json))
    if once:
        raise typer.Exit(_tell(_run(told, hands), as_json=as_json))
    _stay(told, hands, as_json=as_json)


def _hands(told: Watch, *, on: str, everything: bool, sends: bool) -> Hands:
    """Take the webhook's key from the environment, and nowhere else.

    Raises:
        UsageError: this run would send something, and there is no key to sign it with.
    """
    import os

    from aoi.runs.watch import Hands

    secret = os.environ.get(told.alerts.secret, "")
    if sends and told.alerts.webhook and not secret:
        from geo.errors import UsageError

        raise UsageError(
            "The webhook signs what it sends, and its key is not in the environment. Set "
            f"{told.alerts.secret}."
        )
    return Hands(on=on, everything=everything, secret=secret)


def _run(told: Watch, hands: Hands) -> Report:
    """Run once, with one bar for all workers where somebody watches."""
    from dataclasses import replace

    from aoi.cli.common import work_progress
    from aoi.runs.watch import run_once

    with work_progress() as progress:
        return run_once(told, replace(hands, progress=progress))


def _stay(told: Watch, hands: Hands, *, as_json: bool) -> None:
    """Repeat until somebody stops us; the run under way is ended first."""
    import signal
    import threading

    from aoi.runs.watch import watch_on

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def tell(report: Report) -> None:
        """Tell of a run that did anything."""
        if report.areas or report.undelivered:
            _tell(report, as_json=as_json)

    watch_on(told, hands, stop=stop, tell=tell)


def _tell(report: Report, *, as_json: bool) -> int:
    """Tell what a run did; return its exit code."""
    from dataclasses import asdict

    if as_json:
        typer.echo(json.dumps({**asdict(report), "code": report.code}, indent=1, default=str))
        return report.code
    for line in report.register:
        typer.echo(f"Register: {line}")
    for area in report.areas:
        what = ", ".join(f"{count} {kind}" for kind, count in area.events.items())
        looks = counted(area.looks, "new date")
        typer.echo(f"{area.area}: {looks}{f'; {what}' if what else ''}.")
        for gap in (area.failure, *area.gaps):
            if gap:
                typer.echo(f"  Gap: {gap}")
        for note in area.notes:
            typer.echo(f"  {note}")
    for name in report.elsewhere:
        typer.echo(f"{name}: another process is at it.")
    for line in report.undelivered:
        typer.echo(f"Gap: {line}")
    waiting, digests = counted(len(report.waiting), "area"), counted(report.digests, "digest")
    typer.echo(f"{waiting} not due; {digests} made.")
    return report.code


def _show_status(told: Watch, memory: Memory, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from aoi.runs.watch_status import status_of

    status = status_of(told, memory)
    if as_json:
        typer.echo(json.dumps(status.to_dict(), indent=1, default=str))
        return
    counts = ("looks", "series", "stand", "gone", "works")
    table = Table("area", "newest", *counts, "next due", "state", box=None)
    for row in status.areas:
        times = counted(row.failures, "time")
        state = row.busy or (f"failed {times}" if row.failures else "well")
        figures = map(str, (row.looks, row.series, row.compounds, row.gone, row.works))
        table.add_row(row.area, row.newest or "never", *figures, row.next_due[:16], state)
    Console().print(table)
    for row in status.areas:
        if row.words:
            typer.echo(f"{row.area}: {row.words}")
    alerts = ", ".join(f"{count} {name}" for name, count in status.alerts.items())
    typer.echo(f"Alerts: {alerts}.")


def _show_plan(told: Watch, memory: Memory, hands: Hands, *, as_json: bool) -> int:
    """Tell what a run would do; return the exit code: 3 where an area cannot be asked."""
    from aoi.runs.watch_due import as_row, expected_seconds, plan

    plans = plan(
        told, memory, hands.eyes, now=memory.ledger.clock(), everything=hands.everything
    )
    seconds = expected_seconds(plans, memory.pace())
    code = 3 if any(one.failure or one.gaps for one in plans) else 0
    if as_json:
        rows = [as_row(one) for one in plans]
        typer.echo(json.dumps({"areas": rows, "seconds": round(seconds)}, indent=1))
        return code
    for one in plans:
        name = one.place.name
        for gap in (one.failure, *one.gaps):
            if gap:
                typer.echo(f"{name}: {gap}")
        if not one.due:
            typer.echo(f"{name}: not due before {one.next_due:%Y-%m-%d %H:%M} UTC.")
        elif not one.failure or one.visits or one.asks:
            dates = [f"{visit.time:%Y-%m-%d}" for visit in (*one.visits, *one.coarse)]
            days = ", ".join(dates) or "nothing new"
            asks = f", {counted(len(one.asks), 'comparison')}" if one.asks else ""
            typer.echo(f"{name}: {days}{asks} ({one.size / 1e6:,.0f} MB).")
    due = [one for one in plans if one.due]
    if due and all(one.failure and not (one.visits or one.asks) for one in due):
        typer.echo("No area could be asked what waits. Nothing was done.")
        return code
    size = sum(one.size for one in plans) / 1e6
    minutes = counted(round(seconds / 60), "minute")
    typer.echo(f"In all {size:,.0f} MB, about {minutes}. Nothing was done.")
    return code


def _correct(told: Watch, words: str, *, kind: str, by: str) -> None:
    """Keep what a person knows better."""
    from datetime import UTC, datetime

    from aoi.runs.ledger_leases import Leases, Owner
    from aoi.runs.watch import open_memory
    from aoi.runs.watch_take import correct_area
    from aoi.sites.identity_story import Correction
    from geo.errors import SourceError, UsageError

    area, colon, pair = words.partition(":")
    one, equals, other = pair.partition("=")
    place = next((place for place in told.areas if place.name == area), None)
    if not (colon and equals and one and other) or place is None:
        raise UsageError(f"--{kind} takes AREA:ID=ID with an area of the file, not {words!r}.")
    memory = open_memory(told)
    leases = Leases(memory.ledger, Owner.me())
    lease = leases.take(f"area:{area}", "correction")
    if lease is None:
        raise SourceError(f"Another process is at {area} now; say it again when it has ended.")
    word = Correction(kind=kind, one=one, other=other, at=datetime.now(UTC), by=by)
    try:
        correct_area(memory, lease, place, word)
    finally:
        leases.give_back(lease, "done")
    typer.echo(f"Kept: {one} and {other} are {'one' if kind == 'same' else 'two'}, for ever.")
