"""``stockade train`` and ``stockade evaluate``, from a folder of pictures to a table."""

import json

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from aoi.cli.calibrate import calibrate
from aoi.cli.evaluate import evaluate
from aoi.cli.train import train
from geo.errors import InputError, ModelError, UsageError
from models.checkpoint import load_net

app = typer.Typer()
app.command()(train)
app.command()(evaluate)
app.command()(calibrate)

SETS = """
[[set]]
name = "Houses {split}"
place = "{place}"
split = "{split}"
gsd_m = 0.5
images = "{split}/*.png"
labels.building = "masks/{{stem}}.png"
licence = "ours"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two pictures to learn from, one of which is left out, and one to check on."""
    root = tmp_path_factory.mktemp("sets")
    (root / "masks").mkdir()
    for split, name in (("train", "train"), ("train", "spare"), ("val", "val")):
        (root / split).mkdir(exist_ok=True)
        house = np.zeros((80, 80), np.uint8)
        house[20:50, 20:50] = 255
        picture = np.repeat(house[..., None] // 2 + 60, 3, -1)
        Image.fromarray(picture).save(root / split / f"{name}.png")
        Image.fromarray(house).save(root / "masks" / f"{name}.png")
    text = SETS.format(split="train", place="here") + SETS.format(split="val", place="there")
    (root / "sets.toml").write_text(text)
    return root


@pytest.fixture(scope="module")
def trained(folder):
    """A net of one batch: bad, but a net."""
    words = ["train", str(folder / "sets.toml"), "--out", str(folder / "out"), "--steps", "1",
             "--batch", "2", "--drawn", "0", "--encoder", "mobilenet_v2",
             "--leave-out", "sp*.png", "--device", "cpu"]  # fmt: skip
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0
    return folder / "out" / "mine.safetensors"


def test_training_ends_with_weights_and_a_card_that_load(trained):
    card = load_net(trained).card
    assert card.encoder == "mobilenet_v2"
    assert [s.licence for s in card.sources] == ["ours", "ours"]
    assert {s.place for s in card.scores} == {"there"}
    assert (trained.parent / "curves.png").stat().st_size > 1000


def test_what_is_left_out_is_not_counted_and_can_be_measured(folder, trained):
    card = load_net(trained).card
    assert {s.place: s.tiles for s in card.sources} == {"here": 1, "there": 1}
    assert "Left out: sp*.png" in card.training
    words = ["evaluate", str(folder / "sets.toml"), "--weights", str(trained), "--json",
             "--split", "train", "--only", "spare.png"]  # fmt: skip
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert {row["place"] for row in json.loads(told.stdout)} == {"here"}


def test_a_net_that_goes_on_from_another_is_built_like_it_and_tells_who_taught_that(
    folder, trained, tmp_path
):
    text = SETS.format(split="train", place="elsewhere").replace("Houses", "More houses")
    (tmp_path / "sets.toml").write_text(text)
    words = ["train", str(tmp_path / "sets.toml"), "--data", str(folder), "--out",
             str(tmp_path / "out"), "--steps", "1", "--batch", "2", "--drawn", "0",
             "--start", str(trained), "--device", "cpu"]  # fmt: skip
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    card = load_net(tmp_path / "out" / "mine.safetensors").card
    assert card.encoder == "mobilenet_v2"
    assert {s.place for s in card.sources} == {"elsewhere", "here", "there"}
    assert "Begun from mine" in card.training


def test_evaluating_gives_a_row_a_place_and_figure(folder, trained):
    words = ["evaluate", str(folder / "sets.toml"), "--weights", str(trained)]
    told = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert {row["place"] for row in json.loads(told.stdout)} == {"there"}
    table = CliRunner().invoke(app, words, catch_exceptions=False).stdout
    assert "there" in table
    assert "IoU" in table


def test_evaluating_into_a_folder_leaves_a_page_a_table_and_an_object(folder, trained):
    words = ["evaluate", str(folder / "sets.toml"), "--weights", str(trained),
             "--out", str(folder / "eyes")]  # fmt: skip
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0
    names = {path.name for path in (folder / "eyes").iterdir()}
    assert names == {"evaluation.html", "evaluation.csv", "evaluation.json"}
    page = (folder / "eyes" / "evaluation.html").read_text(encoding="utf-8")
    assert "there" in page
    assert "ours" in page  # the licence


def test_calibrating_leaves_the_tensors_alone_and_writes_what_it_was_fitted_to(folder, trained):
    out = folder / "ours.safetensors"
    words = [
        "calibrate",
        str(folder / "sets.toml"),
        "--weights",
        str(trained),
        "--out",
        str(out),
    ]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0
    assert "wall: temperature 1.0" in told.stdout
    card, before = load_net(out).card, load_net(trained).card
    assert card.weights_sha256 == before.weights_sha256
    assert [s.place for s in card.sources if s.split == "val"] == ["there"]
    assert [s.place for s in card.sources if s.split == "train"] == ["here"]
    assert not card.conformal  # one house promises nothing


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--out", "ours.pt"], "writes .safetensors files, and ours.pt is none"),
        (["--out", "o.safetensors", "--recall", "1.5"], "not 1.5"),
        (["--out", "o.safetensors", "--split", "test"], "no set of split test"),
    ],
)
def test_calibrating_what_cannot_be_is_refused(folder, words, sentence):
    with pytest.raises(InputError, match=sentence):
        CliRunner().invoke(
            app, ["calibrate", str(folder / "sets.toml"), *words], catch_exceptions=False
        )


def test_evaluating_a_split_nobody_listed_is_refused(folder, trained):
    words = [
        "evaluate",
        str(folder / "sets.toml"),
        "--weights",
        str(trained),
        "--split",
        "test",
    ]
    with pytest.raises(InputError, match="no set of split test"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_beginning_from_a_pickle_is_refused(folder, tmp_path):
    (tmp_path / "old.pt").write_bytes(b"\x80\x04")
    words = ["train", str(folder / "sets.toml"), "--out", str(tmp_path), "--drawn", "0",
             "--start", str(tmp_path / "old.pt")]  # fmt: skip
    with pytest.raises(ModelError, match="cannot run code"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_leaving_out_a_place_that_is_not_listed_names_those_that_are(folder, tmp_path):
    words = ["train", str(folder / "sets.toml"), "--out", str(tmp_path), "--hold-out", "Oz"]
    with pytest.raises(InputError, match="there are here, there"):
        CliRunner().invoke(app, words, catch_exceptions=False)


def test_nothing_to_learn_from_is_said(folder, tmp_path):
    words = ["train", str(folder / "sets.toml"), "--out", str(tmp_path), "--drawn", "0"]
    with pytest.raises(InputError, match="Nothing is left to learn from"):
        CliRunner().invoke(app, [*words, "--no-real"], catch_exceptions=False)


def test_an_encoder_of_others_needs_its_licence(folder, tmp_path):
    words = ["train", str(folder / "sets.toml"), "--out", str(tmp_path), "--drawn", "0"]
    words += ["--pretrained", "e.safetensors"]
    with pytest.raises(UsageError, match="Under which licence"):
        CliRunner().invoke(app, words, catch_exceptions=False)
