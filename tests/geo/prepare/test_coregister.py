"""Shifts and turns put into a picture, and what comes back out; and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import affine_transform, gaussian_filter, map_coordinates, shift

from geo.errors import ShapeError, UnitsError
from geo.prepare.coregister import coregister
from geo.prepare.registration import Held, moved

RNG = np.random.default_rng(3)


def town(side=320, seed=3):
    """Bright and dark boxes of many sizes, askew, as roofs and yards are."""
    rng = np.random.default_rng(seed)
    grey = np.full((side, side), 110.0)
    for _ in range(140):
        r, c = rng.integers(0, side, 2)
        h, w = rng.integers(6, 26, 2)
        grey[r : r + h, c : c + w] = rng.uniform(40, 230)
    grey = gaussian_filter(grey, 0.7) + rng.normal(0, 3, grey.shape)
    return np.clip(np.stack([grey, grey * 0.95, grey * 0.9]), 0, 255).astype(np.uint8)


def off(picture, down, right):
    """The same ground, lying ``down`` and ``right`` pixels elsewhere."""
    bands = [
        shift(band.astype(float), (down, right), order=3, mode="nearest") for band in picture
    ]
    return np.clip(np.stack(bands), 0, 255).astype(np.uint8)


def whole(picture):
    return Held(picture, np.ones(picture.shape[1:], bool))


def registered(one, other, **how):
    return coregister(whole(one), whole(other), one.shape[1:], 0.5, **how)


@settings(deadline=None, max_examples=4)
@given(st.floats(-8, 8), st.floats(-8, 8))
def test_a_shift_put_in_comes_back_out_to_a_fifth_of_a_pixel(down, right):
    found = registered(town(), off(town(), down, right))
    assert found.rule == "shift"
    assert found.shift_px == pytest.approx((down, right), abs=0.2)
    assert found.quality > 0.8


def test_reach_holds_along_rows_and_along_columns_each():
    slantwise = registered(town(), off(town(), 14, 14), reach=9.0)  # 9.9 m, 7 m either way
    assert slantwise.shift_px == pytest.approx((14, 14), abs=0.3)
    assert registered(town(), off(town(), 24, 0), reach=9.0).refused


def test_nothing_is_moved_that_lies_right():
    found = registered(town(), town())
    assert found.shift_px == pytest.approx((0, 0), abs=0.05)
    assert found.turn == 0


def test_exchanged_pictures_give_the_opposite_shift():
    there = registered(town(), off(town(), 3.3, -1.6)).shift_px
    back = registered(off(town(), 3.3, -1.6), town()).shift_px
    assert back == pytest.approx((-there[0], -there[1]), abs=0.1)


@pytest.mark.parametrize("turn", [-2.0, 2.0])
def test_a_turned_picture_is_turned_back(turn):
    angle, mid = np.radians(turn), (np.array([320, 320]) - 1) / 2
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    back = spin.T, mid - spin.T @ mid
    bands = [affine_transform(b.astype(float), *back, mode="nearest") for b in town()]
    turned = np.stack(bands).clip(0, 255).astype(np.uint8)
    found = registered(town(), turned)
    assert found.turn == pytest.approx(turn, abs=0.1)
    rows = cols = np.array([40.0, 160.0, 280.0])
    there = found.where(rows, cols)
    true = (
        np.einsum(
            "ij,jrc->irc", spin, np.stack(np.meshgrid(rows, cols, indexing="ij")) - mid[0]
        )
        + mid[0]
    )
    assert np.hypot(*(there - true)).max() < 0.5


def test_the_season_and_the_sun_may_change():
    other = 255 - off(town(), 2.4, 4.1) // 2  # contrast turned round and halved
    assert registered(town(), other.astype(np.uint8)).shift_px == pytest.approx(
        (2.4, 4.1), abs=0.2
    )


def test_a_third_under_cloud_is_passed_over():
    other, valid = off(town(), -3.2, 2.7), np.ones((320, 320), bool)
    other[:, 60:230, 90:270] = 245  # and even when nobody masks it
    assert registered(town(), other).shift_px == pytest.approx((-3.2, 2.7), abs=0.3)
    valid[60:230, 90:270] = False
    masked = coregister(whole(town()), Held(other, valid), (320, 320), 0.5)
    assert masked.shift_px == pytest.approx((-3.2, 2.7), abs=0.2)


def test_water_is_refused_with_a_sentence():
    water = [
        np.clip(
            np.repeat(
                gaussian_filter(RNG.normal(size=(1, 320, 320)), (0, 2, 2)) * 30 + 60, 3, 0
            ),
            0,
            255,
        )
        for _ in range(2)
    ]
    found = registered(*(w.astype(np.uint8) for w in water))
    assert "could not be laid onto each other" in found.refused
    assert found.matrix.tolist() == np.eye(2, 3).tolist()


def test_another_place_is_refused():
    assert registered(town(seed=3), town(seed=4)).refused


def test_a_bend_of_the_ground_is_followed():
    rows, cols = np.mgrid[0:640, 0:640].astype(float)
    bent = 5.0 * np.sin(rows / 640 * np.pi)
    ground = town(640, seed=9)
    other = np.stack(
        [map_coordinates(b.astype(float), (rows, cols - bent), mode="nearest") for b in ground]
    )
    found = registered(ground, other.clip(0, 255).astype(np.uint8))
    assert found.rule == "field"
    there = found.where(np.arange(60.0, 580, 40), np.arange(60.0, 580, 40))
    true = (
        np.arange(60.0, 580, 40) + 5.0 * np.sin(np.arange(60.0, 580, 40) / 640 * np.pi)[:, None]
    )
    assert np.abs(there[1] - true).mean() < 0.6


def test_the_moved_picture_lies_on_the_fixed_one():
    other = off(town(), 5.4, -3.3)
    found = registered(town(), other)
    back, valid = moved(whole(other), found, slice(30, 290), slice(30, 290))
    assert valid.all()
    left = np.abs(back.astype(float) - town()[:, 30:290, 30:290]).mean()
    assert left < 0.4 * np.abs(other.astype(float) - town())[:, 30:290, 30:290].mean()


def test_what_lies_off_the_moving_picture_is_not_valid():
    found = registered(town(), off(town(), 6, 0))
    _, valid = moved(whole(off(town(), 6, 0)), found, slice(0, 320), slice(0, 320))
    assert not valid[-5:].any()
    assert valid[:310].all()


def test_the_distance_is_told_for_each_place():
    found = registered(town(), off(town(), 3.0, 4.0))
    assert found.off_at(100, 200) == pytest.approx(5.0, abs=0.2)


def test_a_frame_too_small_to_ask_windows_is_refused():
    with pytest.raises(ShapeError, match="96 pixels"):
        registered(town(80), town(80))


@pytest.mark.parametrize("gsd", [0.0, -0.5, np.nan])
def test_pixels_without_a_size_are_refused(gsd):
    with pytest.raises(UnitsError, match="positive metres"):
        coregister(whole(town()), whole(town()), (320, 320), gsd)


@pytest.mark.parametrize("name", ["train_36_0512_0512.png", "val_27_0000_0256.png"])
def test_years_apart_a_real_pair_gives_back_what_was_added(name, data_dir):
    folder = data_dir / "vhr" / "change_levir"
    one, other = (
        np.asarray(Image.open(folder / side / name).convert("RGB")).transpose(2, 0, 1)
        for side in "AB"
    )
    own = registered(one, other).shift_px
    found = registered(one, off(other, 2.6, -4.3)).shift_px
    assert (found[0] - own[0], found[1] - own[1]) == pytest.approx((2.6, -4.3), abs=0.4)
