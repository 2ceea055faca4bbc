"""Stories worked out by hand: what began when, what only passed, and what nobody can tell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import ShapeError
from geo.series.events import Standing
from geo.series.looks import LEAST_PLAIN_GREEN, OPTICAL, gathered
from geo.series.names import Phase
from geo.series.story import Answer, tell_story
from tests.geo.series.drawn import (
    BARE,
    FIELD,
    PLACE,
    RED_ROOFS,
    ROOFS,
    RUBBLE,
    SIDE,
    WATER,
    days,
    looks_of,
    states,
)

WHEN = days()


def story(*steps, when=WHEN, **how):
    return tell_story(looks_of(states(when, *steps), when, **how), PLACE)


def season(when, size=0.5):
    """A rice year: green for a third of it, the same every year."""
    wave = np.clip(np.cos(2 * np.pi * (when / 365.25)), 0, None)
    curve = states(when, (0, BARE))
    curve[:, 0] += size * wave
    curve[:, 1] -= 0.5 * size * wave
    return curve


def test_a_step_lies_between_the_last_look_without_and_the_first_with():
    told = story((0, FIELD), (500, BARE))
    [event] = told.events
    assert told.answer == Answer.CHANGED
    assert [phase for phase, _, _ in event.phases] == [Phase.CLEARED]
    assert WHEN[event.last_without] - WHEN[0] < 500 <= WHEN[event.first_with] - WHEN[0]
    assert event.first_with == event.last_without + 1


def test_clearing_and_the_building_that_follows_are_one_story():
    told = story((0, FIELD), (400, BARE), (700, ROOFS))
    [event] = told.events
    assert event.kind == "built"
    assert [phase for phase, _, _ in event.phases] == [Phase.CLEARED, Phase.BUILDING]
    assert WHEN[event.last_without] - WHEN[0] < 400 <= WHEN[event.first_with] - WHEN[0]
    _, last, first = event.phases[1]
    assert WHEN[last] - WHEN[0] < 700 <= WHEN[first] - WHEN[0]


def test_buildings_that_go_are_demolished():
    [event] = story((0, ROOFS), (600, RUBBLE)).events
    assert event.kind == "demolished"
    assert WHEN[event.last_without] - WHEN[0] < 600 <= WHEN[event.first_with] - WHEN[0]


def test_a_site_is_built_and_torn_down_again():
    told = story((0, BARE), (400, ROOFS), (800, RUBBLE), when=days(4))
    assert [event.kind for event in told.events] == ["built", "demolished"]


def test_painted_roofs_are_neither_built_nor_demolished():
    [event] = story((0, ROOFS), (500, RED_ROOFS)).events
    assert event.kind == "altered"
    assert event.phases[0][0] == Phase.RECOLOURED


def test_nothing_happened_and_it_would_have_been_seen():
    told = story((0, FIELD))
    assert (told.answer, told.events, told.reasons) == (Answer.UNCHANGED, (), ())


@pytest.mark.parametrize("lasts", [40, 70, 110])
def test_a_flood_that_goes_again_is_no_change(lasts):
    told = story((0, FIELD), (500, WATER), (500 + lasts, FIELD))
    assert told.answer == Answer.UNCHANGED


def test_floods_of_every_year_are_no_change():
    year = ((0, FIELD), (200, WATER), (290, FIELD))
    told = story(*((365.25 * y + day, state) for y in range(3) for day, state in year))
    assert told.answer == Answer.UNCHANGED


@pytest.mark.parametrize(("measures", "events"), [(("green",), 1), (OPTICAL, 0)])
def test_ground_is_only_a_harvested_field_if_all_of_the_field_comes_back(measures, events):
    grass = {"green": -0.06, "light": -2.55, "warm": 0.42, "rough": 0.06}  # as RGB shows it
    yard = {"green": -0.14, "light": -2.05, "warm": 0.6, "rough": 0.1}
    curve = states(WHEN, (0, grass), (500, yard))
    now_and_then = np.flatnonzero(WHEN - WHEN[0] >= 500)[6::4]
    for name in measures:  # pale roofs may be as green as dry grass, but never as dark
        curve[now_and_then, OPTICAL.index(name)] = grass[name]
    looks = looks_of(curve, WHEN)
    looks = replace(looks, least=(LEAST_PLAIN_GREEN, *looks.least[1:]))
    assert len(tell_story(looks, PLACE).events) == events


def test_a_season_is_no_change():
    assert tell_story(looks_of(season(WHEN), WHEN), PLACE).answer == Answer.UNCHANGED


@pytest.mark.parametrize("start", [450, 520, 600])
def test_building_in_a_rice_field_is_seen_through_the_seasons(start):
    curve = season(WHEN)
    built = states(WHEN, (0, ROOFS))
    later = WHEN - WHEN[0] >= start
    curve[later] = built[later]
    [event] = tell_story(looks_of(curve, WHEN), PLACE).events
    assert event.kind == "built"
    assert WHEN[event.last_without] - WHEN[0] < start <= WHEN[event.first_with] - WHEN[0]


@pytest.mark.parametrize("look", [0, 20, 41, 60, 90])
def test_one_strange_look_or_two_leave_no_trace(look):
    curve = states(WHEN, (0, FIELD))
    curve[look : look + 2] += [-0.4, 1.2, -0.2, 0.1]  # a cloud that no mask found
    assert tell_story(looks_of(curve, WHEN), PLACE).answer == Answer.UNCHANGED


def test_a_gap_makes_the_bracket_as_wide_as_the_gap():
    hidden = [i for i, day in enumerate(WHEN - WHEN[0]) if 450 <= day < 560]
    [event] = story((0, FIELD), (500, BARE), hidden=hidden).events
    assert event.last_without == hidden[0] - 1
    assert event.first_with == hidden[-1] + 1


def test_a_slow_beginning_lies_inside_the_bracket():
    """Clearing takes half a year; the first tenth of it may be too little to see."""
    curve = states(WHEN, (0, FIELD))
    share = np.clip((WHEN - WHEN[0] - 500) / 180, 0, 1)[:, None]
    curve += share * (states(WHEN, (0, BARE)) - curve)
    [event] = tell_story(looks_of(curve, WHEN), PLACE).events
    begun = WHEN[event.last_without] - WHEN[0], WHEN[event.first_with] - WHEN[0]
    assert begun[0] <= 520
    assert 500 < begun[1] <= 560
    ended = [WHEN[look] - WHEN[0] for look in event.finished]
    assert begun[1] < ended[1] <= 692


def test_what_begins_at_one_end_of_a_place_has_begun():
    """A bulldozer crosses the place in 120 days; the first column falls on day 500."""
    curve = states(WHEN, (0, FIELD))
    looks = looks_of(curve, WHEN)
    bare = looks_of(states(WHEN, (0, BARE)), WHEN).values
    values = looks.values.copy()
    for column in range(SIDE):
        late = WHEN - WHEN[0] >= 500 + 120 * column / (SIDE - 1)
        values[late, :, :, column] = bare[late, :, :, column]
    [event] = tell_story(replace(looks, values=values), PLACE).events
    assert WHEN[event.last_without] - WHEN[0] < 500 <= WHEN[event.first_with] - WHEN[0]
    assert WHEN[event.finished[0]] - WHEN[0] < 620 <= WHEN[event.finished[1]] - WHEN[0]


@pytest.mark.parametrize(
    ("hits", "standing"), [(2, None), (3, "provisional"), (12, "provisional"), (15, "finished")]
)
def test_a_change_counts_from_three_looks_on_and_is_provisional_for_a_season(hits, standing):
    when = days()[: 60 + hits]
    told = story((0, FIELD), (when[60] - when[0], BARE), when=when)
    assert [str(event.standing) for event in told.events] == ([standing] if standing else [])


def test_too_few_looks_are_no_answer_and_the_reason_is_told():
    told = story((0, FIELD), hidden=range(4, len(WHEN)))
    assert told.answer == Answer.CANNOT_TELL
    assert told.reasons[0].startswith(f"Only 4 of {len(WHEN)} looks show the place")


def test_a_place_that_never_looks_the_same_twice_is_no_answer():
    told = tell_story(looks_of(states(WHEN, (0, FIELD)), WHEN), PLACE)
    wild = np.random.default_rng(1).normal(0, 0.6, (len(WHEN), len(OPTICAL), 1, 1))
    looks = looks_of(states(WHEN, (0, FIELD)), WHEN)
    lost = tell_story(replace(looks, values=(looks.values + wild).astype(np.float32)), PLACE)
    assert told.answer == Answer.UNCHANGED
    assert lost.answer == Answer.CANNOT_TELL
    assert "would have been missed" in lost.reasons[0]


def test_less_than_a_year_of_looks_is_said():
    when = days(0.8)
    assert "span less than a year" in story((0, FIELD), when=when).reasons[0]


def test_a_long_blind_time_is_said():
    hidden = [i for i, day in enumerate(WHEN - WHEN[0]) if 300 <= day < 520]
    assert "days on end" in story((0, FIELD), hidden=hidden).reasons[0]


def test_a_mask_elsewhere_is_refused():
    with pytest.raises(ShapeError, match="inside must be"):
        tell_story(looks_of(states(WHEN, (0, FIELD)), WHEN), np.ones((2, 2), bool))


def events(told, when):
    """What a story says, in days."""
    return [
        (e.kind, round(when[e.last_without], 3), round(when[e.first_with], 3), e.standing)
        for e in told.events
    ]


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(30)), start=st.integers(8, 22))
def test_the_order_of_the_pictures_changes_nothing(order, start):
    when = days(2.5, 30)[:30]
    looks = looks_of(states(when, (0, FIELD), (when[start] - when[0], BARE)), when)
    told = tell_story(looks, PLACE)
    mixed = gathered(looks.values[list(order)], when[list(order)], looks.names, looks.least)
    assert events(tell_story(mixed, PLACE), when) == events(told, when)


@settings(max_examples=15, deadline=None)
@given(twice=st.lists(st.integers(0, 29), max_size=10), start=st.integers(8, 22))
def test_a_picture_that_comes_twice_changes_nothing(twice, start):
    when = days(2.5, 30)[:30]
    looks = looks_of(states(when, (0, FIELD), (when[start] - when[0], BARE)), when)
    index = [*range(30), *twice]
    double = gathered(looks.values[index], when[index], looks.names, looks.least)
    assert events(tell_story(double, PLACE), when) == events(tell_story(looks, PLACE), when)


@settings(max_examples=15, deadline=None)
@given(cloudy=st.lists(st.integers(0, 59), max_size=20, unique=True), start=st.integers(20, 40))
def test_cloudy_dates_change_nothing(cloudy, start):
    """Looks that show nothing are as if they were not there."""
    when = days(2.5, 15)[:60]
    looks = looks_of(states(when, (0, FIELD), (when[start] - when[0], BARE)), when)
    more = np.concatenate([looks.values, np.full_like(looks.values[cloudy], np.nan)])
    also = np.concatenate([when, when[cloudy] + 0.5])
    clouded = gathered(more, also, looks.names, looks.least)
    assert events(tell_story(clouded, PLACE), clouded.days) == events(
        tell_story(looks, PLACE), when
    )


@settings(max_examples=15, deadline=None)
@given(hidden=st.sets(st.integers(0, 59), max_size=30), start=st.integers(20, 40))
def test_hiding_dates_may_widen_a_bracket_but_never_moves_it_off_the_truth(hidden, start):
    when = days(2.5, 15)[:60]
    told = story((0, FIELD), (when[start] - when[0], BARE), when=when, hidden=hidden)
    for event in told.events:
        assert when[event.last_without] < when[start] <= when[event.first_with]
        assert event.last_without not in hidden
        assert event.first_with not in hidden


def test_names_of_standings_are_words():
    assert [str(one) for one in Standing] == ["provisional", "confirmed", "finished"]


def after_a_gap(years, before, after):
    """Looks every 45 days on both sides of some years without any, and the gap's number."""
    early = 18_262.0 + 45 * np.arange(before)
    late = early[-1] + 365.25 * years + 45 * np.arange(after)
    return np.concatenate([early, late])


@pytest.mark.parametrize("years", [2, 4, 6])
def test_what_was_built_in_a_gap_of_years_is_told_however_long_the_gap(years):
    when = after_a_gap(years, 9, 12)
    told = story((0, FIELD), (500, ROOFS), when=when)
    [event] = told.events
    assert (event.kind, event.last_without, event.first_with) == ("built", 8, 9)


def test_nothing_happened_in_a_gap_of_years_and_it_would_have_been_seen():
    told = story((0, FIELD), when=after_a_gap(4, 9, 12))
    assert told.answer == Answer.UNCHANGED
    assert told.reach[1] == 18  # of 21: three must show it


def test_years_between_single_looks_are_years_like_others():
    when = days(12, 450)
    [event] = story((0, FIELD), (when[5] - when[0], ROOFS), when=when).events
    assert (event.last_without, event.first_with) == (4, 5)


def test_a_gap_with_no_season_to_ask_on_its_other_side_is_no_answer():
    """Five months of looks, five years of none, five months of another season."""
    told = story((0, FIELD), when=after_a_gap(5.25, 4, 4))
    assert told.answer == Answer.CANNOT_TELL
    assert told.reasons[0].startswith("A change between 2020-03-31 and 2025-")
    assert "less than a year" in told.reasons[1]
