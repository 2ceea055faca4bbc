"""Gradients of depthwise convolutions taken in float32 are those of PyTorch."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from models.depthwise import Depthwise, widen_gradients
from models.zoo import build_net


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_gradients_in_float32_are_those_of_pytorch(kernel: int, stride: int) -> None:
    torch.manual_seed(kernel + stride)
    plain = nn.Sequential(
        nn.Conv2d(6, 6, kernel, stride, padding=kernel // 2, groups=6, bias=False)
    )
    wide = copy.deepcopy(plain)
    assert widen_gradients(wide) == 1
    x = torch.randn(2, 6, 17, 20)
    found = []
    for net in (plain, wide):
        seen = x.clone().requires_grad_()
        net(seen).square().sum().backward()
        found.append((seen.grad, net[0].weight.grad))
    for got, wanted in zip(*found, strict=True):
        torch.testing.assert_close(got, wanted)


def test_under_autocast_the_outcome_is_bfloat16_and_the_gradient_as_wide_as_the_weight() -> (
    None
):
    net = nn.Sequential(nn.Conv2d(8, 8, 5, 2, padding=2, groups=8, bias=False))
    widen_gradients(net)
    with torch.autocast("cpu", torch.bfloat16):
        y = net(torch.randn(1, 8, 12, 12))
    y.float().sum().backward()
    assert y.dtype is torch.bfloat16
    assert net[0].weight.grad is not None
    assert net[0].weight.grad.dtype is torch.float32


def test_names_and_parameters_stay_so_that_weights_and_optimisers_fit() -> None:
    net = build_net("efficientnet_lite0", decoder=(16, 16, 16))
    before = dict(net.named_parameters())
    assert widen_gradients(net) == 11
    after = dict(net.named_parameters())
    assert list(before) == list(after)
    assert all(before[name] is after[name] for name in before)
    assert widen_gradients(net) == 0


def test_convolutions_it_was_not_made_for_stay() -> None:
    net = nn.Sequential(
        nn.Conv2d(4, 4, 3, groups=4, bias=True),
        nn.Conv2d(4, 8, 3, groups=4, bias=False),
        nn.Conv2d(8, 8, 3, groups=8, bias=False, dilation=2),
        nn.Conv2d(8, 8, 3, groups=8, bias=False, padding="same"),
        nn.Conv2d(8, 8, 3, bias=False),
    )
    assert widen_gradients(net) == 0
    assert not any(isinstance(part, Depthwise) for part in net)
