"""Probabilities that mean what they say, thresholds that keep what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from geo.errors import InputError
from models.calibrate import (
    best_threshold,
    kept_temperature,
    place_threshold,
    promise,
    temperature,
    to_logits,
)


def place(seed: int, sharpness: float, n: int = 4000):
    """Truth drawn from logits, then told ``sharpness`` times too boldly."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, n)
    return logits * sharpness, rng.random(n) < expit(logits)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0])
def test_the_temperature_undoes_overconfidence(sharpness):
    assert temperature({"a": place(1, sharpness)}) == pytest.approx(sharpness, rel=0.08)


def test_a_large_place_does_not_outvote_a_small_one():
    small, large = place(1, 1.0, 2000), place(2, 3.0, 20_000)
    both = temperature({"small": small, "large": large})
    tripled = temperature({"small": small, "large": tuple(np.tile(x, 3) for x in large)})
    assert both == pytest.approx(tripled, rel=1e-3)


def test_without_labels_the_temperature_is_one():
    assert temperature({}) == 1
    assert temperature({"a": (np.empty(0), np.empty(0, bool))}) == 1


def test_the_threshold_stands_where_f1_is_best():
    logits = np.linspace(-5, 5, 1001)
    true = expit(logits) > 0.7
    assert best_threshold({"a": (logits, true)}) == pytest.approx(0.7, abs=0.03)
    assert best_threshold({}) == 0.5


def test_a_promise_keeps_the_share_it_names_on_objects_alike():
    rng = np.random.default_rng(5)
    missed = []
    for _ in range(300):
        scores = rng.random(60)
        kept = promise(scores[:40].tolist(), recall=0.9).threshold
        missed.append((scores[40:] < kept).mean())
    assert np.mean(missed) < 0.105
    assert np.mean(missed) > 0.05


def test_nine_objects_are_needed_to_promise_nine_of_ten():
    assert promise([0.5] * 9, recall=0.9).threshold == 0.5
    with pytest.raises(InputError, match="needs 9"):
        promise([0.5] * 8, recall=0.9)
    with pytest.raises(InputError, match="cannot be promised"):
        promise([0.5] * 8, recall=1.0)


@given(st.floats(0, 1, width=32))
def test_logits_and_probabilities_are_the_same_story(chance):
    back = expit(to_logits(np.array([chance], np.float32)))
    assert back[0] == pytest.approx(chance, abs=1e-6)


def test_a_temperature_is_kept_only_if_it_helps_where_it_was_not_fitted():
    alike = {name: place(seed, 2.0) for seed, name in enumerate("abc")}
    assert kept_temperature(alike) == pytest.approx(2, rel=0.1)
    unlike = {"bold": place(1, 3.0), "shy": place(2, 0.4)}
    assert kept_temperature(unlike) == 1
    assert kept_temperature({"alone": place(1, 3.0)}) == 1


def test_a_promise_for_a_new_place_counts_places_and_not_objects():
    places = [np.linspace(0, 1, 101) + 0.1 * i for i in range(9)]
    kept = place_threshold(places, recall=0.9)
    # Nine places allow a mean of 10 % with a tenth place that misses all: nothing to miss here.
    assert kept == pytest.approx(0)
    assert place_threshold(places[:8], recall=0.9) is None
    assert place_threshold(places, recall=0.5) > kept


def test_promises_for_new_places_are_kept_where_places_are_alike():
    rng = np.random.default_rng(0)
    missed = []
    for _ in range(200):
        shifts = rng.normal(0, 0.2, 12)
        places = [rng.normal(0.6 + shift, 0.1, 50) for shift in shifts]
        kept = place_threshold(places[:-1], recall=0.8)
        missed.append((places[-1] < kept).mean())
    assert 0.1 < np.mean(missed) < 0.22
