"""Places where maps have seams: two UTM zones, the 180th meridian; and other sensors."""

import json
import shutil
import warnings
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from rasterio.transform import from_origin
from sentinelhub.config import SHConfig
from shapely.geometry import mapping

from aoi.runs import fetch as room
from aoi.runs.fetch import plan_of, run_fetch
from aoi.runs.fetch_request import FetchRequest
from geo.sources.cache import Cache
from geo.sources.globe import mend
from geo.sources.hub import HubSource, configured
from tests.aoi.runs.catalogue import pixels, tiff
from tests.geo.sources.drawn import BAVET
from tests.geo.sources.hostile import Server
from tests.geo.sources.hub_server import SECRET, HubServer

SIDE = 700


@pytest.fixture(autouse=True)
def _light_package(monkeypatch):
    """No test here looks at the GeoPackage."""
    monkeypatch.setattr(room, "write_package", lambda *_: None)


def degrees(frame: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    """Give longitude (0 to 360) and latitude of the pixels of a frame."""
    cols, rows = np.meshgrid(np.arange(frame.width) + 0.5, np.arange(frame.height) + 0.5)
    a = frame.affine
    go = Transformer.from_crs(frame.crs.proj, "EPSG:4326", always_xy=True)
    lon, lat = go.transform(a.c + cols * a.a, a.f + rows * a.e)
    return lon % 360, lat


def slope(frame: GeoBox, at: tuple[float, float]) -> np.ndarray:
    """Draw a plane that rises east and north: 10 000 counts a degree."""
    lon, lat = degrees(frame)
    counts = 5000 + 10000 * (lon - at[0]) + 5000 * (lat - at[1])
    return counts.clip(1, 65535).astype(np.uint16)


def around(lon: float, lat: float, epsg: int) -> GeoBox:
    """Frame 14 km around a place in some zone, on the archive's 20 m pixels."""
    go = Transformer.from_crs("EPSG:4326", f"EPSG:{epsg}", always_xy=True)
    x, y = (round(v / 20) * 20 for v in go.transform(lon, lat))
    return GeoBox((SIDE, SIDE), from_origin(x - 7000, y + 7000, 20, 20), f"EPSG:{epsg}")


def tile(
    server: Server, name: str, frame: GeoBox, at: tuple[float, float], second: int
) -> dict:
    """Put one tile on the server, and give its item."""
    server.files[f"/{name}.tif"] = tiff(slope(frame, at), frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ring = frame.extent.to_crs("EPSG:4326", resolution=1000).geom
    return {
        "type": "Feature", "id": name, "collection": "sentinel-2-l2a",
        "geometry": mapping(mend(ring)),
        "properties": {
            "datetime": f"2025-11-05T03:30:{second:02d}Z", "platform": "sentinel-2b",
            "grid:code": f"MGRS-{name}", "proj:code": f"EPSG:{frame.crs.epsg}",
        },
        "assets": {"red": {
            "href": f"{server.url}/{name}.tif", "type": "image/tiff", "gsd": 20,
            "proj:shape": [SIDE, SIDE], "proj:transform": list(frame.affine)[:6],
            "raster:bands": [{"nodata": 0, "scale": 0.0001, "offset": 0}],
        }},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "zones", "area"),
    [
        ((108.0, 11.0), (32648, 32649), "107.97,10.98,108.03,11.02"),
        ((180.0, -17.0), (32760, 32701), "179.97,-17.02,-179.97,-16.98"),
    ],
    ids=["two zones", "the 180th meridian"],
)
def test_a_seam_of_the_map_leaves_no_seam_in_the_picture(at, zones, area, tmp_path):
    with Server() as server:
        west = around(at[0] - 0.03, at[1], zones[0])
        east = around((at[0] + 0.03 + 180) % 360 - 180, at[1], zones[1])
        items = [tile(server, "48PXT", west, at, 0), tile(server, "49PAA", east, at, 14)]
        told = {"type": "FeatureCollection", "features": items}
        server.files["/items.json"] = json.dumps(told).encode()
        request = FetchRequest(
            area=area, source=f"stac:{server.url}/items.json", start=date(2025, 11, 1),
            end=date(2025, 11, 30), out=tmp_path / "run", cache=tmp_path / "cache",
        )  # fmt: skip
        outcome = run_fetch(request)
        server.shutdown()
    [record] = outcome.records
    cut = run_fetch(replace(request, out=tmp_path / "again", offline=True))
    assert cut.records == outcome.records  # with the network cut
    assert (cut.folder / record.picture).read_bytes() == (
        outcome.folder / record.picture
    ).read_bytes()
    assert len(record.scenes) == 2
    assert record.valid_share == 1
    got, frame, _ = pixels(outcome.folder / record.picture)
    assert 300 < frame.width < 360  # 6.4 km of 20 m, in one piece
    seen = got[0] > 0
    assert (
        np.abs(got[0].astype(int) - slope(frame, at))[seen].max() <= 12
    )  # a pixel is 18 counts


def test_radar_is_in_decibels_and_its_orbit_is_kept(tmp_path):
    with Server() as server:
        frame = around(106.1, 11.0, 32648)
        power = np.full((SIDE, SIDE), 0.1, np.float32)
        power[:50] = 0  # the border of the swath
        assets = {}
        for band in ("vv", "vh"):
            server.files[f"/{band}.tif"] = tiff(power, frame)
            assets[band] = {"href": f"{server.url}/{band}.tif", "type": "image/tiff"}
        ring = frame.extent.to_crs("EPSG:4326").geom
        item = {
            "type": "Feature", "id": "S1A_IW_GRDH_rtc", "collection": "sentinel-1-rtc",
            "geometry": mapping(ring), "assets": assets,
            "properties": {
                "datetime": "2025-11-05T22:45:00Z", "platform": "SENTINEL-1A", "gsd": 20,
                "sat:relative_orbit": 26, "sat:orbit_state": "ascending",
                "proj:epsg": 32648, "proj:transform": list(frame.affine)[:6],
                "proj:shape": [SIDE, SIDE],
            },
        }  # fmt: skip
        told = {"type": "FeatureCollection", "features": [item]}
        server.files["/items.json"] = json.dumps(told).encode()
        w, s, e, n = ring.bounds
        request = FetchRequest(
            area=f"{w + 0.01},{s + 0.01},{e - 0.01},{n}",
            source=f"stac:{server.url}/items.json",
            start=date(2025, 11, 1), end=date(2025, 11, 30),
            out=tmp_path / "run", cache=tmp_path / "cache",
        )  # fmt: skip
        outcome = run_fetch(request)
        server.shutdown()
    [record] = outcome.records
    got, _, names = pixels(outcome.folder / record.picture)
    assert names == ("vv", "vh")
    assert np.nanmedian(got) == pytest.approx(-10)
    assert np.isnan(got[:, :20]).all()
    assert record.valid_share < 0.97
    assert (record.scenes[0]["orbit"], record.scenes[0]["direction"]) == (26, "ascending")


def test_a_folder_of_pictures_is_cut_to_the_area_as_it_is(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    frame = around(106.1, 11.0, 32648)
    plane = np.random.default_rng(1).integers(1, 255, (SIDE, SIDE)).astype(np.uint8)
    (folder / "bavet_20251105.tif").write_bytes(tiff(plane, frame))
    w, s, e, n = frame[100:200, 100:300].extent.to_crs("EPSG:4326").boundingbox
    request = FetchRequest(
        area=f"{w},{s},{e},{n}", source=str(folder), start=date(2025, 11, 1),
        end=date(2025, 11, 30), out=tmp_path / "run", cache=tmp_path / "cache",
    )  # fmt: skip
    plan, _ = plan_of(request)
    assert plan.sensor == "vhr"
    outcome = run_fetch(request)
    got, own, _ = pixels(outcome.folder / outcome.records[0].picture)
    assert got.dtype == np.uint8
    col, row = (round(v) for v in ~frame.affine @ (own.affine.c, own.affine.f))
    assert (got[0] == plane[row : row + own.height, col : col + own.width]).mean() > 0.999


def test_sentinel_hub_is_fetched_like_any_archive(tmp_path, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    with HubServer() as server:
        server.features = [
            {
                "type": "Feature", "id": "S2B_one", "geometry": mapping(BAVET),
                "bbox": list(BAVET.bounds),
                "properties": {"datetime": "2025-11-03T03:30:00+00:00", "eo:cloud_cover": 5.0},
            }
        ]  # fmt: skip
        config = configured(SHConfig(use_defaults=True), server.url, f"{server.url}/token")
        config.sh_client_id, config.sh_client_secret = "fetcher", SECRET
        source = HubSource(name="hub:test", config=config, cache=Cache(tmp_path / "cache"))
        request = FetchRequest(
            area="106.10,11.05,106.12,11.07", source="hub:test", start=date(2025, 11, 1),
            end=date(2025, 11, 30), gsd=40, out=tmp_path / "run", cache=tmp_path / "cache",
        )  # fmt: skip
        outcome = run_fetch(request, source=source)
        server.shutdown()
    assert outcome.code == 0
    [record] = outcome.records
    got, _, names = pixels(outcome.folder / record.picture)
    assert names == ("blue", "green", "red", "nir")
    assert record.valid_share == 1
    assert (got > 0).all()
    assert server.hits["process"] == 2  # the bands together, and the classes
    for path in outcome.folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


def test_composites_of_others_that_still_carry_the_tenth_are_mended_and_told(
    data_dir, tmp_path
):
    folder = tmp_path / "pictures"
    folder.mkdir()
    name = "Charlotte_SteeleCreek_after.tif"
    shutil.copy(data_dir / "s2/umd-urban-pairs/raw_after" / name, folder)
    (folder / "index.csv").write_text(f"file,datetime,sensor\n{name},2024-06-01,sentinel-2\n")
    with rasterio.open(folder / name) as file:
        w, s, e, n = file.bounds
    request = FetchRequest(
        area=f"{w},{s},{e},{n}", source=str(folder), start=date(2024, 6, 1),
        end=date(2024, 6, 1), out=tmp_path / "run", cache=tmp_path / "cache",
    )  # fmt: skip
    outcome = run_fetch(request)
    assert "0.1 is still added" in outcome.notes[0]
    got, _, names = pixels(outcome.folder / outcome.records[0].picture)
    assert names == ("blue", "green", "red", "nir")
    seen = (got > 0).all(axis=0)
    red, nir = (got[names.index(band)][seen].astype(float) for band in ("red", "nir"))
    leaves = nir - red > np.quantile(nir - red, 0.9)
    assert 100 < np.median(red[leaves]) < 850
