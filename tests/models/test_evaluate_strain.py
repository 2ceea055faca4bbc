"""Strained pictures: what changes is the picture, and only as its name says."""

import numpy as np
import pytest

from models.evaluate_strain import (
    STRAINS,
    bend,
    brighten,
    coarsen,
    grey,
    misjudge,
    squeeze,
    veil,
)
from models.patch import Patch


@pytest.fixture
def patch() -> Patch:
    rng = np.random.default_rng(0)
    return Patch(
        name="a", place="p", group="g", weight=1, gsd=0.3, labels={},
        picture=rng.integers(0, 256, (3, 90, 120), dtype=np.uint8),
    )  # fmt: skip


@pytest.mark.parametrize("name", STRAINS)
def test_a_strain_keeps_shape_kind_and_labels(patch, name):
    strained = STRAINS[name](patch)
    assert strained.picture.shape == patch.picture.shape
    assert strained.picture.dtype == np.uint8
    assert strained.labels is patch.labels


def test_coarser_pixels_blur_and_coarser_still_blur_more(patch):
    contrast = [coarsen(patch, gsd).picture.std() for gsd in (0.3, 0.5, 0.7, 1.0)]
    assert contrast == sorted(contrast, reverse=True)
    assert contrast[0] == patch.picture.std()
    assert coarsen(patch, 1.0).picture.mean() == pytest.approx(patch.picture.mean(), abs=2)


def test_nobody_makes_pixels_finer_than_they_are(patch):
    assert coarsen(patch, 0.2) is None


def test_light_gamma_and_haze_do_what_they_say(patch):
    flat = Patch(name="", place="", group="", weight=1, gsd=0.3, labels={},
                 picture=np.full((3, 8, 8), 100, np.uint8))  # fmt: skip
    assert (brighten(flat, 1.4).picture == 140).all()
    assert (brighten(flat, 9).picture == 255).all()
    assert bend(flat, 0.5).picture.mean() > 100 > bend(flat, 2.0).picture.mean()
    assert np.array_equal(bend(flat, 1.0).picture, flat.picture)
    assert (veil(flat, 1.0).picture[:, 0, 0] == [190, 200, 210]).all()
    assert np.array_equal(veil(flat, 0.0).picture, flat.picture)


def test_grey_has_no_colour_and_jpeg_loses_little(patch):
    assert np.ptp(grey(patch).picture.astype(int), axis=0).max() == 0
    smooth = coarsen(patch, 1.0)
    off = np.abs(squeeze(smooth, 50).picture.astype(int) - smooth.picture)
    assert 0 < off.mean() < 12


def test_a_wrong_pixel_size_changes_no_pixel(patch):
    wrong = misjudge(patch, 1.2)
    assert wrong.gsd == pytest.approx(0.36)
    assert wrong.picture is patch.picture
