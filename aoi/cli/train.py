"""``stockade train``: teach a net with your own pictures, or repeat the shipped one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import Data, Device, LabelledSets
from geo.errors import UsageError

Out = Annotated[Path, typer.Option("--out", help="Folder for state, curves, weights, card.")]
Name = Annotated[str, typer.Option("--name", help="Of the weights.")]
CardWords = Annotated[
    Path | None,
    typer.Option("--card", help="TOML: name, version, intended, forbidden, failures."),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        help="Of segmentation-models-pytorch, any without squeeze or attention; else that of "
        "--start, else resnet18. The shipped net has efficientnet_lite0.",
    ),
]
Decoder = Annotated[
    str | None,
    typer.Option(
        "--decoder", help="Channels at strides 8, 4 and 2; --start's own, else 128,64,48."
    ),
]
Start = Annotated[
    Path | None,
    typer.Option("--start", help="Weights to begin from, .safetensors, or the word shipped."),
]
Pretrained = Annotated[
    Path | None, typer.Option("--pretrained", help="Encoder to begin from, .safetensors.")
]
Licence = Annotated[
    str, typer.Option("--licence", help="Of --pretrained, in words, for the card.")
]
Steps = Annotated[int, typer.Option("--steps", min=1, help="Batches in all.")]
Batch = Annotated[int, typer.Option("--batch", min=1, help="Crops a batch.")]
Rate = Annotated[
    float, typer.Option("--rate", min=0, help="Highest learning rate; less after --start.")
]
Level = Annotated[
    float, typer.Option("--level", min=0, max=0.99, help="Share of batches before it falls.")
]
Drawn = Annotated[int, typer.Option("--drawn", min=0, help="Drawn scenes to mix in.")]
DrawnShare = Annotated[
    float, typer.Option("--drawn-share", min=0, max=0.99, help="Of all crops.")
]
Real = Annotated[bool, typer.Option("--real/--no-real", help="Learn from the listed pictures.")]
HoldOut = Annotated[
    str | None, typer.Option("--hold-out", help="Place to leave out, to measure it.")
]
LeaveOut = Annotated[
    list[str] | None,
    typer.Option("--leave-out", help="Pictures not to learn from, such as 'town_1?.png'."),
]
Cache = Annotated[
    Path | None, typer.Option("--cache", help="Folder for drawn scenes; else inside --out.")
]
Lanes = Annotated[
    int, typer.Option("--lanes", min=1, help="Shares of a batch side by side; 1 on a GPU.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of weights and crops.")]


def train(  # noqa: PLR0917 - typer makes options of parameters
    sets: LabelledSets,
    out: Out,
    data: Data = None,
    name: Name = "mine",
    card: CardWords = None,
    encoder: Encoder = None,
    decoder: Decoder = None,
    start: Start = None,
    pretrained: Pretrained = None,
    licence: Licence = "",
    steps: Steps = 1500,
    batch: Batch = 16,
    rate: Rate = 2e-3,
    level: Level = 0.0,
    drawn: Drawn = 260,
    drawn_share: DrawnShare = 0.5,
    real: Real = True,
    hold_out: HoldOut = None,
    leave_out: LeaveOut = None,
    cache: Cache = None,
    device: Device = "auto",
    lanes: Lanes = 2,
    seed: Seed = 1,
) -> None:
    """Train a net; run the same command again and it goes on where it stopped.

    Half of all crops come from drawn scenes, unless --drawn-share says else.  Validation
    places choose the best checkpoint, temperatures and thresholds; the card says so.
    What --leave-out leaves out, `stockade evaluate --split train --only` measures.

    Example: stockade train sets.toml --data pictures --out nets/mine --start shipped
    """
    from models.checkpoint import shipped_weights
    from models.plan import Plan
    from models.recipe import Recipe, card_beside, cook

    start = shipped_weights() if start == Path("shipped") else start
    like = card_beside(start) or Plan()
    plan = Plan(
        encoder=encoder or like.encoder,
        decoder=_channels(decoder) if decoder else like.decoder,
        steps=steps,
        batch=batch,
        rate=rate,
        level=level,
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
        leave_out=tuple(leave_out or ()),
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
