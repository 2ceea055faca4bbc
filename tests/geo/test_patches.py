"""Patches cut and weighed by compiled code, against the same said slowly with scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation, label

from geo.patches import FEATURES, LEAST, LEVELS, cuts, find_patches, levels_of
from geo.types import FULL, NODATA

GSD = 0.5
HOLE = round(LEAST / GSD**2)
EIGHT = np.ones((3, 3), bool)


def score(seed: int, side: tuple[int, int] = (48, 61)) -> tuple[np.ndarray, np.ndarray]:
    """Draw blocks of scores with specks and holes in them, and edges at random."""
    rng = np.random.default_rng(seed)
    roof = rng.integers(0, 60, side).astype(np.uint8)
    for _ in range(10):
        row, col = (rng.integers(-5, n) for n in side)
        high, wide = rng.integers(3, 25, 2)
        roof[max(row, 0) : row + high, max(col, 0) : col + wide] = rng.integers(20, FULL)
    specks = rng.random(side) < 0.03
    roof[specks] = rng.integers(0, FULL, specks.sum())
    edge = rng.integers(0, 200, side).astype(np.uint8)
    unseen = rng.random() < 0.5
    if unseen:
        roof[:, 20:23] = NODATA
    return roof, edge


def slowly(roof: np.ndarray, edge: np.ndarray) -> list[np.ndarray]:
    """Cut every level, fill holes that do not run off the picture; masks."""
    inward = roof.astype(int) * (2 * FULL - edge.astype(int)) // (2 * FULL)
    inward[roof == NODATA] = 0
    masks = []
    for level in LEVELS:
        mask = inward >= level * FULL
        holes, count = label(~mask)
        for n in range(1, count + 1):
            hole = holes == n
            rim = hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()
            if hole.sum() < HOLE and not rim:
                mask |= hole
        masks.append(mask & (roof != NODATA))
    return masks


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_levels_and_their_patches_are_those_of_plain_labelling(seed):
    roof, edge = score(seed)
    levels = levels_of(roof, edge, GSD)
    masks = slowly(roof, edge)
    for n, mask in enumerate(masks):
        assert ((levels > n) == mask).all()
    below = None
    for cut in cuts(levels):
        plain, count = label(masks[cut.level])
        assert len(cut.firsts) == count
        assert (cut.labels == plain).all()
        assert (plain.ravel()[cut.firsts] == np.arange(1, count + 1)).all()
        if below is not None:
            assert (below.ravel()[cut.firsts] == cut.outer).all()
        below = plain


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_feature_is_what_it_says(seed):
    roof, edge = score(seed)
    patches = find_patches(roof, edge, GSD)
    seen = np.where(roof == NODATA, 0, roof) / FULL
    masks = slowly(roof, edge)
    for row in range(len(patches.level)):
        labels, _ = label(masks[patches.level[row]])
        mine = labels == patches.number[row]
        told = dict(zip(FEATURES, patches.table[row], strict=True))
        area = mine.sum() * GSD**2
        assert area >= LEAST
        assert told["size"] == pytest.approx(np.log10(area) - 2)
        inside = np.clip(seen[mine].mean(), 0.02, 0.98)
        assert told["inside"] == pytest.approx(np.log(inside / (1 - inside)))
        empty = binary_dilation(labels == 0, EIGHT)
        border, core = mine & empty, mine & ~empty
        assert told["round"] == pytest.approx(border.sum() / np.sqrt(mine.sum()))
        assert told["core"] == pytest.approx(edge[core].mean() / FULL if core.any() else 0)
        alone = binary_dilation(mine, EIGHT) & ~binary_dilation((labels > 0) & ~mine, EIGHT)
        if (alone == binary_dilation(mine, EIGHT)).all():  # nobody else speaks for its rim
            rim = border | (alone & (labels == 0))
            assert told["rim"] == pytest.approx(edge[rim].mean() / FULL)
        assert told["level"] == LEVELS[patches.level[row]]


def test_what_lies_about_a_lone_patch_is_the_ground_from_two_pixels_off_to_five():
    roof, edge = np.full((60, 60), 20, np.uint8), np.zeros((60, 60), np.uint8)
    roof[20:40, 20:40] = 200
    roof[19:41, 19:20] = roof[19:41, 40:41] = 30  # right beside it: half roof, not counted
    roof[14, 14:46] = 26  # a corner of what is five pixels off
    patches = find_patches(roof, edge, GSD)
    about = np.zeros((60, 60), bool)
    about[15:45, 15:45] = True
    about[19:41, 19:41] = False
    share = roof[about].mean() / FULL
    [outside] = set(patches.table[:, FEATURES.index("outside")].round(9))
    assert outside == pytest.approx(np.log(share / (1 - share)))


def test_one_pixel_in_two_is_many_patches_and_no_memory_is_overrun():
    roof = np.zeros((64, 64), np.uint8)
    roof[::2, ::2] = roof[1::2, 1::2] = 250
    cut = next(cuts(levels_of(roof, None, 20.0)))  # so coarse that no hole is filled
    assert len(cut.firsts) == 2048
    assert sorted(np.unique(cut.labels)) == list(range(2049))
