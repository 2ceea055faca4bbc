"""Which rule most of many answers agree on, and when none."""

import numpy as np
import pytest

from geo.agree import agree, away, bend

HERE = np.stack(np.meshgrid(np.arange(0.0, 500, 60), np.arange(0.0, 500, 60)), -1).reshape(
    -1, 2
)
MOVE = np.array([3.0, -2.0])
NOISE = np.random.default_rng(0).normal(0, 0.15, HERE.shape)


def turned(degrees, size=1.0):
    angle = np.radians(degrees)
    spin = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return HERE @ spin.T + MOVE + NOISE


def test_a_common_shift_is_called_a_shift():
    found = agree(HERE, HERE + MOVE + NOISE)
    assert found.name == "shift"
    assert found.matrix[:, 2] == pytest.approx((3.0, -2.0), abs=0.1)
    assert found.share == 1


def test_a_third_that_say_anything_have_no_say():
    there = HERE + MOVE + NOISE
    there[::3] += np.random.default_rng(1).uniform(-15, 15, there[::3].shape)
    found = agree(HERE, there)
    assert found.matrix[:, 2] == pytest.approx((3.0, -2.0), abs=0.15)
    assert 0.6 < found.share < 0.8


def test_a_turn_is_called_a_similarity():
    found = agree(HERE, turned(1.5))
    assert found.name == "similarity"
    assert away(found.matrix, HERE, turned(1.5)).max() < 0.6


def test_a_stretch_one_way_is_called_an_affine():
    there = HERE * (1.02, 0.985) + NOISE
    found = agree(HERE, there)
    assert found.name == "affine"
    assert np.diag(found.matrix[:, :2]) == pytest.approx((1.02, 0.985), abs=0.002)


def test_answers_that_agree_with_nobody_give_no_rule():
    there = HERE + np.random.default_rng(2).uniform(-60, 60, HERE.shape)
    assert agree(HERE, there).share < 0.2


def test_two_answers_are_too_few():
    assert agree(HERE[:2], HERE[:2]).name == "none"
    assert agree(HERE[:0], HERE[:0]).agreeing == 0


def test_a_bend_that_neighbours_share_becomes_a_field():
    there = HERE + np.stack([2 * np.sin(HERE[:, 1] / 80), 0 * HERE[:, 0]], 1) + 0.3 * NOISE
    field, left = bend(np.eye(2, 3), HERE, there, (500, 500))
    assert field.shape == (2, 9, 9)
    assert left < 0.8
    assert np.abs(field[0]).max() > 1
    assert np.abs(field[1]).max() < 0.5


def test_noise_is_no_bend():
    there = HERE + 5 * NOISE
    assert bend(np.eye(2, 3), HERE, there, (500, 500)) is None
