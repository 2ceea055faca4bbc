"""Compounds of a few roofs, seen as pictures: what stays, what only changes its colour."""

import numpy as np
import pytest

from geo.series.events import Standing
from geo.series.looks import optical, radar
from geo.series.names import Phase
from geo.series.steps import find_crowd_step, find_steps
from geo.series.story import Answer, tell_story
from geo.series.texture import BUILT_UP, SAME, Layout, find_layout
from geo.series.years import windows
from tests.geo.series.drawn import days

SIDE = 24
PLACE = np.zeros((SIDE, SIDE), bool)
PLACE[4:20, 4:20] = True
"""160 m of 240 m."""

COLOURS = {
    "field": (0.11, 0.10, 0.07), "dark soil": (0.10, 0.08, 0.05), "soil": (0.20, 0.14, 0.09),
    "blue": (0.19, 0.23, 0.26), "red": (0.24, 0.12, 0.09), "white": (0.32, 0.32, 0.31),
    "black": (0.09, 0.09, 0.085), "grey": (0.17, 0.17, 0.165),
}  # fmt: skip
"""Red, green, blue reflectance."""


def picture(yard, *roofs):
    """Draw a place of one yard in a field, with rows of roofs in turn; (3, H, W)."""
    drawn = np.empty((3, SIDE, SIDE))
    drawn[:] = np.array(COLOURS["field"])[:, None, None]
    drawn[:, 4:20, 4:20] = np.array(COLOURS[yard])[:, None, None]
    for number, row in enumerate(range(5, 19, 4)):
        for column in range(5, 18, 6):
            if roofs:
                roof = COLOURS[roofs[(number + column // 6) % len(roofs)]]
                drawn[:, row : row + 2, column : column + 4] = np.array(roof)[:, None, None]
    return drawn


FURROWED = picture("dark soil")
FURROWED[:, 4:20] *= 1 + 0.16 * np.sin(np.arange(SIDE) * 1.7)[None, None]
"""A dark field, as rough as a village if one counts in parts of its lightness."""


def looks_of(when, *steps, noise=0.02, seed=0):
    """Look at pictures that follow each other: (first day, picture)."""
    rng = np.random.default_rng(seed)
    stack = np.empty((len(when), 3, SIDE, SIDE))
    for start, drawn in steps:
        stack[when - when[0] >= start] = drawn
    stack *= 1 + rng.normal(0, noise, stack.shape)
    bands = {
        name: stack[:, i].astype(np.float32) for i, name in enumerate(("red", "green", "blue"))
    }
    return optical(bands, when)


def story(*steps, when=None):
    when = days() if when is None else when
    return tell_story(looks_of(when, *steps), PLACE), when


def layout(before, after):
    looks = looks_of(days(), (0, before), (500, after))
    half = len(looks.days) // 2
    return find_layout(looks, PLACE, np.arange(half - 5), np.arange(half + 5, len(looks.days)))


def test_roofs_make_ground_motley_and_fields_do_not():
    seen = layout(FURROWED, picture("soil", "blue"))
    assert seen.before < BUILT_UP < seen.after
    assert seen.rose
    assert not seen.stayed
    assert layout(picture("soil", "blue"), picture("soil")).fell


@pytest.mark.parametrize("paint", ["red", "white", "black"])
def test_painted_roofs_keep_their_layout_even_where_light_becomes_dark(paint):
    seen = layout(picture("soil", "blue"), picture("soil", paint))
    assert seen.likeness > SAME
    assert seen.stayed
    assert not seen.rose
    assert not seen.fell


def test_ground_that_is_still_motley_was_not_torn_down():
    seen = Layout(before=2.6 * BUILT_UP, after=1.2 * BUILT_UP, likeness=0.4)
    assert not seen.fell
    assert Layout(before=2.6 * BUILT_UP, after=0.9 * BUILT_UP, likeness=0.4).fell


def test_radar_shows_no_layout():
    waves = np.random.default_rng(0).normal(-10, 1, (12, SIDE, SIDE)).astype(np.float32)
    looks = radar({"vv": waves}, days()[:12])
    assert find_layout(looks, PLACE, np.arange(6), np.arange(6, 12)) is None


def test_what_nobody_saw_has_no_layout():
    looks = looks_of(days(), (0, FURROWED))
    none = np.zeros(0, np.intp)
    assert find_layout(looks, PLACE, none, np.arange(5)) is None


@pytest.mark.parametrize("paint", ["red", "white"])
def test_a_painted_compound_is_recoloured_whatever_its_roughness_does(paint):
    told, _ = story((0, picture("soil", "blue")), (500, picture("soil", paint)))
    [event] = told.events
    assert (event.kind, event.phases[0][0]) == ("altered", Phase.RECOLOURED)


def test_roofs_of_all_colours_that_become_grey_rubble_are_missed_by_the_mean_and_told():
    town = picture("grey", "white", "black")
    told, when = story((0, town), (500, picture("grey")))
    [event] = told.events
    assert event.kind == "demolished"
    assert when[event.last_without] - when[0] < 500 <= when[event.first_with] - when[0]
    looks = looks_of(when, (0, town), (500, picture("grey")))
    least, values = np.array(looks.least, np.float32), looks.values[:, :3, PLACE]
    mean = np.ascontiguousarray(values.mean(axis=2, keepdims=True))
    crowd = find_crowd_step(values, when, least[:3])
    assert find_steps(mean, when, least[:3]).effect[0] < 1
    assert crowd[1] > 1.45
    assert when[crowd[0]] - when[0] == pytest.approx(500, abs=13)


def test_a_dark_furrowed_field_that_is_cleared_is_not_demolished():
    told, _ = story((0, FURROWED), (500, picture("soil")))
    assert [event.kind for event in told.events] == ["altered"]


def test_clearing_and_roofs_half_a_year_later_are_two_phases_of_one_building():
    told, when = story((0, FURROWED), (500, picture("soil")), (680, picture("soil", "blue")))
    [event] = told.events
    assert event.kind == "built"
    assert [phase for phase, _, _ in event.phases] == [
        Phase.CLEARED,
        Phase.BUILDING,
        Phase.ROOFED,
    ]
    assert when[event.last_without] - when[0] < 500 <= when[event.first_with] - when[0]
    _, last, first = event.phases[1]
    assert when[last] - when[0] < 680 <= when[first] - when[0]


@pytest.mark.parametrize("every", [60.0, 91.0, 120.0])
def test_pictures_of_every_quarter_are_enough(every):
    when = days(6, every)
    told, _ = story((0, FURROWED), (1100, picture("soil", "blue")), when=when)
    [event] = told.events
    assert event.kind == "built"
    assert when[event.last_without] - when[0] < 1100 <= when[event.first_with] - when[0]
    assert event.first_with == event.last_without + 1
    assert event.standing == Standing.FINISHED


@pytest.mark.parametrize("every", [91.0, 120.0])
def test_a_season_seen_four_times_a_year_is_no_change(every):
    when = days(6, every)
    green = 0.5 + 0.5 * np.cos(2 * np.pi * when / 365.25)
    field, straw = picture("field"), picture("soil")
    stack = straw + green[:, None, None, None] * (field - straw)
    bands = {
        name: stack[:, i].astype(np.float32) for i, name in enumerate(("red", "green", "blue"))
    }
    assert tell_story(optical(bands, when), PLACE).answer != Answer.CHANGED


def test_a_year_with_two_looks_is_put_together_with_the_one_before():
    when = np.arange(12) * 180.0
    [(past, coming), *_] = windows(when, 6)
    assert past == (2, 6)
    assert coming == (6, 9)


def test_one_pixel_that_errs_does_not_open_the_bracket():
    """One pixel of the place looks bare for two months before the bulldozer comes."""
    when = days()
    early = picture("field")
    early[:, 10, 10] = COLOURS["soil"]
    steps = (0, picture("field")), (420, early), (500, picture("soil"))
    told, _ = story(*steps)
    [event] = told.events
    assert when[event.last_without] - when[0] < 500 <= when[event.first_with] - when[0]


def test_what_clouds_left_of_three_years_is_enough_for_the_map():
    """Of the year before clearing one look is left; the map asks the years before that."""
    when = days(6, 91.0)
    looks = looks_of(when, (0, FURROWED), (1100, picture("soil", "blue")))
    gone = (when - when[0] > 730) & (when - when[0] < 1090)
    values = np.where(gone[:, None, None, None], np.float32("nan"), looks.values)
    values[int(np.flatnonzero(gone)[0])] = looks.values[int(np.flatnonzero(gone)[0])]
    steps = find_steps(values[:, :, PLACE], when, np.array(looks.least, np.float32))
    assert np.median(steps.effect) > 2
