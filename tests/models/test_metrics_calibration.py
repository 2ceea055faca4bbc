"""Probabilities that come true as often as they say."""

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from torchmetrics.classification import BinaryCalibrationError

from models.losses import RIM, UNKNOWN
from models.metrics_calibration import BINS, add_up, brier, calibration_error, reliability


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def told(chance, true, *, blocks=1):
    """Sums of a picture one pixel high, in as many blocks."""
    chance = np.asarray(chance, np.float32)[None]
    labels = np.asarray(true).astype(np.uint8)[None]
    number = (np.arange(chance.size) * blocks // chance.size).astype(np.int32)[None]
    return add_up(chance, labels, number)


def test_the_error_agrees_with_torchmetrics_where_bins_coincide(rng):
    chance = (np.arange(15_000) + 0.5) / 15_000  # uniform: equal mass is equal width
    true = rng.random(15_000) < chance**2
    want = BinaryCalibrationError(n_bins=BINS, norm="l1")(
        torch.from_numpy(chance), torch.from_numpy(true.astype(np.int64))
    )
    assert calibration_error(told(chance, true)).value == pytest.approx(float(want), abs=2e-3)


def test_the_diagram_agrees_with_scikit_learn_at_equal_mass(rng):
    chance = rng.beta(0.5, 2, 50_000)
    true = rng.random(50_000) < chance
    share, mean = calibration_curve(true, chance, n_bins=BINS, strategy="quantile")
    drawn = reliability(told(chance, true, blocks=20), seed=0)
    assert drawn.share == pytest.approx(share, abs=0.02)
    assert drawn.chance == pytest.approx(mean, abs=0.01)
    for low, value, high in zip(drawn.low, drawn.share, drawn.high, strict=True):
        assert low <= value <= high


def test_the_brier_score_agrees_with_scikit_learn(rng):
    chance = rng.random(4000).astype(np.float32)
    true = rng.random(4000) < 0.3
    assert brier(told(chance, true)).value == pytest.approx(brier_score_loss(true, chance))


def test_a_forecast_that_is_right_on_average_in_every_bin_has_no_error(rng):
    chance = rng.random(200_000)
    assert calibration_error(told(chance, rng.random(200_000) < chance)).value < 0.01
    assert calibration_error(told(chance, np.ones(200_000))).value > 0.4


def test_surety_that_is_always_wrong_is_an_error_of_one():
    assert calibration_error(told(np.ones(60), np.zeros(60))).value == pytest.approx(1)
    assert brier(told(np.ones(60), np.zeros(60))).value == pytest.approx(1)


def test_too_sure_in_one_bin_does_not_make_up_for_too_shy_in_another():
    sizes = [80, 70]  # ten pixels a bin: none holds both kinds
    sums = told(np.repeat([0.9, 0.1], sizes), np.repeat([0, 1], sizes))
    assert calibration_error(sums).value == pytest.approx(0.9)


def test_what_no_label_knows_does_not_count(rng):
    chance = rng.random(300).astype(np.float32)
    labels = (rng.random(300) < chance).astype(np.uint8)
    known = told(chance[:200], labels[:200])
    labels[200:250], labels[250:] = UNKNOWN, RIM
    assert np.array_equal(told(chance, labels), known)


def test_the_error_of_all_blocks_is_not_the_mean_of_theirs():
    # Two blocks that are wrong in opposite ways at the same probability cancel out.
    sums = told(np.full(200, 0.5), np.repeat([0, 1], 100), blocks=2)
    measure = calibration_error(sums)
    assert measure.value == pytest.approx(0, abs=1e-6)
    assert measure.figure(np.array([[2.0, 0.0]]))[0] == pytest.approx(0.5)


def test_no_known_pixel_is_no_figure():
    sums = add_up(
        np.zeros((3, 3), np.float32), np.full((3, 3), UNKNOWN, np.uint8),
        np.zeros((3, 3), np.int32),
    )  # fmt: skip
    assert np.isnan([calibration_error(sums).value, brier(sums).value]).all()
    assert reliability(sums, seed=0).chance == ()
