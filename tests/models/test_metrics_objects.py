"""Houses found, missed and invented; ranked as scikit-learn ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from models.metrics import f1, precision, recall
from models.metrics_objects import (
    Matches,
    average_precision,
    join,
    lay_out,
    mostly,
    things_of,
)


def boxes(*corners: tuple[int, int], side: int = 8) -> np.ndarray:
    canvas = np.zeros((50, 50), np.int32)
    for i, (row, col) in enumerate(corners, start=1):
        canvas[row : row + side, col : col + side] = i
    return canvas


def laid(claims, things, *, known=None, chance=None, least=1):
    """Lay out a picture of one block."""
    return lay_out(
        claims, things,
        np.ones(claims.shape, np.float32) if chance is None else chance,
        np.ones(claims.shape, bool) if known is None else known,
        np.zeros(claims.shape, np.int32), least=least,
    )  # fmt: skip


def total(matches):
    return matches.counts().sum(0).tolist()


def test_two_houses_found_out_of_three_and_one_invented():
    field = laid(boxes((2, 2), (3, 20), (40, 40)), boxes((2, 2), (2, 20), (20, 2)))
    assert total(field.match_overlap(0.5)) == [2, 3, 2, 3]
    counts = field.match_overlap(0.5).counts()[0]
    assert precision(counts) == recall(counts) == pytest.approx(2 / 3)


def test_one_claim_over_two_houses_matches_neither_but_one_of_them_loosely():
    claimed = np.zeros((50, 50), np.int32)
    claimed[2:10, 2:20] = 1  # 144 pixels over two houses of 64
    field = laid(claimed, boxes((2, 2), (2, 12)))
    assert total(field.match_overlap(0.5)) == [0, 1, 0, 2]
    assert total(field.match_overlap(0.3)) == [1, 1, 1, 2]


def test_two_claims_on_one_house_are_one_right_and_one_wrong():
    claims = np.zeros((50, 50), np.int32)
    claims[2:10, 2:6], claims[2:10, 6:10] = 1, 2
    field = laid(claims, boxes((2, 2)))
    assert total(field.match_overlap(0.5)) == [1, 2, 1, 1]


def test_a_house_drawn_too_large_is_found_by_its_centre_only():
    claims = np.zeros((50, 50), np.int32)
    claims[5:35, 5:35] = 1
    field = laid(claims, boxes((16, 16)))
    assert total(field.match_overlap(0.3)) == [0, 1, 0, 1]
    assert total(field.match_centres(10)) == [1, 1, 1, 1]


@pytest.mark.parametrize(("offset", "right"), [(0, 1), (9, 1), (11, 0)])
def test_centres_match_up_to_the_distance_and_not_beyond(offset, right):
    field = laid(boxes((2, 2)), boxes((2, 2 + offset)))
    assert total(field.match_centres(10)) == [right, 1, right, 1]


def test_houses_on_unknown_ground_are_left_out_on_both_sides():
    known = np.ones((50, 50), bool)
    known[25:, 25:] = False
    both = boxes((2, 2), (30, 30))
    assert total(laid(both, both, known=known).match_overlap(0.5)) == [1, 1, 1, 1]


def test_a_hut_too_small_to_count_is_neither_missed_nor_invented():
    things = boxes((2, 2))
    things[40:43, 40:43] = 2
    found = boxes((2, 2))
    seen = found.copy()
    seen[40:43, 40:43] = 2
    for claims in (found, seen):
        assert total(laid(claims, things, least=12).match_overlap(0.5)) == [1, 1, 1, 1]


def test_a_surer_claim_chooses_first():
    claims = np.zeros((50, 50), np.int32)
    claims[2:10, 2:9], claims[2:10, 9:12] = 1, 2
    chance = np.where(claims == 2, 0.9, 0.3).astype(np.float32)
    things = np.zeros((50, 50), np.int32)
    things[2:10, 2:12] = 1
    matches = laid(claims, things, chance=chance).match_overlap(0.3)
    assert matches.right.tolist() == [False, True]


def test_a_picture_of_nothing_has_no_pairs_and_no_figure():
    field = laid(np.zeros((9, 9), np.int32), np.zeros((9, 9), np.int32))
    for matches in (field.match_overlap(0.5), field.match_centres(4)):
        assert total(matches) == [0, 0, 0, 0]
        assert np.isnan(average_precision(matches).value)


def ranked(score, right, missed: int, blocks: int = 1) -> Matches:
    """Claims with their luck, and true things nobody claimed."""
    score, right = np.asarray(score, float), np.asarray(right, bool)
    found = np.array([True] * int(right.sum()) + [False] * missed)
    return Matches(
        score=score, right=right, claim_block=np.arange(len(score)) % blocks,
        found=found, thing_block=np.arange(len(found)) % blocks, blocks=blocks,
    )  # fmt: skip


@given(seed=st.integers(0, 200), ties=st.booleans())
def test_average_precision_agrees_with_scikit_learn(seed, ties):
    rng = np.random.default_rng(seed)
    right = rng.random(40) < 0.5
    right[0] = True
    score = rng.integers(0, 8, 40) / 8 if ties else rng.random(40)
    found_all = average_precision(ranked(score, right, 0)).value
    assert found_all == pytest.approx(average_precision_score(right, score))
    # Things nobody claimed can never be recalled.
    share = right.sum() / (right.sum() + 9)
    assert average_precision(ranked(score, right, 9)).value == pytest.approx(found_all * share)


def test_a_perfect_ranking_is_one_and_no_claim_is_nothing():
    assert average_precision(ranked([0.9, 0.8, 0.1], [1, 1, 0], 0)).value == 1
    assert average_precision(ranked([], [], 4)).value == 0


def test_drawing_blocks_twice_is_having_their_claims_twice():
    one = ranked([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 1], 2, blocks=3)
    weights = np.array([[2.0, 0.0, 1.0]])
    rows = np.repeat(np.arange(4), [2, 0, 1, 2])  # claims of block 0 twice, of block 1 never
    things = np.repeat(np.arange(5), [2, 0, 1, 2, 0])
    again = Matches(
        score=one.score[rows], right=one.right[rows], claim_block=np.zeros(len(rows), int),
        found=one.found[things], thing_block=np.zeros(len(things), int), blocks=1,
    )  # fmt: skip
    assert average_precision(one).figure(weights)[0] == pytest.approx(
        average_precision(again).value
    )


def test_pictures_are_joined_and_their_blocks_stay_apart():
    field = laid(boxes((2, 2)), boxes((2, 2), (20, 20)))
    both = join([field.match_overlap(0.5), field.match_overlap(0.5)])
    assert both.blocks == 2
    assert both.counts().tolist() == [[1, 1, 1, 2], [1, 1, 1, 2]]


@given(turns=st.integers(0, 3), seed=st.integers(0, 30))
def test_turning_the_picture_changes_no_match(turns, seed):
    rng = np.random.default_rng(seed)
    claims, things = (things_of(rng.random((30, 30)) > 0.6) for _ in range(2))

    def turned(array):
        return np.ascontiguousarray(np.rot90(array, turns))

    before = laid(claims, things).match_overlap(0.5).counts()
    after = laid(turned(claims), turned(things)).match_overlap(0.5).counts()
    assert np.array_equal(before, after)
    assert f1(before[0]) == f1(after[0])


def test_half_on_known_ground_is_not_mostly():
    things, known = boxes((2, 2)), np.zeros((50, 50), bool)
    known[:6] = True  # four of eight rows
    assert not mostly(things, known).any()
    known[6] = True
    assert mostly(things, known).any()
