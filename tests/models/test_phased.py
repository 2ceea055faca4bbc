"""The same sums with less work."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from models.phased import Phased, PhasedConv
from models.zoo import build_net


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 4)])
def test_phases_give_what_doubling_and_laying_together_give(shape):
    torch.manual_seed(1)
    conv = nn.Conv2d(3 + 2, 4, 3, padding=1)
    coarse = torch.randn(2, 3, *shape)
    skip = torch.randn(2, 2, 2 * shape[0], 2 * shape[1])
    doubled = F.interpolate(coarse, scale_factor=2.0, mode="nearest")
    with torch.inference_mode():
        expected = conv(torch.cat([doubled, skip], 1))
        assert torch.allclose(PhasedConv(conv, 3)(coarse, skip), expected, atol=1e-5)


@pytest.mark.parametrize("encoder", ["resnet18", "mobilenet_v2", "efficientnet_lite0"])
def test_a_phased_net_judges_like_the_net_it_came_from(encoder):
    torch.manual_seed(2)
    net = build_net(encoder)
    for module in net.modules():  # statistics as after a training
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    net.eval()
    picture = torch.randn(2, 3, 48, 80)
    with torch.inference_mode():
        assert torch.allclose(Phased(net)(picture), net(picture), atol=1e-4)
