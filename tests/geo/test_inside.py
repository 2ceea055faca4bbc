"""Which band is seen, and which says what is seen."""

import numpy as np
import pytest
from rasterio.enums import ColorInterp

from geo.read import Stretch, open_image

RGBA = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)


def test_a_band_that_is_asked_for_is_seen_even_where_the_file_calls_it_alpha(tif):
    bands = np.array([90, 10, 20, 255], np.uint8)[:, None, None] + np.zeros((4, 9, 9), np.uint8)
    image = open_image(tif(bands, colours=RGBA), bands=(2, 3, 4))
    picture, valid = image.picture(None, Stretch.identity())
    np.testing.assert_array_equal(picture[:, 0, 0], [10, 20, 255])
    assert valid.all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_infrared_that_gdal_takes_for_alpha_hides_nothing(tif, ramp, kind):
    infrared = np.random.default_rng(0).integers(1, 256, (1, 40, 60)).astype(np.uint8)
    infrared[0, :8] = 0  # a pond
    image = open_image(tif(np.concatenate([ramp, infrared]).astype(kind), colours=RGBA))
    assert (image.count, image.alpha) == (4, None)
    assert image.read().valid.all()


def test_alpha_with_soft_rims_is_still_alpha(tif, ramp):
    alpha = np.full((1, 40, 60), 255, np.uint8)
    alpha[0, :, :10] = np.arange(10) * 20
    image = open_image(tif(np.concatenate([ramp, alpha]), colours=RGBA))
    assert image.count == 3


def test_a_picture_that_is_all_hidden_stays_hidden(tif, ramp):
    nothing = np.zeros((1, 40, 60), np.uint8)
    image = open_image(tif(np.concatenate([ramp, nothing]), colours=RGBA))
    assert not image.read().valid.any()
