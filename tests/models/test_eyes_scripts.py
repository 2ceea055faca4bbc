"""The scripts that print what the eyes must show run from end to end on two small places."""

import csv
import importlib.util
import sys
from importlib.machinery import SourceFileLoader

import numpy as np
import pytest
import torch
from PIL import Image

from models.card import Card
from models.checkpoint import load_tensors, read_card, save_net
from models.zoo import build_net
from tests.conftest import ROOT  # type: ignore[import-not-found]

SET = """
[[set]]
name = "{place}"
place = "{place}"
split = "val"
gsd_m = 0.5
images = "{place}.png"
labels.building = "masks/{{stem}}.png"
licence = "ours"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two places of nine small houses each, and a net that has learned nothing."""
    root = tmp_path_factory.mktemp("eyes")
    (root / "masks").mkdir()
    rng = np.random.default_rng(0)
    for place in ("here", "there"):
        houses = np.zeros((96, 96), np.uint8)
        for row in (8, 40, 70):
            for col in (8, 40, 70):
                houses[row : row + 14, col : col + 14] = 255
        noise = rng.integers(0, 60, (96, 96, 3), dtype=np.uint8)
        Image.fromarray(noise + houses[..., None] // 2).save(root / f"{place}.png")
        Image.fromarray(houses).save(root / "masks" / f"{place}.png")
    (root / "sets.toml").write_text("".join(SET.format(place=p) for p in ("here", "there")))
    torch.manual_seed(0)
    tensors = build_net("mobilenet_v2", decoder=(8, 8, 8)).state_dict()
    card = Card(name="small", version="1", encoder="mobilenet_v2", decoder=(8, 8, 8))
    for name in ("real-1", "both-1", "both-1-without-there"):
        save_net(root / f"{name}.safetensors", tensors, card)
    return root


def run(name: str, *words: str, monkeypatch) -> None:
    """Run a script in this process, as if typed."""
    path = ROOT / "scripts" / name
    monkeypatch.syspath_prepend(str(path.parent))
    monkeypatch.setattr(sys, "argv", [name, *words])
    loader = SourceFileLoader(name.replace("-", "_"), str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, loader.name, module)  # records look their module up
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    module.main()


def test_the_table_of_trainings_has_rows_gains_medians_and_folds(folder, capsys, monkeypatch):
    names = ("real-1", "both-1", "both-1-without-there")
    files = [str(folder / f"{name}.safetensors") for name in names]
    out = folder / "eyes.csv"
    run("eyes-table", str(folder / "sets.toml"), "--data", str(folder), *files,
        "--out", str(out), monkeypatch=monkeypatch)  # fmt: skip
    told = capsys.readouterr().out
    assert "| head | figure | place | real | both | both - real |" in told
    assert "| building | pixels, IoU | here | " in told
    assert "+0.000 (+0.00 to +0.00) *" in told  # the same net twice
    assert "Median over places:" in told
    assert "Each place left out of training in turn, both:" in told
    assert "| there | " in told.split("left out of training")[1]
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["left_out"] for row in rows} == {"", "there"}
    assert {row["place"] for row in rows if row["left_out"]} == {"there"}


def test_calibration_is_tried_on_places_left_out(folder, capsys, monkeypatch):
    weights = str(folder / "both-1.safetensors")
    run("score-calibration", str(folder / "sets.toml"), "--data", str(folder),
        "--weights", weights, "--recall", "0.75", monkeypatch=monkeypatch)  # fmt: skip
    told = capsys.readouterr().out
    assert "| building | here | " in told
    assert "75% of buildings, promised from those of all other places" in told
    rows = [line for line in told.splitlines() if line.startswith("| here | ")]
    assert all("| 25% |" in row for row in rows[:2])
    assert "needs 3 places" in told


def test_strains_are_told_as_changes_on_the_same_blocks(folder, capsys, monkeypatch):
    run("score-robustness", str(folder / "sets.toml"), "--data", str(folder), "--weights",
        str(folder / "both-1.safetensors"), "--only", "0.3 m", "grey",
        "16 bits, stretched as a scan does", monkeypatch=monkeypatch)  # fmt: skip
    told = capsys.readouterr().out
    assert "| as they are | " in told
    assert "| 0.3 m |  |  |" in told  # pixels of 0.5 m have no finer ones
    assert "| grey | " in told
    assert "| 16 bits, stretched as a scan does | " in told


def test_the_mean_of_two_nets_is_certified_and_says_whose_it_is(folder, tmp_path, monkeypatch):
    tensors = load_tensors(folder / "both-1.safetensors")
    other = {name: t + 1 if t.is_floating_point() else t for name, t in tensors.items()}
    card = Card(
        name="small", version="2", encoder="mobilenet_v2", decoder=(8, 8, 8), seeds=(7,)
    )
    save_net(tmp_path / "other.safetensors", other, card)
    (tmp_path / "card.toml").write_text('name = "mean"\nversion = "3"\nfailures = ["Trees."]\n')
    out = tmp_path / "mean.safetensors"
    words = [
        *(str(folder / "sets.toml"), str(tmp_path / "other.safetensors")),
        *(str(folder / "both-1.safetensors"), "--data", str(folder), "--out", str(out)),
        *("--card", str(tmp_path / "card.toml")),
    ]
    run("mean-nets", *words, monkeypatch=monkeypatch)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    torch.testing.assert_close(
        load_tensors(out)[name], tensors[name] + 0.5, atol=0.01, rtol=0.01, check_dtype=False
    )
    told = read_card(out)
    assert (told.name, told.version, told.seeds) == ("mean", "3", (7,))
    assert told.training.startswith("The mean of the weights of 2 nets.")
    assert {score.place for score in told.scores} == {"here", "there"}
    small = build_net("mobilenet_v2", decoder=(8, 8, 16)).state_dict()
    save_net(tmp_path / "other.safetensors", small, card)
    with pytest.raises(SystemExit, match="same encoder, decoder and heads"):
        run("mean-nets", *words, monkeypatch=monkeypatch)
