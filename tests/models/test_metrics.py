"""Figures that agree with the libraries, and with what one can count by eye."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, jaccard_score
from torchmetrics.classification import BinaryCalibrationError, BinaryJaccardIndex

from geo.errors import InputError
from models.losses import RIM, UNKNOWN
from models.metrics import (
    NONE,
    Counts,
    calibration_error,
    count_lines,
    count_objects,
    count_pixels,
    interval,
)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_pixel_figures_agree_with_scikit_learn(rng):
    yes, true = rng.random((2, 40, 40)) > 0.6
    counts = count_pixels(yes, true.astype(np.uint8))
    assert counts.iou == pytest.approx(jaccard_score(true.ravel(), yes.ravel()))
    assert counts.f1 == pytest.approx(f1_score(true.ravel(), yes.ravel()))


def test_ignored_pixels_agree_with_torchmetrics(rng):
    yes = rng.random((40, 40)) > 0.5
    labels = rng.choice(np.array([0, 1, UNKNOWN], np.uint8), (40, 40))
    oracle = BinaryJaccardIndex(ignore_index=UNKNOWN)
    want = oracle(
        torch.from_numpy(yes.astype(np.int64)), torch.from_numpy(labels.astype(np.int64))
    )
    assert count_pixels(yes, labels).iou == pytest.approx(float(want))


def test_calibration_agrees_with_torchmetrics_where_bins_coincide(rng):
    chance = (np.arange(1500) + 0.5) / 1500  # uniform: equal mass is equal width
    true = rng.random(1500) < chance**2
    oracle = BinaryCalibrationError(n_bins=15, norm="l1")
    # torchmetrics bins the confidence in the positive class
    want = oracle(torch.from_numpy(chance), torch.from_numpy(true.astype(np.int64)))
    got = calibration_error(chance.astype(np.float32), true)
    assert got == pytest.approx(float(want), abs=1e-3)


def test_a_forecast_that_is_right_on_average_in_every_bin_has_no_error(rng):
    chance = rng.random(200_000).astype(np.float32)
    assert calibration_error(chance, rng.random(200_000) < chance) < 0.01
    assert calibration_error(chance, np.ones(200_000, bool)) > 0.4


def line(col: int, *, width: int = 1) -> np.ndarray:
    canvas = np.zeros((60, 60), bool)
    canvas[5:55, col : col + width] = True
    return canvas


@pytest.mark.parametrize(("offset", "f1"), [(0, 1), (3, 1), (4, 1), (5, 0), (9, 0)])
def test_a_wall_counts_as_found_within_two_metres_and_not_beyond(offset, f1):
    counts = count_lines(line(20 + offset), line(20).astype(np.uint8), 0.5)
    assert counts.f1 == pytest.approx(f1, abs=0.01)


def test_how_thick_a_wall_is_painted_does_not_count():
    truth = line(20, width=3).astype(np.uint8)
    assert count_lines(line(20, width=5), truth, 0.5).f1 == pytest.approx(1, abs=0.03)


def test_half_a_wall_has_half_the_recall_and_full_precision():
    half = line(20)
    half[30:] = False
    counts = count_lines(half, line(20).astype(np.uint8), 0.5)
    assert counts.precision == 1
    assert counts.recall == pytest.approx(0.5, abs=0.1)


def test_walls_on_unknown_ground_are_neither_right_nor_wrong():
    labels = line(20).astype(np.uint8)
    labels[:, 40:] = UNKNOWN
    assert count_lines(line(20) | line(50), labels, 0.5) == count_lines(line(20), labels, 0.5)


def test_the_rim_of_a_wall_is_looked_at_by_lines_but_not_by_pixels():
    labels = line(20).astype(np.uint8)
    labels[5:55, 21:23] = RIM
    assert count_lines(line(22), labels, 0.5).f1 == pytest.approx(1, abs=0.01)
    assert count_pixels(line(22), labels).claimed == 0


def boxes(*corners: tuple[int, int], side: int = 8) -> np.ndarray:
    canvas = np.zeros((50, 50), np.int32)
    for i, (row, col) in enumerate(corners, start=1):
        canvas[row : row + side, col : col + side] = i
    return canvas


def test_two_houses_found_out_of_three_and_one_invented():
    truth = boxes((2, 2), (2, 20), (20, 2))
    claimed = boxes((2, 2), (3, 20), (40, 40))
    counts = count_objects(claimed, (truth > 0).astype(np.uint8))
    assert counts == Counts(2, 3, 2, 3)


def test_one_claim_over_two_houses_matches_neither():
    truth = boxes((2, 2), (2, 12))
    claimed = np.zeros((50, 50), np.int32)
    claimed[2:10, 2:20] = 1
    assert count_objects(claimed, (truth > 0).astype(np.uint8)) == Counts(0, 1, 0, 2)


def test_houses_on_unknown_ground_are_left_out():
    truth = (boxes((2, 2), (30, 30)) > 0).astype(np.uint8)
    truth[25:, 25:] = UNKNOWN
    assert count_objects(boxes((2, 2), (30, 30)), truth) == Counts(1, 1, 1, 1)


def test_a_match_must_be_unique():
    with pytest.raises(InputError, match="one to one"):
        count_objects(boxes((2, 2)), np.zeros((50, 50), np.uint8), iou=0.3)


@given(turns=st.integers(0, 3), flip=st.booleans(), seed=st.integers(0, 50))
def test_turning_the_picture_changes_no_figure(turns, flip, seed):
    rng = np.random.default_rng(seed)
    yes, labels = (
        rng.random((24, 24)) > 0.5,
        rng.choice(np.array([0, 1, 255], np.uint8), (24, 24)),
    )

    def turned(array):
        return np.rot90(array[:, ::-1] if flip else array, turns)

    assert count_pixels(yes, labels) == count_pixels(turned(yes), turned(labels))


def test_nothing_claimed_and_nothing_there_is_no_figure():
    assert np.isnan(NONE.f1)
    assert np.isnan(NONE.iou)
    assert Counts(0, 5, 0, 0).f1 == 0


def test_the_interval_holds_the_value_and_narrows_with_more_blocks():
    rng = np.random.default_rng(0)
    right = rng.integers(20, 80, 200)
    blocks = [Counts(float(r), 100, float(r), 100) for r in right]
    few, many = interval(blocks[:8], "iou", seed=1), interval(blocks, "iou", seed=1)
    assert many[0] < sum(blocks, NONE).iou < many[1]
    assert many[1] - many[0] < few[1] - few[0]
    assert interval(blocks, "iou", seed=1) == many


def test_an_interval_of_nothing_is_nothing():
    assert np.isnan(interval([], "iou", seed=0)).all()
