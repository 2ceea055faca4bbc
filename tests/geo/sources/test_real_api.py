"""A real STAC API and a real file server: what is asked, found, and read."""

import json
import warnings
from datetime import UTC, date, datetime

import numpy as np
import odc.stac
import pystac
import pytest
from shapely.geometry import box, mapping

from geo.retry import Patience
from geo.sources.assets import Door
from geo.sources.cache import Cache
from geo.sources.globe import frame
from geo.sources.http import Client
from geo.sources.stac import StacSource
from tests.aoi.runs.catalogue import FRAME, SIDE, tiff
from tests.conftest import needs
from tests.geo.sources import real_api
from tests.geo.sources.drawn import wish
from tests.geo.sources.hostile import Server

MONTHS = 12
GROUND = box(*FRAME.extent.to_crs("EPSG:4326").boundingbox)
YEAR = {"outline": GROUND.buffer(-0.005), "start": date(2024, 1, 1), "end": date(2024, 12, 31)}

pytestmark = pytest.mark.slow


def item(number: int, files: str, ground=GROUND) -> dict:
    """One month's scene; cloud grows by 8 % a month."""
    name = f"S2A_48PXT_2024{number:02d}05_0_L2A"
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": "sentinel-2-l2a",
        "geometry": mapping(ground), "bbox": list(ground.bounds), "links": [],
        "properties": {
            "datetime": datetime(2024, number, 5, 3, 30, tzinfo=UTC).isoformat(),
            "platform": "sentinel-2a", "eo:cloud_cover": 8.0 * (number - 1),
            "proj:code": "EPSG:32648", "s2:processing_baseline": "05.10",
        },
        "assets": {"red": {
            "href": f"{files}/red_{number}.tif", "type": "image/tiff; application=geotiff",
            "proj:shape": [SIDE, SIDE], "proj:transform": list(FRAME.affine)[:6], "gsd": 10,
            "raster:bands": [{"nodata": 0, "scale": 0.0001, "offset": -0.1}],
        }},
    }  # fmt: skip


@pytest.fixture(scope="module")
def files():
    """A server of files that keeps a log."""
    with Server() as server:
        rng = np.random.default_rng(6)
        for number in range(1, MONTHS + 1):
            plane = rng.integers(1000, 4000, (SIDE, SIDE)).astype(np.uint16)
            server.files[f"/red_{number}.tif"] = tiff(plane)
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def api(files, tmp_path_factory):
    """The API with twelve scenes here and one far away."""
    needs(
        real_api.is_there(), "PostgreSQL 15, PostGIS 3 and stac-fastapi-pgstac (see real_api)"
    )
    collection = {
        "type": "Collection", "stac_version": "1.0.0", "id": "sentinel-2-l2a", "links": [],
        "description": "loopback", "license": "proprietary",
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                   "temporal": {"interval": [["2024-01-01T00:00:00Z", None]]}},
    }  # fmt: skip
    items = [item(number, files.url) for number in range(1, MONTHS + 1)]
    far = item(1, files.url, box(0, 0, 1, 1)) | {"id": "far"}
    folder = tmp_path_factory.mktemp("api")
    with real_api.running(folder, [collection], [*items, far]) as url:
        yield url


@pytest.fixture
def source(api, tmp_path) -> StacSource:
    """The catalogue, with an empty cache."""
    door = Door(client=Client(patience=Patience(tries=3)), cache=Cache(tmp_path / "cache"))
    return StacSource(name="stac:real", url=api, door=door, usual=("sentinel-2-l2a",))


def months(found) -> list[int]:
    return [scene.time.month for scene in found.scenes]


def test_all_scenes_of_a_year_arrive_over_several_pages(source, monkeypatch):
    monkeypatch.setattr("geo.sources.stac.PAGE", 5)
    found = source.find(wish(**YEAR))
    assert months(found) == list(range(1, 13))
    assert found.gaps == ()
    pages = list((source.door.cache.folder / "pages").rglob("*.json"))
    assert len(pages) >= 4  # landing page, and three of results


def test_days_are_those_asked_for_the_last_included(source):
    some = wish(**YEAR | {"start": date(2024, 3, 5), "end": date(2024, 5, 5)})
    assert months(source.find(some)) == [3, 4, 5]


def test_ground_is_that_asked_for(source):
    assert len(source.find(wish(**YEAR | {"outline": box(0.2, 0.2, 0.4, 0.4)})).scenes) == 1
    assert source.find(wish(**YEAR | {"outline": box(50, 50, 50.1, 50.1)})).scenes == ()


def test_cloud_is_compared_as_a_number(source):
    assert months(source.find(wish(**YEAR, cloud=0.17))) == [1, 2, 3]


def test_an_outline_of_many_corners_is_asked_for_by_its_box(source):
    round_ = GROUND.centroid.buffer(0.01, quad_segs=200)
    assert len(source.find(wish(**YEAR | {"outline": round_})).scenes) == MONTHS


def test_what_the_collection_says_of_its_licence_is_kept(source):
    assert "Sentinel" in source.find(wish(**YEAR)).scenes[0].licence


def test_only_ranges_are_read_and_no_more_than_three_times_the_window(source, files):
    scene = source.find(wish(**YEAR)).scenes[0]
    files.log.clear()
    files.sent = 0
    window = FRAME[64:448, 64:448]  # on no block's edge
    raster = source.read(scene, scene.asset_of("red"), window)
    assert raster.valid.all()
    assert all(span.startswith("bytes=") for _, _, span in files.log)
    assert files.sent <= 3 * raster.bands.nbytes
    assert len(files.log) <= 4


def test_after_the_first_time_the_network_may_be_cut(source, tmp_path):
    grid = frame(GROUND.buffer(-0.01), 10)
    first = source.find(wish(**YEAR)).scenes
    before = source.read(first[0], first[0].asset_of("red"), grid)
    dead = Client(patience=Patience(tries=1))
    dead._send = None  # type: ignore[assignment, method-assign]  # whoever asks now fails
    cut = StacSource(
        name=source.name, url=source.url, usual=source.usual,
        door=Door(client=dead, cache=source.door.cache, offline=True),
    )  # fmt: skip
    again = cut.find(wish(**YEAR)).scenes
    assert [s.id for s in again] == [s.id for s in first]
    after = cut.read(again[0], again[0].asset_of("red"), grid)
    assert (before.bands == after.bands).all()


def test_odc_stac_reads_the_same_pixels(source, api):
    scene = source.find(wish(**YEAR)).scenes[4]
    grid = FRAME[100:300, 100:300]
    ours = source.read(scene, scene.asset_of("red"), grid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = json.loads(json.dumps(item(5, scene.assets["red"].href.rpartition("/")[0])))
        theirs = odc.stac.load([pystac.Item.from_dict(told)], bands=["red"], geobox=grid)
    assert (theirs.red.values[0] == ours.bands[0]).all()
