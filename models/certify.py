"""Turn trained weights into a net one can ship: temperatures, thresholds, promises, figures.

    weights ──► validation places judged ──► temperatures ──► thresholds ──► scores ──► card

All of it is chosen on validation places, and the card says so.  Only the calibration error can
be made honest on the same places: each place is measured with temperatures
fitted on the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy import ndimage
from scipy.special import expit
from torch import Tensor

from models.calibrate import Samples, best_threshold, promise, temperature, to_logits
from models.card import Card, Promise, Source
from models.data import LabelledSet, Patch
from models.evaluate import Judged, calibration, judge, known_pixels, score
from models.zoo import build_net

RECALL = 0.9
"""Share of true buildings the card's conformal threshold promises to keep."""

LARGEST = 1024
"""Pixels a side of what is judged of each patch."""


def certify(tensors: Mapping[str, Tensor], checks: Sequence[Patch], draft: Card) -> Card:
    """Measure weights on validation places and fill in the card.

    Args:
        tensors: the state of a net.
        checks: patches of the validation split.
        draft: the card as far as it is known.

    Returns:
        The card with temperatures, thresholds, promises and scores.
    """
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
        head: temperature(_labelled(by_place)) for head, by_place in samples.items()
    }
    judged = [_tempered(one, draft.heads, temperatures) for one in raw]
    thresholds = {
        head: best_threshold(
            {p: (z / temperatures[head], t) for p, (z, t) in _labelled(by_place).items()}
        )
        for head, by_place in samples.items()
    }
    left_out = [
        _tempered(
            one,
            draft.heads,
            {h: temperature(_labelled(s, but=one.patch.place)) for h, s in samples.items()},
        )
        for one in raw
    ]
    scores = [*score(judged, thresholds, heads=draft.heads), *calibration(left_out)]
    return replace(
        draft,
        temperatures=temperatures,
        thresholds=thresholds,
        conformal=_promises(judged),
        scores=tuple(scores),
    )


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
            heads=tuple(one.labels) or ("wall", "yard"),
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


def _promises(judged: Sequence[Judged]) -> dict[str, Promise]:
    """Promise a share of buildings: each is scored by the mean probability inside it."""
    scores: list[float] = []
    known = [one for one in judged if (one.labels[0] == 1).any()]
    for one in known:
        things, count = ndimage.label(one.labels[0] == 1)
        if count:
            scores += ndimage.mean(one.chance[0], things, range(1, count + 1)).tolist()
    if len(scores) < 1 / (1 - RECALL):
        return {}
    return {"building": promise(scores, recall=RECALL, places=_places(known))}
