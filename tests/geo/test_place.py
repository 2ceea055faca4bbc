"""Where a picture lies, at the line where longitudes begin anew."""

import numpy as np
import pytest
from affine import Affine
from rasterio.control import GroundControlPoint

from geo.errors import InputError
from geo.read import open_image

EDGE = 20_037_508.342789244


@pytest.mark.parametrize(
    ("crs", "affine", "zone"),
    [
        ("EPSG:4326", Affine(1e-5, 0, 179.9998, 0, -1e-5, -17), 32760),
        ("EPSG:4326", Affine(1e-5, 0, -180.0004, 0, -1e-5, 17), 32601),
        ("EPSG:3857", Affine(1, 0, EDGE - 20, 0, -1, -1_920_000), 32760),
    ],
)
def test_a_picture_across_the_180th_meridian_in_a_frame_that_ends_there_is_refused(
    tif, ramp, crs, affine, zone
):
    with pytest.raises(InputError, match=f"lies across the 180th .* -t_srs EPSG:{zone} "):
        open_image(tif(ramp, crs=crs, transform=affine))


@pytest.mark.parametrize("left", [-180.0, 180 - 60e-5])
def test_a_picture_that_ends_there_is_taken(tif, ramp, left):
    image = open_image(tif(ramp, crs="EPSG:4326", transform=Affine(1e-5, 0, left, 0, -1e-5, 5)))
    assert image.gsd_m == pytest.approx(1.1, rel=0.02)


def test_a_picture_in_the_zone_of_one_side_may_reach_across(tif, ramp):
    image = open_image(
        tif(ramp, crs="EPSG:32701", transform=Affine(0.5, 0, 176_600, 0, -0.5, 8_100_000))
    )
    assert image.gsd_m == pytest.approx(0.5, rel=0.01)


def test_ground_control_points_on_both_sides_are_refused(tif):
    corners = [(0, 0, 179.9998, -17), (0, 60, -179.9996, -17), (40, 0, 179.9998, -17.0004)]
    points = [GroundControlPoint(row=r, col=c, x=x, y=y) for r, c, x, y in corners]
    bands = np.ones((3, 40, 60), np.uint8)
    with pytest.raises(InputError, match="both sides of the 180th"):
        open_image(tif(bands, gcps=points, crs="EPSG:4326", transform=None))
