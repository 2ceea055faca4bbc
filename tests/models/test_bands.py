"""Band by band, the same sums from less memory."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from models.bands import UNIT, bands, run_banded
from models.checkpoint import load_net
from models.encoders import FINE_REACH, EfficientNetLite0
from models.phased import Phased
from models.zoo import build_net

BAND = 2**11
"""Pixels: bands of 32 rows in the pictures below, 64 pixels wide."""


@given(height=st.integers(1, 90), rows=st.integers(0, 100), context=st.integers(0, 5))
def test_every_row_is_finished_once_by_a_band_that_sees_its_neighbours(height, rows, context):
    times = np.zeros(height, int)
    for band in bands(height, rows, context):
        times[band.own] += 1
        assert band.own.stop - band.own.start <= max(rows, 1)
        assert band.seen == slice(
            max(band.own.start - context, 0), min(band.own.stop + context, height)
        )
        assert list(range(height))[band.seen][band.inner] == list(range(height))[band.own]
    assert (times == 1).all()


@pytest.mark.parametrize(("context", "alike"), [(0, False), (1, True), (2, True)])
def test_bands_give_the_whole_when_they_see_as_far_as_the_layers_look(context, alike):
    conv = nn.Conv2d(2, 3, 9, padding=4)  # looks 4 px far: one row of UNIT
    picture = torch.randn(2, 2, 96, 64)
    with torch.inference_mode():
        [whole] = run_banded(lambda x: [conv(x)], {1: picture}, 2 * BAND, context=context)
        assert torch.allclose(whole, conv(picture), atol=1e-5) == alike


def test_inputs_and_outputs_may_have_any_of_the_strides():
    fine, coarse = torch.randn(1, 1, 64, 64), torch.randn(1, 1, 16, 16)

    def layers(coarse, fine):
        return [coarse + fine[:, :, ::4, ::4], fine[:, :, ::2, ::2]]

    for pixels in (None, 1, BAND, 10**9):
        fourth, half = run_banded(layers, {4: coarse, 1: fine}, pixels, context=0)
        assert torch.equal(fourth, coarse + fine[:, :, ::4, ::4])
        assert torch.equal(half, fine[:, :, ::2, ::2])


def taught(encoder):
    """A net with statistics as after a training, so that nothing is zero by chance."""
    torch.manual_seed(2)
    net = build_net(encoder)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return net.eval()


@pytest.mark.parametrize("encoder", ["resnet18", "efficientnet_lite0"])
def test_a_banded_net_judges_like_the_net_it_came_from(encoder):
    net = taught(encoder)
    picture = torch.randn(2, 3, 176, 64)
    with torch.inference_mode():
        assert torch.allclose(Phased(net, band=BAND)(picture), net(picture), atol=1e-4)


def test_fine_features_look_as_far_as_is_said():
    fine, _ = taught("efficientnet_lite0").encoder.halves()
    picture = torch.randn(1, 3, 96, 32)
    row = 48  # a multiple of UNIT: the first line of a feature at stride 4
    with torch.inference_mode():
        _, before = fine(picture)
        for away, moves in ((FINE_REACH, True), (FINE_REACH + 1, False)):
            changed = picture.clone()
            changed[:, :, row - away] += 50
            _, after = fine(changed)
            assert torch.equal(before[:, :, row // UNIT], after[:, :, row // UNIT]) != moves


def test_parting_an_encoder_changes_no_feature():
    encoder = EfficientNetLite0().eval()
    fine, coarse = encoder.halves()
    picture = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        second, fourth = fine(picture)
        parted = [second, fourth, *coarse(fourth)]
        for one, other in zip(encoder(picture)[1:], parted, strict=True):
            assert torch.equal(one, other)


def peak(net, picture):
    """Bytes a pixel that PyTorch holds at the most, beyond the picture, in a second pass."""
    with torch.inference_mode():
        net(picture)
        with torch.profiler.profile(profile_memory=True) as seen:
            net(picture)
    steps = [(e.start_ns(), e.nbytes()) for e in seen.profiler.kineto_results.events()
             if e.name() == "[memory]"]  # fmt: skip
    held = np.cumsum([size for _, size in sorted(steps, key=lambda step: step[0])])
    return held.max() / picture.shape[2] / picture.shape[3]


def test_bands_halve_what_the_shipped_net_holds():
    net = load_net().module
    picture = torch.randn(1, 3, 512, 256).contiguous(memory_format=torch.channels_last)
    whole, banded = (peak(Phased(net, band=band), picture) for band in (None, 2**13))
    assert whole > 150  # float32 here: twice what bf16 takes
    assert banded < 0.6 * whole
