"""Other people's encoders: taken over, or refused in a sentence."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from geo.errors import ModelError
from models.plan import Plan
from models.pretrained import begin_from
from models.zoo import build_net

PLAN = Plan(encoder="mobilenet_v2", decoder=(8, 8, 8))


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(9)
    net = build_net(PLAN.encoder, decoder=PLAN.decoder)
    return {name: tensor.contiguous() for name, tensor in net.encoder.state_dict().items()}


@pytest.mark.parametrize("wrapper", ["", "backbone.", "module.encoder."])
def test_an_encoder_is_taken_over_whatever_its_names_are_wrapped_in(tmp_path, encoder, wrapper):
    save_file({wrapper + k: v for k, v in encoder.items()}, tmp_path / "e.safetensors")
    state = begin_from(tmp_path / "e.safetensors", PLAN)
    fresh = begin_from(tmp_path / "e.safetensors", replace(PLAN, seed=2))
    for name, tensor in encoder.items():
        if tensor.is_floating_point():
            assert torch.equal(state[f"encoder.{name}"], tensor)
    assert not torch.equal(state["head.weight"], fresh["head.weight"])  # chance, by its seed


def test_a_file_of_another_encoder_is_refused(tmp_path, encoder):
    some = dict(list(encoder.items())[:20])
    save_file(some, tmp_path / "e.safetensors")
    with pytest.raises(ModelError, match="it is of another encoder"):
        begin_from(tmp_path / "e.safetensors", PLAN)


def test_an_encoder_of_thirteen_bands_is_refused_by_its_first_layer(tmp_path, encoder):
    first = next(iter(encoder))
    wide = {**encoder, first: torch.zeros(32, 13, 3, 3)}
    save_file(wide, tmp_path / "e.safetensors")
    with pytest.raises(ModelError, match="taught on other bands"):
        begin_from(tmp_path / "e.safetensors", PLAN)
