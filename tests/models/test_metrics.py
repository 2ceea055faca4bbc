"""Pixels and lines: figures that agree with the libraries, and with what one counts by eye."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score
from torchmetrics.classification import BinaryJaccardIndex

from models.losses import RIM, UNKNOWN
from models.metrics import (
    count_marks,
    cut_blocks,
    f1,
    iou,
    mark_lines,
    mark_pixels,
    precision,
    recall,
    windows_of,
)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def one_block(like):
    return np.zeros(like.shape, np.int32)


def pixels(yes, labels):
    """Counts of a whole picture, (4,)."""
    return count_marks(mark_pixels(yes, labels), one_block(yes))[0]


def lines(yes, labels):
    """Counts of a whole picture at half a metre, (4,)."""
    return count_marks(mark_lines(yes, labels, 0.5), one_block(yes))[0]


def test_pixel_figures_agree_with_scikit_learn(rng):
    yes, true = rng.random((2, 40, 40)) > 0.6
    counts = pixels(yes, true.astype(np.uint8))
    for ours, theirs in (
        (iou, jaccard_score), (f1, f1_score), (precision, precision_score),
        (recall, recall_score),
    ):  # fmt: skip
        assert ours(counts) == pytest.approx(theirs(true.ravel(), yes.ravel()))


def test_ignored_pixels_agree_with_torchmetrics(rng):
    yes = rng.random((40, 40)) > 0.5
    labels = rng.choice(np.array([0, 1, UNKNOWN], np.uint8), (40, 40))
    oracle = BinaryJaccardIndex(ignore_index=UNKNOWN)
    want = oracle(
        torch.from_numpy(yes.astype(np.int64)), torch.from_numpy(labels.astype(np.int64))
    )
    assert iou(pixels(yes, labels)) == pytest.approx(float(want))


@given(seed=st.integers(0, 50), side=st.integers(4, 60))
def test_blocks_share_out_the_counts_and_lose_none(seed, side):
    rng = np.random.default_rng(seed)
    yes = rng.random((37, 53)) > 0.5
    labels = rng.choice(np.array([0, 1, 255], np.uint8), yes.shape)
    counts = count_marks(mark_pixels(yes, labels), cut_blocks(labels <= 1, side))
    assert np.array_equal(counts.sum(0), pixels(yes, labels))


def test_only_blocks_with_known_ground_are_numbered():
    known = np.zeros((40, 40), bool)
    known[:10, 30:] = known[35:, :5] = True
    blocks = cut_blocks(known, 10)
    windows = windows_of(known, 10)
    assert len(windows) == 2
    assert blocks.max() == 1
    for number, window in enumerate(windows):
        assert (blocks[window] == number).all()
        assert known[window].any()


def test_a_picture_smaller_than_a_block_is_one_block():
    assert cut_blocks(np.ones((7, 9), bool), 256).max() == 0


def line(col: int, *, width: int = 1) -> np.ndarray:
    canvas = np.zeros((60, 60), bool)
    canvas[5:55, col : col + width] = True
    return canvas


@pytest.mark.parametrize(("offset", "want"), [(0, 1), (3, 1), (4, 1), (5, 0), (9, 0)])
def test_a_wall_counts_as_found_within_two_metres_and_not_beyond(offset, want):
    assert f1(lines(line(20 + offset), line(20).astype(np.uint8))) == pytest.approx(
        want, abs=0.01
    )


def test_how_thick_a_wall_is_painted_does_not_count():
    truth = line(20, width=3).astype(np.uint8)
    assert f1(lines(line(20, width=5), truth)) == pytest.approx(1, abs=0.03)


def test_half_a_wall_has_half_the_recall_and_full_precision():
    half = line(20)
    half[30:] = False
    counts = lines(half, line(20).astype(np.uint8))
    assert precision(counts) == 1
    assert recall(counts) == pytest.approx(0.5, abs=0.1)


def test_walls_on_unknown_ground_are_neither_right_nor_wrong():
    labels = line(20).astype(np.uint8)
    labels[:, 40:] = UNKNOWN
    assert np.array_equal(lines(line(20) | line(50), labels), lines(line(20), labels))


def test_the_rim_of_a_wall_is_looked_at_by_lines_but_not_by_pixels():
    labels = line(20).astype(np.uint8)
    labels[5:55, 21:23] = RIM
    assert f1(lines(line(22), labels)) == pytest.approx(1, abs=0.01)
    assert pixels(line(22), labels)[1] == 0


def test_a_wall_finds_its_counterpart_across_the_border_of_a_block():
    blocks = np.zeros((60, 60), np.int32)
    blocks[:, 21:] = 1
    counts = count_marks(mark_lines(line(22), line(20).astype(np.uint8), 0.5), blocks)
    assert counts[1, 0] == counts[1, 1] > 40  # claimed and right on one side
    assert counts[0, 2] == counts[0, 3] > 40  # true and found on the other


@given(turns=st.integers(0, 3), flip=st.booleans(), seed=st.integers(0, 50))
def test_turning_the_picture_changes_no_figure(turns, flip, seed):
    rng = np.random.default_rng(seed)
    yes, labels = (
        rng.random((24, 24)) > 0.5,
        rng.choice(np.array([0, 1, 255], np.uint8), (24, 24)),
    )

    def turned(array):
        return np.rot90(array[:, ::-1] if flip else array, turns)

    assert np.array_equal(pixels(yes, labels), pixels(turned(yes), turned(labels)))


def test_nothing_claimed_and_nothing_there_is_no_figure():
    assert np.isnan([f1(np.zeros(4)), iou(np.zeros(4)), recall(np.zeros(4))]).all()
    assert f1(np.array([0, 5, 0, 0])) == 0
    assert f1(np.array([0, 0, 0, 5])) == 0
