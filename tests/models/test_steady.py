"""The shipped net, streamed: the same ground, the same scores."""

import contextlib

import numpy as np
import pytest
import torch
from affine import Affine

from geo.grid import Grid
from geo.tiles import Cut
from models.checkpoint import load_net
from models.judge import Judge
from models.predict import Job, predict
from models.synthetic.scene import draw_scene

SIDE = 900

GOAL = 2
"""255ths, 99.9th percentile of the difference."""


class Shown:
    def __init__(self, pixels):
        self.pixels = pixels

    def picture(self, rows, cols):
        window = self.pixels[:, rows, cols]
        return window, np.ones(window.shape[1:], bool)


@pytest.fixture(scope="module")
def scene():
    return draw_scene("plots", seed=11, size=SIDE).picture


@pytest.fixture(scope="module")
def judge():
    return Judge(load_net(), "cpu")


def scores(judge, pixels, folder, *, tile=1024, batch=1, corner=(0, 0)):
    card = judge.card
    affine = Affine(0.5, 0, 500_000 + corner[1] * 0.5, 0, -0.5, 1_200_000 - corner[0] * 0.5)
    job = Job(
        open=lambda: contextlib.nullcontext(Shown(pixels)),
        grid=Grid(pixels.shape[1:], affine, "EPSG:32648"),
        stem=folder / f"work-{tile}-{batch}-{corner[0]}",
        cut=Cut(size=tile, margin=card.margin, stride=card.stride),
        batch=batch,
    )
    store, _ = predict(judge, job)
    return np.fromfile(store.raw, np.uint8).reshape(store.shape).astype(int)


@pytest.fixture(scope="module")
def whole(judge, scene, tmp_path_factory):
    return scores(judge, scene, tmp_path_factory.mktemp("whole"))


def apart(a, b):
    return np.percentile(np.abs(a - b), 99.9)


@pytest.mark.slow
def test_smaller_tiles_give_the_same_scores_and_things(judge, scene, whole, tmp_path):
    other = scores(judge, scene, tmp_path, tile=512)
    assert apart(whole, other) <= GOAL
    yes, again = whole[0] > 127, other[0] > 127
    assert (yes & again).sum() >= 0.98 * (yes | again).sum()


@pytest.mark.slow
def test_batches_give_the_same_scores(judge, scene, whole, tmp_path):
    other = scores(judge, scene, tmp_path, tile=512, batch=3)
    assert apart(whole, other) <= GOAL


@pytest.mark.slow
def test_a_crop_gives_the_scores_of_the_scene(judge, scene, whole, tmp_path):
    row, col = 133, 75
    other = scores(judge, scene[:, row:, col:], tmp_path, corner=(row, col))
    inner = np.s_[:, judge.card.margin :, judge.card.margin :]
    assert apart(whole[:, row:, col:][inner], other[inner]) <= GOAL


@pytest.mark.slow
def test_the_fast_path_agrees_with_plain_arithmetic(judge, scene, whole, tmp_path):
    plain = Judge(load_net(), "cpu", dtype=torch.float32)
    other = scores(plain, scene, tmp_path)
    yes, again = whole[0] > 127, other[0] > 127
    assert (yes & again).sum() >= 0.97 * (yes | again).sum()
    assert np.abs(whole - other).mean() <= 2
