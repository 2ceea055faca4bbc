"""What of a monitor's prepared pictures is shown: each in one contrast for the whole series."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from aoi.runs.review_sights import _contrast
from geo.read import open_image


@pytest.mark.parametrize(
    ("pixels", "shown"),
    [
        (np.array([[0, 128, 255]], np.uint8), [0, 128, 255]),
        (np.array([[0, 1500, 6000]], np.uint16), [0, 128, 255]),  # reflectance x 10 000
        (np.array([[-22, -11, 3]], np.float32), [0, 128, 255]),  # decibels
    ],
)
def test_every_kind_of_picture_is_shown_from_black_to_white(tmp_path, pixels, shown):
    path = tmp_path / "look.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=1, count=3, dtype=pixels.dtype,
        crs="EPSG:32648", transform=from_origin(450_000, 1_250_000, 10, 10),
    ) as file:  # fmt: skip
        file.write(np.stack([pixels] * 3))
    image = open_image(path)
    grey = _contrast(image).apply(np.stack([pixels] * 3).astype(np.float32))
    assert grey[0, 0].tolist() == pytest.approx(shown, abs=1)
