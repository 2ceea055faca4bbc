"""A card says everything, or is refused with a sentence."""

from dataclasses import replace

import pytest

from geo.errors import ModelError
from models.card import HEADS, Card, PlaceScore, Promise, Source


def full() -> Card:
    return Card(
        name="net",
        version="2026.11.22",
        temperatures={"wall": 1.5},
        thresholds={"wall": 0.4, "building": 0.5},
        conformal={
            "building": Promise(recall=0.9, threshold=0.2, objects=40, places=("Vienna",))
        },
        seeds=(1, 2),
        training='1,500 steps of "real" and drawn\ncrops',
        sources=(
            Source(
                name="s", place="Kampala", split="val", heads=("wall",), tiles=2, licence="CC"
            ),
        ),
        scores=(
            PlaceScore(
                head="wall",
                place="Mekele",
                metric="f1_2m",
                value=0.4,
                low=0.3,
                high=0.5,
                blocks=9,
            ),
        ),
        failures=("hedges",),
        weights_sha256="ab" * 32,
    )


def test_a_card_written_and_read_is_the_same_card():
    card = full()
    assert Card.from_toml(card.to_toml()) == card
    assert Card.from_toml(card.to_toml()).digest == card.digest


def test_changing_one_figure_changes_the_digest():
    assert replace(full(), gsd_m=0.6).digest != full().digest


def test_heads_come_in_the_order_every_room_relies_on():
    assert HEADS == ("building", "building_edge", "wall", "yard", "ground")
    assert full().heads == HEADS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("colour = 'red'", "colour"),
        ("gsd_m = 'half'", "gsd_m"),
        ("gsd_m = 0.0", "positive"),
        ("gsd_tolerance = -0.1", "positive"),
        ("std = [0.2, 0.2]", "one mean and one std"),
        ("std = [0.2, 0.0, 0.2]", "positive"),
        ("heads = ['roof']", "roof"),
        ("heads = ['wall', 'wall']", "different heads"),
        ("heads = ['wall']\nthresholds = { building = 0.5 }", "building in thresholds"),
        ("thresholds = { wall = 1.0 }", "between 0 and 1"),
        ("temperatures = { wall = 0.0 }", "positive"),
        ("this is no TOML", "must be TOML"),
    ],
)
def test_a_card_that_is_not_in_order_is_refused_with_a_sentence(line, words):
    with pytest.raises(ModelError, match=words):
        Card.from_toml(f"name = 'n'\nversion = '1'\n{line}\n")


def test_a_card_without_a_name_is_refused():
    with pytest.raises(ModelError, match="name"):
        Card.from_toml("version = '1'\n")
