"""Lanes give the gradient of the whole batch, in the same way every time."""

import pytest
import torch
from torch import nn

from models.lanes import Lanes


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1))


def cost(net, x):
    loss = net(x).square().mean()
    return loss, torch.stack([loss, x.mean()])


def test_one_lane_is_plain_training():
    net, other = small(), small()
    batch = torch.randn(4, 1, 8, 8)
    Lanes(net, 1).gradient(cost, batch)
    cost(other, batch)[0].backward()
    for ours, plain in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.allclose(ours.grad, plain.grad)


def test_two_lanes_give_the_mean_gradient_of_both_halves():
    net = small()
    batch = torch.randn(4, 1, 8, 8)
    aside = Lanes(net, 2).gradient(cost, batch)
    halves = []
    for half in batch.chunk(2):
        other = small()
        cost(other, half)[0].backward()
        halves.append([p.grad for p in other.parameters()])
    for ours, first, second in zip(net.parameters(), *halves, strict=True):
        assert torch.allclose(ours.grad, (first + second) / 2, atol=1e-6)
    assert aside[1] == pytest.approx(float(batch.mean()), abs=1e-6)


def test_twins_share_parameters_and_agree_on_statistics():
    net = small()
    lanes = Lanes(net, 3)
    lanes.gradient(cost, torch.randn(6, 1, 8, 8))
    first, *others = lanes.twins
    for twin in others:
        assert all(a is b for a, b in zip(first.parameters(), twin.parameters(), strict=True))
        assert torch.equal(first[1].running_mean, twin[1].running_mean)
    assert first[1].running_mean.abs().sum() > 0


def test_the_same_batch_gives_the_same_gradient():
    batch = torch.randn(6, 1, 16, 16)
    grads = []
    for _ in range(2):
        net = small()
        Lanes(net, 2).gradient(cost, batch)
        grads.append(torch.cat([p.grad.flatten() for p in net.parameters()]))
    assert torch.equal(*grads)
