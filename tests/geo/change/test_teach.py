"""Weights are found again from units that were drawn by them."""

import numpy as np
import pytest

from geo.change.decide import altered_terms, chances
from geo.change.teach import (
    NAMES,
    UNTOLD,
    best_nothing,
    fit_altered,
    fit_looks,
    fit_weights,
    parted,
)
from geo.change.weights import Weights
from geo.patches import FEATURES

TRUE = Weights(
    roof=(0.9, 1.0, -0.4), form=0.6, rim=0.0, shape=(0.0, 0.0), both=0.0,
    cost=(1.0, 2.0, 0.0, 0.0), head=(0.0, 0.0), altered=(0.0,) * 5, nothing=0.5,
)  # fmt: skip


def rows(count=500, seed=0):
    """Evidence at random, and the state that the true weights drew."""
    rng = np.random.default_rng(seed)
    table = rng.uniform(0, 1, (count, len(NAMES) + 5))
    for name in ("turned_one", "turned_other"):
        table[:, NAMES.index(name)] = np.nan
    evidence, _, _ = parted(table)
    p = chances(evidence, TRUE)
    state = (p.cumsum(1) < rng.uniform(size=(count, 1))).sum(1)
    table[:, -5:-1] = np.eye(4)[np.minimum(state, 3)]
    table[:, -1] = 0
    return table, p


@pytest.mark.parametrize("told", ["exactly", "changed or not"])
def test_what_drew_the_states_is_found_again(told):
    table, true = rows()
    if told == "changed or not":  # as a label of changes tells it, for half of them
        half = np.arange(len(table)) % 2 == 0
        changed = table[:, -4] + table[:, -3] > 0
        table[half & changed, -5:-1] = (0, 1, 1, 0)
        table[half & ~changed, -5:-1] = (1, 0, 0, 1)
    fitted = fit_weights(table, np.ones(len(table)), listed=False, headed=False, altered=UNTOLD)
    found = chances(parted(table)[0], fitted)
    assert np.abs(found - true).mean() < 0.06
    assert fitted.head == (0.0, 0.0)


def test_a_list_takes_no_account_of_shape():
    table, _ = rows(200)
    fitted = fit_weights(table, np.ones(len(table)), listed=True, headed=False, altered=UNTOLD)
    assert fitted.shape == (0.0, 0.0)
    assert fitted.nothing == 1.0


def test_the_bar_for_nothing_lies_where_most_changes_are_told_right():
    chance = np.array([[0.3, 0.7, 0, 0], [0.45, 0.55, 0, 0], [0.62, 0.38, 0, 0],
                       [0.66, 0.34, 0, 0]])  # fmt: skip
    possible = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 1], [1, 0, 0, 1]], float)
    assert 0.45 <= best_nothing(chance, possible, np.ones(4)) < 0.62


def test_looks_tell_roofs_from_yards():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(400, len(FEATURES)))
    overlap = np.where(table[:, 0] - table[:, 1] + 0.3 * rng.normal(size=400) > 0, 0.8, 0.1)
    looks = fit_looks(table, overlap, np.ones(400), price=0.4)
    assert looks.weights[0] > 1
    assert looks.weights[1] < -1
    assert abs(looks.weights[4]) < 0.7
    assert ((looks.chance(table) > 0.5) == (overlap > 0.5)).mean() > 0.85


def altered_rows(count=4000, seed=2):
    """Standing roofs at random, altered as these weights have it: -3, 0, 8, 0, 10."""
    table, _ = rows(count, seed)
    table[:, -5:-1] = (0, 0, 0, 1)
    table[:, NAMES.index("part_one")] *= 0.5
    table[:, NAMES.index("part_other")] = 0
    terms = altered_terms(parted(table)[0]) @ np.array([-6.0, 0, 8, 0, 10])
    chance = np.random.default_rng(seed).uniform(size=count)
    table[:, -1] = chance < 1 / (1 + np.exp(-terms))
    return table


def test_what_altered_the_roofs_is_found_again():
    table = altered_rows()
    at_all, light, paint, odd, part = fit_altered(table, np.ones(len(table)))
    assert (at_all, paint, part) == (
        pytest.approx(-6, abs=1), pytest.approx(8, abs=1.2), pytest.approx(10, abs=1.5)
    )  # fmt: skip
    assert max(abs(light), abs(odd)) < 0.8


def test_only_what_is_known_to_stand_and_to_be_altered_or_not_teaches_altered():
    table = altered_rows()
    first = fit_altered(table, np.ones(len(table)))
    unknown = table.copy()
    unknown[:, -1] = np.nan
    gone = table.copy()
    gone[:, -5:-1], gone[:, -1] = (0, 1, 0, 0), 1
    unseen = table.copy()
    unseen[:, NAMES.index("painted")], unseen[:, -1] = np.nan, 1
    more = np.concatenate([table, unknown, gone, unseen])
    assert fit_altered(more, np.ones(len(more))) == pytest.approx(first, rel=0.01)
