"""``stockade train``: teach a net with your own pictures and labels, or repeat the shipped one.

SETS.toml ──► pictures, labels (+ drawn scenes) ──► training ──► calibration ──► weights + card
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(  # noqa: PLR0917 - typer makes options of parameters
    sets: Annotated[Path, typer.Argument(help="TOML that lists labelled sets.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for state, curves, weights, card.")
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder the TOML's paths start from; its own.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Of the weights.")] = "mine",
    card: Annotated[
        Path | None,
        typer.Option("--card", help="TOML: intended, forbidden, failures, in words."),
    ] = None,
    encoder: Annotated[
        str, typer.Option("--encoder", help="Any of segmentation-models-pytorch.")
    ] = "resnet18",
    start: Annotated[
        Path | None,
        typer.Option("--start", help="Weights to begin from, .safetensors."),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Batches in all.")] = 1500,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Crops a batch.")] = 16,
    drawn: Annotated[int, typer.Option("--drawn", min=0, help="Drawn scenes to mix in.")] = 260,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Folder for drawn scenes; else inside --out.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    lanes: Annotated[
        int, typer.Option("--lanes", min=1, help="Shares of a batch side by side; 1 on a GPU.")
    ] = 2,
    seed: Annotated[
        int, typer.Option("--seed", help="Of weights, crops and drawn scenes.")
    ] = 1,
) -> None:
    """Train a net; run the same command again and it goes on where it stopped.

    Half of every batch is drawn scenes, unless --drawn 0.  Validation places choose the best
    checkpoint, temperatures and thresholds; the card says so.

    Example: stockade train sets.toml --data pictures --out nets/mine --start other.safetensors
    """
    from dataclasses import replace

    from models.card import Card
    from models.certify import certify, sources_of
    from models.checkpoint import load_tensors, save_net
    from models.data import count_pictures, read_patches, read_sets
    from models.device import choose_device
    from models.drawn import drawn_patches
    from models.train import Plan
    from models.train import train as learn

    root = data or sets.parent
    listed = read_sets(sets)
    patches = read_patches(listed, root, split="train")
    checks = read_patches(listed, root, split="val")
    if drawn:
        weight = sum(one.weight for one in listed if one.split == "train") or 1.0
        patches += drawn_patches(drawn, cache or out / "drawn", first=0, weight=weight)
    plan = Plan(encoder=encoder, steps=steps, batch=batch, lanes=lanes, seed=seed)
    beginning = load_tensors(start) if start else None
    best = learn(plan, patches, checks, out, device=choose_device(device), start=beginning)
    told = card.read_text("utf-8") if card else f'name = "{name}"\nversion = "{today()}"\n'
    draft = replace(
        Card.from_toml(told),
        encoder=encoder,
        decoder=plan.decoder,
        seeds=(seed,),
        sources=sources_of(listed, count_pictures(listed, root)),
        training=f"{steps} batches of {batch} crops, half from {drawn} drawn scenes.",
    )
    tensors = load_tensors(best)
    save_net(out / f"{name}.safetensors", tensors, certify(tensors, checks, draft))
    typer.echo(f"{out / name}.safetensors is ready, its card beside it: --weights takes it.")


def today() -> str:
    """Name the day, as versions do."""
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%Y.%m.%d}"
