"""Sharper, and of the same colours."""

import numpy as np
import pytest
from scipy.ndimage import zoom

from geo.errors import InputError, ShapeError
from geo.prepare.pansharpen import sharpen

WAYS = ("gram-schmidt", "brovey")


def streets(side: int = 160, ratio: int = 4):
    """Sharp colours (3, H, W), their panchromatic band, and the colours seen coarsely."""
    rng = np.random.default_rng(5)
    sharp = np.full((3, side, side), 0.1, np.float32)
    for _ in range(40):
        row, col = rng.integers(0, side - 20, 2)
        rows, cols = rng.integers(5, 20, 2)
        sharp[:, row : row + rows, col : col + cols] = rng.uniform(0.05, 0.5, (3, 1, 1))
    pan = np.tensordot([0.3, 0.4, 0.3], sharp, 1).astype(np.float32)
    coarse = sharp.reshape(3, side // ratio, ratio, side // ratio, ratio).mean((2, 4))
    blurred = np.stack(
        [zoom(band, ratio, order=1, mode="nearest", grid_mode=True) for band in coarse]
    )
    return sharp, pan, blurred.astype(np.float32)


@pytest.mark.parametrize("way", WAYS)
def test_the_result_is_nearer_to_the_truth_than_the_blurred_colours(way):
    truth, pan, blurred = streets()
    error = np.sqrt(np.square(sharpen(blurred, pan, way=way) - truth).mean())
    assert error < 0.75 * np.sqrt(np.square(blurred - truth).mean())


@pytest.mark.parametrize("way", WAYS)
def test_averaged_back_the_colours_are_what_they_were(way):
    _, pan, blurred = streets()
    sharp = sharpen(blurred, pan, way=way)

    def coarse(x):
        return x.reshape(3, 40, 4, 40, 4).mean((2, 4))

    assert np.abs(coarse(sharp) - coarse(blurred)).mean() < 0.012


@pytest.mark.parametrize("way", WAYS)
def test_a_panchromatic_band_without_detail_adds_none(way):
    _, pan, blurred = streets()
    even = np.full_like(pan, 0.3)
    assert sharpen(blurred, even, way=way) == pytest.approx(blurred, abs=1e-5)


def test_brovey_keeps_proportions():
    _, pan, blurred = streets()
    sharp = sharpen(blurred, pan, way="brovey")
    bright = sharp[1] > 0.02
    assert (sharp[0] / sharp[1])[bright] == pytest.approx(
        (blurred[0] / blurred[1])[bright], rel=1e-3
    )


@pytest.mark.parametrize("way", WAYS)
def test_ground_that_was_not_seen_is_left_alone_and_does_not_leak(way):
    _, pan, blurred = streets()
    valid = np.ones(pan.shape, bool)
    valid[:, :80] = False
    spoilt = pan.copy()
    spoilt[:, :80] = 1e6
    sharp = sharpen(blurred, spoilt, valid=valid, way=way)
    assert (sharp[:, :, :80] == blurred[:, :, :80]).all()
    assert sharp[:, :, 80:].max() < 1
    assert (sharpen(blurred, pan, valid=valid & False, way=way) == blurred).all()


def test_sides_need_not_be_multiples_of_the_ratio():
    _, pan, blurred = streets()
    assert sharpen(blurred[:, :157, :151], pan[:157, :151]).shape == (3, 157, 151)


def test_nonsense_is_refused():
    _, pan, blurred = streets()
    with pytest.raises(ShapeError):
        sharpen(blurred, pan[1:])
    with pytest.raises(InputError):
        sharpen(blurred, pan, ratio=1)
