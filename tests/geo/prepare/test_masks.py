"""What lies between the sensor and the ground."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from geo.errors import ShapeError
from geo.prepare.builtup import spare_roofs
from geo.prepare.cloudiness import cloudiness
from geo.prepare.masks import Colours, Sky, refine, shares, sky_from_bits, sky_from_scl, widened

SIDE = 120


def ground(side: int = SIDE) -> np.ndarray:
    """Blue reflectance of fields, with a little grain."""
    return np.random.default_rng(2).normal(0.06, 0.004, (side, side)).astype(np.float32)


def town(*roofs: tuple[int, int, int, int], blur: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Blue reflectance with white roofs (row, col, rows, cols), and where they are."""
    blue, there = ground(), np.zeros((SIDE, SIDE), bool)
    for row, col, rows, cols in roofs:
        there[row : row + rows, col : col + cols] = True
    blue[there] = 0.4
    return gaussian_filter(blue, blur), there


def cloudy(
    row: int, col: int, radius: float, *, soft: float = 6.0
) -> tuple[np.ndarray, np.ndarray]:
    """Blue reflectance with one cloud that thins out, and where it is thick."""
    rows, cols = np.mgrid[:SIDE, :SIDE]
    far = np.hypot(rows - row, cols - col)
    thick = 1 / (1 + np.exp((far - radius) / soft * 2))
    return (ground() + 0.4 * thick).astype(np.float32), thick > 0.3


def grey(blue: np.ndarray) -> Colours:
    return Colours(blue=blue, green=blue, red=blue, nir=blue)


def test_every_class_of_sen2cor_has_a_meaning():
    sky = sky_from_scl(np.arange(12))
    assert sky.tolist() == [255, 255, 0, 2, 0, 0, 0, 0, 1, 1, 1, 3]
    assert sky_from_scl(np.array([99.0])).tolist() == [255]


@pytest.mark.parametrize(
    ("bits", "meaning"),
    [
        (0b1, Sky.NOTHING),
        (0b10, Sky.CLOUD),
        (0b100, Sky.CLOUD),
        (0b1000, Sky.CLOUD),
        (0b10000, Sky.SHADOW),
        (0b100000, Sky.SNOW),
        (0b1000000, Sky.CLEAR),
        (21824, Sky.CLEAR),
        (22280, Sky.CLOUD),
        (23888, Sky.SHADOW),
    ],
)
def test_landsats_bits_are_read(bits, meaning):
    assert sky_from_bits(np.array([bits], np.uint16)).tolist() == [meaning]


def test_a_white_roof_is_given_back_and_a_cloud_is_not():
    blue, roofs = town((20, 20, 6, 10), (80, 60, 9, 4))
    assert not spare_roofs(roofs, blue, gsd=10).any()
    blue, cloud = cloudy(60, 60, 6)
    assert spare_roofs(cloud, blue, gsd=10).sum() > 0.95 * cloud.sum()


def test_a_hall_too_large_for_a_roof_stays_cloud_without_other_days():
    blue, slab = town((20, 20, 60, 60))
    assert spare_roofs(slab, blue, gsd=10).sum() >= 0.9 * slab.sum()


def test_other_days_give_back_even_the_largest_hall():
    blue, slab = town((20, 20, 60, 60))
    assert not spare_roofs(slab, blue, gsd=10, usual=blue * 1.1).any()


def test_bodies_that_fill_the_picture_and_have_no_ring_stay_cloud():
    stripes = np.ones((SIDE, SIDE), bool)
    stripes[:, ::9] = False
    kept = spare_roofs(stripes, ground() + 0.3, gsd=10)
    assert (kept == stripes).all()


def test_cloud_over_a_roof_that_is_usually_darker_stays():
    blue, cloud = cloudy(60, 60, 30)
    assert (spare_roofs(cloud, blue, gsd=10, usual=ground()) == cloud).mean() > 0.99


@pytest.mark.parametrize("turns", range(4))
def test_turning_the_picture_changes_nothing(turns):
    blue, roofs = town((20, 20, 6, 10))
    soft, cloud = cloudy(90, 90, 12)
    both, mask = np.maximum(blue, soft), roofs | cloud
    kept = spare_roofs(mask, both, gsd=10)
    turned = spare_roofs(np.rot90(mask, turns).copy(), np.rot90(both, turns).copy(), gsd=10)
    assert (turned == np.rot90(kept, turns)).all()


def test_nothing_is_added_to_a_mask_by_sparing_roofs():
    blue, _ = cloudy(60, 60, 20)
    assert not spare_roofs(np.zeros((SIDE, SIDE), bool), blue, gsd=10).any()


def test_a_large_cloud_called_bare_ground_by_the_archive_is_found():
    blue, cloud = cloudy(60, 60, 35)
    sky = refine(np.zeros((SIDE, SIDE), np.uint8), grey(blue), gsd=10)
    assert (sky[cloud] == Sky.CLOUD).mean() > 0.95
    assert (sky[:10, :10] == Sky.CLEAR).all()


def test_a_roof_called_cloud_by_the_archive_ends_up_clear():
    blue, roofs = town((20, 20, 6, 10))
    sky = np.where(roofs, np.uint8(Sky.CLOUD), np.uint8(Sky.CLEAR))
    assert (refine(sky, grey(blue), gsd=10) == Sky.CLEAR).all()


def test_cirrus_is_never_taken_for_a_roof():
    blue, roofs = town((20, 20, 6, 10))
    sky = np.where(roofs, np.uint8(Sky.CLOUD), np.uint8(Sky.CLEAR))
    assert (refine(sky, grey(blue), gsd=10, sure=roofs)[roofs] == Sky.CLOUD).all()


def test_margins_are_metres_whatever_the_pixel():
    for gsd in (10.0, 20.0):
        sky = np.zeros((41, 41), np.uint8)
        sky[20, 20] = Sky.CLOUD
        wide = widened(sky, gsd=gsd, margin=40)
        reach = int(40 / gsd)
        assert wide[20, 20 + reach] == Sky.CLOUD
        assert wide[20, 20 + reach + 1] == Sky.CLEAR


def test_margins_leave_nothing_as_nothing_and_cloud_outweighs_shadow():
    sky = np.zeros((1, 9), np.uint8)
    sky[0, 0], sky[0, 4], sky[0, 6] = Sky.NOTHING, Sky.CLOUD, Sky.SHADOW
    assert widened(sky, gsd=10, margin=20).tolist() == [[255, 0, 1, 1, 1, 1, 1, 2, 2]]


def test_shares_are_of_the_area():
    sky = np.array([[0, 1, 2, 255], [0, 0, 0, 0]], np.uint8)
    told = shares(sky, np.array([[True] * 4, [False] * 4]))
    assert told == {"valid": 0.75, "clear": 0.25, "cloud": 0.25, "shadow": 0.25, "snow": 0.0}


def test_shapes_must_agree():
    with pytest.raises(ShapeError):
        refine(np.zeros((3, 3), np.uint8), grey(ground()), gsd=10)
    with pytest.raises(ShapeError):
        spare_roofs(np.zeros((3, 3), bool), ground(), gsd=10)
    with pytest.raises(ShapeError):
        cloudiness(*[ground()] * 3, ground(5), np.ones((SIDE, SIDE), bool))


def test_pixels_that_are_not_valid_have_no_opinion():
    blue, _ = cloudy(60, 60, 30)
    valid = np.ones((SIDE, SIDE), bool)
    valid[:, :60] = False
    likely = cloudiness(blue, blue, blue, blue, valid)
    assert np.isnan(likely[:, :60]).all()
    assert np.isfinite(likely[:, 60:]).all()
    assert np.isnan(cloudiness(blue, blue, blue, blue, valid & False)).all()


@pytest.mark.parametrize(
    ("chip", "precision", "recall"),
    [("sentinel2", 0.90, 0.88), ("landsat7", 0.90, 0.79), ("landsat5", 0.94, 0.72)],
)
def test_labelled_clouds_are_found_by_their_colours(data_dir, chip, precision, recall):
    told = np.load(data_dir / f"s2/csmask-labelled/{chip}.npz")
    blue, green, red, nir = told["img"].transpose(2, 0, 1)[:4]
    truth = told["msk"][..., 0] == 4
    found = (
        cloudiness(blue, green, red, nir, np.ones(truth.shape, bool), through_air=True) > 0.5
    )
    right = (found & truth).sum()
    assert right / found.sum() >= precision
    assert right / truth.sum() >= recall
