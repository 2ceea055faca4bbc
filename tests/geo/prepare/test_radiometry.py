"""One ground on two days: what carries the numbers of one to the other."""

import numpy as np
import pytest

from geo.errors import ShapeError
from geo.prepare import radiometry
from geo.prepare.radiometry import Match, match_radiometry

GROUND = np.random.default_rng(1).integers(40, 200, (3, 200, 240)).astype(float)
GROUND = np.repeat(np.repeat(GROUND[:, ::8, ::8], 8, 1), 8, 2)
ALL = np.ones(GROUND.shape[1:], bool)


def day(gain=1.0, offset=0.0, ground=GROUND):
    return np.clip(ground * gain + offset, 0, 255).astype(np.uint8)


def test_gain_and_offset_put_in_come_back_out():
    found = match_radiometry(day(), day(0.8, 25), ALL)
    assert found.gain == pytest.approx((1.25,) * 3, abs=0.02)
    assert found.offset == pytest.approx((-31.25,) * 3, abs=2)
    assert np.abs(found.apply(day(0.8, 25)).astype(int) - day()).mean() < 2


def test_a_quarter_that_changed_has_no_say():
    other = day(0.8, 25)
    other[:, :100, :120] = 250 - other[:, :100, :120]
    found = match_radiometry(day(), other, ALL)
    assert found.gain == pytest.approx((1.25,) * 3, abs=0.05)
    assert 0.6 < found.unchanged < 0.85


def test_matched_the_other_way_round_it_is_the_inverse():
    there, back = (
        match_radiometry(day(), day(0.7, 30), ALL),
        match_radiometry(day(0.7, 30), day(), ALL),
    )
    assert np.array(there.gain) * back.gain == pytest.approx(1, abs=1e-4)


def test_what_is_not_valid_has_no_say():
    other, valid = day(0.8, 25), ALL.copy()
    other[:, 60:] = 7
    valid[60:] = False
    assert match_radiometry(day(), other, valid).gain == pytest.approx((1.25,) * 3, abs=0.02)


def test_two_that_have_nothing_in_common_are_left_alone():
    other = np.random.default_rng(2).integers(0, 255, GROUND.shape).astype(np.uint8)
    assert match_radiometry(day(), other, ALL) == Match()
    assert (Match().apply(other) == other).all()


def test_a_picture_of_one_colour_is_left_alone():
    assert match_radiometry(day(), np.full(GROUND.shape, 90, np.uint8), ALL).unchanged == 0


def test_pictures_of_two_shapes_are_refused():
    with pytest.raises(ShapeError, match="lie on each other"):
        match_radiometry(day(), day()[:, :50], ALL)


def test_bands_of_rows_do_not_show_in_what_is_matched(monkeypatch):
    whole = match_radiometry(day(), day(0.8, 25), ALL)
    monkeypatch.setattr(radiometry, "ROWS", 7)
    assert match_radiometry(day(), day(0.8, 25), ALL) == whole


def test_of_a_large_picture_one_cell_in_so_many_is_looked_at_wherever_bands_begin(monkeypatch):
    monkeypatch.setattr(radiometry, "CELLS", 500)  # one in six of 3000
    thinned = match_radiometry(day(), day(0.8, 25), ALL)
    monkeypatch.setattr(radiometry, "ROWS", 7)
    assert match_radiometry(day(), day(0.8, 25), ALL) == thinned
    assert thinned.gain == pytest.approx((1.25,) * 3, abs=0.05)


def test_a_picture_smaller_than_a_cell_is_not_matched():
    assert match_radiometry(day()[:, :2], day()[:, :2], ALL[:2]) == Match()
