"""Who is who from look to look, with compounds drawn as boxes on a map in metres."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import box

from aoi.sites.identity import Rule
from geo.errors import InputError
from tests.aoi.sites.looks import A, B, events, kinds, look, tell, week


def test_a_compound_keeps_the_name_of_its_first_outline():
    story, ids = tell(look(0, [A]), look(1, [A]), look(2, [A.buffer(2)]))
    assert set(ids.values()) == {"c-0-0"}
    assert kinds(story) == ["appear"]
    assert story.compounds["c-0-0"].sightings == 3


@given(
    seed=st.integers(0, 10_000),
    shift=st.floats(-12, 12),
    turn=st.floats(-4, 4),
    size=st.floats(0.93, 1.07),
)
@settings(max_examples=40, deadline=None)
def test_jitter_of_outlines_changes_no_name_and_makes_no_event(seed, shift, turn, size):
    rng = np.random.default_rng(seed)
    shapes = [box(x, y, x + w, y + 60) for x in (0, 110, 300) for y in (0, 64) for w in (100,)]
    first = look(0, dict(enumerate(shapes)))
    moved = {
        n: affinity.translate(
            affinity.rotate(affinity.scale(shape, size, size), turn),
            shift + rng.normal(0, 1.5), -shift + rng.normal(0, 1.5),
        )
        for n, shape in enumerate(shapes)
    }  # fmt: skip
    story, ids = tell(first, look(1, moved))
    assert {ids[f"c-1-{n}"] for n in moved} == {f"c-0-{n}" for n in moved}
    assert all(ids[f"c-1-{n}"] == f"c-0-{n}" for n in moved)
    assert set(kinds(story)) == {"appear"}


@given(st.permutations(range(6)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_decides_nothing(order):
    shapes = {n: box(120 * n, 0, 120 * n + 100, 100) for n in range(6)}
    shuffled = {n: shapes[n] for n in order}
    plain, _ = tell(look(0, shapes), look(1, shapes))
    other, _ = tell(look(0, shuffled), look(1, shuffled))
    assert plain == other


def test_under_cloud_nothing_is_missed():
    half = box(-5_000, -5_000, 50, 20_000)
    story, _ = tell(look(0, [A]), *(look(n, [], seen=half) for n in range(1, 9)))
    assert story.compounds["c-0-0"].state == "standing"
    assert kinds(story) == ["appear"]


def test_one_miss_is_taken_back_when_it_is_found_again():
    story, ids = tell(look(0, [A]), look(1, [A]), look(2, []), look(3, [A]))
    assert ids["c-3-0"] == "c-0-0"
    assert kinds(story) == ["appear"]
    assert kinds(story, status=("withdrawn",)) == ["vanish"]


def test_three_misses_are_a_vanish_between_the_last_sight_and_the_first_miss():
    story, _ = tell(look(0, [A]), look(1, [A]), *(look(n, []) for n in (2, 3, 4)))
    [vanish] = [e for e in story.events.values() if e.kind == "vanish"]
    assert (vanish.status, week(vanish)) == ("confirmed", (1, 2))
    assert story.compounds["c-0-0"].state == "gone"


def test_what_comes_back_has_its_old_name():
    gone = [look(n, []) for n in (2, 3, 4)]
    story, ids = tell(look(0, [A]), look(1, [A]), *gone, look(5, [A]), look(6, [A]))
    assert ids["c-6-0"] == "c-0-0"
    [back] = [e for e in story.events.values() if e.kind == "return"]
    assert (back.status, week(back)) == ("confirmed", (4, 5))


def test_what_was_found_only_once_is_taken_back():
    story, _ = tell(look(0, []), *(look(n, [A] if n == 2 else []) for n in range(1, 6)))
    assert events(story) == []
    assert story.compounds["c-2-0"].state == "doubtful"


def test_what_was_doubted_and_is_found_again_was_there_the_first_time():
    seen = [look(n, [A] if n in {3, 6} else []) for n in range(7)]
    story, ids = tell(*seen)
    last = list(story.events.values())[-1]
    assert ids["c-6-0"] == "c-3-0"
    assert (last.kind, week(last)) == ("appear", (2, 3))


def test_a_bracket_begins_at_the_last_look_that_saw_the_ground():
    cloud = box(-5_000, -5_000, -100, 20_000)
    bare = [look(n, []) for n in range(3)]
    story, _ = tell(*bare, look(3, [], seen=cloud), look(4, [A]))
    assert week(next(iter(story.events.values()))) == (2, 4)


@pytest.mark.parametrize("misses", [1, 2, 3])
def test_new_is_what_as_many_looks_saw_bare_as_make_a_compound_gone(misses):
    for bare in range(1, 4):
        looks = [look(n, []) for n in range(bare)]
        story, _ = tell(*looks, look(bare, [A]), rule=Rule(misses=misses))
        since = bare - 1 if bare >= misses else None
        assert week(next(iter(story.events.values()))) == (since, bare)


def test_after_a_single_look_in_vain_nothing_is_called_new():
    story, _ = tell(look(0, []), look(1, [A]))
    assert week(next(iter(story.events.values()))) == (None, 1)


def test_at_the_first_look_nobody_knows_since_when():
    story, _ = tell(look(0, [A]))
    assert week(next(iter(story.events.values()))) == (None, 0)


def test_the_larger_of_two_that_grow_together_keeps_the_name():
    small = box(104, 0, 150, 100)
    story, ids = tell(look(0, {"a": A, "s": small}), look(1, [box(0, 0, 150, 100)]))
    assert ids["c-1-0"] == "c-0-a"
    assert ("merge", "c-0-a", ("c-0-s",)) in events(story)


def test_a_much_smaller_one_is_absorbed():
    small = box(104, 0, 130, 100)
    story, _ = tell(look(0, {"a": A, "s": small}), look(1, [box(0, 0, 130, 100)]))
    assert ("absorb", "c-0-a", ("c-0-s",)) in events(story)


def test_two_that_flicker_between_one_and_two_keep_both_names():
    both = box(0, 0, 203, 100)
    looks = [look(n, {"ab": both} if n % 2 else {"a": A, "b": B}) for n in range(9)]
    story, ids = tell(*looks)
    assert all(ids[f"c-{n}-a"] == "c-0-a" for n in range(0, 9, 2))
    assert all(ids[f"c-{n}-b"] == "c-0-b" for n in range(0, 9, 2))
    assert kinds(story, status=("confirmed",)) == ["appear", "appear"]


def test_a_split_that_the_next_look_denies_is_withdrawn_and_the_old_name_goes_on():
    small, large = box(0, 0, 30, 100), box(34, 0, 100, 100)
    story, ids = tell(
        look(0, [A]), look(1, [A]), look(2, {"s": small, "l": large}), look(3, [A])
    )
    assert ids["c-3-0"] == "c-0-0"
    assert kinds(story) == ["appear"]
    assert [c.id for c in story.living()] == ["c-0-0"]


def test_when_a_split_is_denied_the_older_name_goes_on_whichever_part_was_larger():
    parts = {"l": box(0, 0, 48, 100), "r": box(50, 0, 100, 100)}
    looks = [look(0, [A]), look(1, [A]), look(2, parts)]
    story, ids = tell(*looks, look(3, [box(-4, 0, 94, 100)]))
    assert ids["c-2-r"] == ids["c-3-0"] == "c-0-0"
    assert [c.id for c in story.living()] == ["c-0-0"]
    assert kinds(story) == ["appear"]


def test_compounds_that_joined_and_part_again_are_who_they_were():
    both = box(0, 0, 203, 100)
    looks = [look(0, {"a": A, "b": B}), look(1, {"a": A, "b": B})]
    looks += [look(n, {"ab": both}) for n in (2, 3, 4)]
    looks += [look(n, {"a": A, "b": B}) for n in (5, 6)]
    story, ids = tell(*looks)
    assert (ids["c-6-a"], ids["c-6-b"]) == ("c-0-a", "c-0-b")
    assert ("split", "c-0-a", ("c-0-b",)) in events(story, status=("confirmed",))
    assert [week(e) for e in story.events.values() if e.kind == "split"] == [(4, 5)]


def test_a_yard_found_inside_a_compound_is_not_a_split():
    story, ids = tell(look(0, [A]), look(1, {"a": A, "yard": box(20, 20, 60, 60)}))
    assert ids["c-1-a"] == "c-0-0"
    assert kinds(story) == ["appear", "appear"]


def test_a_coarser_sensor_does_not_make_compounds_grow():
    wide = A.buffer(6, join_style="mitre")  # 25 % more ground, by half a 10 m pixel's blur
    story, _ = tell(
        look(0, [A]), look(1, [A]), look(2, [wide], gsd=10), look(3, [wide], gsd=10)
    )
    assert kinds(story) == ["appear"]


def test_slow_growth_is_told_when_it_adds_up():
    looks = [look(n, [box(0, 0, 100 + 5 * n, 100)]) for n in range(13)]
    story, _ = tell(*looks)
    assert kinds(story, status=("confirmed",)) == ["appear", "grow"]


def test_a_single_swollen_outline_is_no_growth():
    looks = [look(0, [A]), look(1, [A]), look(2, [box(0, 0, 140, 100)]), look(3, [A])]
    story, _ = tell(*looks, look(4, [A]))
    assert kinds(story) == ["appear"]
    assert kinds(story, status=("withdrawn",)) == ["grow"]


def test_an_outline_cut_by_cloud_says_nothing_of_size():
    cut = look(2, [box(0, 0, 55, 100)], whole=False)
    story, ids = tell(look(0, [A]), look(1, [A]), cut, look(3, [A]))
    assert ids["c-2-0"] == "c-0-0"
    assert kinds(story) == ["appear"]


def test_rules_that_mean_nothing_are_refused():
    with pytest.raises(InputError):
        Rule(growth=0)
