"""``stockade evaluate``: how good a net is, place by place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models.card import PlaceScore


def evaluate(
    sets: Annotated[Path, typer.Argument(help="TOML that lists labelled sets.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder the TOML's paths start from; its own.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option("--weights", help="A .safetensors file; else the shipped net."),
    ] = None,
    split: Annotated[str, typer.Option("--split", help="val, test or train.")] = "val",
    as_json: Annotated[
        bool, typer.Option("--json", help="For machines: one list of figures.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the intervals.")] = 0,
) -> None:
    """Measure a net on labelled pictures; figures are never pooled over places.

    Buildings by pixels (iou) and one by one (object_f1), walls by their lines within 2 m
    (f1_2m), yards and ground by pixels, probabilities by their calibration error (ece, lower is
    better).  The interval is 95 %, by drawing blocks of 128 m again.

    Example: stockade evaluate sets.toml --data pictures --split test
    """
    import json
    from dataclasses import asdict

    from geo.errors import InputError
    from models.checkpoint import load_net
    from models.data import read_patches, read_sets
    from models.evaluate import measure

    net = load_net(weights)
    patches = read_patches(read_sets(sets), data or sets.parent, split=split)
    if not patches:
        raise InputError(f"{sets.name} lists no set of split {split}, so nothing was measured.")
    scores = measure(net, patches, seed=seed)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in scores], indent=1))
    else:
        _show(scores)


def _show(scores: list[PlaceScore]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("place", "head", "figure", "value", "95 %", "blocks", box=None)
    for one in sorted(scores, key=lambda s: (s.head, s.metric, s.place)):
        spread = f"{one.low:.2f} to {one.high:.2f}" if one.blocks else ""
        row = (
            one.place,
            one.head,
            one.metric,
            f"{one.value:.3f}",
            spread,
            str(one.blocks or ""),
        )
        table.add_row(*row)
    Console().print(table)
