"""The page says what the card says; curves are drawn."""

import numpy as np
from PIL import Image

from models.cardpage import card_page
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
