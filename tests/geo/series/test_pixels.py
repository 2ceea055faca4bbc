"""Looks, strays and steps, pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InputError, ShapeError
from geo.series.calm import calmed, median_of_five, running_median
from geo.series.looks import Looks, gathered, optical, radar
from geo.series.steps import find_steps
from geo.series.years import HITS, windows
from tests.geo.series.drawn import days

LEAST = np.array([0.1], np.float32)
NAN = np.float32("nan")


def plain(value, shape=(1, 8, 8)):
    return np.full(shape, value, np.float32)


def row(*values):
    """One pixel, one measure: (T, 1, 1)."""
    return np.array(values, np.float32)[:, None, None]


def test_greenness_is_ndvi_where_there_is_infrared():
    bands = {"red": plain(0.1), "green": plain(0.1), "blue": plain(0.1), "nir": plain(0.3)}
    looks = optical(bands, np.array([1.0]))
    assert looks.values[0, :, 4, 4] == pytest.approx([0.5, np.log(0.1), 0, 0], abs=1e-4)


def test_greenness_is_told_by_green_and_red_where_there_is_none():
    looks = optical({"red": plain(0.1), "green": plain(0.3), "blue": plain(0.1)}, np.ones(1))
    assert looks.values[0, 0, 4, 4] == pytest.approx(0.5)
    assert looks.least[0] < 0.1


def test_a_checkered_roof_is_rougher_than_a_field():
    chess = plain(0.1)
    chess[:, ::2, ::2] = 0.4
    field = optical({"red": plain(0.1), "green": plain(0.1), "blue": plain(0.1)}, np.ones(1))
    roofs = optical({"red": chess, "green": chess, "blue": chess}, np.ones(1))
    rough = looks_rough(roofs)
    assert rough > 0.3
    assert looks_rough(field) == pytest.approx(0, abs=1e-3)


def looks_rough(looks):
    return float(looks.values[0, looks.names.index("rough"), 4, 4])


def test_a_hidden_pixel_hides_all_measures_and_does_not_spoil_its_neighbours():
    red = plain(0.1)
    red[0, 2, 2] = np.nan
    looks = optical({"red": red, "green": plain(0.1), "blue": plain(0.1)}, np.ones(1))
    assert np.isnan(looks.values[0, :, 2, 2]).all()
    assert np.isfinite(looks.values[0, :, 2, 3]).all()
    assert looks.seen.sum() == 63


def test_radar_is_averaged_in_power_not_in_decibels():
    power = plain(0.0, (1, 5, 5))
    power[0, 2, 2] = 10  # dB: ten times the power of one pixel among 25
    looks = radar({"vv": power}, np.ones(1))
    assert looks.values[0, 0, 2, 2] == pytest.approx(10 * np.log10((24 + 10) / 25), abs=1e-4)


def test_looks_come_oldest_first_and_one_a_moment():
    values = np.stack([plain(3.0, (1, 2, 2)), plain(1.0, (1, 2, 2)), plain(2.0, (1, 2, 2))])
    looks = gathered(values, np.array([5.0, 1.0, 5.0]), ("green",), (0.1,))
    assert looks.days.tolist() == [1.0, 5.0]
    assert looks.values[:, 0, 0, 0].tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("bad", "words"),
    [({"days": np.array([2.0, 1.0])}, "oldest first"), ({"least": (0.0,)}, "least change"),
     ({"values": plain(1.0)}, "values must be")],
)  # fmt: skip
def test_looks_that_do_not_belong_together_are_refused(bad, words):
    good = {"values": np.zeros((2, 1, 2, 2), np.float32), "days": np.array([1.0, 2.0]),
            "names": ("green",), "least": (0.1,)}  # fmt: skip
    with pytest.raises((ShapeError, InputError), match=words):
        Looks(**{**good, **bad})


def test_bands_that_are_missing_are_named():
    with pytest.raises(InputError, match="blue is missing"):
        optical({"red": plain(1), "green": plain(1)}, np.ones(1))
    with pytest.raises(InputError, match="vv or vh"):
        radar({"red": plain(1)}, np.ones(1))


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=5, max_size=5))
def test_the_median_of_five_is_the_median(five):
    told = median_of_five(*(np.array([v], np.float32) for v in five))
    assert told[0] == np.median(np.array(five, np.float32))


@pytest.mark.parametrize("at", [0, 1, 4, 7, 8])
def test_one_stray_or_two_are_laid_onto_the_rest_and_three_stay(at):
    for strays, stay in ((1, False), (2, False), (3, True)):
        values = np.zeros((11, 1, 1), np.float32)
        where = min(at, 11 - strays)
        values[where : where + strays] = 5
        told = calmed(values, LEAST)
        assert (told.max() == 5) == stay


def test_a_step_stays_where_it_is():
    values = row(*[0] * 6, *[1] * 6)
    assert np.array_equal(calmed(values, LEAST), values)


def test_hidden_looks_stay_hidden_and_are_no_neighbours():
    values = row(0, NAN, 0, NAN, 9, NAN, 0, 0)
    told = calmed(values, LEAST)
    assert np.isnan(told[[1, 3, 5]]).all()
    assert np.nanmax(told) == 0


def test_a_pixel_never_seen_is_never_told():
    assert np.isnan(running_median(np.full((6, 1, 2), NAN))).all()


def test_calm_refuses_arrays_that_do_not_belong_together():
    with pytest.raises(ShapeError, match="measures"):
        calmed(np.zeros((5, 2, 1), np.float32), LEAST)


def test_the_strongest_step_is_found_at_its_look():
    when = days(2, 20)
    values = np.zeros((len(when), 1, 2), np.float32)
    values[15:, :, 0] = 1.0
    steps = find_steps(values, when, LEAST)
    assert steps.look[0] == 15
    assert steps.effect[0] > 5 > steps.effect[1]
    assert steps.effect[1] == 0


def test_three_looks_are_needed_on_both_sides():
    when = days(2, 20)
    for after in (HITS - 1, HITS):
        values = np.zeros((len(when), 1, 1), np.float32)
        values[-after:] = 1.0
        assert (find_steps(values, when, LEAST).effect[0] > 2) == (after == HITS)


def test_a_season_a_year_ago_speaks_against_what_seems_new():
    """Green for three months every year; the series ends in the third green time."""
    when = days(2.2, 12)
    green = ((when - when[0]) % 365.25 < 80).astype(np.float32)[:, None, None]
    last = find_steps(green, when, LEAST)
    brown = green.copy()
    brown[when - when[0] < 400] = 0  # the first year it was not green
    assert last.effect[0] < 1.5
    assert find_steps(brown, when, LEAST).effect[0] > last.effect[0]


def test_a_short_side_is_held_against_the_same_season_a_year_off():
    when = days(3, 10)
    assert len(windows(when, 55)) == 1  # a year and more on both sides
    plain_pair, season = windows(when, 100)
    assert when[season[0][0]] == pytest.approx(when[100] - 365.25, abs=15)
    assert season[1] == plain_pair[1]


def test_scale_and_offset_of_a_measure_do_not_matter():
    rng = np.random.default_rng(2)
    when = days(2, 20)
    values = rng.normal(0, 0.02, (len(when), 1, 3)).astype(np.float32)
    values[18:] += 0.5
    one = find_steps(values, when, LEAST)
    other = find_steps(values * 4 + 7, when, LEAST * 4)
    assert np.array_equal(one.look, other.look)
    assert one.effect == pytest.approx(other.effect, rel=1e-3)
