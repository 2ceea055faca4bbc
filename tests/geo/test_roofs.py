"""Roofs drawn as scores, sure and faint, touching and with yards half taken for roofs."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import ShapeError, UnitsError
from geo.grid import Grid, local_grid
from geo.looks import Looks
from geo.patches import FEATURES, LEVELS, find_patches
from geo.roofs import choose, draw_labels, outline_roofs
from geo.types import FULL, NODATA

LOOKS = Looks(at_all=-8.3, weights=(0.5, -1.0, 4.5, -4.3, 1.9, -1.1, 3.4, 0.0, 2.9), price=0.3)
"""Sure inside, unsure about it, edges along the rim and none inside, of a house's size."""


def scene(*patches, side=80):
    """Paint (row, col, height, width, score) on ground of .04, each with an edge about it."""
    roof, edge = np.full((2, side, side), round(0.04 * FULL), np.uint8)
    for r, c, h, w, score in patches:
        edge[r - 1 : r + h + 1, c - 1 : c + w + 1] = round(0.7 * FULL)
        edge[r + 1 : r + h - 1, c + 1 : c + w - 1] = 5
        roof[r : r + h, c : c + w] = round(score * FULL)
    return roof, edge


def found(roof, edge, gsd=0.5):
    labels, *_ = draw_labels(roof, edge, gsd, LOOKS)
    return [int((labels == n).sum()) for n in range(1, labels.max() + 1)]


def test_a_sure_roof_and_a_faint_one_are_both_outlined():
    roofs = found(*scene((10, 10, 24, 20, 0.95), (45, 45, 24, 20, 0.45)))
    assert len(roofs) == 2
    assert roofs == pytest.approx([480, 480], rel=0.2)


def test_a_yard_half_taken_for_a_roof_is_not_part_of_the_house():
    roof, edge = scene((20, 20, 24, 20, 0.95))
    roof[20:44, 42:75] = round(0.5 * FULL)  # its yard, without an edge of its own
    labels, *_ = draw_labels(roof, edge, 0.5, LOOKS)
    house = labels == labels[32, 30]
    assert labels[32, 30] > 0
    assert house.sum() == pytest.approx(480, rel=0.2)
    assert not house[:, 44:].any()


def test_two_roofs_joined_by_a_faint_bridge_are_two():
    roof, edge = scene((20, 8, 24, 24, 0.9), (20, 44, 24, 24, 0.9))
    roof[28:36, 32:44] = round(0.6 * FULL)
    assert len(found(roof, edge)) == 2


def test_half_a_roof_that_ends_at_its_ridge_has_roof_beyond_it():
    roof, edge = scene((20, 20, 24, 40, 0.9))
    edge[20:44, 39:41] = round(0.9 * FULL)  # the ridge
    roof[20:44, 39:41] = round(0.5 * FULL)
    patches = find_patches(roof, edge, 0.5)
    beyond = patches.table[:, FEATURES.index("outside")]
    size = patches.table[:, FEATURES.index("size")]
    whole, half = size > size.max() - 0.05, size < size.max() - 0.2
    assert half.sum() >= 2
    assert beyond[half].min() > beyond[whole].max() + 0.5


def test_a_blot_smaller_than_a_hut_is_nothing():
    assert found(*scene((20, 20, 5, 5, 0.95))) == []


def test_ground_that_nobody_judged_is_never_outlined():
    roof, edge = scene((20, 20, 24, 20, 0.95))
    roof[:, 30:] = NODATA
    labels, *_ = draw_labels(roof, edge, 0.5, LOOKS)
    assert not labels[:, 30:].any()
    assert labels[:, :30].any()


def test_nothing_to_see_gives_an_empty_frame_and_not_none():
    blank = np.zeros((40, 40), np.uint8)
    frame = outline_roofs(blank, None, local_grid(40, 40, 0.5), LOOKS)
    assert frame.empty
    assert {"geometry", "score", "area_m2"} <= set(frame.columns)


def test_outlines_are_in_metres_and_carry_their_chance():
    frame = outline_roofs(*scene((20, 20, 24, 20, 0.95)), local_grid(80, 80, 0.5), LOOKS)
    assert frame["area_m2"].tolist() == pytest.approx([120], rel=0.2)
    assert 0.3 < frame["chance"].iloc[0] <= 1
    assert frame["score"].iloc[0] == pytest.approx(0.95, abs=0.01)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_patches_nest_and_no_two_that_are_chosen_overlap(seed):
    rng = np.random.default_rng(seed)
    boxes = [(*rng.integers(3, 50, 2), *rng.integers(6, 26, 2), rng.uniform(0.2, 1))
             for _ in range(6)]  # fmt: skip
    roof, edge = scene(*boxes)
    patches = find_patches(roof, edge, 0.5)
    inner = patches.parent >= 0
    assert (patches.level[patches.parent[inner]] < patches.level[inner]).all()
    taken, chance = choose(patches, LOOKS)
    assert (chance[taken] > LOOKS.price).all()
    for row in np.flatnonzero(taken):
        above = patches.parent[row]
        while above >= 0:
            assert not taken[above]
            above = patches.parent[above]
    # No other choice along one line of nested patches promises more than the one made.
    gain = np.maximum(chance - LOOKS.price, 0)
    assert (
        gain[taken].sum()
        >= max((gain[patches.level == n].sum() for n in range(len(LEVELS))), default=0) - 1e-9
    )


def test_sure_ground_that_looks_like_no_roof_is_outlined_where_ground_counts():
    strange = replace(LOOKS, at_all=-30.0)  # nothing looks like a roof
    roof, edge = scene((20, 20, 30, 40, 0.95))
    assert not draw_labels(roof, edge, 0.5, strange)[0].any()
    labels, *_ = draw_labels(roof, edge, 0.5, replace(strange, cover=1.0))
    assert (labels > 0).sum() == pytest.approx(1200, rel=0.15)


def test_a_house_of_which_the_net_is_sure_is_not_left_out_beside_better_ones():
    roof, edge = scene((10, 10, 24, 20, 0.95), (45, 45, 20, 20, 0.6))
    fussy = replace(LOOKS, at_all=-11.3, price=0.5)  # the second may be one roof, by .4
    assert draw_labels(roof, edge, 0.5, fussy)[0].max() == 1
    labels, _, chance = draw_labels(roof, edge, 0.5, replace(fussy, cover=0.01))
    assert 0.3 < chance[labels[55, 55]] < 0.5 < chance[labels[22, 20]]
    assert (labels == labels[55, 55]).sum() == pytest.approx(400, rel=0.25)


def test_a_slum_is_parted_into_what_looks_most_like_roofs():
    houses = [(r, c, 16, 16, 0.9) for r in (4, 24, 44, 64) for c in (4, 24, 44, 64)]
    roof, edge = scene(*houses, side=84)
    roof[roof == roof.min()] = round(0.4 * FULL)  # the lanes are half taken for roofs
    fussy = replace(LOOKS, price=0.9, cover=1.0)
    labels, *_ = draw_labels(roof, edge, 0.5, fussy)
    assert labels.max() == 16
    for r, c, height, width, _ in houses:
        house = labels[r : r + height, c : c + width]
        assert (house == house[8, 8]).mean() > 0.7


@pytest.mark.parametrize("turns", range(4))
def test_turning_the_picture_changes_nothing(turns):
    roof, edge = scene((10, 10, 24, 20, 0.95), (45, 40, 14, 30, 0.6), (12, 50, 20, 20, 0.8))
    there, back = (
        sorted(found(np.rot90(roof, k).copy(), np.rot90(edge, k).copy())) for k in (0, turns)
    )
    assert there == back


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_two_outlines_overlap_and_all_are_valid(seed):
    rng = np.random.default_rng(seed)
    boxes = [
        (*rng.integers(3, 50, 2), *rng.integers(8, 26, 2), rng.uniform(0.3, 1))
        for _ in range(9)
    ]
    drawn = outline_roofs(*scene(*boxes), local_grid(80, 80, 0.5), LOOKS)
    assert drawn.is_valid.all()
    outlines = drawn.geometry.to_numpy()
    one, other = drawn.sindex.query(outlines, predicate="overlaps")
    assert (shapely.area(shapely.intersection(outlines[one], outlines[other])) < 1e-6).all()


def test_degrees_are_refused():
    grid = Grid((80, 80), Affine(1e-5, 0, 104, 0, -1e-5, 11), "EPSG:4326")
    with pytest.raises(UnitsError, match="metres"):
        outline_roofs(*scene((20, 20, 24, 20, 0.95)), grid, LOOKS)


def test_scores_that_do_not_lie_on_each_other_are_refused():
    roof, _ = scene((10, 10, 24, 20, 0.9))
    with pytest.raises(ShapeError, match="edge must be"):
        find_patches(roof, roof[:40], 0.5)
    with pytest.raises(ShapeError, match="lie on the grid"):
        outline_roofs(roof, None, local_grid(10, 10, 0.5), LOOKS)
