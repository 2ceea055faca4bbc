"""Pairs that begin with one picture: partial scenes side by side, or a cloud between."""

from hypothesis import given
from hypothesis import strategies as st

from aoi.runs.watch_settled import settled
from aoi.runs.watch_works import tell_works
from tests.aoi.runs.test_watch_works import (
    FIELD,
    OTHER,
    ROOF,
    change,
    day,
    pair,
    story,
)

WEST, EAST = ROOF.buffer(15), OTHER.buffer(15)
"""What two partial pictures show of one compound; they share no ground."""


def brackets(told):
    return [(w.kind, w.last_without, w.first_with, w.status) for w in told]


def test_works_in_the_west_stand_when_a_later_picture_shows_the_east_alone():
    west = pair(0, change("built"), seen=WEST)
    [told] = tell_works([west], story())
    east = pair(0, last=2, seen=EAST)
    assert tell_works([west, east], story(), [told]) == [told]


def test_a_building_in_the_east_never_gets_the_name_of_works_in_the_west():
    west = pair(0, change("built"), seen=WEST)
    [told] = tell_works([west], story())
    east = pair(0, change("built", OTHER), last=2, seen=EAST)
    one, two = tell_works([west, east], story(), [told])
    assert one == told
    assert two.id != told.id
    assert brackets([two]) == [("built", day(0), day(2), "provisional")]
    assert two.outline.equals(OTHER)


def test_each_half_is_judged_by_the_pair_that_goes_on_from_it():
    west, east = pair(0, change("built"), seen=WEST), pair(0, change("built", OTHER), last=2)
    after_west, after_east = pair(1, last=3, seen=WEST), pair(2, last=4, seen=EAST)
    told = tell_works([west, east, after_west, after_east], story())
    assert {w.status for w in told} == {"confirmed"}
    undone = pair(2, change("demolished", OTHER), last=4, seen=EAST)
    [left] = tell_works([west, east, after_west, undone], story())
    assert left.outline.equals(ROOF)


def test_what_two_pairs_of_one_beginning_show_is_told_once_with_the_narrower_bracket():
    # Keys are hashes: here the pair that ends last comes first by its key.
    first, past_the_cloud = pair(0, change("built"), last=9), pair(0, change("built"), last=10)
    told = tell_works([past_the_cloud, first], story())
    assert brackets(told) == [("built", day(0), day(9), "confirmed")]


def test_a_roof_of_two_pictures_that_goes_later_was_built_and_torn_down():
    first, past_the_cloud = pair(0, change("built")), pair(0, change("built"), last=2)
    for start in (1, 2):
        gone = pair(start, change("demolished"), last=3)
        told = tell_works([first, past_the_cloud, gone], story())
        assert brackets(told) == [
            ("built", day(0), day(1), "confirmed"),
            ("demolished", day(start), day(3), "provisional"),
        ]


def test_a_roof_that_one_of_two_later_pictures_still_shows_was_no_flaw():
    built, stands = pair(0, change("built")), pair(1)
    gone = pair(1, change("demolished"), last=3)
    told = tell_works([built, stands, gone], story())
    assert brackets(told) == [
        ("built", day(0), day(1), "confirmed"), ("demolished", day(1), day(3), "provisional"),
    ]  # fmt: skip


def test_a_roof_that_no_later_picture_shows_is_dropped_whoever_undoes_it():
    pairs = [
        pair(0, change("built")), pair(1, change("demolished")),
        pair(1, change("demolished"), last=3),
    ]  # fmt: skip
    assert settled(pairs) == []


@given(st.permutations(range(4)))
def test_the_order_of_partial_pictures_does_not_matter(order):
    pairs = [
        pair(0, change("built"), seen=WEST), pair(0, change("built"), last=2),
        pair(1, change("demolished"), last=3, seen=WEST),
        pair(2, change("built", FIELD), last=4),
    ]  # fmt: skip
    assert settled([pairs[n] for n in order]) == settled(pairs)
