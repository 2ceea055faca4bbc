"""A raster's arrays lie on its grid, or it does not exist."""

from datetime import UTC, datetime

import numpy as np
import pytest

from geo.errors import InputError, ShapeError
from geo.grid import local_grid
from geo.raster import Raster

GRID = local_grid(4, 6, 0.5)


def raster(**changes):
    words = {
        "bands": np.zeros((3, 4, 6), np.uint8),
        "valid": np.ones((4, 6), bool),
        "grid": GRID,
    }
    return Raster(**words | changes)


def test_the_share_of_real_pixels_is_counted():
    valid = np.zeros((4, 6), bool)
    valid[0] = True
    assert raster(valid=valid).valid_share == 0.25
    empty = raster(
        bands=np.zeros((1, 0, 0), np.uint8),
        valid=np.zeros((0, 0), bool),
        grid=local_grid(0, 0, 1),
    )
    assert empty.valid_share == 0.0


@pytest.mark.parametrize(
    "changes",
    [
        {"bands": np.zeros((4, 6), np.uint8)},
        {"bands": np.zeros((3, 6, 4), np.uint8)},
        {"valid": np.ones((6, 4), bool)},
        {"valid": np.ones((4, 6), np.uint8)},
        {"names": ("red", "green")},
    ],
)
def test_arrays_that_do_not_lie_on_the_grid_are_refused(changes):
    with pytest.raises(ShapeError):
        raster(**changes)


def test_names_are_one_a_band_or_none():
    assert raster(names=("r", "g", "b")).names == ("r", "g", "b")
    assert raster().names == ()


def test_a_time_needs_a_zone():
    assert raster(time=datetime(2024, 5, 17, tzinfo=UTC)).time.year == 2024
    with pytest.raises(InputError, match="UTC"):
        raster(time=datetime(2024, 5, 17))  # noqa: DTZ001 - the fault under test
