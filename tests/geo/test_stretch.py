"""One contrast for a whole scene, whatever its numbers."""

import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InputError
from geo.grid import local_grid
from geo.read import open_image
from geo.stretch import SAMPLE, Stretch, measure_stretch

numbers = st.floats(-1e6, 1e6, width=32)


@st.composite
def stretches(draw):
    low = [draw(numbers) for _ in range(3)]
    return Stretch(low=tuple(low), high=tuple(v + draw(st.floats(0.1, 1e5)) for v in low))


def test_eight_bit_pictures_pass_unchanged():
    bands = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    assert Stretch.identity().apply(bands) is bands
    assert Stretch.identity().is_identity


def test_black_white_and_the_middle_fall_where_they_should():
    stretch = Stretch(low=(100.0,) * 3, high=(200.0,) * 3)
    values = [0, 100, 160, 200, 1000]
    for dtype in ("uint16", "float32"):
        bands = np.array([[values]] * 3, dtype)
        np.testing.assert_array_equal(stretch.apply(bands)[0], [[0, 0, 153, 255, 255]])


def test_each_colour_has_its_own_stretch():
    stretch = Stretch(low=(0.0, 10.0, 20.0), high=(10.0, 20.0, 30.0))
    bands = np.full((3, 1, 1), 15, np.uint16)
    np.testing.assert_array_equal(stretch.apply(bands).ravel(), [255, 128, 0])


@settings(deadline=None)
@given(stretch=stretches(), values=st.lists(numbers, min_size=2, max_size=20))
def test_brighter_never_becomes_darker(stretch, values):
    bands = np.sort(np.array(values, np.float32))[None, None].repeat(3, axis=0)
    assert (np.diff(stretch.apply(bands).astype(int)) >= 0).all()


@settings(deadline=None)
@given(
    stretch=stretches(),
    bands=st.lists(st.integers(0, 65535), min_size=4, max_size=4),
    cut=st.integers(1, 3),
)
def test_a_crop_is_stretched_like_the_whole(stretch, bands, cut):
    whole = np.array([[bands]] * 3, np.uint16)
    part = stretch.apply(np.ascontiguousarray(whole[..., :cut]))
    np.testing.assert_array_equal(part, stretch.apply(whole)[..., :cut])


@settings(deadline=None)
@given(stretch=stretches(), values=st.lists(st.integers(0, 65535), min_size=1, max_size=9))
def test_looking_up_and_reckoning_agree(stretch, values):
    looked_up = stretch.apply(np.array([[values]] * 3, np.uint16))
    reckoned = stretch.apply(np.array([[values]] * 3, np.float64))
    np.testing.assert_array_equal(looked_up, reckoned)


def test_nan_and_absurd_nodata_become_black_without_a_warning():
    bands = np.array([[[np.nan, -3.4e38, np.inf]]] * 3, np.float32)
    stretch = Stretch(low=(0.0,) * 3, high=(0.001,) * 3)
    np.testing.assert_array_equal(stretch.apply(bands)[0], [[0, 0, 255]])


@settings(deadline=None)
@given(stretch=stretches())
def test_a_manifest_gives_back_the_same_stretch(stretch):
    assert Stretch.from_dict(json.loads(json.dumps(stretch.to_dict()))) == stretch


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"low": 1, "high": 2},
        {"low": [1, 2], "high": [3, 4]},
        {"low": ["a"] * 3, "high": [1] * 3},
    ],
)
def test_a_spoilt_manifest_is_refused(kept):
    with pytest.raises(InputError, match="three"):
        Stretch.from_dict(kept)


@pytest.mark.parametrize("high", [1.0, 0.0, float("nan"), float("inf")])
def test_a_stretch_runs_upwards(high):
    with pytest.raises(InputError, match="upwards"):
        Stretch(low=(1.0,) * 3, high=(2.0, 2.0, high))


def test_percentiles_leave_the_dead_and_the_glaring_pixels_out(tif):
    bands = np.tile(np.arange(1000, dtype=np.uint16), (3, 100, 1))
    bands[:, 0, :100] = 60_000
    stretch = measure_stretch(open_image(tif(bands)))
    np.testing.assert_allclose(stretch.low, 5, atol=1)
    np.testing.assert_allclose(stretch.high, 995, atol=1)


def test_nodata_and_nan_do_not_count(tif):
    bands = np.full((3, 40, 40), 500, np.float32)
    bands[:, :20] = np.nan
    bands[:, 20:30] = -9999
    bands[:, 35:] = 700
    stretch = measure_stretch(open_image(tif(bands, nodata=-9999)))
    assert stretch == Stretch(low=(500.0,) * 3, high=(700.0,) * 3)


def test_only_the_area_counts_whatever_the_resolution_of_its_mask(tif):
    bands = np.zeros((1, 40, 40), np.uint16)
    bands[:, :, 20:] = np.arange(20, dtype=np.uint16) * 10 + 1000
    image = open_image(tif(bands))
    halves = np.array([[False, True]])
    fine = np.arange(160)[None].repeat(160, axis=0) >= 80
    for mask in (halves, fine):
        stretch = measure_stretch(image, mask)
        assert stretch.low == (1000.0,) * 3
        assert stretch.high == (1190.0,) * 3
    with pytest.raises(InputError, match="in the area"):
        measure_stretch(image, np.zeros((2, 2), bool))


def test_a_band_of_one_value_becomes_mid_grey(tif):
    bands = np.array([7, 100, 0], np.uint16)[:, None, None] + np.zeros((3, 9, 9), np.uint16)
    stretch = measure_stretch(open_image(tif(bands)))
    assert set(np.unique(stretch.apply(bands))) == {128}


def test_the_chosen_bands_are_measured_in_their_order(tif):
    bands = np.array([10, 20, 30, 40], np.uint16)[:, None, None] + np.zeros(
        (4, 5, 5), np.uint16
    )
    stretch = measure_stretch(open_image(tif(bands), bands=(4, 1, 2)))
    np.testing.assert_allclose((np.add(stretch.low, stretch.high)) / 2, [40, 10, 20])


class Drawn:
    """A huge scene that exists only in its windows, and counts what is read of it."""

    dtype = "uint16"

    def __init__(self, side, valid):
        self.path, self.grid = Path("drawn.tif"), local_grid(side, side, 1.0)
        self.valid, self.pixels, self.largest = valid, 0, 0

    def reader(self):
        return nullcontext(self)

    def read(self, rows, cols):
        row, col = np.mgrid[rows, cols]
        self.pixels += row.size
        self.largest = max(self.largest, row.size)
        bands = (row + col)[None].repeat(3, axis=0).astype(np.uint16)
        return bands, self.valid(row, col)


def test_a_huge_scene_is_measured_through_few_pixels():
    scene = Drawn(30_000, lambda row, _: row >= 0)
    stretch = measure_stretch(scene)
    assert scene.pixels <= SAMPLE
    assert scene.largest <= 1024**2
    # row + col of a square of side s: half a per cent lies below s / 10, seen every s / 15
    np.testing.assert_allclose(stretch.low, 3_000, atol=2_000)
    np.testing.assert_allclose(stretch.high, 57_000, atol=2_000)


def test_a_speck_of_ground_between_the_samples_is_still_found():
    scene = Drawn(3_000, lambda row, col: (abs(row - 1_000) < 20) & (abs(col - 2_000) < 20))
    stretch = measure_stretch(scene)
    assert 2_960 <= stretch.low[0] < stretch.high[0] <= 3_040


def test_measuring_twice_gives_the_same(tif):
    bands = np.random.default_rng(0).integers(0, 4000, (3, 300, 300)).astype(np.uint16)
    image = open_image(tif(bands))
    assert measure_stretch(image) == measure_stretch(image)
