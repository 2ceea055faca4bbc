"""Calibration keeps its word at home, and says how far it falls short elsewhere."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binomtest

from models.calibrate_check import (
    half_rows,
    miss_rows,
    place_rows,
    places_needed,
    share_interval,
    temper_rows,
)
from models.calibrate_objects import object_scores
from models.evaluate_judged import Judged
from models.patch import Patch


def place(seed: int, sharpness: float, n: int = 4000):
    """Truth drawn from logits, then told ``sharpness`` times too boldly."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, n)
    return logits * sharpness, rng.random(n) < expit(logits)


def rows_of(**places):
    blocks = {name: np.arange(len(s[1]), dtype=np.int32) // 200 for name, s in places.items()}
    return {row.place: row for row in temper_rows(places, blocks)}


def test_places_that_are_bold_alike_calibrate_each_other():
    rows = rows_of(a=place(1, 2.0), b=place(2, 2.0), c=place(3, 2.0))
    for row in rows.values():
        assert row.temperature == pytest.approx(2, rel=0.15)
        assert row.before.value > 0.06
        assert row.after.value < 0.03
        low, _ = row.gain.interval(seed=0)
        assert low > 0


def test_a_place_unlike_the_others_is_made_worse_and_the_row_says_so():
    rows = rows_of(bold=place(1, 3.0), shy=place(2, 0.5))
    assert rows["shy"].gain.value < 0
    assert rows["shy"].others == 1


def test_a_place_alone_has_nobody_to_learn_from():
    [row] = rows_of(alone=place(1, 2.0)).values()
    assert (row.temperature, row.others) == (1, 0)
    assert row.gain.value == 0


def test_halves_of_one_place_keep_the_promise():
    scores = {"here": np.random.default_rng(0).random(400), "few": np.ones(12)}
    [row] = half_rows(scores, recall=0.9, seed=1)
    assert row.place == "here"
    assert row.rate == pytest.approx(0.1, abs=0.02)
    assert row.verdict in {"kept", "cannot tell"}


def test_a_promise_from_bright_places_breaks_in_a_dark_one():
    rng = np.random.default_rng(0)
    scores = {"a": 0.5 + rng.random(100) / 2, "b": 0.5 + rng.random(100) / 2,
              "dark": rng.random(100) / 2, "empty": np.empty(0)}  # fmt: skip
    rows = {row.place: row for row in miss_rows(scores, recall=0.9)}
    assert rows["dark"].verdict == "broken"
    assert rows["dark"].rate == 1
    assert rows["a"].verdict == "kept with room"  # the dark one holds the threshold down
    assert "empty" not in rows


def test_too_few_places_promise_nothing_for_a_new_one():
    scores = {name: np.linspace(0, 1, 50) for name in "abcd"}
    assert place_rows(scores, recall=0.9) == []
    assert len(place_rows(scores, recall=0.7)) == 4
    dark = {row.place: row for row in place_rows({**scores, "e": scores["a"] - 5}, recall=0.7)}
    assert dark["e"].rate == 1  # the others promised, not the place itself
    assert dark["a"].rate == 0  # the dark one is among the others, and holds the threshold down
    assert places_needed(0.9) == 9
    assert places_needed(0.8) == 4


@pytest.mark.parametrize(("part", "whole"), [(0, 10), (3, 10), (10, 10), (48, 53)])
def test_the_interval_of_a_share_agrees_with_scipy(part, whole):
    want = binomtest(part, whole).proportion_ci(method="exact")
    assert share_interval(part, whole) == pytest.approx((want.low, want.high))


def test_forty_eight_of_fifty_three_is_not_a_claim_of_ninety_percent():
    assert share_interval(48, 53) == pytest.approx((0.793, 0.969), abs=1e-3)


def test_objects_are_scored_by_the_mean_inside_and_small_or_unknown_ones_left_out():
    labels = np.full((1, 60, 60), 0, np.uint8)
    labels[0, 5:15, 5:15] = labels[0, 30:32, 30:32] = 1  # a house, and a hut of a square metre
    labels[0, :, 45:] = 255
    chance = np.zeros((1, 60, 60), np.float32)
    chance[0, 5:15, 5:10] = 0.8
    patch = Patch(name="", place="", group="", weight=1, labels={}, gsd=0.5,
                  picture=np.zeros((3, 60, 60), np.uint8))  # fmt: skip
    one = Judged(patch=patch, picture=patch.picture, chance=chance, labels=labels)
    assert object_scores(one, 0) == pytest.approx([0.4])
