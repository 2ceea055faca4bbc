"""``stockade evaluate``: how good a net is, place by place, and where it fails.

SETS.toml ──► labelled pictures of one split ──► figures ──► terminal, page, table, object
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoi.cli.options import Data, LabelledSets, Weights

if TYPE_CHECKING:
    from models.card import PlaceScore
    from models.sets import LabelledSet

SHORT = (
    "iou",
    "object_f1",
    "ap_50",
    "f1_2m",
    "yard_f1",
    "closed_accuracy",
    "closure_error",
    "ece",
)
"""Figures shown on the terminal; the files have all."""


def evaluate(  # noqa: PLR0917 - typer makes options of parameters
    sets: LabelledSets,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page, the table, the object.")
    ] = None,
    data: Data = None,
    weights: Weights = None,
    split: Annotated[str, typer.Option("--split", help="val, test or train.")] = "val",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Pictures to measure, such as 'town_1?.png'; else all."),
    ] = None,
    middle: Annotated[
        int,
        typer.Option(
            "--middle", min=0, help="Pixels a side judged of each picture; 0 for all."
        ),
    ] = 1024,
    as_json: Annotated[
        bool, typer.Option("--json", help="For machines: one list of figures.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the intervals.")] = 0,
) -> None:
    """Measure a net on labelled pictures; figures are never pooled over places.

    Buildings by pixels and one by one, walls by their lines within 2 m, yards the whole way
    from scores to enclosed ground, ground by pixels, all of them by their calibration.
    Intervals are 95 %, by drawing blocks of 128 m again.  With --out a page shows the worst
    tiles, too.

    Example: stockade evaluate sets.toml --data pictures --split test --out eyes
    """
    import json
    from dataclasses import asdict

    from geo.errors import InputError
    from models.checkpoint import load_net
    from models.data import read_patches, read_sets
    from models.evaluate import measure
    from models.evaluate_yards import read_yards
    from models.sets import pick

    net = load_net(weights)
    root = data or sets.parent
    listed = pick([s for s in read_sets(sets) if s.split == split], root, only=only or ())
    patches = read_patches(listed, root, split=split)
    if not patches:
        raise InputError(f"{sets.name} lists no set of split {split}, so nothing was measured.")
    evaluation = measure(
        net, patches, yards=read_yards(listed, root, patches),
        licences=licences_of(listed, split), most=middle, seed=seed,
    )  # fmt: skip
    files = {}
    if out is not None:
        from aoi.outputs.scorecard import write_scorecard

        asked = {
            "sets": sets.name, "split": split, "seed of the intervals": seed,
            "judged of each picture": f"its middle, {middle} pixels of 0.5 m a side at most"
            if middle else "all of it",
        }  # fmt: skip
        title = f"{net.card.name}: {split} places"
        files = write_scorecard(out, evaluation, title=title, asked=asked)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in evaluation.scores], indent=1))
        return
    _show(evaluation.scores)
    for name, what in files.items():
        typer.echo(f"  {(out or Path()) / name}  {what}")


def licences_of(listed: Sequence[LabelledSet], split: str) -> dict[str, str]:
    """Gather the licences of each place of a split, in words."""
    told: dict[str, list[str]] = {}
    for one in listed:
        if one.split == split and one.licence not in told.setdefault(one.place, []):
            told[one.place].append(one.licence)
    return {place: "; ".join(words) for place, words in told.items()}


def _show(scores: Sequence[PlaceScore]) -> None:
    from rich.console import Console
    from rich.table import Table

    from models.metrics_interval import FEW
    from models.metrics_words import words_of

    table = Table("head", "figure", "place", "value", "95 %", "blocks", box=None)
    shown = [one for one in scores if one.metric in SHORT]
    for one in sorted(shown, key=lambda s: (s.head, SHORT.index(s.metric), s.place)):
        spread = f"{one.low:.2f} to {one.high:.2f}{' *' if one.blocks < FEW else ''}"
        row = (one.head, words_of(one.metric).title, one.place, f"{one.value:.3f}", spread)
        table.add_row(*row, str(one.blocks))
    Console().print(table)
    if any(one.blocks < FEW for one in shown):
        typer.echo(f"* fewer than {FEW} blocks: the interval is a rough guess.")
