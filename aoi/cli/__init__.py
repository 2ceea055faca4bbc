"""The hands: one file a command, each a function that ends with an exit code.

    0 done    1 could not    2 misuse: what came in is not what was asked    3 done with gaps

Stopped with Ctrl+C is 1 too; the same command goes on.

Nothing heavy is imported here: ``stockade --help`` answers before a net could be loaded.
"""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from aoi.cli.areas import areas
from aoi.cli.audit import audit
from aoi.cli.calibrate import calibrate
from aoi.cli.compare import compare
from aoi.cli.demo import demo
from aoi.cli.doctor import doctor
from aoi.cli.evaluate import evaluate
from aoi.cli.explain import explain
from aoi.cli.export import export
from aoi.cli.fetch import fetch
from aoi.cli.import_ import import_
from aoi.cli.monitor import monitor
from aoi.cli.review import review
from aoi.cli.scan import scan
from aoi.cli.sites import app as sites
from aoi.cli.train import train
from aoi.cli.verify import verify
from aoi.cli.watch import watch
from geo.errors import InputError, StockadeError
from geo.log import listen

DONE, COULD_NOT, MISUSE, GAPS = 0, 1, 2, 3
"""Exit codes, the same for every command."""


class _StoppedError(Exception):
    """Somebody pressed Ctrl+C."""


class _Commands(TyperGroup):
    """All commands; they hand Ctrl+C on before Typer makes an exit code of its own of it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was typed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise _StoppedError from stop


app = typer.Typer(
    name="stockade",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Finds walled, fenced compound layouts in satellite imagery and matches them to a "
        "register of known and suspected sites. It flags layouts for review; it accuses nobody."
    ),
    epilog="Begin with: stockade demo --out demo",
)
app.command()(demo)
app.command()(scan)
app.command()(compare)
app.command()(monitor)
app.command()(fetch)
app.command()(audit)
app.command()(watch)
app.command()(review)
app.command()(export)
app.command(name="import")(import_)
app.command()(verify)
app.add_typer(sites, name="sites")
app.command()(areas)
app.command()(doctor)
app.command()(train)
app.command()(evaluate)
app.command()(explain)
app.command()(calibrate)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"stockade {version('stockade')}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Tell more; twice, tell all.")
    ] = 0,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    listen([logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)])


def main() -> None:
    """Run the command line; every failure on purpose becomes one sentence and an exit code."""
    try:
        app()
    except InputError as error:
        _tell(error, MISUSE)
    except StockadeError as error:
        _tell(error, COULD_NOT)
    except _StoppedError:
        _tell("Stopped. The same command goes on from here.", COULD_NOT)


def _tell(what: object, code: int) -> None:
    typer.echo(f"stockade: {what}", err=True)
    sys.exit(code)
