"""What an analyst may hand to ``stockade evaluate``: one sentence each, and never a guess."""

import hashlib
import json
import pickle
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import torch
import typer
from PIL import Image
from rasterio.transform import from_origin
from typer.testing import CliRunner

from aoi.cli.evaluate import evaluate
from geo.errors import InputError, ModelError, OutputError, StockadeError
from models.card import Card
from models.checkpoint import read_card, save_net
from models.zoo import build_net

app = typer.Typer()
app.command()(evaluate)

SET = """
[[set]]
name = "Yards of nowhere"
place = "nowhere"
split = "val"
licence = "ours"
"""


class Bomb:
    """Runs when unpickled."""

    def __reduce__(self):
        """Fail the test."""
        return (pytest.fail, ("a pickle was opened",))


@pytest.fixture
def weights(tmp_path):
    """A net that has learned nothing, with its card."""
    torch.manual_seed(0)
    tensors = build_net("mobilenet_v2", decoder=(8, 8, 8)).state_dict()
    card = Card(name="n", version="1", encoder="mobilenet_v2", decoder=(8, 8, 8))
    save_net(tmp_path / "net.safetensors", tensors, card)
    return tmp_path / "net.safetensors"


@pytest.fixture
def folder(tmp_path):
    """A placed picture of 40 m, and one without a place."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (3, 80, 80), dtype=np.uint8)
    frame = {"transform": from_origin(500_000, 1_300_000, 0.5, 0.5), "crs": "EPSG:32648"}
    shape = {"count": 3, "height": 80, "width": 80, "dtype": "uint8"}
    with rasterio.open(tmp_path / "a.tif", "w", driver="GTiff", **shape, **frame) as file:
        file.write(pixels)
    Image.fromarray(np.moveaxis(pixels, 0, -1)).save(tmp_path / "a.png")
    Image.fromarray(np.zeros((80, 80), np.uint8)).save(tmp_path / "mask.png")
    return tmp_path


def ask(folder, weights, lines: str, *words: str) -> str:
    """Run the command on one set; give what it printed."""
    (folder / "sets.toml").write_text(SET + lines)
    told = CliRunner().invoke(
        app, [str(folder / "sets.toml"), "--weights", str(weights), *words],
        catch_exceptions=False,
    )  # fmt: skip
    assert told.exit_code == 0
    return told.stdout


def refused(folder, weights, lines: str, words: str, kind: type[StockadeError] = InputError):
    """Expect one sentence."""
    with pytest.raises(kind, match=words) as told:
        ask(folder, weights, lines)
    text = str(told.value)
    assert "\n" not in text
    assert text.rstrip().endswith(".")


MASK = 'images = "a.png"\ngsd_m = 0.5\nlabels.building = "mask.png"\n'


def test_weights_cut_short_are_refused(folder, weights):
    content = weights.read_bytes()[:-2000]
    weights.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    card = replace(read_card(weights), weights_sha256=digest)
    weights.with_suffix(".toml").write_text(card.to_toml())
    refused(folder, weights, MASK, "is broken", ModelError)


def test_weights_that_were_changed_are_refused(folder, weights):
    content = bytearray(weights.read_bytes())
    content[-9] ^= 1
    weights.write_bytes(bytes(content))
    refused(folder, weights, MASK, "not the file its card speaks of", ModelError)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".bin"])
def test_pickled_checkpoints_are_refused_and_never_opened(folder, suffix):
    path = folder / f"net{suffix}"
    path.write_bytes(pickle.dumps(Bomb()))
    refused(folder, path, MASK, "can run code", ModelError)


def boxes(path, *shapes, crs="EPSG:32648", shift=0.0):
    """Write boxes in metres from the picture's upper left corner."""
    east, north = 500_000 + shift, 1_300_000
    placed = [shapely.box(east + a, north - d, east + c, north - b) for a, b, c, d in shapes]
    frame = gpd.GeoDataFrame({"n": range(len(placed))}, geometry=placed, crs="EPSG:32648")
    frame.to_crs(crs).to_file(path, driver="GPKG" if path.suffix == ".gpkg" else "GeoJSON")


VECTORS = 'images = "a.tif"\nlabels.building = "houses.gpkg"\n'


def test_labels_in_another_crs_land_where_they_belong(folder, weights):
    boxes(folder / "houses.gpkg", (10, 10, 20, 20), crs="EPSG:4326")
    told = json.loads(ask(folder, weights, VECTORS, "--json"))
    assert {row["place"] for row in told} == {"nowhere"}
    assert any(row["metric"] == "object_recall" for row in told)  # there is one to find


def test_labels_that_lie_elsewhere_are_refused_and_not_called_empty(folder, weights):
    boxes(folder / "houses.gpkg", (10, 10, 20, 20), shift=5000.0)
    refused(folder, weights, VECTORS, "A CRS is wrong")


def test_labels_in_a_crs_on_a_picture_without_a_place_are_refused(folder, weights):
    boxes(folder / "houses.gpkg", (10, 10, 20, 20))
    lines = 'images = "a.png"\ngsd_m = 0.5\nlabels.building = "houses.gpkg"\n'
    refused(folder, weights, lines, "its picture has no place")


@pytest.mark.parametrize("kind", ["mask", "vectors"])
def test_empty_labels_say_there_is_nothing_to_find(folder, weights, kind):
    boxes(folder / "houses.gpkg")
    lines = MASK if kind == "mask" else VECTORS
    told = {
        row["metric"]: row["value"] for row in json.loads(ask(folder, weights, lines, "--json"))
    }
    assert "object_recall" not in told  # nothing there: finding it has no figure
    assert 0 <= told["ece"] <= 1


def test_labels_that_know_nothing_are_refused(folder, weights):
    Image.fromarray(np.full((80, 80), 5, np.uint8)).save(folder / "classes.png")
    lines = 'images = "a.png"\ngsd_m = 0.5\n[set.labels.ground]\nfile = "classes.png"\n'
    refused(folder, weights, lines + "yes = [1]\nunknown = [5]\n", "say nothing about")


def test_a_class_nobody_knows_is_refused_and_the_known_ones_named(folder, weights):
    lines = MASK.replace("labels.building", "labels.casino")
    refused(folder, weights, lines, "labels casino; the heads are building, building_edge")


def test_a_missing_label_is_named(folder, weights):
    refused(folder, weights, MASK.replace("mask.png", "none.png"), "a.png has no label")


def test_a_label_of_another_size_is_refused(folder, weights):
    Image.fromarray(np.zeros((40, 80), np.uint8)).save(folder / "mask.png")
    refused(folder, weights, MASK, "must lie on each other")


@pytest.mark.parametrize("side", [17, 40])
def test_a_picture_smaller_than_a_tile_is_measured(folder, weights, side):
    Image.fromarray(np.full((side, side, 3), 90, np.uint8)).save(folder / "a.png")
    mask = np.zeros((side, side), np.uint8)
    mask[4:14, 4:14] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    told = json.loads(ask(folder, weights, MASK, "--json"))
    assert {row["blocks"] for row in told} == {1}


def test_a_folder_that_cannot_be_written_is_told(folder, weights):
    (folder / "taken").write_text("a file, no folder")
    with pytest.raises(OutputError, match=r"taken cannot be made a folder.*another --out"):
        ask(folder, weights, MASK, "--out", str(folder / "taken"))
