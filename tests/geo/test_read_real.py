"""Real pictures, read as an analyst would hand them over."""

import json

import numpy as np
import pytest

from geo.grid import work_grid
from geo.read import Stretch, find_images, measure_stretch, open_image

VHR = "vhr"


def test_kampala_in_web_mercator_is_measured_and_read_in_utm(data_dir):
    image = open_image(data_dir / VHR / "fair_kampala_uganda/images/kampala_block0.tif")
    assert image.grid.crs.epsg == 3857
    assert image.gsd_m == pytest.approx(0.297, abs=0.005)
    grid = work_grid(image.grid, 0.5)
    assert grid.crs.epsg == 32636
    picture, valid = image.picture(grid, measure_stretch(image))
    assert valid.mean() > 0.98
    own, _ = image.picture(None, Stretch.identity())
    assert picture[:, valid].mean() == pytest.approx(own.mean(), abs=2)


def test_a_mosaic_of_banepa_gives_the_same_tiles_one_by_one(data_dir):
    image = open_image(data_dir / VHR / "fair_banepa_nepal/mosaic/banepa_west_0p3m.tif")
    grid = work_grid(image.grid, 0.5)
    stretch = measure_stretch(image)
    assert stretch.is_identity
    picture, valid = image.picture(grid, stretch)
    with image.reader(grid, stretch) as reader:
        for row in range(0, grid.height, 400):
            rows, cols = slice(row, min(row + 400, grid.height)), slice(100, 300)
            part, seen = reader.picture(rows, cols)
            np.testing.assert_array_equal(part, picture[:, rows, cols])
            np.testing.assert_array_equal(seen, valid[rows, cols])


def test_dubai_has_no_crs_and_is_read_in_local_metres(data_dir):
    folder = data_dir / VHR / "dubai_mbrsc/images"
    paths = find_images([folder])
    assert len(paths) == 71
    image = open_image(paths[0], gsd=1.0)
    assert image.grid.crs is None
    picture, valid = image.picture(None, measure_stretch(image))
    assert valid.all()
    assert picture.shape == (3, *image.grid.shape)
    assert picture.std() > 20


@pytest.mark.parametrize(
    ("name", "dtype", "epsg", "gsd"),
    [
        ("atlanta_wv2_pan_0p5m_epsg32616", "uint16", 32616, 0.5),
        ("rotterdam_pan1_0p5m_epsg32631", "uint16", 32631, 0.5),
        ("rotterdam_ms1_1m_epsg32631", "float64", 32631, 1.0),
    ],
)
def test_sixteen_bits_and_floats_become_pictures_with_contrast(
    data_dir, name, dtype, epsg, gsd
):
    image = open_image(data_dir / VHR / "crs_fixtures" / f"{name}.tif")
    assert (image.dtype, image.grid.crs.epsg) == (dtype, epsg)
    assert image.gsd_m == pytest.approx(gsd, abs=0.01)
    stretch = measure_stretch(image)
    picture, valid = image.picture(work_grid(image.grid, 0.5), stretch)
    seen = picture[:, valid]
    assert 30 < seen.mean() < 150
    assert seen.std() > 20
    assert (seen == 255).mean() < 0.02
    again = Stretch.from_dict(json.loads(json.dumps(stretch.to_dict())))
    crop = image.grid[20:90, 30:100]
    np.testing.assert_array_equal(
        image.picture(crop, again)[0], image.picture(None, stretch)[0][:, 20:90, 30:100]
    )
