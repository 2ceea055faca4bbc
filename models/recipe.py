"""From a list of labelled sets to weights with a card: everything one training is made of.

    SETS.toml ──► patches of train and val ──┐
    seeds     ──► drawn scenes ──────────────┴─► train ──► certify ──► weights + card
    CARD.toml ──► words ──► draft of the card ─────────────────┘

Whatever is given is read before the training, so that a fault is told at once and not after an
hour.

A recipe can leave things out on purpose, so that one may learn what they were worth: the real
pictures, the drawn ones, or a whole place, which is then neither learned from nor asked for
advice and can be measured honestly (leave-one-place-out).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from torch import Tensor

from geo.errors import InputError, UsageError
from models.card import Card
from models.certify import save_certified, sources_of
from models.checkpoint import load_tensors, read_card
from models.data import read_patches, read_sets
from models.device import choose_device
from models.drawn import drawn_patches
from models.evaluate_yards import read_yards
from models.patch import Patch
from models.plan import Plan
from models.pretrained import begin_from
from models.sets import LabelledSet, at_hand, count_pictures, pick
from models.train import train
from models.words import read_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that makes one net."""

    sets: Path
    """TOML that lists labelled sets."""

    root: Path
    """Folder its paths are relative to."""

    out: Path
    """Folder of state, curves, weights and card."""

    plan: Plan
    """How the net is built and taught."""

    name: str = "mine"
    """Of the weights."""

    card: Path | None = None
    """TOML: name, version, intended and forbidden use, known failures, in words."""

    start: Path | None = None
    """Weights to begin from; without them, chance."""

    pretrained: Path | None = None
    """Tensors of the encoder that somebody else taught, ``.safetensors``."""

    licence: str = ""
    """Under which ``pretrained`` comes, in words; copied to the card."""

    drawn: int = 260
    """Drawn scenes; 0 for real pictures alone."""

    drawn_share: float = 0.5
    """Share of crops that come from drawn scenes, where real ones are there too."""

    real: bool = True
    """Learn from the real pictures; without them drawn scenes are all."""

    hold_out: str | None = None
    """A place to leave out: sets whose place begins so are not touched, and the wall and yard
    sets of all other places are learned from, those of the validation split too."""

    leave_out: tuple[str, ...] = ()
    """Names of pictures, with * and ?, that are not learned from, to measure places one knows
    on pictures the net does not."""

    cache: Path | None = None
    """Folder of drawn scenes; inside ``out`` without it."""

    device: str = "auto"
    """``auto``, ``cpu`` or ``cuda``."""


def cook(recipe: Recipe) -> Path:
    """Train, certify and save; go on where a killed call stopped.

    Returns:
        The weights; their card lies beside them.

    Raises:
        InputError: a set or the card's words are missing or damaged, the words say what is
            none of theirs, nothing is left to learn from, or no place of that name is listed.
        UsageError: an encoder without a licence, or beside other weights to begin from.
        ModelError: ``out`` holds the training of another plan, ``start`` does not fit, or the
            card's words are not in order.
    """
    listed = read_sets(recipe.sets)
    if recipe.hold_out:
        listed = without(listed, recipe.hold_out)
    lessons = [one for one in listed if one.split == "train"]
    lessons = pick(lessons, recipe.root, but=recipe.leave_out)
    listed = [*lessons, *(one for one in listed if one.split != "train")]
    draft = _draft(recipe, listed)
    checks = read_patches(listed, recipe.root, split="val")
    yards = read_yards(listed, recipe.root, checks)
    patches = _lessons(recipe, listed)
    best = train(
        recipe.plan,
        patches,
        checks,
        recipe.out,
        device=choose_device(recipe.device),
        start=_start(recipe),
    )
    tensors = load_tensors(best)
    weights = recipe.out / f"{recipe.name}.safetensors"
    save_certified(weights, tensors, checks, draft, yards=yards)
    return weights


def without(listed: Sequence[LabelledSet], place: str) -> list[LabelledSet]:
    """Leave out a place; its neighbours' walls and yards are then all learned from.

    Validation places that label buildings still choose the checkpoint, so that the place left
    out has no say in anything.

    Args:
        listed: as ``read_sets`` gives them.
        place: how the names of what is left out begin; ``Tripoli`` is every Tripoli.

    Raises:
        InputError: no set is of that place.
    """
    kept = [one for one in listed if not one.place.startswith(place)]
    if len(kept) == len(listed):
        names = ", ".join(sorted({one.place for one in listed}))
        raise InputError(f"--hold-out {place} names no place of the list; there are {names}.")
    return [replace(one, split="train") if one.outlines else one for one in kept]


def card_beside(weights: Path | None) -> Card | None:
    """Read the card of weights to begin from, if there are any and they have one."""
    if weights is None or not weights.with_suffix(".toml").exists():
        return None
    return read_card(weights)


def _start(recipe: Recipe) -> dict[str, Tensor] | None:
    """Read the weights to begin from, if any are given."""
    if recipe.pretrained and recipe.start:
        raise UsageError("--start brings its own encoder: give it or --pretrained, not both.")
    if recipe.start:
        return load_tensors(recipe.start)
    if not recipe.pretrained:
        return None
    if not recipe.licence:
        raise UsageError(
            f"Under which licence does {recipe.pretrained.name} come? Say it with --licence, "
            "in words; it is copied to the card, and may bind whoever uses what you train."
        )
    return begin_from(recipe.pretrained, recipe.plan)


def _lessons(recipe: Recipe, listed: Sequence[LabelledSet]) -> list[Patch]:
    """Read and draw what is learned from, each by its share."""
    patches = read_patches(listed, recipe.root, split="train") if recipe.real else []
    if recipe.drawn:
        real = sum(one.weight for one in listed if one.split == "train") or 1.0
        weight = real * recipe.drawn_share / (1 - recipe.drawn_share)
        cache = recipe.cache or recipe.out / "drawn"
        patches += drawn_patches(recipe.drawn, cache, first=0, weight=weight)
    if not patches:
        raise InputError(
            "Nothing is left to learn from: list a set of the split train, or ask for drawn "
            "scenes with --drawn."
        )
    return patches


def _draft(recipe: Recipe, listed: Sequence[LabelledSet]) -> Card:
    """Write the card as far as it is known before anything is measured."""
    plan, told = recipe.plan, _words(recipe)
    used = [one for one in listed if recipe.real or one.split != "train"]
    used = at_hand(used, recipe.root)
    sources = sources_of(used, count_pictures(used, recipe.root))
    real = "no real pictures" if not recipe.real else "the real sets"
    training = (
        f"{plan.steps} batches of {plan.batch} crops of {plan.size} px from {real}, beside "
        f"{recipe.drawn} drawn scenes."
    )
    if recipe.leave_out:
        training += f" Left out: {', '.join(recipe.leave_out)}."
    if begun := card_beside(recipe.start):
        # What taught the weights to begin from taught these, licences and all.
        training += f" Begun from {begun.name} {begun.version}: {begun.training}"
        names = {(one.name, one.split) for one in sources}
        sources += tuple(s for s in begun.sources if (s.name, s.split) not in names)
        told = replace(
            told, pretrained=begun.pretrained, pretrained_licence=begun.pretrained_licence
        )
    return replace(
        told,
        encoder=plan.encoder,
        decoder=plan.decoder,
        seeds=(plan.seed,),
        pretrained=recipe.pretrained.name if recipe.pretrained else told.pretrained,
        pretrained_licence=recipe.licence or told.pretrained_licence,
        sources=sources,
        training=training,
    )


def _words(recipe: Recipe) -> Card:
    """Take what people say of the net; where they say nothing, its name and the day."""
    if recipe.card is None:
        return Card(name=recipe.name, version=f"{datetime.now(UTC):%Y.%m.%d}")
    return read_words(recipe.card)
