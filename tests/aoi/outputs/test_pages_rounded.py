"""A page that rounds coordinates shows no picture of the place, and no corner of it."""

import re

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from aoi.outputs.chips import Chip
from aoi.outputs.compare_page import DatedPicture, PairPage, write_pair_page
from aoi.outputs.series_page import PlaceCard, SeriesPage, write_series_page
from geo.grid import Grid

UTM = "EPSG:32648"
OUTLINE = box(480_020, 1_229_920, 480_080, 1_229_980)
GRID = GeoBox.from_bbox((480_000, 1_229_900, 480_100, 1_230_000), UTM, resolution=1)
SEEN = DatedPicture(
    scene="a", taken="2025-03-01", sensor="s", gsd="1 m", credit="c", seen="all"
)


def chip():
    pixels = np.random.default_rng(0).integers(0, 255, (3, 100, 100)).astype(np.uint8)
    return Chip(pixels, Grid(GRID.shape, GRID.affine, GRID.crs), "2025-03-01")


def pair_page(path, template, rounding):
    ledger = gpd.GeoDataFrame(
        {"id": ["b1"], "number": [1], "building_id": ["b1"], "name": [""], "zone": [""],
         "kind": ["built"], "confidence": [0.9], "area_m2": [3600.0], "note": ["new"]},
        geometry=[OUTLINE], crs=UTM,
    )  # fmt: skip
    page = PairPage(
        title="one and two", ledger=ledger, chips={"b1": (chip(), chip())},
        overview=(chip(), chip()), dates=(SEEN, SEEN), registration="", rounding=rounding,
    )  # fmt: skip
    return write_pair_page(path, page, template=template).read_text()


def series_page(path, rounding):
    card = PlaceCard(
        id="p001", name="", kind="built", where="there", area="0.4 ha", events=[], reasons=[],
        curves=[], chips=[chip()], outline=OUTLINE,
    )  # fmt: skip
    page = SeriesPage(
        title="A place", span="", series=[{"Series": "pictures"}], cards=[card],
        overview=chip(), crs=UTM, silent="", rounding=rounding,
    )  # fmt: skip
    return write_series_page(path, page).read_text()


def pages(path, rounding):
    yield pair_page(path, "compare.html", rounding)
    yield pair_page(path, "audit.html", rounding)
    yield series_page(path, rounding)


def test_rounded_pages_have_no_pictures_and_say_why(tmp_path):
    for page in pages(tmp_path / "page.html", 1000.0):
        assert "<image" not in page
        assert "data:image" not in page
        assert not re.findall(r'class="edge', page)  # outlines would show the shape
        assert "rounded to 1.0 km, so it has no pictures" in page or "rounded to 1" in page
        assert "Whoever may see it opens stockade.qgz" in page


@pytest.mark.parametrize(("page", "count"), [(0, 4), (1, 4), (2, 2)])
def test_pages_that_round_nothing_show_every_picture(tmp_path, page, count):
    whole = list(pages(tmp_path / "page.html", 0.0))[page]
    assert whole.count("<image") == count
    assert "no pictures" not in whole
