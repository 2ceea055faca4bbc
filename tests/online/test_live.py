"""The real services, asked for one small window each; by hand: pytest -m online."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from shapely.geometry import box

from geo.prepare.passes import finish, start_reading
from geo.sources.base import Wish
from geo.sources.choose import choose
from geo.sources.globe import frame
from geo.sources.named import Manner, open_source

pytestmark = pytest.mark.online

BAVET = box(106.14, 11.05, 106.17, 11.08)
"""Three kilometres at the border."""


def look(source: str, tmp_path, *, bands: tuple[str, ...], gsd: float, **words):
    """Find a month's scenes and prepare the clearest pass."""
    archive = open_source(source, Manner(cache=tmp_path))
    wish = Wish(outline=BAVET, start=date(2025, 1, 1), end=date(2025, 1, 31), **words)
    found = archive.find(wish)
    assert found.gaps == ()
    passes = choose(found.scenes, BAVET, "EPSG:32648")
    one = min(passes, key=lambda p: p.cloud or 0.0)
    with ThreadPoolExecutor(6) as pool:
        reading = start_reading(one, bands, frame(BAVET, gsd), source=archive, pool=pool)
        made = finish(reading)
    assert made.failures == ()
    assert made.valid.mean() > 0.9
    return made


@pytest.mark.parametrize("collection", ["sentinel-2-l2a", "sentinel-2-c1-l2a"])
def test_earth_search(tmp_path, collection):
    made = look("stac:earth-search", tmp_path, bands=("blue", "red", "nir", "scl"), gsd=10,
                collections=(collection,))  # fmt: skip
    assert made.used[0].check.startswith(("fine", "cannot tell"))


@pytest.mark.parametrize(
    ("collection", "bands", "gsd"),
    [
        ("sentinel-2-l2a", ("blue", "red", "nir", "scl"), 10),
        ("sentinel-1-rtc", ("vv", "vh"), 10),
        ("landsat-c2-l2", ("red", "nir08", "qa_pixel"), 30),
    ],
)
def test_planetary_computer(tmp_path, collection, bands, gsd):
    look("stac:planetary-computer", tmp_path, bands=bands, gsd=gsd, collections=(collection,))


@pytest.mark.skipif("CDSE_S3_ACCESS_KEY" not in os.environ, reason="needs CDSE_S3_ACCESS_KEY")
def test_copernicus_data_space(tmp_path):
    look("stac:cdse", tmp_path, bands=("red", "nir", "scl"), gsd=10)


@pytest.mark.skipif("SH_CLIENT_ID" not in os.environ, reason="needs SH_CLIENT_ID")
@pytest.mark.parametrize("hub", ["hub:cdse", "hub:sentinel-hub"])
def test_sentinel_hub(tmp_path, hub):
    look(hub, tmp_path, bands=("blue", "red", "nir", "scl"), gsd=10)
