"""Compare trainings: real, drawn or both, several seeds each, and folds that leave a place out.

A run is named by its file: ``both-2.safetensors`` is seed 2 of *both*, measured on the
validation places; ``both-2-without-Tripoli.safetensors`` never saw a place whose name begins
with Tripoli, and is measured there and nowhere else.  A net that did see what it should have
left out is refused: its card says what it was taught.

    files ──► Run ──► pictures it never saw ──► measures ──► mean over seeds, differences

Seeds are averaged and runs subtracted block by block, so intervals compare like with like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo.errors import InputError
from models.checkpoint import load_net
from models.data import read_patches
from models.evaluate import LARGEST, tally_of
from models.evaluate_tally import Key
from models.evaluate_yards import read_yards
from models.metrics_interval import Measure, mean_of
from models.patch import Patch
from models.sets import LabelledSet

NAME = re.compile(r"(?P<name>.+?)-(?P<seed>\d+)(?:-without-(?P<place>.+))?")
"""How runs are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training's weights."""

    name: str
    """What it was taught: ``real``, ``drawn``, ``both``."""

    seed: int
    """Of its training."""

    left_out: str
    """How the names of the places begin that it never saw and is measured on; empty for the
    validation places."""

    weights: Path
    """A .safetensors file with its card."""


Measured = Mapping[Key, Measure]
"""All figures of one run."""


def run_of(text: str) -> Run:
    """Read a run from a file name, or from ``NAME=FILE``.

    Raises:
        InputError: the name does not tell what was taught and the seed.
    """
    label, _, file = text.rpartition("=")
    path = Path(file)
    told = NAME.fullmatch(label or path.stem)
    if told is None:
        raise InputError(
            f"{text} does not tell what was taught and with which seed. Name weights like "
            "both-2.safetensors or both-2-without-Mekele.safetensors, or write both-2=FILE."
        )
    place = told["place"] or ""
    return Run(name=told["name"], seed=int(told["seed"]), left_out=place, weights=path)


def pictures_for(run: Run, sets: Sequence[LabelledSet], root: Path) -> list[Patch]:
    """Read the pictures a run is measured on.

    Folds are there for walls and yards: where a place has hand-drawn outlines, its other sets
    are passed over.

    Args:
        run: whose.
        sets: all there are, of any split.
        root: folder their paths are relative to.

    Raises:
        InputError: nobody lists the place it left out, or its card says it was taught there.
    """
    if not run.left_out:
        taught = frozenset(s.place for s in load_net(run.weights).card.sources
                           if s.split == "train")  # fmt: skip
        unseen = [one for one in sets if one.split == "val" and one.place not in taught]
        return read_patches(unseen, root, split="val")
    here = [one for one in sets if _is_of(one.place, run)]
    if not here:
        known = ", ".join(dict.fromkeys(one.place for one in sets))
        raise InputError(
            f"{run.weights.name} left out {run.left_out}, which no set lists. Places: {known}."
        )
    for source in load_net(run.weights).card.sources:
        if source.split == "train" and _is_of(source.place, run):
            raise InputError(
                f"{run.weights.name} says it left out {run.left_out}, but its card says it was "
                f"taught at {source.place}, so it cannot be measured there."
            )
    chosen = [one for one in here if one.outlines] or here
    splits = dict.fromkeys(one.split for one in chosen)
    return [patch for split in splits for patch in read_patches(chosen, root, split=split)]


def measure_run(
    run: Run, sets: Sequence[LabelledSet], root: Path, *, most: int = LARGEST
) -> Measured:
    """Measure a run on what it never saw."""
    patches = pictures_for(run, sets, root)
    yards = read_yards(sets, root, patches)
    return tally_of(load_net(run.weights), patches, yards=yards, most=most).measures()


def over_seeds(runs: Iterable[Measured]) -> dict[Key, Measure]:
    """Average each figure that every seed gives over the seeds."""
    told = list(runs)
    keys = [key for key in told[0] if all(key in one for one in told)] if told else []
    return {key: mean_of([one[key] for one in told]) for key in keys}


def spread(runs: Sequence[Measured], key: Key) -> float:
    """Tell how far seeds lie apart, highest minus lowest; NaN for one seed."""
    values = [one[key].value for one in runs if key in one]
    return float(np.ptp(values)) if len(values) > 1 else float("nan")


def median_over_places(
    measures: Mapping[Key, Measure], head: str, metric: str, *, seed: int, draws: int = 1000
) -> tuple[float, float, float]:
    """Give the median over places of one figure, and its 95 % interval.

    Blocks are drawn inside places; the places stay as they are.

    Returns:
        value, low, high; NaN where no place has the figure.
    """
    chosen = [one for key, one in measures.items() if (key.head, key.metric) == (head, metric)]
    if not chosen:
        return float("nan"), float("nan"), float("nan")
    drawn = []
    for i, one in enumerate(chosen):
        rng = np.random.default_rng([seed, i])
        even = np.full(one.blocks, 1 / one.blocks)
        drawn.append(one.figure(rng.multinomial(one.blocks, even, size=draws).astype(float)))
    told = np.stack(drawn)  # (places, draws)
    medians = np.nanmedian(told[:, np.isfinite(told).any(0)], axis=0)
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(np.median([one.value for one in chosen])), float(low), float(high)


def plain(place: str) -> str:
    """Write a place as file names do: small letters, digits, underscores between words."""
    return re.sub(r"[^a-z0-9]+", "_", place.lower()).strip("_")


def _is_of(place: str, run: Run) -> bool:
    """Tell whether a place is among those a fold left out."""
    return plain(place).startswith(plain(run.left_out))
