"""A pair of dates, judged in tiles and bands as a scene is."""

import numpy as np
import pytest
import torch

from geo.grid import local_grid
from geo.prepare.registration import Held
from geo.types import NODATA
from models.card import Card
from models.change import HEADS, ChangeNet
from models.change_head import Head
from models.checkpoint import Net
from models.judge_pair import Beside, PairJudge, turned_of
from models.phased_pair import PhasedPair
from models.predict_held import judge_held
from models.zoo import build_net

CARD = Card(name="tiny", version="1", mean=(0.5, 0.4, 0.3), std=(0.25, 0.2, 0.3), margin=144,
            decoder=(12, 10, 8), weights_sha256="0" * 64)  # fmt: skip
ALL = np.ones((300, 420), bool)


def change_net(encoder="efficientnet_lite0"):
    torch.manual_seed(0)
    change = ChangeNet(build_net(encoder, decoder=CARD.decoder)).eval()
    for norm in change.modules():  # as if they had been taught
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.running_mean.uniform_(-0.2, 0.2)
            norm.running_var.uniform_(0.5, 2)
    torch.nn.init.normal_(change.out.weight)  # an untaught head says the same everywhere
    return change


def pair_judge(dtype=torch.float32):
    change = change_net()
    return PairJudge(Head(change, {}), Net(change.body, CARD), "cpu", dtype=dtype)


def dates(seed=0, shape=ALL.shape):
    coarse = np.random.default_rng(seed).integers(0, 255, (2, 3, *(-(-n // 6) for n in shape)))
    fine = coarse.repeat(6, 2).repeat(6, 3)[:, :, : shape[0], : shape[1]].astype(np.uint8)
    return [Held(picture, np.ones(shape, bool)) for picture in fine]


@pytest.mark.parametrize("encoder", ["efficientnet_lite0", "resnet18"])
def test_the_light_net_says_what_the_change_net_says(encoder):
    change = change_net(encoder)
    one, other = torch.randn(2, 1, 3, 96, 128)
    with torch.inference_mode():
        wanted = change(one, other)
        told = PhasedPair(change)(torch.cat([one, other], 1))
    assert torch.allclose(told, wanted, atol=1e-4)
    assert wanted.std() > 0.1


def test_bands_do_not_show():
    change = change_net()
    pair = torch.randn(1, 6, 256, 64)
    with torch.inference_mode():
        wanted = PhasedPair(change)(pair)
        told = PhasedPair(change, band=64 * 32)(pair)
    assert torch.allclose(told, wanted, atol=1e-5)


def test_bytes_are_made_numbers_as_the_card_says_for_both_dates():
    judge = pair_judge()
    pixels = torch.full((1, 6, 16, 16), 51, dtype=torch.uint8)
    wanted = [(0.2 - m) / s for m, s in zip(CARD.mean, CARD.std, strict=True)] * 2
    assert judge.prepare(pixels)[0, :, 0, 0].tolist() == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_exchanged_pictures_exchange_what_only_one_has(dtype):
    judge, (one, other), grid = pair_judge(dtype), dates(), local_grid(*ALL.shape, 0.5)
    there, back = turned_of(judge, one, other, grid), turned_of(judge, other, one, grid)
    assert (there[0] == back[1]).all()
    assert (there[1] == back[0]).all()
    assert (there[0] != there[1]).any()
    told = dict(zip(HEADS, judge_held(judge, Beside(one, other), grid), strict=True))
    assert (told["vanished"] == there[0]).all()  # what only the first has


def test_nothing_is_said_where_either_date_shows_nothing():
    one, other = dates()
    half, corner = ALL.copy(), ALL.copy()
    half[:, 210:] = False
    corner[:30, :30] = False
    gone = turned_of(
        pair_judge(), Held(one.pixels, half), Held(other.pixels, corner),
        local_grid(*ALL.shape, 0.5),
    )  # fmt: skip
    for scores in gone:
        assert ((scores == NODATA) == ~(half & corner)).all()


def test_tiles_do_not_show(monkeypatch):
    judge, (one, other) = pair_judge(), dates(3, (500, 560))
    grid = local_grid(500, 560, 0.5)
    whole = turned_of(judge, one, other, grid)
    monkeypatch.setattr("models.predict_held.TILE", 480)
    parts = turned_of(judge, one, other, grid)
    for a, b in zip(whole, parts, strict=True):
        assert np.abs(a.astype(int) - b).max() <= 1
