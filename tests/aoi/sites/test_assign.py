"""One to one, with leftovers, at the least cost: checked against scipy's dense solver."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from aoi.sites.assign import NOBODY, Pairs, assign


def pairs_of(costs):
    """Turn a matrix (R, C) of costs, NaN where nothing fits, into pairs."""
    row, col = np.nonzero(~np.isnan(costs))
    return Pairs(row, col, costs[row, col].astype(np.int64))


def dense_total(costs, alone):
    """The least total by scipy, where each row has a column of its own for being alone."""
    rows, cols = costs.shape
    whole = np.full((rows, cols + rows), 10**9)
    whole[:, :cols] = np.where(np.isnan(costs), 10**9, costs)
    whole[np.arange(rows), cols + np.arange(rows)] = alone
    return whole[linear_sum_assignment(whole)].sum()


def total(costs, taken, alone):
    return sum(
        alone if col == NOBODY else int(costs[row, col]) for row, col in enumerate(taken)
    )


@settings(deadline=None)
@given(
    rows=st.integers(1, 9),
    cols=st.integers(1, 9),
    alone=st.integers(-3, 12),
    numbers=st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=81, max_size=81),
)
def test_nobody_could_do_better_and_nobody_shares(rows, cols, alone, numbers):
    costs = np.array([np.nan if n is None else n for n in numbers[: rows * cols]], float)
    costs = costs.reshape(rows, cols)
    taken = assign(pairs_of(costs), rows, cols, alone=alone)
    held = taken[taken != NOBODY]
    assert len(held) == len(set(held.tolist()))
    assert all(taken[r] == NOBODY or not np.isnan(costs[r, taken[r]]) for r in range(rows))
    assert total(costs, taken, alone) == dense_total(costs, alone)


def test_a_row_gives_way_where_it_has_another_column():
    costs = np.array([[1.0, 2.0], [1.0, np.nan]])
    assert assign(pairs_of(costs), 2, 2, alone=9).tolist() == [1, 0]


def test_a_chain_of_three_moves_up_to_let_the_last_one_in():
    costs = np.array(
        [[1.0, 2.0, np.nan, np.nan], [np.nan, 1.0, 2.0, np.nan], [0.0, np.nan, np.nan, np.nan]]
    )
    assert assign(pairs_of(costs), 3, 4, alone=9).tolist() == [1, 2, 0]


def test_a_row_stays_alone_rather_than_spoil_two_others():
    costs = np.array([[0.0, 5.0], [1.0, np.nan]])
    assert assign(pairs_of(costs), 2, 2, alone=4).tolist() == [0, NOBODY]


def test_a_pair_dearer_than_being_alone_is_left():
    assert assign(pairs_of(np.array([[7.0]])), 1, 1, alone=6).tolist() == [NOBODY]


def test_of_equals_the_first_row_takes_the_first_column():
    assert assign(pairs_of(np.zeros((2, 3))), 2, 3, alone=5).tolist() == [0, 1]
    assert assign(pairs_of(np.zeros((3, 1))), 3, 1, alone=5).tolist() == [0, NOBODY, NOBODY]


def test_nothing_to_assign_is_no_trouble():
    none = np.zeros(0, np.int64)
    assert assign(Pairs(none, none, none), 3, 0, alone=5).tolist() == [NOBODY] * 3
    assert assign(Pairs(none, none, none), 0, 3, alone=5).tolist() == []
