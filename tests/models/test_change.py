"""The change head: exchanged dates exchange its answers, and a killed training goes on."""

import numpy as np
import pytest
import torch

from models.card import Card
from models.change import ChangeNet
from models.change_batches import ChangePlan, PairSampler
from models.change_head import load_head
from models.change_train import train_change
from models.checkpoint import Net
from models.losses import UNKNOWN
from models.zoo import build_net

CARD = Card(name="tiny", version="1", mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), margin=16,
            decoder=(8, 8, 8), weights_sha256="0" * 64)  # fmt: skip
SAME_BUT_ROOF = np.zeros((2, 128, 128), np.uint8)
SAME_BUT_ROOF[0, 40:80, 40:80] = 1


def net():
    torch.manual_seed(0)
    return Net(build_net("resnet18", decoder=(8, 8, 8)).eval(), CARD)


def pairs(count=2):
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(count):
        before = rng.integers(90, 120, (3, 128, 128)).astype(np.uint8)
        after = before.copy()
        after[:, 40:80, 40:80] = 240
        drawn.append((np.stack([before, after]), SAME_BUT_ROOF))
    return drawn


def test_exchanged_dates_exchange_the_answers_exactly():
    change = ChangeNet(net().module).eval()
    one, other = torch.randn(2, 1, 3, 64, 64)
    with torch.inference_mode():
        there, back = change(one, other), change(other, one)
    assert torch.equal(there, back.flip(1))


def test_a_batch_is_the_same_for_the_same_step_and_knows_what_it_does_not_know():
    sampler = PairSampler(pairs(), [], ChangePlan(batch=3, size=64))
    one, other = sampler.draw(5), sampler.draw(5)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert set(one[2].unique().tolist()) <= {0, 1, UNKNOWN}


def test_a_killed_training_ends_where_one_at_a_stretch_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("models.change_train.CHECK_EVERY", 2)
    data, plan = (pairs(), [], pairs(1)), ChangePlan(steps=4, batch=2, size=64)
    cpu = torch.device("cpu")
    path = train_change(plan, net(), data, tmp_path / "whole", device=cpu)
    draw = PairSampler.draw

    def killed(self, step):
        if step == 3:
            raise KeyboardInterrupt
        return draw(self, step)

    monkeypatch.setattr(PairSampler, "draw", killed)
    with pytest.raises(KeyboardInterrupt):
        train_change(plan, net(), data, tmp_path / "parts", device=cpu)
    seen = []
    monkeypatch.setattr(PairSampler, "draw", lambda s, step: seen.append(step) or draw(s, step))
    again = train_change(plan, net(), data, tmp_path / "parts", device=cpu)
    assert min(seen) == 2  # what had been learned was not learned again
    assert again.read_bytes() == path.read_bytes()
    rows = (tmp_path / "parts" / "curve.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "2", "4"]
    assert not load_head(again, net()).training


@pytest.mark.parametrize("by", [0.0, 1.0])
def test_a_nudge_moves_by_whole_pixels_exactly(by):
    from models.change_batches import _nudged  # noqa: PLC0415

    picture = torch.arange(3 * 8 * 8, dtype=torch.uint8).reshape(3, 8, 8)
    moved = _nudged(picture, np.array([by, 0.0]))
    row = int(by)
    assert torch.equal(moved[:, 2:5], picture[:, 2 + row : 5 + row])
