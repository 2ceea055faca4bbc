"""Trainings compared: on what each never saw, seed by seed, block by block."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from geo.errors import InputError
from models.card import Card
from models.certify import sources_of
from models.checkpoint import save_net
from models.data import read_sets
from models.evaluate_compare import (
    Run,
    measure_run,
    median_over_places,
    over_seeds,
    pictures_for,
    plain,
    run_of,
    spread,
)
from models.evaluate_tally import Key
from models.metrics import iou
from models.metrics_interval import of_counts
from models.zoo import build_net

SETS = """
[[set]]
name = "{place}"
place = "{place}"
split = "{split}"
gsd_m = 0.5
images = "*.png"
labels.building = "masks/{{stem}}.png"
licence = "ours"
"""


@pytest.mark.parametrize(
    ("text", "name", "seed", "left_out"),
    [
        ("a/real-1.safetensors", "real", 1, ""),
        ("both-12-without-Tripoli_V2.safetensors", "both", 12, "Tripoli_V2"),
        ("drawn-2=models/weights/x.safetensors", "drawn", 2, ""),
        ("big-net-3-without-Kampala=x.safetensors", "big-net", 3, "Kampala"),
    ],
)
def test_a_run_is_named_by_its_file(text, name, seed, left_out):
    run = run_of(text)
    assert (run.name, run.seed, run.left_out) == (name, seed, left_out)
    assert run.weights.suffix == ".safetensors"


def test_a_file_that_does_not_tell_its_seed_is_refused():
    with pytest.raises(InputError, match="with which seed"):
        run_of("mine.safetensors")


def test_places_are_written_as_file_names_do():
    assert plain("Dubai tiles 1-6 and 8") == plain("dubai_tiles_1_6_and_8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One picture that is two places, and a net taught on the second."""
    root = tmp_path_factory.mktemp("compare")
    (root / "masks").mkdir()
    house = np.zeros((64, 64), np.uint8)
    house[20:40, 20:40] = 255
    Image.fromarray(house).save(root / "masks" / "a.png")
    Image.fromarray(np.repeat(house[..., None] // 2, 3, -1)).save(root / "a.png")
    texts = [SETS.format(place=p, split=s) for p, s in (("here", "val"), ("There", "train"))]
    (root / "sets.toml").write_text("".join(texts))
    torch.manual_seed(0)
    tensors = build_net("mobilenet_v2", decoder=(8, 8, 8)).state_dict()
    card = Card(name="n", version="1", encoder="mobilenet_v2", decoder=(8, 8, 8))
    save_net(root / "both-1.safetensors", tensors, card)
    sets = read_sets(root / "sets.toml")
    taught = replace(card, sources=sources_of([replace(sets[1])], {}))
    save_net(root / "both-1-without-there.safetensors", tensors, taught)
    return root


def test_runs_are_measured_on_validation_places_and_folds_on_their_own(folder):
    sets = read_sets(folder / "sets.toml")
    whole = Run(name="both", seed=1, left_out="", weights=folder / "both-1.safetensors")
    fold = replace(whole, left_out="there")
    assert {p.place for p in pictures_for(whole, sets, folder)} == {"here"}
    assert {p.place for p in pictures_for(fold, sets, folder)} == {"There"}
    begun = replace(fold, left_out="the")  # as training leaves out: all that begin so
    assert {p.place for p in pictures_for(begun, sets, folder)} == {"There"}
    measures = measure_run(whole, sets, folder)
    assert ("here", "building", "iou") in measures


def test_a_net_that_saw_the_place_it_left_out_is_refused(folder):
    sets = read_sets(folder / "sets.toml")
    liar = run_of(str(folder / "both-1-without-there.safetensors"))
    with pytest.raises(InputError, match="taught at There, so it cannot be"):
        pictures_for(liar, sets, folder)


def test_a_place_nobody_lists_is_refused_and_the_listed_are_named(folder):
    sets = read_sets(folder / "sets.toml")
    lost = Run(name="b", seed=1, left_out="Mars", weights=Path("x.safetensors"))
    with pytest.raises(InputError, match=r"which no set lists\. Places: here, There"):
        pictures_for(lost, sets, folder)


def told(*rights: float, place="a"):
    """A figure of twelve blocks, each 100 claims and 100 true things."""
    table = np.array([[r, 100, r, 100] for r in rights * (12 // len(rights))])
    return {Key(place, "building", "iou"): of_counts(table, iou)}


def test_seeds_are_averaged_and_their_distance_told():
    runs = [told(100), told(50)]
    [mean] = over_seeds(runs).values()
    assert mean.value == pytest.approx((1 + 1 / 3) / 2)
    key = Key("a", "building", "iou")
    assert spread(runs, key) == pytest.approx(2 / 3)
    assert np.isnan(spread(runs[:1], key))


def test_a_figure_one_seed_lacks_is_not_averaged():
    assert over_seeds([told(50), {}]) == {}
    assert over_seeds([]) == {}


def test_the_median_over_places_lies_between_them_and_has_an_interval():
    measures = {**told(20, 40, place="a"), **told(40, 60, place="b"), **told(90, 95, place="c")}
    value, low, high = median_over_places(measures, "building", "iou", seed=0)
    assert value == pytest.approx(1 / 3)
    assert low < value < high
    assert np.isnan(median_over_places(measures, "wall", "f1_2m", seed=0)).all()
