"""``stockade train``: teach a net with your own pictures, or repeat the shipped one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import Data, Device, LabelledSets
from geo.errors import UsageError


def train(  # noqa: PLR0917 - typer makes options of parameters
    sets: LabelledSets,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for state, curves, weights, card.")
    ],
    data: Data = None,
    name: Annotated[str, typer.Option("--name", help="Of the weights.")] = "mine",
    card: Annotated[
        Path | None,
        typer.Option("--card", help="TOML: intended, forbidden, failures, in words."),
    ] = None,
    encoder: Annotated[
        str, typer.Option("--encoder", help="Any of segmentation-models-pytorch.")
    ] = "resnet18",
    decoder: Annotated[
        str, typer.Option("--decoder", help="Channels at strides 8, 4 and 2.")
    ] = "128,64,48",
    start: Annotated[
        Path | None, typer.Option("--start", help="Weights to begin from, .safetensors.")
    ] = None,
    pretrained: Annotated[
        Path | None, typer.Option("--pretrained", help="Encoder to begin from, .safetensors.")
    ] = None,
    licence: Annotated[
        str, typer.Option("--licence", help="Of --pretrained, in words, for the card.")
    ] = "",
    steps: Annotated[int, typer.Option("--steps", min=1, help="Batches in all.")] = 1500,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Crops a batch.")] = 16,
    rate: Annotated[
        float, typer.Option("--rate", min=0, help="Highest learning rate; less after --start.")
    ] = 2e-3,
    drawn: Annotated[int, typer.Option("--drawn", min=0, help="Drawn scenes to mix in.")] = 260,
    drawn_share: Annotated[
        float, typer.Option("--drawn-share", min=0, max=0.99, help="Of all crops.")
    ] = 0.5,
    real: Annotated[
        bool, typer.Option("--real/--no-real", help="Learn from the listed pictures.")
    ] = True,
    hold_out: Annotated[
        str | None, typer.Option("--hold-out", help="Place to leave out, to measure it.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Folder for drawn scenes; else inside --out.")
    ] = None,
    device: Device = "auto",
    lanes: Annotated[
        int, typer.Option("--lanes", min=1, help="Shares of a batch side by side; 1 on a GPU.")
    ] = 2,
    seed: Annotated[int, typer.Option("--seed", help="Of weights and crops.")] = 1,
) -> None:
    """Train a net; run the same command again and it goes on where it stopped.

    Half of all crops come from drawn scenes, unless --drawn-share says else.  Validation
    places choose the best checkpoint, temperatures and thresholds; the card says so.

    Example: stockade train sets.toml --data pictures --out nets/mine --start other.safetensors
    """
    from models.recipe import Recipe, cook
    from models.train import Plan

    plan = Plan(
        encoder=encoder,
        decoder=_channels(decoder),
        steps=steps,
        batch=batch,
        rate=rate,
        lanes=lanes,
        seed=seed,
    )
    recipe = Recipe(
        sets=sets,
        root=data or sets.parent,
        out=out,
        plan=plan,
        name=name,
        card=card,
        start=start,
        pretrained=pretrained,
        licence=licence,
        drawn=drawn,
        drawn_share=drawn_share,
        real=real,
        hold_out=hold_out,
        cache=cache,
        device=device,
    )
    typer.echo(f"{cook(recipe)} is ready, its card beside it: --weights takes it.")


def _channels(text: str) -> tuple[int, ...]:
    """Read ``128,64,48``."""
    try:
        channels = tuple(int(part) for part in text.split(","))
    except ValueError:
        channels = ()
    if len(channels) != 3 or min(channels) < 1:
        raise UsageError(
            f"--decoder wants three channel counts such as 128,64,48, not {text!r}."
        )
    return channels
