"""A story is the same in whatever order looks come, and keeps a person's word for ever."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from aoi.sites.identity import Story, advance
from aoi.sites.identity_retell import correct, retell
from aoi.sites.identity_story import Correction
from geo.errors import InputError
from tests.aoi.sites.looks import DAY, A, B, kinds, look, tell, week, weeks_of_change


def test_every_change_is_told_with_its_bracket():
    story, _ = tell(*weeks_of_change())
    told = {e.kind: (e.compound, week(e), e.status) for e in story.events.values()}
    assert told["merge"] == ("c-0-a", (1, 2), "confirmed")
    assert told["grow"] == ("c-0-far", (2, 3), "confirmed")
    assert told["split"] == ("c-0-w", (3, 4), "confirmed")
    assert told["vanish"] == ("c-0-far", (4, 5), "confirmed")
    assert story.compounds["c-0-b"].state == "joined"
    assert story.compounds["c-0-far"].state == "gone"
    assert len(story.events) == 8


@given(st.permutations(range(8)))
@settings(max_examples=25, deadline=None)
def test_the_order_in_which_looks_come_changes_neither_names_nor_events(order):
    looks = weeks_of_change()
    straight = retell(looks)
    so_far, names = [], {}
    for number in order:
        so_far.append(looks[number])
        names = retell(so_far, names=names).names
    late = retell(looks, names=names)
    pairs = {(straight.names[k][f], c) for k, ids in late.names.items() for f, c in ids.items()}
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    there = dict(pairs)
    told = [
        (e.kind, there[e.compound], week(e), e.status) for e in straight.story.events.values()
    ]
    assert sorted(told) == sorted(
        (e.kind, e.compound, week(e), e.status) for e in late.story.events.values()
    )


@given(st.permutations(range(8)))
@settings(max_examples=25, deadline=None)
def test_a_name_once_given_still_finds_its_compound(order):
    looks, so_far, names, given_ = weeks_of_change(), [], {}, {}
    for number in order:
        so_far.append(looks[number])
        retold = retell(so_far, names=names)
        names = retold.names
        for key, ids in names.items():
            for found, name in ids.items():
                given_.setdefault((key, found), name)
    for (key, found), name in given_.items():
        now = retold.story.name(names[key][found])
        assert retold.story.name(name) == now or name in retold.story.compounds


def test_a_missed_run_is_no_event():
    looks = [one for one in weeks_of_change() if one.key != "look-1"]
    story, ids = tell(*looks)
    assert ids["c-6-ab"] == "c-0-a"
    assert sorted(set(kinds(story))) == ["appear", "grow", "merge", "split", "vanish"]


def test_a_person_s_word_that_two_are_one_is_kept_for_ever():
    looks = [look(n, {"a": A, "b": B}) for n in range(2)]
    story, _ = tell(*looks)
    word = Correction(kind="same", one="c-0-a", other="c-0-b", at=looks[-1].time, by="desk")
    story = correct(story, word)
    step = advance(story, look(2, {"a": A, "b": B}))
    assert set(step.ids.values()) == {"c-0-a"}
    assert [c.id for c in step.story.living()] == ["c-0-a"]
    assert step.story.name("c-0-b") == "c-0-a"
    assert not [e for e in step.changed if e.kind in {"split", "grow", "shrink"}]
    again = retell(
        [look(2, {"a": A, "b": B}), *looks],
        names={"look-2": dict(step.ids)}, corrections=step.story.corrections,
    )  # fmt: skip
    assert set(again.names["look-2"].values()) == {"c-0-a"}


def test_a_person_s_word_that_two_are_apart_stops_them_from_joining():
    looks = [look(n, {"a": A, "b": B}) for n in range(2)]
    story, _ = tell(*looks)
    word = Correction(kind="apart", one="c-0-b", other="c-0-a", at=looks[-1].time)
    step = advance(correct(story, word), look(2, [box(0, 0, 203, 100)]))
    assert not [e for e in step.changed if e.kind == "merge"]
    assert step.story.compounds["c-0-b"].alive


def test_a_correction_of_nobody_is_refused_by_name():
    word = Correction(kind="same", one="c-1", other="c-2", at=DAY)
    with pytest.raises(InputError, match=r"No compound is called c-1 here\. .* story\.gpkg"):
        correct(Story(), word)


def test_an_older_look_is_not_added_at_the_end():
    story, _ = tell(look(3, [A]))
    with pytest.raises(InputError, match="tell it anew"):
        advance(story, look(1, [A]))


def test_a_look_may_be_told_only_once():
    story, _ = tell(look(1, [A]))
    with pytest.raises(InputError):
        advance(story, look(1, [A]))
