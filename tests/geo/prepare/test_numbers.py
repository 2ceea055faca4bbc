"""Numbers and what leaves say of them."""

import warnings

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import ShapeError
from geo.prepare.numbers import Verdict, check_offset, counts_of, mended, reflectance


def fields(*, red: float = 0.04, nir: float = 0.35, side: int = 100):
    """A fifth of leaves, the rest bare soil; red and nir (H, W)."""
    reds = np.full((side, side), 0.18, np.float32)
    nirs = np.full((side, side), 0.24, np.float32)
    reds[: side // 5], nirs[: side // 5] = red, nir
    return reds, nirs, np.ones((side, side), bool)


def test_leaves_with_little_red_are_fine():
    check = check_offset(*fields())
    assert check.verdict == Verdict.FINE
    assert check.red == pytest.approx(0.04)
    assert check.pixels == 2000


@given(leaf=st.floats(0.01, 0.08), nir=st.floats(0.3, 0.6))
def test_an_added_tenth_is_noticed_and_so_is_one_taken_off_twice(leaf, nir):
    red, infrared, valid = fields(red=leaf, nir=nir)
    assert check_offset(red, infrared, valid).verdict == Verdict.FINE
    assert check_offset(red + 0.1, infrared + 0.1, valid).verdict in (
        Verdict.ADDED,
        Verdict.UNKNOWN,
    )
    assert check_offset(red - 0.1, infrared - 0.1, valid).verdict in (
        Verdict.REMOVED,
        Verdict.UNKNOWN,
    )


@given(shift=st.sampled_from([0.0, 0.1, -0.1]))
def test_mending_what_leaves_complain_of_makes_them_content(shift):
    red, nir, valid = (x for x in fields())
    offset = mended(shift, check_offset(red + shift, nir + shift, valid).verdict)
    extra = offset - shift
    assert check_offset(red + shift + extra, nir + shift + extra, valid).verdict == Verdict.FINE


def test_without_leaves_nothing_is_said():
    red, nir, valid = fields()
    assert check_offset(red, red, valid).verdict == Verdict.UNKNOWN
    assert check_offset(red, nir, ~valid).verdict == Verdict.UNKNOWN
    assert check_offset(red, nir, valid & False).pixels == 0


def test_thick_haze_is_no_offset():
    red, nir, valid = fields()
    assert check_offset(red + 0.055, nir + 0.04, valid).verdict == Verdict.UNKNOWN
    assert mended(-0.1, Verdict.UNKNOWN) == -0.1


def test_shapes_must_agree():
    red, nir, valid = fields()
    with pytest.raises(ShapeError):
        check_offset(red[1:], nir, valid)


def test_composites_that_still_carry_the_tenth_are_found_out(data_dir):
    paths = sorted((data_dir / "s2/umd-urban-pairs").glob("raw_*/*.tif"))
    assert paths
    for path in paths:
        with rasterio.open(path) as file:
            red, nir = file.read(4), file.read(8)
        valid = np.isfinite(red) & np.isfinite(nir)
        assert check_offset(red, nir, valid).verdict == Verdict.ADDED, path.name
        assert check_offset(red - 0.1, nir - 0.1, valid).verdict == Verdict.FINE, path.name


def test_scenes_whose_flag_is_right_are_believed(data_dir):
    folder = data_dir / "s2/mapchete-s2-stac/full_products_cog/sentinel-2-l2a"
    for scene in sorted(folder.iterdir()):
        if not scene.is_dir():
            continue
        with rasterio.open(scene / "B04.tif") as r, rasterio.open(scene / "B08.tif") as n:
            red, nir = r.read(1), n.read(1)
        valid = (red > 0) & (nir > 0)
        right = [reflectance(x, 1e-4, 0.0) for x in (red, nir)]
        wrong = [reflectance(x, 1e-4, -0.1) for x in (red, nir)]
        assert check_offset(*right, valid).verdict == Verdict.FINE, scene.name
        assert check_offset(*wrong, valid).verdict == Verdict.REMOVED, scene.name


def test_counts_are_ten_thousandths_and_nothing_is_nothing():
    values = np.array([[0.1234, -0.02, 9.9, np.nan]], np.float32)
    valid = np.array([[True, True, True, True]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert counts_of(values, valid).tolist() == [[1234, 1, 65535, 0]]
    assert counts_of(values, ~valid).tolist() == [[0, 0, 0, 0]]
    assert counts_of(np.stack([values] * 2), valid).shape == (2, 1, 4)
