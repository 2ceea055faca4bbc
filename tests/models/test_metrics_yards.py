"""Yards found, called closed, and measured: courts drawn small enough to check by eye."""

import json

import numpy as np
import pytest
import rasterio
import shapely
import torch
from affine import Affine
from torch import nn

from geo.yards import find_yards
from models.data import read_patches
from models.evaluate_judged import Judged, judge
from models.evaluate_tally import Tally
from models.evaluate_yards import from_drawn, moved, read_yards, yards_of
from models.labels import burn
from models.metrics_yards import (
    LabelledYard,
    LabelledYards,
    balanced_accuracy,
    closure_error,
    count_yards,
    match,
    yard_measures,
)
from models.patch import Patch
from models.sets import LabelledSet

SIDE, MARGIN = 80, 50
"""Pixels of half a metre: a court of 40 m, 25 m from the edge."""

NOWHERE = shapely.Polygon()


def court(opening: float = 0.0) -> np.ndarray:
    """Walls of a square court with one opening, in metres, in its south wall."""
    wall = np.zeros((SIDE + 2 * MARGIN, SIDE + 2 * MARGIN), np.float32)
    a, b = MARGIN, MARGIN + SIDE
    wall[a - 2 : b + 2, a - 2 : b + 2] = 1
    wall[a:b, a:b] = 0
    half, mid = round(opening), (a + b) // 2
    wall[b : b + 2, mid - half : mid + half] = 0
    return wall


def yard(*, closed=True, closure=1.0, cut=False, shift=0) -> LabelledYard:
    corner = MARGIN + shift
    return LabelledYard(
        outline=shapely.box(corner, MARGIN, corner + SIDE, MARGIN + SIDE),
        closed=closed, closure=closure, cut=cut,
    )  # fmt: skip


def counted(wall, *yards, unknown=NOWHERE):
    found = find_yards(wall, np.zeros_like(wall), 0.5)
    blocks = np.zeros(wall.shape, np.int32)
    return count_yards(LabelledYards(yards=yards, unknown=unknown), found, wall, 0.5, blocks)


def test_a_court_that_is_found_is_right_closed_and_barred_all_round():
    parts = counted(court(), yard())
    assert parts.objects.tolist() == [[1, 1, 1, 1]]
    measures = yard_measures([parts])
    assert measures["yard_f1"].value == 1
    assert measures["closure_error"].value == pytest.approx(0, abs=0.02)
    assert np.isnan(measures["closed_accuracy"].value)  # nothing open to tell it from


def test_a_court_without_walls_is_missed_and_called_open():
    parts = counted(np.zeros_like(court()), yard())
    assert parts.objects.tolist() == [[0, 0, 0, 1]]
    assert parts.found[0, :2].tolist() == [0, 1]
    assert np.isnan(closure_error(parts.found[0]))


def test_a_court_nobody_labelled_is_invented_unless_nobody_looked():
    assert counted(court()).objects.tolist() == [[0, 1, 0, 0]]
    looked_away = shapely.box(0, 0, 200, 200)
    assert counted(court(), unknown=looked_away).objects.tolist() == [[0, 0, 0, 0]]


def test_a_found_yard_that_the_edge_cuts_is_not_invented():
    wall = court()[:, : MARGIN + SIDE - 10]  # its east wall lies beyond the picture
    found = find_yards(wall, np.zeros_like(wall), 0.5)
    assert [y.cut_by_edge for y in found.yards] == [True]
    assert counted(wall).objects.tolist() == [[0, 0, 0, 0]]


def test_a_yard_found_with_a_wide_gap_is_called_open():
    parts = counted(court(11.0), yard(closed=False, closure=1 - 11 / 160))
    assert parts.objects.tolist() == [[1, 1, 1, 1]]
    assert parts.found[0, 2:4].tolist() == [1, 1]


def test_a_yard_cut_by_the_edge_need_not_be_found():
    assert counted(court(), yard(cut=True)).objects.tolist() == [[0, 0, 0, 0]]


def test_a_wide_opening_makes_a_yard_open_on_the_walk_round_its_given_outline():
    parts = counted(court(14.0), yard(closed=False, closure=1 - 14 / 160))
    assert parts.given[0, 2:4].tolist() == [1, 1]
    assert closure_error(parts.given[0]) == pytest.approx(0, abs=0.03)


def test_closed_and_open_weigh_the_same_however_many_there_are():
    assert balanced_accuracy(np.array([90, 100, 1, 2, 0, 0])) == pytest.approx(0.7)


def test_partners_share_half_their_ground_and_are_chosen_for_the_most_overlap():
    a, b = shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)
    shifted = shapely.box(4, 0, 14, 10)  # IoU 6 / 14
    assert match([a, b], [b, shifted]).tolist() == [-1, 0]
    assert match([a], [shifted, shapely.box(3, 0, 13, 10)]).tolist() == [1]
    assert match([], [a]).tolist() == []


DRAWN = {
    "image": "a.png", "gsd_m": 0.25, "window": [0, 0, 100, 100], "walls": [], "note": "",
    "ignore": [[[0, 0], [10, 0], [10, 10]]],
    "yards": [{
        "polygon": [[20, 40], [60, 40], [60, 80], [20, 80]], "closed": True, "closure": 0.9,
        "cut_by_edge": False, "confidence": "high",
    }],
}  # fmt: skip


def test_drawn_yards_move_to_the_pixels_they_are_judged_at():
    there = moved(from_drawn(DRAWN), (0.5, 0.5), (10, 5))
    assert there.yards[0].outline.bounds == (5, 10, 25, 30)
    assert there.hides(shapely.box(60, 60, 80, 80))  # beyond the window
    assert not there.hides(there.yards[0].outline)


def test_drawn_yards_are_read_for_sets_with_outlines_only(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(DRAWN))
    common = {"place": "here", "split": "val", "images": "*.png", "licence": "ours"}
    sets = [
        LabelledSet(name="drawn", outlines="{stem}.json", **common),
        LabelledSet(name="plain", **common),
    ]
    patches = [
        Patch(name="a.png", place="here", group=group, weight=1, labels={}, gsd=0.5,
              picture=np.zeros((3, 50, 50), np.uint8), averaged=2)
        for group in ("drawn", "plain")
    ]  # fmt: skip
    book = read_yards(sets, tmp_path, patches)
    assert set(book) == {("drawn", "a.png")}
    assert book["drawn", "a.png"].yards[0].outline.area == 20 * 20  # pixels of half a metre


def test_a_yard_that_lacks_a_key_is_named(tmp_path):
    broken = {**DRAWN, "yards": [{"polygon": [[0, 0], [1, 0], [1, 1]], "closed": True}]}
    (tmp_path / "a.json").write_text(json.dumps(broken))
    one = LabelledSet(
        name="drawn", outlines="{stem}.json", place="p", split="val", images="*", licence=""
    )
    patch = Patch(
        name="a.png", place="p", group="drawn", weight=1, labels={}, gsd=0.5,
        picture=np.zeros((3, 9, 9), np.uint8),
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"a\.json: a yard lacks 'closure'"):
        read_yards([one], tmp_path, [patch])


def test_the_whole_way_goes_from_scores_to_yards():
    wall = court()
    chance = np.zeros((5, *wall.shape), np.float32)
    chance[2] = wall
    patch = Patch(
        name="", place="", group="", weight=1, labels={}, gsd=0.5,
        picture=np.zeros((3, *wall.shape), np.uint8),
    )  # fmt: skip
    one = Judged(
        patch=patch, picture=patch.picture, chance=chance,
        labels=np.zeros(chance.shape, np.uint8),
    )  # fmt: skip
    found, barrier = yards_of(one)
    assert [y.closed for y in found.yards] == [True]
    assert barrier.max() == 1


class Walls(nn.Module):
    """Says wall where the picture is bright."""

    def forward(self, x):
        yes = (x.mean(1, keepdim=True) - 0.5) * 40
        no = torch.full_like(yes, -9)
        return torch.cat([no, no, yes, no, no], 1)


@pytest.mark.parametrize(("most", "asked"), [(0, 3), (300, 1)])
def test_a_court_outside_the_part_that_was_judged_is_not_missed(most, asked):
    side, corners = 600, (30, 110, 260)  # beyond the middle 300 pixels, across its edge, within
    wall = np.zeros((side, side), np.uint8)
    outlines = [shapely.box(at, 260, at + 60, 320) for at in corners]
    for at in corners:
        wall[258:322, at - 2 : at + 62] = 255
    for at in corners:
        wall[260:320, at : at + 60] = 0
    patch = Patch(
        name="n", place="p", group="g", weight=1, gsd=0.5, picture=np.stack([wall] * 3),
        labels={"yard": burn(outlines, wall.shape).astype(np.uint8)},
    )  # fmt: skip
    drawn = LabelledYards(
        yards=tuple(
            LabelledYard(outline=o, closed=True, closure=1.0, cut=False) for o in outlines
        ),
        unknown=NOWHERE,
    )
    tally = Tally({})
    for one in judge(Walls(), [patch], torch.zeros(3), torch.ones(3), most=most):
        tally.add(one, drawn)
    [counts] = tally.parts["p", "yard"].yards
    assert counts.objects.sum(0).tolist() == [asked] * 4


def test_outlines_of_a_geotiff_lie_on_its_pixels_whatever_metres_their_file_says(tmp_path):
    told = {**DRAWN, "image": "a.tif", "gsd_m": 0.35, "ignore": []}
    (tmp_path / "a.json").write_text(json.dumps(told))
    one = LabelledSet(
        name="drawn", outlines="{stem}.json", place="p", split="val", images="*.tif", licence=""
    )
    for gsd, share in ((0.5, 1), (0.12, 2)):
        frame = Affine(gsd, 0, 450_000, 0, -gsd, 36_000)
        with rasterio.open(
            tmp_path / "a.tif", "w", driver="GTiff", width=100, height=100, count=3,
            dtype="uint8", crs="EPSG:32636", transform=frame,
        ) as file:  # fmt: skip
            file.write(np.full((3, 100, 100), 90, np.uint8))
        patches = read_patches([one], tmp_path, split="val")
        [yard] = read_yards([one], tmp_path, patches)["drawn", "a.tif"].yards
        corner = np.array([20, 40, 60, 80]) / share
        assert yard.outline.bounds == pytest.approx(tuple(corner))
