"""The same sums, faster; and a sentence where there is no such device."""

import copy

import pytest
import torch

from geo.errors import ModelError
from models.device import autocast_dtype, choose_device, fold_batchnorm, tune_allocator
from models.zoo import build_net


def test_cuda_that_is_not_there_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="no CUDA device"):
        choose_device("cuda")
    assert choose_device("auto").type == "cpu"


def test_an_unknown_device_is_refused():
    with pytest.raises(ModelError, match="tpu"):
        choose_device("tpu")


def test_asking_for_the_cpu_gets_the_cpu_even_beside_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type == "cuda"


def test_bf16_is_used_only_where_the_processor_has_it(monkeypatch):
    for has in (True, False):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has)
        assert autocast_dtype(torch.device("cpu")) is (torch.bfloat16 if has else None)


def test_a_gpu_before_ampere_judges_in_float16_and_teaches_in_float32(monkeypatch):
    gpu = torch.device("cuda")
    for native in (True, False):
        monkeypatch.setattr(
            torch.cuda,
            "is_bf16_supported",
            lambda including_emulation=True, native=native: including_emulation or native,
        )
        assert autocast_dtype(gpu) is (torch.bfloat16 if native else None)
        assert autocast_dtype(gpu, half=True) is (torch.bfloat16 if native else torch.float16)


def test_the_allocator_is_left_alone_without_glibc(monkeypatch):
    monkeypatch.setattr("platform.libc_ver", lambda: ("musl", "1.2"))
    assert tune_allocator() is False


def test_folding_batch_norms_changes_no_score_and_leaves_the_net_alone():
    net = build_net().eval()
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    before = copy.deepcopy(net.state_dict())
    folded = fold_batchnorm(net)
    picture = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(net(picture), folded(picture), atol=1e-4)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in folded.modules())
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())


def test_a_net_that_cannot_be_traced_is_used_as_it_is():
    class Moody(torch.nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    net = Moody()
    assert fold_batchnorm(net) is net
