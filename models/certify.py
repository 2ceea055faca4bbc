"""Turn trained weights into a net one can ship: temperatures, thresholds, promises, figures.

    weights ──► validation places judged ──► temperatures ──► thresholds ──► card, saved
    what was saved ──► judged as a scan judges ──► its figures on the card

All of it is chosen on validation places, and the card says so.  Only the calibration error can
be made honest on the same places: each place is measured with temperatures
fitted on the others.  Figures are those of the saved net, whose weights are shorter than the
trained ones: what a card says anybody can measure again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor

from models.calibrate import Samples, best_threshold, kept_temperature, promise, to_logits
from models.calibrate_objects import object_scores
from models.card import Card, PlaceScore, Promise, Source
from models.checkpoint import load_net, save_net, write_card
from models.evaluate import LARGEST, Judged, calibration, judge, known_pixels
from models.evaluate_judged import judge_with, refuse_others
from models.evaluate_tally import Tally
from models.evaluate_yards import YardBook
from models.patch import Patch
from models.sets import LabelledSet, heads_of
from models.zoo import build_net

RECALL = 0.9
"""Share of true buildings the card's conformal threshold promises to keep."""

TOLD = (
    *("iou", "object_f1", "object_precision", "object_recall", "ap_50"),
    *("f1_2m", "precision_2m", "recall_2m"),
    *("yard_f1", "yard_precision", "yard_recall", "closed_accuracy", "closure_error"),
)
"""Figures the card tells; ``stockade evaluate`` tells more."""


def certify(
    tensors: Mapping[str, Tensor],
    checks: Sequence[Patch],
    draft: Card,
    *,
    recall: float = RECALL,
) -> Card:
    """Fit to validation places what a net cannot learn, and fill in the card.

    Args:
        tensors: the state of a net.
        checks: patches of the validation split.
        draft: the card as far as it is known.
        recall: share of true buildings to promise; no promise where there are too few.

    Returns:
        The card with temperatures, thresholds, promises and calibration errors.

    Raises:
        ModelError: the draft is of other heads or pixels than labels are laid out for.
    """
    refuse_others(draft)
    net = build_net(draft.encoder, heads=len(draft.heads), decoder=draft.decoder)
    net.load_state_dict(dict(tensors))
    net = net.to(memory_format=torch.channels_last)
    mean, std = torch.tensor(draft.mean), torch.tensor(draft.std)
    raw = list(judge(net.eval(), checks, mean, std, most=LARGEST))

    samples = {
        head: {place: known_pixels(raw, channel, place) for place in _places(raw)}
        for channel, head in enumerate(draft.heads)
    }
    temperatures = {
        head: kept_temperature(_labelled(by_place)) for head, by_place in samples.items()
    }
    judged = [_tempered(one, draft.heads, temperatures) for one in raw]
    thresholds = {
        head: best_threshold(
            {p: (z / temperatures[head], t) for p, (z, t) in _labelled(by_place).items()}
        )
        for head, by_place in samples.items()
    }
    return replace(
        draft,
        temperatures=temperatures,
        thresholds=thresholds,
        conformal=_promises(judged, recall),
        scores=tuple(calibration(_left_out(raw, draft.heads, samples), heads=draft.heads)),
    )


def save_certified(
    path: Path,
    tensors: Mapping[str, Tensor],
    checks: Sequence[Patch],
    draft: Card,
    *,
    yards: YardBook | None = None,
    recall: float = RECALL,
) -> Card:
    """Certify weights, save them, and tell on the card what the saved net scores.

    Args:
        path: of the weights to write.
        tensors: the state of a net.
        checks: patches of the validation split.
        draft: the card as far as it is known.
        yards: drawn yards of the patches that have some
            (``models.evaluate_yards.read_yards``); without them yards get pixels only.
        recall: share of true buildings to promise.

    Returns:
        The card as written.

    Raises:
        ModelError: the draft is of other heads or pixels than labels are laid out for.
    """
    save_net(path, tensors, certify(tensors, checks, draft, recall=recall))
    return tell_figures(path, checks, yards=yards)


def tell_figures(path: Path, checks: Sequence[Patch], *, yards: YardBook | None = None) -> Card:
    """Measure a saved net as ``stockade evaluate`` does, and write that on its card."""
    net = load_net(path)
    told = figures(list(judge_with(net, checks, most=LARGEST)), net.card, yards or {})
    rest = [one for one in net.card.scores if one.metric not in TOLD]
    card = replace(net.card, scores=(*told, *rest))
    write_card(path, card)
    return card


def figures(judged: Sequence[Judged], card: Card, yards: YardBook) -> list[PlaceScore]:
    """Measure what the card tells, with the card's thresholds."""
    tally = Tally(card.thresholds, heads=card.heads)
    for one in judged:
        tally.add(one, yards.get((one.patch.group, one.patch.name)))
    return [one for one in tally.scores(seed=0) if one.metric in TOLD]


def sources_of(sets: Sequence[LabelledSet], patches: Mapping[str, int]) -> tuple[Source, ...]:
    """Write down every set for the card.

    Args:
        sets: as read.
        patches: how many pictures each set gave.
    """
    return tuple(
        Source(
            name=one.name,
            place=one.place,
            split=one.split,
            heads=heads_of(one),
            tiles=patches.get(one.name, 0),
            licence=one.licence,
        )
        for one in sets
    )


def _places(judged: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(one.patch.place for one in judged))


def _labelled(by_place: Mapping[str, Samples], *, but: str = "") -> dict[str, Samples]:
    """Keep places that label the head at all, except one."""
    return {place: s for place, s in by_place.items() if len(s[1]) and place != but}


def _tempered(one: Judged, heads: Sequence[str], temperatures: Mapping[str, float]) -> Judged:
    divisor = np.array([temperatures[head] for head in heads]).reshape(-1, 1, 1)
    return replace(one, chance=expit(to_logits(one.chance) / divisor).astype(np.float32))


def _left_out(
    raw: Sequence[Judged], heads: Sequence[str], samples: Mapping[str, Mapping[str, Samples]]
) -> list[Judged]:
    """Temper each picture with what was fitted to all places but its own."""
    fitted = {
        place: {
            head: kept_temperature(_labelled(by_place, but=place))
            for head, by_place in samples.items()
        }
        for place in _places(raw)
    }
    return [_tempered(one, heads, fitted[one.patch.place]) for one in raw]


def _promises(judged: Sequence[Judged], recall: float) -> dict[str, Promise]:
    """Promise a share of buildings: each is scored by the mean probability inside it."""
    known = [one for one in judged if (one.labels[0] == 1).any()]
    scores = [float(value) for one in known for value in object_scores(one, 0)]
    if len(scores) < 1 / (1 - recall):
        return {}
    return {"building": promise(scores, recall=recall, places=_places(known))}
