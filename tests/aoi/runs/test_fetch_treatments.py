"""What a fetch does to pixels beyond reading them: sharpened, calmed, judged by another."""

import json
import sys
from datetime import date
from importlib.machinery import ModuleSpec
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.transform import from_origin

from aoi.runs import fetch as room
from aoi.runs.fetch import plan_of, run_fetch
from aoi.runs.fetch_request import FetchRequest
from geo.errors import InputError, UsageError
from geo.prepare.cloudless import COMMON
from geo.prepare.masks import Sky
from geo.prepare.radar import from_db
from geo.raster import Raster
from geo.sources.base import Found
from geo.sources.memory import MemorySource
from tests.aoi.runs.catalogue import area, pixels, tiff
from tests.geo.sources.drawn import asset, scene

FINE = GeoBox((400, 400), from_origin(600_000, 1_230_000, 0.5, 0.5), "EPSG:32648")
WIDE = GeoBox((200, 200), from_origin(600_000, 1_230_000, 10, 10), "EPSG:32648")


@pytest.fixture(autouse=True)
def _light_package(monkeypatch):
    """No test here looks at the GeoPackage."""
    monkeypatch.setattr(room, "write_package", lambda *_: None)


@pytest.fixture
def request_of(tmp_path):
    """A function that asks for November 2025."""

    def make(frame, source="memory", **words):
        usual = {
            "area": area(frame), "source": str(source), "start": date(2025, 11, 1),
            "end": date(2025, 11, 30), "out": tmp_path / "run", "cache": tmp_path / "cache",
        }  # fmt: skip
        return FetchRequest(**usual | words)

    return make


@pytest.fixture
def bundle(tmp_path):
    """A folder with 2 m colours and a 0.5 m panchromatic band, and the sharp truth."""
    rng = np.random.default_rng(3)
    sharp = np.full((3, 400, 400), 300, np.float32)
    for _ in range(150):
        row, col = rng.integers(0, 380, 2)
        rows, cols = rng.integers(6, 24, 2)
        colour = rng.uniform(200, 1800, (3, 1, 1))
        sharp[:, row : row + rows, col : col + cols] = colour
    folder = tmp_path / "bundle"
    folder.mkdir()
    coarse = sharp.reshape(3, 100, 4, 100, 4).mean((2, 4)).round().astype(np.uint16)
    wide = FINE.zoom_out(4)
    with rasterio.open(
        folder / "bavet_20251110_MS.tif", "w", driver="GTiff", height=100, width=100, count=3,
        dtype="uint16", crs="EPSG:32648", transform=wide.affine, nodata=0,
    ) as file:  # fmt: skip
        file.write(coarse)
        file.descriptions = ("red", "green", "blue")
    pan = np.tensordot([0.3, 0.4, 0.3], sharp, 1).round().astype(np.uint16)
    (folder / "bavet_20251110_PAN.tif").write_bytes(tiff(pan, FINE))
    return folder, sharp


def inner_of(path, truth, frame):
    """Give what was fetched and the truth on the same pixels."""
    got, own, names = pixels(path)
    col, row = (round(v) for v in ~frame.affine @ (own.affine.c, own.affine.f))
    return got, truth[:, row : row + own.height, col : col + own.width], names


def test_colours_with_a_pan_band_come_sharp_and_it_is_told(bundle, request_of, tmp_path):
    folder, truth = bundle
    sharp = run_fetch(request_of(FINE, folder))
    plain = run_fetch(request_of(FINE, folder, sharpen=None, gsd=0.5, out=tmp_path / "plain"))
    [record] = sharp.records
    assert record.done == ("pan-sharpened, gram-schmidt, 4 to 1",)
    errors = []
    for outcome in (sharp, plain):
        got, there, names = inner_of(outcome.folder / outcome.records[0].picture, truth, FINE)
        assert names == ("red", "green", "blue")
        assert got.dtype == np.uint16
        errors.append(np.abs(got[:, 8:-8, 8:-8] - there[:, 8:-8, 8:-8]).mean())
    assert errors[0] < 0.6 * errors[1]
    with rasterio.open(sharp.folder / record.picture) as file:
        assert file.tags()["PREPARED"] == "pan-sharpened, gram-schmidt, 4 to 1"
    manifest = json.loads((sharp.folder / "manifest.json").read_text())
    assert manifest["parameters"]["sharpen"] == "gram-schmidt"
    assert {one["path"].rpartition("_")[2] for one in manifest["inputs"]} == {
        "MS.tif",
        "PAN.tif",
    }
    assert plain.records[0].done == ()


def test_whoever_asks_for_the_pan_band_gets_all_as_delivered(bundle, request_of):
    outcome = run_fetch(request_of(FINE, bundle[0], bands=("red", "pan")))
    assert outcome.records[0].bands == ("red", "pan")
    assert outcome.records[0].done == ()


def test_a_lost_pan_band_costs_sharpness_and_is_named(bundle, request_of):
    request = request_of(FINE, bundle[0])
    plan, source = plan_of(request)
    assert plan.treatment.helpers == ("pan",)
    (bundle[0] / "bavet_20251110_PAN.tif").write_bytes(b"nothing")

    before = SimpleNamespace(
        name="folder", read=source.read, find=lambda _: Found(scenes=plan.passes[0].scenes)
    )
    outcome = run_fetch(request, source=before)
    [record] = outcome.records
    assert outcome.code == 3
    assert "pan of bavet_20251110" in outcome.gaps[0]
    assert record.picture
    assert record.done == ()


def radar_archive(*, orbits=(26, 26, 26, 26)):
    """Dates of one drawn place in VV: two kinds of ground, speckle of four looks."""
    rng = np.random.default_rng(1)
    truth = np.full((200, 200), 0.05, np.float32)
    truth[:, 100:] = 0.3
    scenes, kept = [], {}
    for number, orbit in enumerate(orbits):
        name = f"S1A_{number}"
        power = (truth * rng.gamma(4, 1 / 4, truth.shape)).astype(np.float32)
        kept[name, "vv"] = Raster(
            bands=power[None], valid=np.ones(power.shape, bool), grid=WIDE, names=("vv",)
        )
        scenes.append(
            scene(name, day=number * 6 + 1, sensor="sentinel-1", platform="sentinel-1a",
                  tile="", orbit=orbit, direction="ascending", cloud=None,
                  assets={"vv": asset("vv", kind="power", gsd=10.0, crs="EPSG:32648")},
                  footprint=WIDE.extent.to_crs("EPSG:4326").geom)
        )  # fmt: skip
    return MemorySource(scenes, kept), truth


@pytest.mark.parametrize(("way", "most"), [("lee", 0.5), ("quegan", 0.75)])
def test_speckle_is_smoothed_beside_what_was_fetched(way, most, request_of):
    source, truth = radar_archive()
    outcome = run_fetch(request_of(WIDE, speckle=way), source=source)
    for record in outcome.records:
        raw, there, _ = inner_of(outcome.folder / record.picture, truth[None], WIDE)
        calm, _, _ = inner_of(outcome.folder / record.calm, truth[None], WIDE)
        away = [np.abs(from_db(one) / there - 1)[:, :, :90].mean() for one in (raw, calm)]
        assert away[1] < most * away[0]
        assert way in record.done[0]
    told = json.loads((outcome.folder / "scenes.json").read_text())
    assert told[0]["calm"] == "rasters/S1A_0_calm.tif"
    again = run_fetch(request_of(WIDE, speckle=way), source=source)
    assert again.records == outcome.records


def test_quegan_keeps_orbits_apart_and_a_date_alone_is_left_to_lee(request_of):
    source, _ = radar_archive(orbits=(26, 26, 128))
    outcome = run_fetch(request_of(WIDE, speckle="quegan"), source=source)
    words = [record.done[0] for record in outcome.records]
    assert ["quegan" in word for word in words] == [True, True, False]
    assert "dates: 2" in words[0]
    assert "lee" in words[2]


def test_optical_pictures_are_not_smoothed(bundle, request_of):
    [record] = run_fetch(request_of(FINE, bundle[0], speckle="lee")).records
    assert record.calm == ""


class Detector:
    """Finds cloud where the cirrus band is bright."""

    def __init__(self, **_):
        pass

    def get_cloud_probability_maps(self, stack):
        return stack[..., COMMON.index("cirrus")] * 10


@pytest.fixture
def level_1c():
    """One scene with all ten bands; cirrus in its upper half, which no colour shows."""
    kept, assets = {}, {}
    for band in {*COMMON, "green"}:
        plane = np.full((200, 200), 3000 if band == "nir" else 500, np.uint16)
        if band == "cirrus":
            plane[:] = 10
            plane[:100] = 900
        kept["a", band] = Raster(bands=plane[None], valid=plane > 0, grid=WIDE, names=(band,))
        assets[band] = asset(band, kind="reflectance", scale=1e-4, gsd=10.0, crs="EPSG:32648")
    ground = WIDE.extent.to_crs("EPSG:4326").geom
    one = scene("a", collection="sentinel-2-l1c", assets=assets, footprint=ground)
    return MemorySource([one], kept)


def test_s2cloudless_says_what_is_cloud_where_it_is_asked_to(
    level_1c, request_of, monkeypatch, tmp_path
):
    module = SimpleNamespace(
        S2PixelCloudDetector=Detector, __spec__=ModuleSpec("s2cloudless", None)
    )
    monkeypatch.setitem(sys.modules, "s2cloudless", module)
    outcome = run_fetch(request_of(WIDE, clouds="s2cloudless"), source=level_1c)
    [record] = outcome.records
    assert record.bands == ("blue", "green", "red", "nir")  # the others helped
    assert record.done == ("cloud by s2cloudless",)
    sky, own, _ = pixels(outcome.folder / record.mask)
    row = round((WIDE.affine.f - own.affine.f) / 10)
    assert (sky[0, 50 - row] == Sky.CLOUD).all()
    assert (sky[0, 150 - row] == Sky.CLEAR).all()
    plain = run_fetch(request_of(WIDE, out=tmp_path / "plain"), source=level_1c)
    assert plain.records[0].cloud_share == 0


def test_s2cloudless_is_refused_where_it_is_not_there_or_bands_are_missing(
    level_1c, request_of, monkeypatch
):
    request = request_of(WIDE, clouds="s2cloudless")
    monkeypatch.setattr("aoi.runs.fetch_plan.installed", lambda: False)
    with pytest.raises(InputError, match="pip install"):
        plan_of(request, level_1c)
    monkeypatch.setattr("aoi.runs.fetch_plan.installed", lambda: True)
    source, _ = radar_archive()
    with pytest.raises(InputError, match="cirrus"):
        plan_of(request, source)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"sharpen": "more"}, "--sharpen takes gram-schmidt, brovey or none, not 'more'"),
        ({"speckle": "boxcar"}, "--speckle takes lee, quegan or none, not 'boxcar'"),
        ({"clouds": "mine"}, "--clouds takes archive or s2cloudless, not 'mine'"),
    ],
)
def test_ways_that_are_none_are_refused_with_all_that_there_are(request_of, words, sentence):
    with pytest.raises(UsageError, match=sentence):
        request_of(WIDE, **words)
