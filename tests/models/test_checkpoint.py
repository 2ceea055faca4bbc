"""Weights are loaded whole and unharmed, or refused unread."""

import hashlib
import pickle
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from geo.errors import ModelError
from models.card import Card
from models.checkpoint import load_net, read_card, save_net
from models.zoo import build_net


@pytest.fixture(scope="module")
def tensors():
    torch.manual_seed(0)
    return build_net("mobilenet_v2").state_dict()


@pytest.fixture
def weights(tmp_path, tensors):
    path = tmp_path / "net.safetensors"
    save_net(path, tensors, Card(name="net", version="1", encoder="mobilenet_v2"))
    return path


class Bomb:
    """Runs when unpickled."""

    def __reduce__(self):
        """Fail the test."""
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".pkl", ".bin"])
def test_a_pickle_is_refused_unread(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="can run code"):
        load_net(path)


def test_a_pickle_under_a_false_name_is_not_opened_either(weights):
    content = pickle.dumps(Bomb())
    weights.write_bytes(content)
    rehash(weights)
    with pytest.raises(ModelError, match="is broken"):
        load_net(weights)


def rehash(weights):
    """Write the file's own hash into its card, as a forger would."""
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    card = replace(read_card(weights), weights_sha256=digest)
    weights.with_suffix(".toml").write_text(card.to_toml())


def test_what_was_saved_comes_back_to_the_precision_of_bf16(weights, tensors):
    net = load_net(weights)
    assert not net.module.training
    for key, value in net.module.state_dict().items():
        assert torch.allclose(value.float(), tensors[key].float(), rtol=0.01, atol=1e-6)


def test_one_flipped_bit_is_noticed(weights):
    content = bytearray(weights.read_bytes())
    content[-100] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="not the file its card speaks of"):
        load_net(weights)


def test_a_truncated_file_is_broken_even_with_its_own_hash(weights):
    weights.write_bytes(weights.read_bytes()[:-1000])
    rehash(weights)
    with pytest.raises(ModelError, match="is broken"):
        load_net(weights)


def test_weights_without_a_card_are_refused(weights):
    weights.with_suffix(".toml").unlink()
    with pytest.raises(ModelError, match="has no card"):
        load_net(weights)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="no weights to read"):
        load_net(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("head.bias"), "lacks 1 tensors.*head.bias"),
        (lambda t: t.update(extra=torch.zeros(1)), "does not know.*extra"),
        (lambda t: t.update({"head.bias": torch.zeros(8)}), "head.bias should be"),
    ],
)
def test_tensors_that_do_not_fit_the_net_are_named(weights, change, words):
    inside = load_file(weights)
    change(inside)
    save_file(inside, weights)
    rehash(weights)
    with pytest.raises(ModelError, match=words):
        load_net(weights)


def test_temperatures_are_in_the_logits_so_that_callers_need_only_a_sigmoid(tmp_path, tensors):
    plain, tempered = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    card = Card(name="net", version="1", encoder="mobilenet_v2")
    save_net(plain, tensors, card)
    save_net(
        tempered, tensors,
        Card(name="net", version="1", encoder="mobilenet_v2", temperatures={"wall": 2.0}),
    )  # fmt: skip
    picture = torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        before, after = (load_net(path).module(picture) for path in (plain, tempered))
    assert torch.allclose(after[:, 2], before[:, 2] / 2, atol=1e-5)
    assert torch.allclose(after[:, [0, 1, 3, 4]], before[:, [0, 1, 3, 4]], atol=1e-6)


def test_a_failed_save_leaves_the_old_weights(weights, tensors, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    before = weights.read_bytes()
    monkeypatch.setattr("models.resume.save_file", full)
    with pytest.raises(OSError, match="No space"):
        save_net(weights, tensors, Card(name="net", version="2", encoder="mobilenet_v2"))
    assert weights.read_bytes() == before
    assert [p.name for p in weights.parent.iterdir() if p.name.startswith(".")] == []


def test_the_same_tensors_and_card_make_the_same_file(tmp_path):
    net = load_net()
    tensors = net.module.state_dict()
    hashes = {
        save_net(tmp_path / f"{i}.safetensors", tensors, net.card).weights_sha256
        for i in range(6)
    }
    assert len(hashes) == 1
