"""Match things one to one: how many houses were found, how many invented, and ranked how well.

A claim is matched to the likeliest true thing still free, best scored claims first.  Likeness
is overlap (IoU) or nearness of the centres; below a bound there is none.  True things too small
to count, or mostly on unknown ground, are neither to be found nor wrong to claim.

    claims, things (H, W) int ──► Field: pairs, centres, scores ──► Matches ──► counts, AP

Source: greedy matching by score, M. Everingham et al., IJCV 88(2), 2010 (PASCAL VOC), every
score a step of the curve as in scikit-learn; centre distance, H. Caesar et al., CVPR 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.spatial import KDTree

from geo.types import Labels as Things
from geo.types import Mask, Surface
from models.metrics import Blocks, Counts
from models.metrics_interval import Measure, Values, Weights

CHUNK = 5_000_000
"""Numbers held at once while curves are drawn again and again; 40 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Which claim is how like which true thing."""

    claim: NDArray[np.intp]
    """(P,) index of the claim."""

    thing: NDArray[np.intp]
    """(P,) index of the true thing."""

    likeness: NDArray[np.float64]
    """(P,) the more the better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What became of every claim and of every true thing, over any number of pictures."""

    score: NDArray[np.float64]
    """(N,) of each claim."""

    right: NDArray[np.bool_]
    """(N,) whether the claim found its own true thing."""

    claim_block: NDArray[np.intp]
    """(N,) the block it lies in."""

    found: NDArray[np.bool_]
    """(M,) whether the true thing was found."""

    thing_block: NDArray[np.intp]
    """(M,) the block it lies in."""

    blocks: int
    """How many blocks there are."""

    def counts(self) -> Counts:
        """Count claims and things of each block, (B, 4)."""
        return np.stack(
            [
                np.bincount(self.claim_block, self.right, self.blocks),
                np.bincount(self.claim_block, minlength=self.blocks),
                np.bincount(self.thing_block, self.found, self.blocks),
                np.bincount(self.thing_block, minlength=self.blocks),
            ],
            1,
        ).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The claims and true things of one picture that count, and where they lie."""

    overlap: Pairs
    """Every pair that shares ground, with its IoU."""

    claim_centre: NDArray[np.float64]
    """(N, 2) row, col."""

    thing_centre: NDArray[np.float64]
    """(M, 2) row, col."""

    score: NDArray[np.float64]
    """(N,) mean probability inside each claim."""

    claim_block: NDArray[np.intp]
    """(N,)."""

    thing_block: NDArray[np.intp]
    """(M,)."""

    blocks: int
    """How many blocks the picture has."""

    def match_overlap(self, least: float) -> Matches:
        """Match by overlap; ``least`` is the IoU from which two may be the same."""
        return self._match(self.overlap, least)

    def match_centres(self, most: float) -> Matches:
        """Match by nearness of the centres, ``most`` pixels apart."""
        if not len(self.claim_centre) or not len(self.thing_centre):
            return self._match(self.overlap, np.inf)
        near = KDTree(self.claim_centre).query_ball_tree(KDTree(self.thing_centre), most)
        claim = np.repeat(np.arange(len(near)), [len(row) for row in near])
        thing = np.array([j for row in near for j in row], np.intp)
        away = np.hypot(*(self.claim_centre[claim] - self.thing_centre[thing]).T)
        return self._match(Pairs(claim=claim, thing=thing, likeness=-away), -np.inf)

    def _match(self, pairs: Pairs, least: float) -> Matches:
        right = np.zeros(len(self.score), np.bool_)
        found = np.zeros(len(self.thing_centre), np.bool_)
        # Best scored claims choose first; each takes the likeliest thing that is still free.
        order = np.lexsort((-pairs.likeness, pairs.claim, -self.score[pairs.claim]))
        for i in order[pairs.likeness[order] >= least]:
            claim, thing = pairs.claim[i], pairs.thing[i]
            if not right[claim] and not found[thing]:
                right[claim] = found[thing] = True
        return Matches(
            score=self.score, right=right, claim_block=self.claim_block,
            found=found, thing_block=self.thing_block, blocks=self.blocks,
        )  # fmt: skip


def lay_out(
    claims: Things, things: Things, chance: Surface, known: Mask, blocks: Blocks, *, least: int
) -> Field:
    """Find all pairs of claims and true things, and where each lies.

    Args:
        claims: (H, W) int, 0 nothing, 1 to N claims.
        things: (H, W) int, 0 nothing, 1 to M true things.
        chance: (H, W) probability; a claim's score is its mean.
        known: (H, W), where the label says anything.
        blocks: (H, W); a thing belongs to the block of its centre.
        least: pixels; smaller true things are ground nobody asks about.
    """
    sizes = np.bincount(things.ravel())
    small = sizes < least
    small[0] = False
    asked = known & ~small[things]
    claims, things = mostly(claims, asked), mostly(things, asked)
    claim_centre, thing_centre = _centres(claims), _centres(things)
    count = np.bincount(claims.ravel())[1:]
    total = np.bincount(claims.ravel(), chance.ravel())[1:]
    return Field(
        overlap=_overlaps(claims, things),
        claim_centre=claim_centre,
        thing_centre=thing_centre,
        score=total / np.maximum(count, 1),
        claim_block=_block_of(claim_centre, blocks),
        thing_block=_block_of(thing_centre, blocks),
        blocks=int(blocks.max(initial=-1)) + 1,
    )


def join(parts: Sequence[Matches]) -> Matches:
    """Put the matches of several pictures together; their blocks stay apart."""
    starts = np.cumsum([0, *(part.blocks for part in parts)])
    moved = list(zip(parts, starts[:-1], strict=True))
    return Matches(
        score=np.concatenate([p.score for p in parts]),
        right=np.concatenate([p.right for p in parts]),
        claim_block=np.concatenate([p.claim_block + s for p, s in moved]),
        found=np.concatenate([p.found for p in parts]),
        thing_block=np.concatenate([p.thing_block + s for p, s in moved]),
        blocks=int(starts[-1]),
    )


def average_precision(matches: Matches) -> Measure:
    """Area under precision over recall, every score a threshold; claims never made miss.

    NaN where there is nothing to find; 0 where there is and nothing is claimed.
    """
    order = np.argsort(-matches.score, kind="stable")
    right, block = matches.right[order], matches.claim_block[order]
    scores = matches.score[order]
    last = np.append(scores[1:] != scores[:-1], True)[: len(scores)]  # of claims scored alike
    true = np.bincount(matches.thing_block, minlength=matches.blocks)

    def figure(weights: Weights) -> Values:
        """Average precision of each drawing, (D,), some at a time."""
        step = max(1, CHUNK // max(1, len(right)))
        parts = [weights[i : i + step] for i in range(0, len(weights), step)]
        return np.concatenate([area(part) for part in parts])

    def area(weights: Weights) -> Values:
        """Area under the curve of some drawings."""
        drawn = weights[:, block]  # (D, N)
        hits = np.cumsum(drawn * right, 1)[:, last]
        claimed = np.cumsum(drawn, 1)[:, last]
        gained = np.diff(hits, axis=1, prepend=0.0)
        total = weights @ true
        under = (gained * hits / np.maximum(claimed, 1e-12)).sum(1)
        return np.where(total > 0, under / np.maximum(total, 1e-12), np.nan)

    return Measure(figure, matches.blocks)


def mostly(things: Things, known: Mask) -> Things:
    """Keep things of which more than half lies on known ground, numbered anew."""
    sizes = np.bincount(things.ravel())
    on_known = np.bincount(things.ravel(), known.ravel(), len(sizes))
    keep = on_known > sizes / 2
    keep[0] = False
    numbers = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return numbers[things]


def _overlaps(claims: Things, things: Things) -> Pairs:
    """Give every pair that shares a pixel its IoU."""
    shape = (int(claims.max(initial=0)) + 1, int(things.max(initial=0)) + 1)
    both = (claims > 0) & (things > 0)
    ones = np.ones(int(both.sum()))
    table = coo_array((ones, (claims[both], things[both])), shape)
    table.sum_duplicates()
    claim, thing = table.coords
    ours = np.bincount(claims.ravel(), minlength=shape[0])[claim]
    theirs = np.bincount(things.ravel(), minlength=shape[1])[thing]
    return Pairs(
        claim=claim.astype(np.intp) - 1,
        thing=thing.astype(np.intp) - 1,
        likeness=table.data / (ours + theirs - table.data),
    )


def _centres(things: Things) -> NDArray[np.float64]:
    """Mean row and column of each thing, (N, 2)."""
    row, col = np.nonzero(things)
    number = things[row, col]
    count = np.maximum(np.bincount(number)[1:], 1)
    sums = [np.bincount(number, along)[1:] for along in (row, col)]
    return np.stack(sums, 1) / count[:, None]


def _block_of(centres: NDArray[np.float64], blocks: Blocks) -> NDArray[np.intp]:
    at = np.rint(centres).astype(np.intp)
    numbers: NDArray[np.intp] = blocks[at[:, 0], at[:, 1]].astype(np.intp)
    return numbers


def things_of(yes: Mask) -> Things:
    """Number the connected pieces of a mask, (H, W) int32."""
    things: Things = ndimage.label(yes)[0].astype(np.int32)
    return things
