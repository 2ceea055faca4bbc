"""Veils, names, states, brackets, maps and agreement, each drawn by hand."""

from dataclasses import replace

import numpy as np
import pytest

from geo.errors import ShapeError, UnitsError
from geo.series.agree import Change, combine
from geo.series.looks import LEAST, Looks
from geo.series.names import WORDS, Phase, name_step
from geo.series.progress import find_bracket
from geo.series.screen import find_places
from geo.series.states import find_states
from geo.series.veil import unveiled
from tests.geo.series.drawn import (
    BARE,
    FIELD,
    RED_ROOFS,
    ROOFS,
    RUBBLE,
    WATER,
    days,
    looks_of,
    states,
)

WHEN = days()
LOOKS = looks_of(states(WHEN, (0, FIELD)), WHEN)
MEASURES = np.array(LOOKS.least, np.float32)
STEADY = np.array([False, False, False, True])


def level(state):
    return np.array([state[name] for name in LOOKS.names], np.float32)


@pytest.mark.parametrize(
    ("before", "after", "phase"),
    [
        (FIELD, BARE, Phase.CLEARED),
        (FIELD, ROOFS, Phase.BUILDING),
        (BARE, ROOFS, Phase.BUILDING),
        (ROOFS, RUBBLE, Phase.TORN_DOWN),
        (ROOFS, FIELD, Phase.OVERGROWN),
        (BARE, FIELD, Phase.OVERGROWN),
        (ROOFS, RED_ROOFS, Phase.RECOLOURED),
        (FIELD, WATER, Phase.FLOODED),
        (RUBBLE, BARE | {"light": -1.4}, Phase.SURFACED),
        (BARE, BARE, Phase.OTHER),
    ],
)
def test_a_step_gets_the_name_its_direction_earns(before, after, phase):
    assert name_step(LOOKS, level(before), level(after)) == phase


def test_radar_brightens_where_walls_rise_and_darkens_where_they_go():
    looks = Looks(values=np.zeros((1, 2, 1, 1), np.float32), days=np.ones(1),
                  names=("vv", "vh"), least=(2.0, 2.0))  # fmt: skip
    low, high = np.array([-12, -18], np.float32), np.array([-6, -13], np.float32)
    assert name_step(looks, low, high) == Phase.BUILDING
    assert name_step(looks, high, low) == Phase.TORN_DOWN
    assert name_step(looks, low, low - np.array([1, 6], np.float32)) == Phase.CLEARED
    assert name_step(looks, low, low) == Phase.OTHER


def test_every_phase_has_words_and_none_speaks_of_walls():
    assert set(WORDS) == set(Phase)
    assert not any("wall" in words for words in WORDS.values())


def test_a_flood_is_dropped_and_its_looks_are_not_used():
    """In a single year a flood stands out; in several, a year before and after cancel it."""
    when = days(1.0, 8)
    curve = states(when, (0, FIELD), (110, WATER), (240, FIELD)).astype(np.float32)
    found, kept = find_states(curve, when, MEASURES, np.ones(4, bool))
    during = (when - when[0] >= 110) & (when - when[0] < 240)
    assert len(found) == 1
    assert not kept[during].any()
    assert kept[~during].all()


def test_water_that_stays_is_a_state():
    curve = states(WHEN, (0, FIELD), (500, WATER)).astype(np.float32)
    found, kept = find_states(curve, WHEN, MEASURES, STEADY)
    assert [state.first for state in found] == [0, 42]
    assert kept.all()


def stack(*columns):
    """One measure, a pixel a column: (T, 1, N)."""
    return np.array(columns, np.float32).T[:, None]


ONE = np.array([0.1], np.float32)


def test_pixels_that_go_over_first_tell_the_onset_and_the_last_tell_the_end():
    when = days(1, 20)[:16]
    pixels = [[0] * at + [1] * (16 - at) for at in (5, 5, 5, 7, 8, 9, 10, 10, 10, 10)]
    told = find_bracket(stack(*pixels), when, ONE, 8, (0, 16))
    assert (told.last_without, told.first_with) == (4, 5)
    assert told.finished == (9, 10)


def test_a_look_on_which_pixels_were_hidden_does_not_show_that_they_went_over():
    when = days(1, 20)[:16]
    pixels = np.array([[0] * 8 + [1] * 8] * 10, np.float32)
    pixels[:, 7] = np.nan
    told = find_bracket(stack(*pixels), when, ONE, 8, (0, 16))
    assert told.first_with == 8


def test_a_place_that_fades_over_began_when_it_began_to_lean():
    when = days(1, 20)[:16]
    fade = [0, 0, 0, 0, 0, 0, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1]
    told = find_bracket(stack(*[fade] * 10), when, ONE, 9, (0, 16))
    assert (told.last_without, told.first_with) == (5, 6)


def test_pixels_that_do_not_differ_tell_nothing():
    when = days(1, 20)[:16]
    assert find_bracket(stack(*[[0.0] * 16] * 10), when, ONE, 8, (0, 16)) is None


def ground(count=20, side=120):
    """Looks at grey ground: light and warm, (T, 2, H, W)."""
    values = np.empty((count, 2, side, side), np.float32)
    values[:, 0], values[:, 1] = -2.0, 0.3
    return values


def seen(values):
    names = ("light", "warm")
    looks = Looks(values=values, days=np.arange(len(values), dtype=float), names=names,
                  least=tuple(LEAST[name] for name in names))  # fmt: skip
    return unveiled(looks)


def test_a_cloud_over_half_a_kilometre_is_a_veil_and_a_new_hall_is_none():
    values = ground()
    values[7, 0, 30:90, 30:90], values[7, 1, 30:90, 30:90] = -0.8, 0.0
    values[10:, 0, 50:60, 50:60], values[10:, 1, 50:60, 50:60] = -0.8, 0.0
    usable = seen(values)
    assert not usable[7, 45:75, 45:75].any()
    assert usable[7, :15].all()
    assert usable[10:, 50:60, 50:60].all()


def test_snow_that_lies_for_many_looks_is_a_veil():
    values = ground(40)
    values[12:20, 0], values[12:20, 1] = -0.9, 0.0
    usable = seen(values)
    assert not usable[12:20].any()
    assert usable[:12].all()
    assert usable[20:].all()


def test_snow_on_dry_ground_that_is_nearly_as_light_is_known_by_its_colour():
    values = ground(40)
    values[:, 0], values[:, 1] = -1.3, 0.43
    values[12:20, 0], values[12:20, 1] = -1.06, 0.0  # where an 8-bit scale ends
    values[30:, 0, 50:60, 50:60], values[30:, 1, 50:60, 50:60] = -1.1, 0.05  # a pale hall
    usable = seen(values)
    assert not usable[12:20].any()
    assert usable[:12].all()
    assert usable[20:].all()


def test_a_place_begins_at_strong_pixels_and_takes_the_clear_ones_along():
    effect = np.zeros((40, 40), np.float32)
    effect[5:15, 5:15], effect[8:12, 8:12] = 1.3, 3.0
    effect[25:35, 25:35] = 1.3  # nowhere strong
    effect[5:8, 30:33] = 5.0  # strong, but small
    labels = find_places(effect, np.ones((40, 40), bool), gsd=10.0, min_area=5000.0)
    assert labels.max() == 1
    assert labels[6, 6] == 1
    assert not labels[25:].any()


def test_places_outside_the_area_are_none():
    effect = np.zeros((40, 40), np.float32)
    effect[5:15, 5:15] = 3.0
    inside = np.zeros((40, 40), bool)
    inside[20:] = True
    assert not find_places(effect, inside, gsd=10.0, min_area=5000.0).any()


def test_maps_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="differ"):
        find_places(np.zeros((3, 3), np.float32), np.ones((2, 2), bool), gsd=1, min_area=1)
    with pytest.raises(UnitsError, match="positive"):
        find_places(np.zeros((3, 3), np.float32), np.ones((3, 3), bool), gsd=0, min_area=1)


def change(series, last, first, kind="built", weight=2.0):
    return Change(kind=kind, last_without=last, first_with=first, series=(series,),
                  members=(0,), weight=weight)  # fmt: skip


def test_two_series_narrow_one_bracket():
    [told] = combine([change("s2", 10, 40), change("s1", 25, 50, kind="altered")])
    assert (told.last_without, told.first_with, told.kind, told.fits) == (25, 40, "built", True)
    assert set(told.series) == {"s1", "s2"}


def test_series_that_contradict_each_other_widen_it_and_that_is_told():
    [told] = combine([change("s2", 10, 20), change("s1", 40, 50)])
    assert (told.last_without, told.first_with, told.fits) == (10, 50, False)


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_walls_that_radar_sees_late_do_not_shorten_the_bracket_of_the_clearing(weight):
    opened = replace(change("s2", 0, 31, kind="altered", weight=weight), phase="cleared")
    walls = replace(change("s1", 20, 60), phase="building", radar=True)
    [told] = combine([opened, walls])
    assert (told.kind, told.last_without, told.first_with) == ("built", 0, 31)
    [told] = combine([replace(opened, first_with=90), walls])
    assert (told.last_without, told.first_with, told.fits) == (0, 60, True)


def test_orbits_of_radar_narrow_one_bracket_whatever_each_calls_it():
    one = replace(change("s1 a", 10, 40), phase="building", radar=True)
    other = replace(change("s1 d", 25, 50, kind="altered"), phase="other", radar=True)
    [told] = combine([one, other])
    assert (told.last_without, told.first_with) == (25, 40)


def test_opposite_or_distant_changes_and_those_of_one_series_stay_apart():
    assert len(combine([change("s2", 10, 20), change("s1", 12, 22, kind="demolished")])) == 2
    assert len(combine([change("s2", 10, 20), change("s1", 200, 220)])) == 2
    assert len(combine([change("s2", 10, 20), change("s2", 15, 25)])) == 2


def test_the_order_in_which_series_speak_does_not_matter():
    told = [change("a", 10, 30, weight=1.0), change("b", 20, 40), change("c", 5, 35)]
    assert combine(told) == combine(told[::-1])
