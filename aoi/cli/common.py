"""What commands share: reading numbers, showing progress, telling the outcome.

Progress goes to stderr and only where a person watches; results go to stdout.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from geo.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

    from aoi.runs.fetch_prepare import Watcher as Steps
    from aoi.runs.pipeline import Outcome, Watcher

SHOWN = 5
"""Compounds named on the terminal; the report has them all."""


def numbers(text: str | None, option: str) -> tuple[int, ...] | None:
    """Read ``3,2,1``.

    Raises:
        UsageError: it is no list of whole numbers.
    """
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{option} takes numbers like 3,2,1, not {text!r}.") from error


def both_days(start: str, end: str) -> tuple[date, date]:
    """Read ``--from`` and ``--to``.

    Raises:
        UsageError: one of them is no day.
    """
    from aoi.runs.request import day_of

    first, last = day_of(start, "--from"), day_of(end, "--to")
    if first is None or last is None:  # pragma: no cover - both options are required
        raise UsageError("--from and --to are needed.")
    return first, last


@contextlib.contextmanager
def watch_progress() -> Iterator[Watcher | None]:
    """Show a bar with tiles, megapixels a second and time left, where somebody watches."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[tiles]} tiles"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with _bars(*columns) as bars:

        def watcher(scene: str, tiles: int, pixels: int, total: int) -> None:
            """Move the scene's bar."""
            speed = bars.speed(scene)
            words = f"{speed / 1e6:.1f} Mpx/s" if speed else ""
            bars.move(scene, pixels, total, tiles=tiles, speed=words)

        yield watcher if sys.stderr.isatty() else None


@contextlib.contextmanager
def watch_steps() -> Iterator[Steps | None]:
    """Show a bar for each kind of work, with how much of it is done, where somebody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with _bars(*columns) as bars:

        def watcher(what: str, done: int, total: int) -> None:
            """Move the bar of this kind of work."""
            bars.move(what, done, total)

        yield watcher if sys.stderr.isatty() else None


@dataclass(slots=True)
class _Bars:
    """Bars on stderr, one a name; drawn from the first move until all are full."""

    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def move(self, name: str, done: int, total: int, **fields: Any) -> None:
        """Move a bar; one that was full before begins anew."""
        if name not in self.tasks:
            self.progress.start()
            self.tasks[name] = self.progress.add_task(name, total=total, **fields)
        self.progress.update(self.tasks[name], completed=done, total=total, **fields)
        if self.progress.finished:  # so that what follows may draw bars of its own
            self.progress.stop()
            for task in self.tasks.values():
                self.progress.remove_task(task)
            self.tasks.clear()

    def speed(self, name: str) -> float | None:
        """Tell how fast a bar moves, a second; ``None`` while nobody knows."""
        task = self.tasks.get(name)
        known = {one.id: one.speed for one in self.progress.tasks}
        return None if task is None else known[task]


@contextlib.contextmanager
def _bars(*columns: ProgressColumn) -> Iterator[_Bars]:
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(*columns, console=Console(stderr=True))
    try:
        yield _Bars(progress)
    finally:
        if progress.live.is_started:
            progress.stop()


@contextlib.contextmanager
def work_progress() -> Iterator[Callable[[int, int, str], None] | None]:
    """Show one bar over the work of all workers, where somebody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)

        def told(done: int, total: int, last: str) -> None:
            """Move the bar."""
            bar.update(task, completed=done, total=total, description=last)

        yield told


def tell(outcome: Outcome, *, as_json: bool) -> int:
    """Tell what was found and which files to open; return the exit code."""
    if as_json:
        typer.echo(json.dumps(asdict(outcome), indent=1, default=str))
        return outcome.code
    for line in outcome.sentences():
        typer.echo(line)
    for number, row in enumerate(outcome.compounds[:SHOWN], start=1):
        typer.echo(f"  {number}. {row['id']}  {row['words']}")
    if len(outcome.compounds) > SHOWN:
        typer.echo(f"  ... and {len(outcome.compounds) - SHOWN} more in the report.")
    typer.echo("Open:")
    for name, what in outcome.files.items():
        typer.echo(f"  {outcome.folder / name}  {what}")
    return outcome.code
