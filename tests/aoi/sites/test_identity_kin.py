"""Who continues whom where looks lie elsewhere, and heirs as a dense solver finds them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from shapely import affinity
from shapely.geometry import box

from aoi.sites.identity_kin import heirs_of
from aoi.sites.identity_overlap import meet_of
from tests.aoi.sites.looks import A, B, kinds, look, tell


def test_looks_that_lie_elsewhere_are_held_against_the_first_not_against_each_other():
    """A strip missed while its neighbour was seen; the looks between lie 14 m off."""
    far, strip = box(600, 0, 700, 100), box(103, 0, 123, 100)

    def at(week, east, shapes):
        return look(week, {n: affinity.translate(s, east) for n, s in shapes.items()})

    both = {"a": A, "far": far, "s": strip}
    _, ids = tell(
        *(at(n, 0, both) for n in (0, 1)),
        *(at(n, 14, {"a": A, "far": far}) for n in (2,)),
        at(3, 14, both),
    )
    assert ids["c-3-s"] == "c-0-s"


def test_an_outline_before_a_growth_is_held_against_looks_that_lie_elsewhere():
    b, stay = box(103, 0, 133, 100), {n: box(600 * n, 0, 600 * n + 100, 100) for n in (1, 2)}

    def at(week, east, **shapes):
        both = {**stay, **shapes}
        return look(week, {n: affinity.translate(s, east) for n, s in both.items()})

    alone = [at(n, 20 * n, b=b) for n in range(3)]
    grown = at(3, 20, b=box(72, 0, 133, 100))
    _, ids = tell(*alone, grown, at(4, 0, b=b, a=box(72, 0, 100, 100)))
    assert (ids["c-4-b"], ids["c-4-a"]) == ("c-0-b", "c-4-a")


def test_a_whole_picture_out_of_place_moves_nobody():
    shapes = [A, B, box(600, 0, 622, 22), box(800, 0, 822, 22)]
    moved = [affinity.translate(one, 31, 9) for one in shapes]
    _, ids = tell(look(0, shapes), look(1, moved))
    assert all(ids[f"c-1-{n}"] == f"c-0-{n}" for n in range(4))


def test_a_piece_between_clouds_does_not_wake_one_of_two_that_joined():
    both = box(0, 0, 203, 100)
    looks = [look(0, {"a": A, "b": B}), look(1, {"a": A, "b": B})]
    looks += [look(n, {"ab": both}) for n in (2, 3)]
    story, ids = tell(*looks, look(4, {"ab": box(120, 0, 203, 100)}, whole=False))
    assert ids["c-4-ab"] == "c-0-a"
    assert "split" not in kinds(story)


def test_a_small_one_that_jumped_with_the_sensor_is_still_itself():
    small, jumped = box(0, 0, 20, 20), box(10, 9, 30, 29)
    _, ids = tell(look(0, [small]), look(1, [jumped]))
    assert ids["c-1-0"] == "c-0-0"


def test_what_stands_too_far_away_is_another():
    _, ids = tell(look(0, [box(0, 0, 20, 20)]), look(1, [box(40, 0, 60, 20)]))
    assert ids["c-1-0"] == "c-1-0"


@given(seed=st.integers(0, 2_000))
@settings(max_examples=40, deadline=None)
def test_heirs_share_as_much_ground_as_a_dense_solver_finds(seed):
    rng = np.random.default_rng(seed)

    def draw(count):
        at, size = rng.uniform(0, 60, (count, 2)), rng.uniform(8, 40, (count, 2))
        return np.array([box(*a, *(a + s)) for a, s in zip(at, size, strict=True)], object)

    known, found = draw(6), draw(7)
    meet = meet_of(known, found)
    heir = heirs_of(meet, np.zeros(6, bool), np.ones(len(meet.known), bool), (6, 7))
    worth = np.zeros((6, 7))
    for k, a in enumerate(known):
        for f, b in enumerate(found):
            both = a.intersection(b).area
            if both >= 0.5 * min(a.area, b.area):
                worth[k, f] = both * (1 + both / a.union(b).area)
    best = worth[linear_sum_assignment(-worth)].sum()
    held = [(k, f) for f, k in enumerate(heir) if k >= 0]
    assert sum(worth[pair] for pair in held) == pytest.approx(best, abs=1)
