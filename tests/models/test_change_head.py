"""A change head lies beside its own net, on any encoder, and is refused beside another."""

import dataclasses

import pytest
import torch

from geo.errors import ModelError
from models.card import Card
from models.change import ChangeNet
from models.change_head import BESIDE, find_head, save_head
from models.checkpoint import Net
from models.zoo import build_net

CARD = Card(name="tiny", version="1", mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), margin=16,
            decoder=(8, 8, 8), weights_sha256="0" * 64)  # fmt: skip


def net(encoder="resnet18", decoder=(8, 8, 8)):
    torch.manual_seed(0)
    return Net(build_net(encoder, decoder=decoder).eval(), CARD)


def saved(tmp_path, whole, body="0" * 64):
    change = ChangeNet(whole.module)
    torch.nn.init.normal_(change.out.weight)  # an untaught head says the same everywhere
    return save_head(
        tmp_path / f"tiny{BESIDE}.safetensors", change, body, "never", {"drawn_f1": 0.5}
    )


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [("resnet18", (128, 64, 48)), ("efficientnet_lite0", (160, 96, 64)),
     ("mobilenet_v2", (8, 12, 16))],
)  # fmt: skip
def test_a_head_fits_any_encoder_and_is_small(encoder, decoder):
    change = ChangeNet(net(encoder, decoder).module).eval()
    assert sum(t.numel() for t in change.head_tensors().values()) < 300_000
    with torch.inference_mode():
        assert change(*torch.zeros(2, 1, 3, 64, 64)).shape == (1, 2, 64, 64)


def test_a_head_is_found_beside_its_net_and_nowhere_else(tmp_path):
    whole, weights = net(), tmp_path / "tiny.safetensors"
    assert find_head(whole, weights) is None
    saved(tmp_path, whole)
    found = find_head(whole, weights)
    assert found is not None
    assert found.card["drawn_f1"] == 0.5
    assert not found.module.training


def test_a_head_of_another_net_is_left_alone_unless_it_was_asked_for(tmp_path):
    whole = net()
    path = saved(tmp_path, whole, body="1" * 64)
    assert find_head(whole, tmp_path / "tiny.safetensors") is None
    with pytest.raises(ModelError, match="another net"):
        find_head(whole, head=path)


def test_a_head_that_is_not_what_its_card_says_is_refused(tmp_path):
    whole = net()
    path = saved(tmp_path, whole)
    card = path.with_suffix(".toml")
    card.write_text(card.read_text().replace('weights_sha256 = "', 'weights_sha256 = "0'))
    with pytest.raises(ModelError, match="not the file"):
        find_head(whole, head=path)
    card.unlink()
    with pytest.raises(ModelError, match="no card"):
        find_head(whole, head=path)


def test_a_head_of_another_shape_is_refused(tmp_path):
    path = saved(tmp_path, net())
    wide = net(decoder=(16, 8, 8))
    with pytest.raises(ModelError, match="does not fit"):
        find_head(dataclasses.replace(wide), head=path)
