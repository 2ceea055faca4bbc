"""Intervals that hold the value, narrow with more blocks, and compare like with like."""

import numpy as np
import pytest

from geo.errors import ShapeError
from models.metrics import iou
from models.metrics_interval import Measure, difference, mean_of, of_counts


def blocks_of(seed: int, number: int, *, rate: float = 0.5) -> np.ndarray:
    """Blocks of 100 claims and 100 true things with differing luck."""
    right = np.random.default_rng(seed).normal(100 * rate, 12, number).clip(0, 100)
    return np.stack([right, np.full(number, 100), right, np.full(number, 100)], 1)


def test_the_interval_holds_the_value_and_narrows_with_more_blocks():
    few, many = (of_counts(blocks_of(1, n), iou) for n in (8, 200))
    low, high = many.interval(seed=1)
    assert low < many.value < high
    assert high - low < np.ptp(few.interval(seed=1))
    assert many.interval(seed=1) == (low, high)


def test_counting_a_block_twice_is_having_it_twice():
    table = blocks_of(2, 5)
    measure = of_counts(table, iou)
    doubled = measure.figure(np.array([[2.0, 1, 1, 1, 1]]))[0]
    assert doubled == pytest.approx(of_counts(np.vstack([table, table[:1]]), iou).value)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = []
    for seed in range(200):
        low, high = of_counts(blocks_of(seed, 40), iou).interval(seed=0, draws=300)
        covered.append(low <= 1 / 3 <= high)  # 50 right of 150 in the union
    assert 0.88 <= np.mean(covered) <= 0.99


def test_seeds_are_averaged_over_the_same_blocks():
    one, other = blocks_of(1, 20), blocks_of(2, 20)
    both = mean_of([of_counts(one, iou), of_counts(other, iou)])
    assert both.value == pytest.approx(
        (of_counts(one, iou).value + of_counts(other, iou).value) / 2
    )


def test_a_net_that_is_a_little_better_in_every_block_is_better_for_sure():
    table = blocks_of(3, 20)
    better = table + np.array([3, 0, 3, 0])
    gain = difference(of_counts(better, iou), of_counts(table, iou))
    low, high = gain.interval(seed=0)
    assert 0 < low <= gain.value <= high
    alone = of_counts(table, iou).interval(seed=0)
    assert high - low < np.ptp(alone) / 4


def test_figures_of_other_blocks_do_not_compare():
    with pytest.raises(ShapeError, match=r"\[5, 6\] blocks"):
        difference(of_counts(blocks_of(1, 5), iou), of_counts(blocks_of(1, 6), iou))


def test_an_interval_of_nothing_is_nothing():
    assert np.isnan(Measure(lambda w: np.full(len(w), np.nan), 0).interval(seed=0)).all()
    assert np.isnan(of_counts(np.zeros((3, 4)), iou).interval(seed=0)).all()
