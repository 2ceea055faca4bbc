"""What one look alone showed decides nothing: who is who, since when, where looks disagree."""

import json

import pytest
from shapely.geometry import box

from aoi.sites.identity import advance
from aoi.sites.identity_keep import story_from_text, story_to_text
from tests.aoi.sites.looks import BOTH, A, B, dated, kinds, look, tell


def test_one_that_was_missed_and_then_found_with_its_neighbour_takes_no_name_from_it():
    story, ids = tell(
        look(0, {"b": box(103, 0, 170, 100)}), look(1, {"ab": box(0, 0, 170, 100)}),
        *(look(n, {"a": A, "b": box(103, 0, 170, 100)}) for n in (2, 3)),
    )  # fmt: skip
    assert ids["c-3-b"] == ids["c-1-ab"] == "c-0-b"
    assert ids["c-3-a"] == "c-2-a"
    assert dated(story) == []
    assert kinds(story, status=("withdrawn",)) == ["grow"]


def test_what_grew_beside_a_compound_and_then_shows_alone_is_new_since_then():
    looks = [look(n, {"b": B}) for n in range(3)]
    apart = [look(n, {"a": box(0, 0, 101, 100), "b": B}) for n in (4, 5)]
    story, ids = tell(*looks, look(3, {"ab": BOTH}), *apart)
    assert (ids["c-5-a"], ids["c-5-b"]) == ("c-4-a", "c-0-b")
    assert dated(story) == [("appear", "c-4-a", (2, 3))]


def test_a_compound_that_truly_grew_keeps_its_name_when_an_annexe_shows_beside_it():
    grown, yard = box(0, 0, 160, 100), box(163, 0, 200, 100)
    looks = [look(n, {"a": A}) for n in range(3)]
    _, ids = tell(*looks, look(3, {"a": grown}), look(4, {"a": grown, "yard": yard}))
    assert (ids["c-4-a"], ids["c-4-yard"]) == ("c-0-a", "c-4-yard")


def test_a_split_whose_one_part_was_missed_at_first_is_dated_from_the_other():
    whole = [look(n, {"ab": BOTH}) for n in (0, 1)]
    parts = [look(n, {"a": A, "b": B}) for n in (3, 4)]
    story, ids = tell(*whole, look(2, {"b": B}), *parts)
    assert dated(story) == [("split", "c-0-ab", (1, 2))]
    assert "c-0-ab" in (ids["c-4-a"], ids["c-4-b"])
    assert kinds(story, status=("withdrawn",)) == ["shrink"]


def test_a_yard_found_in_what_is_left_of_a_compound_is_no_part_that_it_lost():
    looks = [look(n, {"ab": BOTH}) for n in (0, 1)]
    yard = [look(n, {"a": A, "yard": box(20, 20, 60, 60)}) for n in (3, 4)]
    story, _ = tell(*looks, look(2, {"a": A}), *yard)
    assert dated(story, "shrink", "split") == [("shrink", "c-0-ab", (1, 2))]


def test_parts_that_joined_and_fell_apart_are_dated_from_the_first_that_shows_alone():
    apart = {"a": A, "b": B}
    shown = [apart, apart, {"ab": BOTH}, {"ab": BOTH}, {"a": A}, apart, apart]
    story, ids = tell(*(look(n, shapes) for n, shapes in enumerate(shown)))
    assert (ids["c-6-a"], ids["c-6-b"]) == ("c-0-a", "c-0-b")
    assert dated(story, "shrink", "split") == [("split", "c-0-a", (3, 4))]


def test_growth_that_nobody_confirmed_before_two_joined_is_not_told():
    apart, swollen = {"a": A, "b": B}, {"a": box(-40, 0, 100, 100), "b": B}
    shown = [apart, apart, swollen, *[{"ab": box(-40, 0, 203, 100)}] * 3]
    story, _ = tell(*(look(n, shapes) for n, shapes in enumerate(shown)))
    assert dated(story) == [("merge", "c-0-a", (2, 3))]


def test_two_that_were_seen_apart_once_may_never_have_been_two():
    shown = [{"a": A, "b": B}, *[{"ab": BOTH}] * 3]
    assert dated(tell(*(look(n, shapes) for n, shapes in enumerate(shown)))[0]) == []


@pytest.mark.parametrize("first", [BOTH, A])
def test_what_one_look_showed_may_have_been_a_flaw_and_its_end_is_not_told(first):
    looks = [look(0, {"a": first}), *(look(n, {"a": A, "b": B}) for n in (1, 2, 3))]
    assert dated(tell(*looks)[0]) == []
    swollen = [look(0, [box(0, 0, 160, 100)]), *(look(n, [A]) for n in (1, 2, 3))]
    assert dated(tell(*swollen)[0]) == []


def test_a_story_written_before_looks_were_counted_is_read_and_believed():
    story, _ = tell(*(look(n, {"ab": BOTH}) for n in (0, 1)))
    text = json.loads(story_to_text(story))
    for compound in text["compounds"].values():
        for name in ("shown", "before", "shift_x", "shift_y"):
            del compound[name]
    for event in text["events"].values():
        del event["agreed"]
    old = story_from_text(json.dumps(text))
    for n in (2, 3):
        old = advance(old, look(n, {"a": A})).story
    assert dated(old) == [("shrink", "c-0-ab", (1, 2))]
    assert story_from_text(story_to_text(old)) == old


def test_what_was_cut_by_cloud_when_first_found_did_not_grow():
    story, ids = tell(
        look(0, [box(0, 0, 55, 100)], whole=False), *(look(n, [A]) for n in (1, 2, 3))
    )
    assert ids["c-3-0"] == "c-0-0"
    assert kinds(story) == ["appear"]


def test_ground_that_a_cloud_hides_is_not_lost():
    west = box(-5_000, -5_000, 101, 20_000)
    looks = [look(n, {"ab": BOTH}) for n in (0, 1)]
    clouded = [look(n, {"a": A}, seen=west) for n in (2, 3)]
    story, _ = tell(*looks, *clouded)
    assert kinds(story) == ["appear"]
    bare = [look(n, {"a": A}) for n in (2, 3)]
    assert dated(tell(*looks, *bare)[0]) == [("shrink", "c-0-ab", (1, 2))]


def test_a_look_that_shows_only_one_of_two_that_joined_does_not_confirm_it():
    apart = [look(n, {"a": A, "b": B}) for n in (0, 1)]
    story, ids = tell(
        *apart, look(2, {"ab": BOTH}), look(3, {"a": A}), look(4, {"a": A, "b": B})
    )
    assert (ids["c-4-a"], ids["c-4-b"]) == ("c-0-a", "c-0-b")
    assert dated(story) == []
    cut = look(3, {"ab": BOTH}, whole=False)
    story, _ = tell(*apart, look(2, {"ab": BOTH}), cut)
    assert [e.status for e in story.events.values() if e.kind == "merge"] == ["provisional"]


def test_parts_cut_by_cloud_have_the_names_of_those_that_once_went_in():
    apart = [look(n, {"a": A, "b": B}) for n in (0, 1)]
    story, ids = tell(*apart, *(look(n, {"ab": BOTH}) for n in (2, 3)),
                      look(4, {"a": A, "b": B}, whole=False))  # fmt: skip
    assert (ids["c-4-a"], ids["c-4-b"]) == ("c-0-a", "c-0-b")
    assert len(story.compounds) == 2


def test_of_two_about_equally_large_the_older_keeps_the_name():
    small = box(103, 0, 170, 100)
    looks = [look(0, {"s": small}), *(look(n, {"a": A, "s": small}) for n in (1, 2, 3))]
    story, ids = tell(*looks, *(look(n, [box(0, 0, 170, 100)]) for n in (4, 5)))
    assert ids["c-5-0"] == "c-0-s"
    assert dated(story, "merge") == [("merge", "c-0-s", (3, 4))]
    shed = box(103, 0, 120, 100)
    looks = [look(0, {"s": shed}), *(look(n, {"a": A, "s": shed}) for n in (1, 2, 3))]
    _, ids = tell(*looks, look(4, [box(0, 0, 120, 100)]))
    assert ids["c-4-0"] == "c-1-a", "a shed does not give its name to a park"


def test_what_was_taken_back_once_must_be_seen_once_more_the_next_time():
    def story_of(flicker, joined):
        apart, both = {"a": A, "b": B}, {"ab": BOTH}
        shown = [apart, apart, *([both, apart] if flicker else []), *[both] * joined]
        return tell(*(look(n, shapes) for n, shapes in enumerate(shown)))[0]

    told = {
        (flicker, joined): dated(story_of(flicker, joined), "merge")
        for flicker in (False, True)
        for joined in (2, 3)
    }
    assert told[False, 2] == [("merge", "c-0-a", (1, 2))]
    assert told[True, 2] == []
    assert told[True, 3] == [("merge", "c-0-a", (3, 4))]
