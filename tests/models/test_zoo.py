"""The net sees a neighbourhood, never a tile."""

import copy

import pytest
import torch
from torch import nn

from geo.errors import ModelError
from models.zoo import build_net


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return build_net().eval()


def test_the_net_is_small_enough_to_train_on_two_cores(net):
    assert 1e6 < sum(p.numel() for p in net.parameters()) < 4e6


def test_logits_come_at_full_resolution_one_channel_a_head(net):
    with torch.inference_mode():
        assert net(torch.randn(2, 3, 64, 96)).shape == (2, 5, 64, 96)
        assert build_net(heads=2).eval()(torch.randn(1, 3, 32, 32)).shape == (1, 2, 32, 32)


def test_shifting_the_picture_by_the_stride_shifts_the_scores_alike(net):
    picture = torch.randn(1, 3, 416, 416)
    margin = 144
    with torch.inference_mode():
        here = net(picture)[:, :, margin + 16 : -margin, margin : -margin - 16]
        there = net(picture.roll((-16, 16), (2, 3)))
    inner = there[:, :, margin : -margin - 16, margin + 16 : -margin]
    assert here.shape[2] >= 96
    assert torch.allclose(here, inner, atol=1e-4)


def test_a_shift_that_is_no_multiple_of_the_stride_is_another_picture(net):
    picture = torch.randn(1, 3, 416, 416)
    with torch.inference_mode():
        here = net(picture)[:, :, 152:-144, 144:-144]
        there = net(picture.roll(-8, 2))[:, :, 144:-152, 144:-144]
    assert not torch.allclose(here, there, atol=1e-4)


def test_what_else_is_in_the_batch_does_not_matter(net):
    one, other = torch.randn(1, 3, 64, 64), 5 * torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(net(one), net(torch.cat([one, other]))[:1], atol=1e-5)


def receptive_field(net, *, side):
    """Side of the square of pixels that can move one output pixel, by their gradients."""
    twin = copy.deepcopy(net).float().eval()
    for parent in list(twin.modules()):  # gates and maxima would hide pixels from the gradient
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.ReLU | nn.ReLU6 | nn.SiLU | nn.Hardswish):
                setattr(parent, name, nn.Identity())
            elif isinstance(child, nn.MaxPool2d):
                setattr(
                    parent, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding)
                )
    picture = torch.zeros(1, 3, side, side, requires_grad=True)
    twin(picture)[0, :, side // 2, side // 2].sum().backward()
    moved = picture.grad.abs().sum((0, 1)) > 0
    rows = moved.any(1).nonzero()
    return int(rows.max() - rows.min() + 1)


def test_pixels_beyond_the_receptive_field_cannot_move_a_score(net):
    field = receptive_field(net, side=320)
    assert 150 < field < 288
    picture = torch.randn(1, 3, 320, 320)
    changed = picture.clone()
    changed[:, :, :, 0] += 10
    at = field  # columns from the changed one, more than any half field
    with torch.inference_mode():
        difference = (net(picture) - net(changed)).abs()[0].amax((0, 1))
    assert difference[:16].max() > 0
    assert difference[at:].max() < 1e-5


def test_four_sub_pixels_are_laid_out_as_two_by_two():
    net = build_net(heads=1)
    torch.nn.init.zeros_(net.head.weight)
    with torch.no_grad():
        net.head.bias.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        out = net.eval()(torch.zeros(1, 3, 32, 32))[0, 0, :2, :2]
    assert out.tolist() == [[1, 2], [3, 4]]


def test_every_head_starts_from_the_prior():
    net = build_net(prior=0.1)
    assert torch.sigmoid(net.head.bias.detach()).mean() == pytest.approx(0.1)


@pytest.mark.parametrize("encoder", ["mobilenet_v2", "tu-mobilenetv4_conv_small"])
def test_other_encoders_fit_the_same_decoder(encoder):
    with torch.inference_mode():
        assert build_net(encoder).eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 5, 32, 32)


@pytest.mark.parametrize("encoder", ["resnet1", "tu-nothing"])
def test_an_unknown_encoder_is_refused_with_a_sentence(encoder):
    with pytest.raises(ModelError, match=f"--encoder {encoder}"):
        build_net(encoder)


@pytest.mark.parametrize(
    "encoder",
    [
        "efficientnet-b0",  # squeeze
        "tu-mobilenetv3_small_100",
        "tu-seresnet18",  # squeeze on a branch that begins at nought
        "tu-skresnet18",
        "tu-convnextv2_atto",  # a norm over the whole tile that begins at nought
        "mit_b0",  # attention
    ],
)
def test_an_encoder_that_looks_at_the_whole_tile_is_refused_with_a_sentence(encoder):
    with pytest.raises(ModelError, match=f"--encoder {encoder} looks at the whole tile"):
        build_net(encoder)


@pytest.mark.parametrize("encoder", ["resnet50", "tu-convnext_atto", "tu-regnetx_002"])
def test_a_large_neighbourhood_is_not_the_whole_tile(encoder):
    build_net(encoder)


def test_a_decoder_of_the_wrong_length_is_refused():
    with pytest.raises(ModelError, match="3 channel counts"):
        build_net(decoder=(64, 32))


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_lite0"])
def test_layers_that_never_run_are_not_kept(name):
    encoder = build_net(name, decoder=(8, 8, 8)).encoder.eval()
    learned = dict(encoder.named_parameters())
    sum(f.sum() for f in encoder(torch.randn(1, 3, 64, 64))).backward()
    assert [name for name, p in learned.items() if p.grad is None] == []


def test_lite_norms_keep_the_epsilon_their_weights_were_taught_with():
    lite = build_net("efficientnet_lite0", decoder=(8, 8, 8))
    norms = [m for m in lite.encoder.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert norms
    assert {norm.eps for norm in norms} == {1e-3}
    assert lite.decoder[0][1].eps == 1e-5
