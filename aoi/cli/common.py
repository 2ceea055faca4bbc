"""What commands share: reading numbers, showing progress, telling the outcome.

Progress goes to stderr and only where a person watches; results go to stdout.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from geo.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import TaskID

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


@contextlib.contextmanager
def watch_progress() -> Iterator[Watcher | None]:
    """Show a bar with tiles, megapixels a second and time left, where somebody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[tiles]} tiles"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, TaskID] = {}

        def watcher(scene: str, tiles: int, pixels: int, total: int) -> None:
            """Move the scene's bar."""
            task = tasks.get(scene)
            if task is None:
                task = tasks[scene] = bar.add_task(scene, total=total, tiles=0, speed="")
            speed = bar.tasks[task].speed
            bar.update(
                task,
                completed=pixels,
                tiles=tiles,
                speed=f"{speed / 1e6:.1f} Mpx/s" if speed else "",
            )

        yield watcher


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
