"""One roof of 30 x 30 pixels, cut, leaning or painted, and what is told of its parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.change.parts import LEEWAY, MATCHED, measure_part, painted
from geo.types import FULL, NODATA

GSD = 0.5
INSIDE = np.zeros((70, 70), bool)
INSIDE[20:50, 20:50] = True
WHOLE, HALF, GONE = (slice(20, 50),) * 2, (slice(20, 50), slice(20, 35)), (slice(0, 0),) * 2


def picture(where, *, ground=90, roof=200):
    out = np.full((3, 70, 70), ground, np.uint8)
    out[:, *where] = roof
    return out


def score(where, high=0.95):
    out = np.full((70, 70), 5, np.uint8)
    out[where] = round(high * FULL)
    return out


def part(before, after, **colours):
    return measure_part(
        INSIDE,
        (score(before), score(after)),
        (picture(before, **colours), picture(after, **colours)),
        GSD,
    )


def test_a_roof_cut_in_half_lost_a_part_and_won_none():
    found = part(WHOLE, HALF)
    assert found.one == pytest.approx(0.45, abs=0.05)
    assert found.other == 0


def test_exchanged_dates_exchange_the_parts_and_turn_the_colour_round():
    there, back = part(WHOLE, HALF), part(HALF, WHOLE)
    assert (there.one, there.other) == (back.other, back.one)
    assert there.moved == pytest.approx(-back.moved)
    assert there.stood == pytest.approx(back.stood)


def test_where_nothing_stayed_there_is_no_part():
    found = part(WHOLE, GONE)
    assert (found.one, found.other) == (0, 0)


def test_a_part_is_never_larger_than_what_stayed():
    found = part(WHOLE, (slice(20, 50), slice(20, 26)))
    assert 0.1 < found.one <= 0.2


def test_a_net_that_falters_over_half_a_roof_takes_no_part_away():
    same = picture(WHOLE)
    found = measure_part(INSIDE, (score(WHOLE), score(HALF)), (same, same), GSD)
    assert found.one == 0


def test_a_little_light_over_the_half_where_it_falters_takes_no_part_away_either():
    lit = picture(WHOLE)
    lit[:, 20:50, 35:50] += 4
    found = measure_part(INSIDE, (score(WHOLE), score(HALF)), (picture(WHOLE), lit), GSD)
    assert found.one == 0


def test_of_two_holes_the_larger_is_the_part():
    holed = score(WHOLE)
    holed[22:48, 20:26] = holed[22:48, 38:50] = 5
    shown = picture(WHOLE)
    shown[:, 22:48, 20:26] = shown[:, 22:48, 38:50] = 90
    found = measure_part(INSIDE, (score(WHOLE), holed), (picture(WHOLE), shown), GSD)
    assert found.one == pytest.approx(26 * 12 / 900 * 0.93, abs=0.03)


def test_a_faint_roof_is_not_mistaken_for_the_great_hall_beside_it():
    faint = score(WHOLE, high=0.6)
    faint[:, 50:] = round(0.95 * FULL)
    painted_hall = picture(WHOLE)
    painted_hall[:, :, 50:] = 20
    found = measure_part(INSIDE, (faint, faint), (picture(WHOLE), painted_hall), GSD)
    assert found.moved == pytest.approx(np.zeros(3))


def test_a_roof_that_leans_four_metres_out_of_its_outline_lost_nothing():
    leaning = slice(26, 56), slice(14, 44)
    found = part(WHOLE, leaning)
    assert max(found.one, found.other) < 0.02
    assert found.moved == pytest.approx(np.zeros(3), abs=1)


def test_a_strip_narrower_than_the_blur_of_an_edge_is_no_part():
    found = part(WHOLE, (slice(20, 50), slice(20, 48)))
    assert found.one == 0


def test_at_the_rim_of_a_picture_a_unit_is_measured_as_elsewhere():
    seen, cut = np.s_[20:, 20:], np.s_[:, 20:, 20:]
    found = measure_part(
        INSIDE[seen],
        (score(WHOLE)[seen], score(HALF)[seen]),
        (picture(WHOLE)[cut], picture(HALF)[cut]),
        GSD,
    )
    assert found.one == pytest.approx(part(WHOLE, HALF).one, abs=0.03)


@pytest.mark.parametrize("size", [1, 2])
def test_a_finer_pixel_tells_the_same_part_of_a_house_that_leans_five_metres(size):
    fine = np.ones((size, size), np.uint8)
    both = WHOLE, (slice(30, 60), slice(20, 35))
    pair = [np.kron(score(where), fine) for where in both]
    shown = [np.stack([np.kron(b, fine) for b in picture(where)]) for where in both]
    found = measure_part(np.kron(INSIDE, fine).astype(bool), pair, shown, GSD / size)
    assert found.one == pytest.approx(0.46, abs=0.04)


def test_what_nobody_judged_is_not_measured():
    blank = np.full((70, 70), NODATA, np.uint8)
    found = measure_part(INSIDE, (score(WHOLE), blank), (picture(WHOLE),) * 2, GSD)
    assert np.isnan([found.one, found.other, found.stood]).all()
    assert np.isnan(found.moved).all()


def test_colours_are_told_where_the_roof_stands_and_not_its_wall():
    found = part(WHOLE, WHOLE, roof=180)
    assert found.moved == pytest.approx(np.zeros(3))
    repainted = measure_part(
        INSIDE, (score(WHOLE),) * 2, (picture(WHOLE), picture(WHOLE, roof=120)), GSD
    )
    assert repainted.moved == pytest.approx([-80] * 3)
    assert repainted.stood == pytest.approx(0.95**2, abs=0.02)


SUN = np.array([30.0, 26.0, 20.0])
"""What another sun does to every roof."""


def test_one_roof_among_seven_was_painted_and_sun_on_all_of_them_is_no_paint():
    moved = np.tile(SUN, (7, 1))
    moved[3] += (-90, 0, 30)
    paint, odd = painted(moved, np.full(7, 0.9))
    assert paint[3] == pytest.approx(40 / 255)
    assert odd[3] == pytest.approx(40 / 255 / LEEWAY)
    assert np.delete(paint, 3) == pytest.approx(np.zeros(6))


def test_a_roof_that_moved_far_where_all_did_is_not_odd():
    rng = np.random.default_rng(0)
    moved = rng.normal(0, 60, (30, 3))
    moved[0] = (120, 120, -120)
    paint, odd = painted(moved, np.ones(30))
    assert paint[0] > 0.4
    assert odd[0] < 3
    assert np.median(odd) == pytest.approx(1, abs=0.2)


def test_a_roof_alone_is_held_against_the_match_of_brightness():
    paint, _ = painted(SUN[None], np.array([0.9]))
    assert paint[0] == pytest.approx(SUN.mean() / 255)
    assert MATCHED > 1


def test_what_does_not_stand_has_no_say_in_what_is_usual():
    moved = np.array([SUN] * 4 + [[-99.0] * 3] * 20)
    paint, _ = painted(moved, np.array([0.9] * 4 + [0.01] * 20))
    assert paint[:4] == pytest.approx(np.zeros(4))


def test_an_unseen_unit_is_not_painted_and_spoils_no_other():
    paint, odd = painted(np.array([[np.nan] * 3, [0, 0, 0]]), np.array([np.nan, 0.9]))
    assert np.isnan(paint[0])
    assert np.isnan(odd[0])
    assert paint[1] == pytest.approx(0)


def test_no_unit_at_all_is_no_error():
    paint, odd = painted(np.zeros((0, 3)), np.zeros(0))
    assert paint.shape == odd.shape == (0,)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_exchanged_dates_leave_paint_as_it_is(seed, count):
    rng = np.random.default_rng(seed)
    moved, stood = rng.normal(0, 40, (count, 3)), rng.choice([0.25, 0.5, 1.0], count)
    for there, back in zip(painted(moved, stood), painted(-moved, stood), strict=True):
        assert there == pytest.approx(back)
