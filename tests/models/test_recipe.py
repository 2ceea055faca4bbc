"""What a training is made of, and what it leaves out."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geo.errors import StockadeError
from models.plan import Plan
from models.recipe import Recipe, cook, without
from models.sets import LabelledSet
from models.words import WORDS, read_words

ROOT = Path(__file__).parents[2]


def labelled(place, split, **more):
    """One set of a place."""
    return LabelledSet(name=place, place=place, split=split, images="*", licence="", **more)


def test_a_place_left_out_is_gone_and_the_walls_of_all_others_are_learned_from():
    listed = [
        labelled("Tripoli", "train", outlines="a"),
        labelled("Tripoli V2", "train", outlines="a"),
        labelled("Mekele", "val", outlines="a"),
        labelled("Vienna", "val", labels={"building": "m"}),
    ]
    kept = {one.place: one.split for one in without(listed, "Tripoli")}
    assert kept == {"Mekele": "train", "Vienna": "val"}


YARD = {
    "polygon": [[20, 20], [60, 20], [60, 60], [20, 60]], "closed": True, "closure": 0.9,
    "cut_by_edge": False, "confidence": "high",
}  # fmt: skip


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """One drawn picture to learn from, one to check on; training must not begin."""
    monkeypatch.setattr("models.recipe.train", lambda *_, **__: pytest.fail("trained"))
    lines = []
    for split in ("train", "val"):
        Image.fromarray(np.full((80, 80, 3), 90, np.uint8)).save(tmp_path / f"{split}.png")
        told = {
            "image": f"{split}.png", "gsd_m": 0.5, "window": [0, 0, 80, 80], "walls": [],
            "ignore": [], "note": "", "yards": [YARD],
        }  # fmt: skip
        (tmp_path / f"{split}.json").write_text(json.dumps(told))
        lines.append(
            f'[[set]]\nname = "{split}"\nplace = "{split}"\nsplit = "{split}"\n'
            f'images = "{split}.png"\noutlines = "{{stem}}.json"\nlicence = "ours"\n'
        )
    (tmp_path / "sets.toml").write_text("".join(lines))
    return Recipe(
        sets=tmp_path / "sets.toml", root=tmp_path, out=tmp_path / "out", drawn=0,
        plan=Plan(encoder="mobilenet_v2"), card=tmp_path / "words.toml",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (None, "words.toml"),
        ("name = ", r"words\.toml: A model card must be TOML"),
        ('name = "n"\nversion = "1"\nintendet = "x"', r"words\.toml: .* at intendet"),
        ('name = "n"\nversion = "1"\ngsd_m = 0.3', "gsd_m, which is not for words to say"),
        ('name = "n"\nversion = "1"\nheads = ["wall"]', "heads, which is not"),
        ('name = "n"\nversion = "1"\nmean = [0.5, 0.5, 0.5]', "mean, which is not"),
    ],
)
def test_words_of_the_card_are_refused_before_the_training(recipe, words, sentence):
    if words is not None:
        recipe.card.write_text(words)
    with pytest.raises(StockadeError, match=sentence):
        cook(recipe)


def test_a_yard_without_closure_is_told_before_the_training(recipe):
    recipe.card.write_text('name = "n"\nversion = "1"')
    path = recipe.root / "val.json"
    told = json.loads(path.read_text())
    del told["yards"][0]["closure"]
    path.write_text(json.dumps(told))
    with pytest.raises(StockadeError, match=r"val\.json: a yard lacks 'closure'"):
        cook(recipe)


def test_the_words_of_the_shipped_card_are_words_only():
    path = ROOT / "scripts" / "train-shipped-card.toml"
    assert read_words(path).intended
    assert set(tomllib.loads(path.read_text("utf-8"))) == set(WORDS)
