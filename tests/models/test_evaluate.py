"""Figures by place, on the net's pixels; unknown heads get none."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from torch import nn

from geo.errors import InputError, ModelError
from models.card import HEADS, Card
from models.certify import certify, save_certified, sources_of
from models.checkpoint import Net, load_net
from models.drawn import drawn_patches
from models.evaluate import calibration, judge, measure, score
from models.evaluate_judged import BEYOND, look
from models.evaluate_tally import Tally, outlined
from models.evaluate_tiles import INVENTED, MISSED, RIGHT, Gallery
from models.labels import from_roofs
from models.losses import UNKNOWN
from models.patch import Patch
from models.sets import LabelledSet
from models.zoo import build_net

ZERO, ONE = torch.zeros(3), torch.ones(3)


class Bright(nn.Module):
    """Says building where the picture is bright; nothing of the other heads."""

    def forward(self, x):
        yes = (x.mean(1, keepdim=True) - 0.5) * 40
        return torch.cat([yes, torch.full_like(yes, -9).repeat(1, 4, 1, 1)], 1)


def patch(*, place="here", gsd=0.5, side=128, head="building") -> Patch:
    label = np.zeros((side, side), np.uint8)
    label[side // 4 : side // 2, side // 4 : side // 2] = 1
    picture = np.repeat((label * 200 + 20)[None], 3, 0)
    return Patch(
        name=place, place=place, group="g", weight=1, picture=picture, labels={head: label},
        gsd=gsd,
    )  # fmt: skip


@pytest.mark.parametrize("gsd", [0.25, 0.3, 0.5, 1.0])
def test_a_perfect_eye_has_a_perfect_figure_at_any_pixel_size(gsd):
    scores = score(list(judge(Bright(), [patch(gsd=gsd)], ZERO, ONE)), {})
    figures = {(s.head, s.metric): s.value for s in scores}
    assert figures["building", "iou"] > 0.95
    assert figures["building", "object_f1"] == 1


def test_heads_nobody_labelled_get_no_figure():
    scores = score(list(judge(Bright(), [patch()], ZERO, ONE)), {})
    assert {s.head for s in scores} == {"building", "building_edge"}
    only_walls = score(list(judge(Bright(), [patch(head="wall")], ZERO, ONE)), {})
    assert {s.head for s in only_walls} == {"wall"}


def test_roofs_drawn_by_eye_tell_nothing_of_edges():
    one = patch()
    rings = [[[32, 32], [64, 32], [64, 64], [32, 64]]]
    label = from_roofs({"roofs": rings, "unsure": []}, (128, 128), 0.5)
    drawn = replace(one, labels={"building": label})
    scores = score(list(judge(Bright(), [drawn], ZERO, ONE)), {})
    assert {s.head for s in scores} == {"building"}


def test_places_are_never_pooled():
    judged = list(judge(Bright(), [patch(place="a"), patch(place="b")], ZERO, ONE))
    assert [s.place for s in score(judged, {}) if s.metric == "iou"] == ["a", "b"]
    assert {s.place for s in calibration(judged)} == {"a", "b"}


def test_a_threshold_beyond_all_probabilities_finds_nothing():
    judged = list(judge(Bright(), [patch()], ZERO, ONE))
    figures = {
        s.metric: s.value for s in score(judged, {"building": 0.9999}) if s.head == HEADS[0]
    }
    assert figures["iou"] < 0.95 or figures["object_f1"] == 1
    assert {s.metric: s.value for s in score(judged, {"building": 1.0})}["iou"] == 0


def test_a_patch_that_is_no_multiple_of_the_stride_keeps_its_shape():
    logits = look(Bright(), torch.zeros(1, 3, 50, 70, dtype=torch.uint8), ZERO, ONE)
    assert logits.shape == (1, 5, 50, 70)


def test_large_patches_are_told_of_by_their_middle_and_seen_beyond_it():
    seen = []

    class Watched(Bright):
        def forward(self, x):
            seen.append(x.shape[2:])
            return super().forward(x)

    [one] = judge(Watched(), [patch(side=640)], ZERO, ONE, most=64)
    assert one.picture.shape == (3, 64, 64)
    assert one.chance.shape == one.labels.shape == (5, 64, 64)
    assert one.corner == (288, 288)
    assert (one.labels[0, :32, :32] == 1).all()
    assert (one.chance[0] > 0.5).tolist() == (one.labels[0] == 1).tolist()
    assert seen[0][0] >= 64 + 4 * BEYOND  # what lies around, and nothing around that
    [whole] = judge(Bright(), [patch(side=640)], ZERO, ONE)
    assert np.array_equal(whole.chance[:, 288:352, 288:352], one.chance)
    assert one.patch.picture.shape == (3, 640, 640)


def test_the_middle_of_coarse_pixels_lies_where_its_corner_says():
    one, whole = (
        next(judge(Bright(), [patch(side=640, gsd=1.0)], ZERO, ONE, most=most))
        for most in (64, 0)
    )
    assert one.scale == whole.scale == (2, 2)
    row, col = map(round, one.corner)
    assert (row, col) == (608, 608)
    inside = np.s_[:, row : row + 64, col : col + 64]
    assert np.array_equal(whole.labels[inside], one.labels)
    assert np.allclose(whole.chance[inside], one.chance, atol=1e-3)


def test_touching_houses_are_parted_along_their_edge():
    [one] = judge(Bright(), [patch()], ZERO, ONE)
    chance = np.zeros((5, 40, 60), np.float32)
    chance[0, 10:30, 10:50] = 0.9
    chance[1, 9:31, 9:51] = 0.6
    chance[1, 11:29, 11:49] = 0
    assert outlined(replace(one, chance=chance), HEADS).max() == 1
    chance[0, 10:30, 29:31] = 0.3
    chance[1, 10:30, 27:33] = 0.9
    things = outlined(replace(one, chance=chance), HEADS)
    assert len(np.unique(things)) == 3
    assert (things > 0).sum() >= 0.9 * (chance[0] > 0.5).sum()


def bright() -> Net:
    """A net that sees brightness, with a card that names what it was taught."""
    sources = sources_of(
        [LabelledSet(name="n", place="taught", split="train", images="*", licence="ours")], {}
    )
    card = Card(name="n", version="1", mean=(0.0,) * 3, std=(1.0,) * 3, sources=sources)
    return Net(Bright().eval(), card)


def test_the_whole_measure_tells_figures_diagrams_tiles_and_what_was_taught():
    ev = measure(bright(), [patch(place="a"), patch(place="taught")], licences={"a": "ours"})
    metrics = {s.metric for s in ev.scores if s.head == "building" and s.place == "a"}
    assert metrics >= {"iou", "object_f1", "object_f1_30", "ap_50", "ap_30", "ap_5m", "ece"}
    assert {(s.low <= s.value <= s.high) for s in ev.scores if s.metric == "iou"} == {True}
    assert ("a", "building") in ev.diagrams
    assert ev.taught == {"taught"}
    assert ev.pictures == {"a": 1, "taught": 1}
    tiles = [t for t in ev.tiles if (t.place, t.head) == ("a", "building")]
    assert len(tiles) == 1  # one block is worst; it is not shown again as best
    assert tiles[0].figure > 0.95


@pytest.mark.parametrize("other", [{"heads": HEADS[::-1]}, {"gsd_m": 0.3}])
def test_a_net_of_other_heads_or_pixels_is_not_held_against_the_labels(other):
    net = bright()
    card = replace(net.card, **other)
    with pytest.raises(ModelError, match="can be measured"):
        measure(Net(net.module, card), [patch()])
    with pytest.raises(ModelError, match="can be measured"):
        certify({}, [patch()], card)


def test_pictures_without_a_known_pixel_are_refused_with_a_sentence():
    blank = replace(patch(), labels={"wall": np.full((128, 128), UNKNOWN, np.uint8)})
    with pytest.raises(InputError, match="say nothing about building"):
        measure(bright(), [blank])


def test_empty_labels_say_there_is_nothing_and_claims_there_are_invented():
    empty = replace(patch(), labels={"building": np.zeros((128, 128), np.uint8)})
    figures = {s.metric: s.value for s in measure(bright(), [empty]).scores}
    assert figures["object_precision"] == 0
    assert figures["iou"] == 0
    assert "object_recall" not in figures  # nothing to find says nothing of finding


@pytest.mark.parametrize("side", [16, 20, 31])
def test_a_picture_smaller_than_a_tile_is_measured_all_the_same(side):
    scores = measure(bright(), [patch(side=side)]).scores
    assert {s.blocks for s in scores} == {1}
    assert {s.metric: s.value for s in scores if s.head == "building"}["iou"] > 0.8


def test_heads_are_ignored_where_unlabelled_and_never_counted_as_wrong():
    half = patch()
    label = half.labels["building"].copy()
    label[:, 64:] = UNKNOWN
    picture = half.picture.copy()
    picture[:, 70:110, 70:110] = 255  # a bright thing where nobody looked
    seen = replace(half, labels={"building": label})
    lied = replace(seen, picture=picture)

    def figures(one):
        scores = measure(bright(), [one]).scores
        return {s.metric: s.value for s in scores if s.head == "building"}

    assert figures(lied) == figures(seen)


def test_a_gallery_keeps_the_worst_and_the_best_and_marks_errors():
    gallery = Gallery(kept=1)
    tally = Tally({}, gallery=gallery)
    good, bad = patch(), patch()
    bad = replace(bad, name="bad", picture=255 - bad.picture)
    for one in judge(Bright(), [good, bad], ZERO, ONE):
        tally.add(one)
    views = [v for v in gallery.views() if v.head == "building"]
    assert [v.best for v in views] == [False, True]
    assert views[0].figure < 0.1
    assert views[1].figure > 0.95
    assert "bad" in views[0].name
    assert {INVENTED, MISSED} <= set(np.unique(views[0].errors))
    assert RIGHT in views[1].errors
    assert views[0].picture.shape == (3, 128, 128)


def test_measuring_twice_gives_the_same_figures():
    patches = [patch(place="a"), patch(place="a", gsd=0.3)]
    assert measure(bright(), patches).scores == measure(bright(), patches).scores


def test_a_certified_card_speaks_of_every_labelled_head_and_survives_its_own_text():
    torch.manual_seed(0)
    tensors = build_net("mobilenet_v2", decoder=(8, 8, 8)).state_dict()
    sets = [LabelledSet(name="n", place="a", split="val", images="*", licence="ours")]
    draft = Card(
        name="n", version="1", encoder="mobilenet_v2", decoder=(8, 8, 8),
        sources=sources_of(sets, {"n": 2}),
    )  # fmt: skip
    card = certify(tensors, [patch(place="a", side=64), patch(place="b", side=64)], draft)
    assert Card.from_toml(card.to_toml()) == card
    assert {s.head for s in card.scores} == {"building", "building_edge"}
    assert card.temperatures["wall"] == 1
    assert card.thresholds["wall"] == 0.5
    assert not card.conformal  # two houses promise nothing
    assert card.sources[0].tiles == 2


def test_a_card_tells_what_the_saved_net_scores_in_the_places_of_its_card(tmp_path):
    torch.manual_seed(0)
    tensors = build_net("mobilenet_v2", decoder=(8, 8, 8)).state_dict()
    draft = Card(name="n", version="1", encoder="mobilenet_v2", decoder=(8, 8, 8))
    checks = [patch(place="a", side=64), patch(place="b", side=64)]
    card = save_certified(tmp_path / "n.safetensors", tensors, checks, draft)
    saved = load_net(tmp_path / "n.safetensors")
    assert saved.card == card
    again = {(s.place, s.head, s.metric): s for s in measure(saved, checks).scores}
    told = [one for one in card.scores if one.metric != "ece"]
    assert {one.metric for one in told} >= {"iou", "object_f1"}
    for one in told:
        assert again[one.place, one.head, one.metric] == one


def test_drawn_scenes_are_drawn_once_and_say_nothing_of_yards_under_houses(
    tmp_path, monkeypatch
):
    first = drawn_patches(2, tmp_path, size=64, gsd=1.0, weight=1.0)
    monkeypatch.setattr("models.drawn.draw_scene", lambda *_, **__: pytest.fail("drawn twice"))
    again = drawn_patches(2, tmp_path, size=64, gsd=1.0, weight=1.0)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.picture, other.picture)
        assert set(one.labels) == set(HEADS)
        house = one.labels["building"] == 1
        assert (one.labels["yard"][house] > 1).all()
        assert (one.labels["yard"][~house] <= 1).all()
    assert not np.array_equal(first[0].picture, first[1].picture)


def test_scores_can_be_written_for_machines():
    scores = score(list(judge(Bright(), [patch()], ZERO, ONE)), {})
    assert json.loads(json.dumps([asdict(s) for s in scores]))[0]["place"] == "here"
