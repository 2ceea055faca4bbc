"""The page says what the card says; curves are drawn."""

import re

import numpy as np
from PIL import Image

from models.card import Card, PlaceScore
from models.cardpage import PICTURES, card_page
from models.checkpoint import load_net, read_card, shipped_weights
from models.curves import draw_curves
from tests.conftest import ROOT  # type: ignore[import-not-found]


def test_the_page_in_docs_is_that_of_the_shipped_card():
    page = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    assert page == card_page(read_card(shipped_weights()))


def test_every_figure_and_every_licence_is_on_the_page():
    card = read_card(shipped_weights())
    page = card_page(card)
    for score in card.scores:
        assert f"{score.value:.3f}" in page
    for source in card.sources:
        assert source.licence in page
    for failure in card.failures:
        assert failure in page


def test_every_picture_on_the_page_is_there_and_small():
    page = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    names = re.findall(r"\]\((images/[^)]+)\)", page)
    assert len(names) == len(PICTURES)
    for name in names:
        assert (ROOT / "docs" / name).stat().st_size <= 150_000


def test_figures_stand_by_head_with_intervals_and_a_star_where_blocks_are_few():
    scores = tuple(
        PlaceScore(head="wall", place=place, metric=metric, value=0.5, low=0.4, high=0.6,
                   blocks=blocks)
        for place, metric, blocks in (("a", "f1_2m", 30), ("b", "f1_2m", 3), ("b", "ece", 0))
    )  # fmt: skip
    page = card_page(Card(name="n", version="1", scores=scores))
    assert "| place | lines, F1, 2 m | calibration error |" in page
    assert "| a | 0.500 (0.40 to 0.60) |  |" in page
    assert r"| b | 0.500 (0.40 to 0.60) \* | 0.500 |" in page
    assert "### `building`" not in page


def test_the_shipped_net_loads_is_small_and_is_what_its_card_says():
    net = load_net()
    assert shipped_weights().stat().st_size < 20e6
    assert net.card.heads == ("building", "building_edge", "wall", "yard", "ground")
    assert net.card.gsd_m == 0.5
    assert net.card.forbidden
    assert {s.split for s in net.card.sources} == {"train", "val"}


def test_curves_are_drawn_even_of_one_row_or_none(tmp_path):
    table, picture = tmp_path / "curves.csv", tmp_path / "curves.png"
    table.write_text("step,loss.wall,building.iou.here\n1,0.9,0.1\n2,0.5,0.6\n")
    draw_curves(table, picture)
    drawn = np.asarray(Image.open(picture))
    assert (drawn != 255).any(axis=(0, 2)).sum() > 400
    for text in ("step,loss.wall\n", "step,loss.wall\n1,0.9\n"):
        table.write_text(text)
        draw_curves(table, picture)
