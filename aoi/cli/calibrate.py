"""``stockade calibrate``: fit a net's temperatures, thresholds and promises to your own places.

weights + card, labelled pictures ──► temperatures, thresholds, promise ──► weights + new card
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import Data, LabelledSets, Weights


def calibrate(
    sets: LabelledSets,
    out: Annotated[Path, typer.Option("--out", help="Weights to write, .safetensors.")],
    data: Data = None,
    weights: Weights = None,
    split: Annotated[str, typer.Option("--split", help="Places to fit to.")] = "val",
    recall: Annotated[
        float,
        typer.Option("--recall", help="Share of true buildings to promise, 0.5 to 0.99."),
    ] = 0.9,
) -> None:
    """Fit probabilities and thresholds to places you have labels of; the net stays as it is.

    A temperature is kept only if it helps on places it was not fitted to, so at least two are
    wanted.  The promise holds for buildings like those it was measured on, nowhere else.

    Example: stockade calibrate sets.toml --recall 0.95 --out nets/ours.safetensors
    """
    from dataclasses import replace

    from geo.errors import InputError, UsageError
    from models.certify import save_certified, sources_of
    from models.checkpoint import SUFFIX, load_net, load_tensors, shipped_weights
    from models.data import read_patches, read_sets
    from models.evaluate_yards import read_yards
    from models.sets import at_hand, count_pictures

    if out.suffix != SUFFIX:
        raise UsageError(f"--out writes {SUFFIX} files, and {out.name} is none.")
    if not 0.5 <= recall <= 0.99:
        raise UsageError(f"--recall promises a share of 0.5 to 0.99, not {recall}.")
    root, listed = data or sets.parent, read_sets(sets)
    own = at_hand((one for one in listed if one.split == split), root)
    patches = read_patches(own, root, split=split)
    if not patches:
        raise InputError(
            f"{sets.name} lists no set of split {split}, so nothing can be fitted."
        )
    path = weights or shipped_weights()
    card = load_net(path).card  # refuses what does not fit its card
    taught = tuple(one for one in card.sources if one.split == "train")
    fitted = tuple(replace(one, split="val") for one in own)
    draft = replace(card, sources=taught + sources_of(fitted, count_pictures(own, root)))
    yards, tensors = read_yards(own, root, patches), load_tensors(path)
    certified = save_certified(out, tensors, patches, draft, yards=yards, recall=recall)
    for head in card.heads:
        typer.echo(
            f"{head}: temperature {certified.temperatures[head]}, "
            f"yes from {certified.thresholds[head]} on"
        )
    for head, promise in certified.conformal.items():
        typer.echo(
            f"{head}: {promise.recall:.0%} kept from a mean probability of {promise.threshold} "
            f"on, by {promise.objects} true ones of {', '.join(promise.places)}"
        )
    typer.echo(f"{out} is ready, its card beside it: --weights takes it.")
