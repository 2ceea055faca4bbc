"""Crops are the same for the same step, and labels stay where they are."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.card import HEADS
from models.crops import Sampler, blank, cut, mark_edges
from models.losses import UNKNOWN
from models.patch import NOTHING, Patch


def patch(side: int = 200, *, gsd: float = 0.5, group: str = "g", weight: float = 1.0) -> Patch:
    """A bright square house on dark ground: picture and label show the same thing."""
    house = np.zeros((side, side), np.uint8)
    house[side // 4 : side // 2, side // 4 : side // 2] = 1
    picture = np.repeat((house * 200 + 20)[None], 3, 0)
    return Patch(
        name=group, place="p", group=group, weight=weight, picture=picture,
        labels={"building": house}, gsd=gsd,
    )  # fmt: skip


def test_a_batch_is_a_function_of_seed_and_step():
    sampler = Sampler([patch()], seed=1, size=64, batch=4)
    again = Sampler([patch()], seed=1, size=64, batch=4)
    assert torch.equal(sampler.draw(5).pictures, again.draw(5).pictures)
    assert torch.equal(sampler.draw(5).labels, again.draw(5).labels)
    assert not torch.equal(sampler.draw(5).pictures, sampler.draw(6).pictures)
    other = Sampler([patch()], seed=2, size=64, batch=4)
    assert not torch.equal(sampler.draw(5).pictures, other.draw(5).pictures)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), gsd=st.sampled_from([0.25, 0.3, 0.5, 1.0]))
def test_label_and_picture_stay_on_each_other_however_they_are_cut(seed, gsd):
    picture, labels = cut(patch(gsd=gsd), 96, np.random.default_rng(seed))
    bright, house = picture[0] > 120, labels[0]
    known = house != UNKNOWN
    wrong = (bright != (house == 1)) & known
    # only the outline may disagree, by less than one of the coarser pixels on either side
    near = torch.nn.functional.max_pool2d(bright[None].float(), 7, 1, 3)[0]
    kept = -torch.nn.functional.max_pool2d(-bright[None].float(), 7, 1, 3)[0]
    assert not (wrong & (near == kept)).any()
    area = abs(int(bright[known].sum()) - int((house == 1).sum()))
    assert area <= 0.12 * max(1, int((house == 1).sum())) + 25


def test_resampling_shifts_labels_by_no_part_of_a_pixel(monkeypatch):
    monkeypatch.setattr("models.crops.JITTER", (1.0, 1.0))
    monkeypatch.setattr("models.crops.TURNED", 0.0)
    house = np.zeros((288, 288), np.uint8)
    house[73:146, 73:146] = 1  # a third of a net pixel narrower on either side than whole ones
    one = replace(
        patch(),
        picture=np.repeat((house * 200 + 20)[None], 3, 0),
        labels={"building": house},
        gsd=0.5 / 3,
    )
    for seed in range(12):
        picture, labels = cut(one, 96, np.random.default_rng(seed))
        light = (picture[0].float() - 20).clamp_min(0)
        yes = (labels[0] == 1).float()
        place = torch.arange(96).float()
        for axis in (0, 1):
            ours = float((yes.sum(axis) * place).sum() / yes.sum())
            seen = float((light.sum(axis) * place).sum() / light.sum())
            assert ours == pytest.approx(seen, abs=0.1)


def test_a_crop_shows_as_much_ground_as_the_net_pixels_say():
    sides = []
    for seed in range(80):
        _, labels = cut(patch(400, gsd=0.25), 192, np.random.default_rng(seed))
        sides.append(np.sqrt(float((labels[0] == 1).sum())))
    house = 100 * 0.25 / 0.5  # pixels of the net
    assert max(sides) == pytest.approx(house / 0.7, rel=0.1)
    assert house / 1.45 < np.median([s for s in sides if s > 0]) < house * 1.45


def test_ground_beyond_a_small_patch_is_nothing_and_unknown():
    picture, labels = cut(patch(40), 256, np.random.default_rng(3))
    beyond = labels[0] == UNKNOWN
    assert beyond.float().mean() > 0.5
    corner = picture[:, 0, 0].numpy()
    assert np.abs(corner.astype(int) - NOTHING.ravel()).max() <= 110  # turned corners are black


def test_groups_come_by_their_weight_not_by_their_size():
    small = patch(64, group="small", weight=3.0)
    large = [patch(400, group="large", weight=1.0) for _ in range(3)]
    sampler = Sampler([small, *large], seed=0)
    assert sampler.odds[0] == pytest.approx(0.75)
    assert sampler.odds[1:].sum() == pytest.approx(0.25)


def test_heads_a_patch_does_not_label_are_unknown():
    batch = Sampler([patch()], seed=1, size=64, batch=2).draw(0)
    wall = HEADS.index("wall")
    assert (batch.labels[:, wall] == UNKNOWN).all()


def test_edges_are_two_pixels_wide_and_only_where_all_around_is_known():
    labels = torch.full((1, 5, 12, 12), UNKNOWN, dtype=torch.uint8)
    labels[0, 0] = 0
    labels[0, 0, 4:9, 4:9] = 1
    labels[0, 0, :, 11] = UNKNOWN
    edge = mark_edges(labels)[0, 1]
    assert edge[6].tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, UNKNOWN, UNKNOWN]


def test_edges_somebody_drew_are_kept():
    labels = torch.zeros((1, 5, 8, 8), dtype=torch.uint8)
    labels[0, 0, 2:6, 2:6] = 1
    labels[0, 1, 0, 0] = 1
    assert torch.equal(mark_edges(labels), labels)


def test_a_side_nobody_saw_is_exactly_nothing_and_unknown():
    picture, labels = (
        torch.full((3, 64, 64), 200, dtype=torch.uint8),
        torch.ones(5, 64, 64, dtype=torch.uint8),
    )
    blank(picture, labels, np.random.default_rng(3))
    gone = (labels == UNKNOWN).all(0)
    assert 0 < gone.float().mean() < 0.5
    assert (picture[:, gone] == torch.from_numpy(NOTHING.reshape(3, 1))).all()
    assert (picture[:, ~gone] == 200).all()
    assert (labels[:, ~gone] == 1).all()
    assert not gone[32, 32], "the middle of a crop is always seen"
