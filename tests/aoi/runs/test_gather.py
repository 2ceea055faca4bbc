"""A scan of an archive: fetched once, told whence, judged like a picture on disk."""

import json
from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from shapely.geometry import box, mapping

from aoi.outputs.leaving import Level
from aoi.review.decisions import DecisionLog
from aoi.review.said import Said
from aoi.runs import pipeline
from aoi.runs.export import ExportRequest, run_export
from aoi.runs.fetch_request import FetchRequest
from aoi.runs.pipeline import run_scan
from aoi.runs.request import Request, typed
from aoi.runs.verify import verify
from geo.errors import InputError, StockadeError, UsageError
from geo.retry import Patience
from geo.sources.http import Limits
from geo.sources.named import Manner
from tests.aoi.runs.catalogue import FRAME, Archive, area
from tests.aoi.runs.conftest import court
from tests.geo.sources.hostile import Server

PLACE = GeoBox((400, 400), from_origin(450_000, 1_250_000, 0.5, 0.5), "EPSG:32648")
NOVEMBER = {"start": date(2025, 11, 1), "end": date(2025, 11, 30)}
AT = datetime(2026, 1, 1, tzinfo=UTC)


def cog(pixels):
    with MemoryFile() as memory:
        with memory.open(
            driver="COG", height=400, width=400, count=3, dtype="uint8",
            crs="EPSG:32648", transform=PLACE.affine, blocksize=256,
        ) as file:  # fmt: skip
            file.write(pixels)
        return memory.read()


def put(server, name, day, *, missing=False):
    """Put a very-high-resolution scene of November on the server."""
    if not missing:
        server.files[f"/{name}.tif"] = cog(court())
    told = json.loads(server.files.get("/items.json", b'{"features": []}'))
    lonlat = box(*PLACE.extent.to_crs("EPSG:4326").boundingbox)
    told["features"].append(
        {
            "type": "Feature",
            "id": name,
            "collection": "open-data",
            "geometry": mapping(lonlat),
            "properties": {
                "datetime": f"2025-11-{day:02d}T03:30:00Z",
                "gsd": 0.5,
                "license": "CC-BY-NC-4.0",
                "providers": [{"name": "Drawn Imaging"}],
            },
            "assets": {
                "visual": {
                    "href": f"{server.url}/{name}.tif?sig=SECRET",
                    "type": "image/tiff",
                    "roles": ["visual"],
                    "proj:code": "EPSG:32648",
                    "proj:shape": [400, 400],
                    "proj:transform": list(PLACE.affine)[:6],
                }
            },
        }
    )
    server.files["/items.json"] = json.dumps({**told, "type": "FeatureCollection"}).encode()


@pytest.fixture
def server(monkeypatch):
    """An archive that answers at once, asked by a program that does not wait long."""

    def manner(self):
        quick = Limits(connect=1, silence=0.5, answer=1)
        patience = Patience(tries=2, first=0.01, longest=0.02)
        return Manner(cache=self.cache, offline=self.offline, patience=patience, limits=quick)

    monkeypatch.setattr(FetchRequest, "manner", property(manner))
    with Server() as server:
        yield server
        server.shutdown()


@pytest.fixture
def request_of(server, tmp_path):
    """A function that asks for a scan of the archive."""

    def make(**words):
        usual = {
            "sources": (f"stac:{server.url}/items.json?token=SECRET",),
            "area": area(PLACE),
            "out": tmp_path / "run",
            "cache": tmp_path / "cache",
            **NOVEMBER,
        }
        return Request(**usual | words)

    return make


def images_of(folder):
    inputs = json.loads((folder / "manifest.json").read_text())["inputs"]
    return [one for one in inputs if one["role"] == "image"], inputs


def test_an_archive_gives_the_compound_that_its_picture_on_disk_gives(
    server, request_of, save, tmp_path
):
    put(server, "one", 3)
    outcome = run_scan(request_of())
    assert outcome.code == 0
    run_scan(Request(sources=(str(save(court())),), area=area(PLACE), out=tmp_path / "disk"))
    fetched, disk = (
        gpd.read_file(folder / "stockade.gpkg", layer="compounds").iloc[0]
        for folder in (tmp_path / "run", tmp_path / "disk")
    )
    assert fetched["area_ha"] == pytest.approx(disk["area_ha"], rel=0.03)
    assert fetched["observed_at"] == "2025-11-03T03:30:00Z"


def test_item_ids_licence_and_credit_are_kept_from_archive_to_hand_over(
    server, request_of, tmp_path
):
    put(server, "one", 3)
    run = run_scan(request_of()).folder
    [image], inputs = images_of(run)
    assert (image["licence"], image["credit"]) == ("CC-BY-NC-4.0", "Drawn Imaging")
    [record] = [one for one in inputs if one["role"] == "fetch"]
    [file] = json.loads((tmp_path / record["path"]).read_text())["inputs"]
    assert (file["scene_id"], file["licence"]) == ("one", "CC-BY-NC-4.0")
    with rasterio.open(tmp_path / image["path"]) as picture:
        assert picture.tags()["SCENES"] == "one"
    assert verify(run).broken is None
    report = (run / "report.html").read_text()
    assert "Drawn Imaging. CC-BY-NC-4.0" in report  # below the picture
    assert "CC-BY-NC-4.0. Drawn Imaging" in report  # in the list of files


def test_what_is_secret_in_an_address_stands_in_no_file(server, request_of, tmp_path):
    put(server, "one", 3)
    request = request_of()
    run_scan(request)
    assert "SECRET" not in repr(request)
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if b"SECRET" in path.read_bytes()]


def test_a_scan_killed_after_its_fetch_asks_for_no_pixel_twice(server, request_of, monkeypatch):
    put(server, "one", 3)
    put(server, "two", 8)

    class Killed(BaseException):
        """Nothing catches this."""

    def dying(*_args):
        raise Killed

    with monkeypatch.context() as plug:
        plug.setattr(pipeline, "judge_scene", dying)
        with pytest.raises(Killed):
            run_scan(request_of())
    asked = [path for _, path, _ in server.log if ".tif" in path]
    assert asked
    outcome = run_scan(request_of())
    assert outcome.code == 0
    assert [path for _, path, _ in server.log if ".tif" in path] == asked
    assert len(images_of(outcome.folder)[0]) == 2


def test_the_same_scan_offline_gives_the_same_names(server, request_of, tmp_path):
    put(server, "one", 3)
    first = run_scan(request_of())
    server.files.clear()
    again = run_scan(request_of(out=tmp_path / "again", offline=True))
    assert [c["id"] for c in again.compounds] == [c["id"] for c in first.compounds]


def test_offline_with_an_empty_cache_nobody_is_asked(server, request_of):
    put(server, "one", 3)
    with pytest.raises(StockadeError):
        run_scan(request_of(offline=True))
    assert list(server.log) == []


def test_a_file_that_cannot_be_had_is_a_gap_and_the_others_are_judged(server, request_of):
    put(server, "one", 3)
    put(server, "lost", 8, missing=True)
    outcome = run_scan(request_of())
    assert outcome.code == 3
    assert len(outcome.compounds) == 1
    assert any("lost" in gap for gap in outcome.gaps)


def test_nobody_is_told_that_a_picture_without_a_mask_is_free_of_cloud(server, request_of):
    put(server, "one", 3)
    run = run_scan(request_of()).folder
    [package] = (run / "place").rglob("stockade.gpkg")
    assert gpd.read_file(package, layer="coverage")["cloud_share"].isna().all()


def test_pixels_too_coarse_for_a_wall_are_refused_before_one_is_fetched(server, request_of):
    archive = Archive(server)
    archive.add("a", 3)
    with pytest.raises(InputError, match=r"10 m.*Nothing was fetched.*stockade monitor"):
        run_scan(request_of(sources=(archive.source,), area=area(FRAME[60:120, 150:210])))
    assert not [path for _, path, _ in server.log if ".tif" in path]


def test_nothing_is_fetched_into_a_folder_that_holds_something_else(
    server, request_of, tmp_path
):
    put(server, "one", 3)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.docx").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.docx"):
        run_scan(request_of())
    assert list(server.log) == []
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.docx"]


def test_an_archive_has_to_know_where_and_when(request_of):
    with pytest.raises(UsageError, match=r"items\.json is an archive.*Add --area and --to"):
        run_scan(request_of(area=None, end=None))


def test_a_licence_told_by_the_analyst_reaches_manifest_report_and_catalogue(save, tmp_path):
    words = {"licence": "CC BY 4.0", "credit": "Maker, 2025"}
    outcome = run_scan(Request(sources=(str(save(court())),), out=tmp_path / "run", **words))
    [image], _ = images_of(outcome.folder)
    assert {key: image[key] for key in words} == words
    report = (outcome.folder / "report.html").read_text()
    assert "Maker, 2025. CC BY 4.0" in report
    [name] = [c["id"] for c in outcome.compounds]
    said = Said(who="ana", candidate=name, verdict="walled_compound")
    DecisionLog(outcome.folder, outcome.run_id).append(said, at=AT)
    wish = ExportRequest(folder=outcome.folder, form="stac", level=Level.PUBLIC)
    left = run_export(wish, at=AT)
    layouts = [
        item["properties"]
        for path in left.folder.rglob("*.json")
        if (item := json.loads(path.read_text())).get("type") == "Feature"
        and "stockade:exact" in item["properties"]
    ]
    assert [one["stockade:imagery_licence"] for one in layouts] == ["CC BY 4.0"]
    assert [one["stockade:imagery_credit"] for one in layouts] == ["Maker, 2025"]
    assert list(left.folder.rglob("chips/*.jpg"))  # an open licence lets the picture leave


def test_a_file_that_tells_its_own_credit_is_heard_unless_the_analyst_knows_better(
    save, tmp_path
):
    path = save(court())
    with rasterio.open(path, "r+") as file:
        file.update_tags(LICENCE="ODbL", TIFFTAG_COPYRIGHT="A. Maker")
    told = run_scan(Request(sources=(str(path),), out=tmp_path / "told"))
    known = run_scan(Request(sources=(str(path),), out=tmp_path / "known", credit="B. Maker"))
    [one], [other] = images_of(told.folder)[0], images_of(known.folder)[0]
    assert (one["licence"], one["credit"]) == ("ODbL", "A. Maker")
    assert (other["licence"], other["credit"]) == ("ODbL", "B. Maker")


def test_a_command_is_written_down_as_typed_without_its_secrets():
    words = [
        "/usr/bin/stockade",
        "scan",
        "stac:https://a.example/c.json?token=SECRET",
        "--json",
    ]
    assert typed(words) == "stockade scan stac:https://a.example/c.json --json"
    told = typed(
        ["stockade", "fetch", "--source=stac:https://a:b@a.example/c?token=SECRET&y=1"]
    )
    assert told == "stockade fetch '--source=stac:https://a.example/c?y=1'"
    assert typed(["stockade", "scan", "my scene.tif"]) == "stockade scan 'my scene.tif'"
    assert typed(["/opt/ipykernel_launcher.py", "-f", "/home/ana/kernel.json"]) == (
        "stockade, from Python"
    )


def test_a_picture_in_bytes_stays_as_it_is_on_the_way(server, request_of):
    put(server, "one", 3)
    run = run_scan(request_of()).folder
    [image], _ = images_of(run)
    with rasterio.open(image["path"]) as picture:
        pixels = picture.read()
        row, col = (
            round((1_250_000 - picture.transform.f) * 2),
            round((picture.transform.c - 450_000) * 2),
        )
    here = court()[:, row : row + pixels.shape[1], col : col + pixels.shape[2]]
    np.testing.assert_array_equal(pixels, here)
