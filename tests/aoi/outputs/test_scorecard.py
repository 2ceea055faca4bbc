"""The scorecard: every figure on the page, in the table and in the object; all in one file."""

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from aoi import palette
from aoi.outputs.scorecard import document, head_part, page, table, write_scorecard
from aoi.outputs.scorecard_plots import NAMES, WIDE, diagram_of, dots_of
from aoi.outputs.scorecard_tiles import CODES, ERRORS, show
from models.card import Card, PlaceScore, Source
from models.evaluate import Evaluation
from models.evaluate_tiles import INVENTED, MISSED, RIGHT, UNKNOWN, TileView
from models.metrics_calibration import Reliability
from models.metrics_words import HEADLINE, METRICS, words_of


def score(place="here", head="building", metric="iou", value=0.5, blocks=20) -> PlaceScore:
    return PlaceScore(
        head=head, place=place, metric=metric, value=value, low=value - 0.1, high=value + 0.1,
        blocks=blocks,
    )  # fmt: skip


def tile(head="building", **changes) -> TileView:
    errors = np.zeros((40, 60), np.uint8)
    errors[5, 5:30], errors[10, 5:30], errors[15, 5:30] = RIGHT, INVENTED, MISSED
    errors[30:] = UNKNOWN
    view = TileView(
        place="here", head=head, name="a.png, row 0, column 0", figure=0.42,
        picture=np.full((3, 40, 60), 120, np.uint8), label=(errors == RIGHT).astype(np.uint8),
        score=np.full((40, 60), 127, np.uint8), errors=errors,
    )  # fmt: skip
    return replace(view, **changes)


def source(place, split):
    return Source(
        name=place, place=place, split=split, heads=("building",), tiles=1, licence="ours"
    )


@pytest.fixture
def evaluation() -> Evaluation:
    told = Reliability(chance=(0.1, 0.9), share=(0.2, 0.8), low=(0.1, 0.7), high=(0.3, 0.9))
    return Evaluation(
        card=Card(name="net", version="1", weights_sha256="abc",
                  sources=(source("here", "val"), source("there", "train"))),
        scores=(score(), score("there", value=0.9), score(metric="ece", value=0.1, blocks=3),
                score(head="wall", metric="f1_2m")),
        diagrams={("here", "building"): told},
        tiles=(tile(), tile("wall", best=True)),
        pictures={"here": 3, "there": 1},
        licences={"here": "nobody may <copy> it"},
    )  # fmt: skip


def test_three_files_tell_the_same_figures(tmp_path, evaluation):
    files = write_scorecard(tmp_path / "new", evaluation, title="Eyes", asked={"split": "val"})
    assert {p.name for p in (tmp_path / "new").iterdir()} == set(files)
    told = json.loads((tmp_path / "new" / "evaluation.json").read_text())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "new" / "evaluation.csv").read_text())))
    html = (tmp_path / "new" / "evaluation.html").read_text()
    assert len(rows) == len(told["scores"]) == 4
    for one in evaluation.scores:
        assert f"{one.value:.3f}" in html
    assert told["taught"] == ["there"]
    assert told["chosen_on"] == ["here"]


def test_the_page_asks_nobody_for_anything_and_escapes_what_came_from_files(evaluation):
    html = page(evaluation, title="<script>", asked={})
    assert "<script" not in html
    assert "nobody may &lt;copy&gt; it" in html
    assert not re.search(r'(src|href)="(?!data:|#)', html)
    assert "default-src 'none'" in html


def test_the_same_evaluation_gives_the_same_page(evaluation):
    assert page(evaluation, title="a", asked={}) == page(evaluation, title="a", asked={})


def test_places_the_net_was_trained_on_are_marked_and_come_last(evaluation):
    assert "trained on" in page(evaluation, title="a", asked={})
    known = replace(evaluation.card, sources=(source("here", "train"), source("there", "val")))
    part = head_part(replace(evaluation, card=known), palette.BUILDING)
    assert part.places == ("there", "here")  # whatever the alphabet says
    dots = dots_of([score("there", value=0.9), score()], frozenset({"there"})).dots
    assert [(d.place, d.taught) for d in dots] == [("here", False), ("there", True)]


def test_few_blocks_are_starred_and_dashed(evaluation):
    assert "0.00 to 0.20 *" in page(evaluation, title="a", asked={})
    assert dots_of([score(blocks=9), score(blocks=10)], frozenset()).dots[0].rough
    assert not dots_of([score(blocks=10)], frozenset()).dots[0].rough


def test_a_value_lies_on_the_scale_where_it_should():
    [dot] = dots_of([score(value=0.5)], frozenset()).dots
    assert dot.x == NAMES + WIDE / 2
    assert dot.low < dot.x < dot.high
    assert dots_of([score(value=1.0)], frozenset()).dots[0].high == NAMES + WIDE  # kept inside


def test_a_diagram_runs_from_the_lower_left_and_is_empty_where_nothing_is_known():
    told = Reliability(chance=(0.0, 1.0), share=(0.0, 1.0), low=(0.0, 1.0), high=(0.0, 1.0))
    assert diagram_of("x", told, None).line == "0,150 150,0"
    assert diagram_of("x", Reliability(chance=(), share=(), low=(), high=()), None).line == ""


@pytest.mark.parametrize("head", ["building", "wall"])
def test_a_tile_is_shown_four_times(head):
    shown = show(tile(head))
    assert shown.picture.startswith("data:image/jpeg")
    for uri in (shown.label, shown.score, shown.errors):
        assert uri.startswith("data:image/png")


def test_errors_have_colours_that_differ_and_a_legend_of_all_of_them():
    colours = [swatch.colour for swatch in ERRORS]
    assert len(set(colours)) == 4
    assert set(CODES) == {RIGHT, INVENTED, MISSED}


def test_without_any_tile_or_diagram_the_page_still_stands(evaluation):
    bare = replace(evaluation, tiles=(), diagrams={}, licences={})
    assert "not told" in page(bare, title="a", asked={})
    assert document(bare, {})["reliability"] == []
    assert table(()).startswith("place,head,metric")


def test_every_head_has_a_headline_and_every_figure_has_words():
    assert set(HEADLINE) == {swatch.key for swatch in palette.HEADS}
    assert set(HEADLINE.values()) <= set(METRICS)
    for words in METRICS.values():
        assert words.meaning.endswith(".")
    assert words_of("something_new").title == "something new"
