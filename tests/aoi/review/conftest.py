"""A drawn run on the desk, and a browser's half of the talk."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient

from aoi.outputs.manifest import input_of, outputs_of, write_manifest
from aoi.outputs.manifest_read import read_manifest
from aoi.outputs.package import write_package
from aoi.review.app import make_app
from aoi.review.door import Keys
from aoi.runs.review import open_shelf
from tests.aoi.outputs import drawn
from tests.aoi.review.browser import chromium, open_page, serve

__all__ = ["chromium", "open_page", "serve"]

PORT = 8620
HOME = f"http://127.0.0.1:{PORT}"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PARK, FACTORY, SCHOOL, CUT = (f"c-{n:010x}" for n in range(1, 5))
"""The drawn layouts, strongest first; the last is cut by a cloud."""

BUILT, GONE = "x-1", "x-2"
"""The drawn changes, surest first."""


@pytest.fixture(scope="session")
def drawn_once(tmp_path_factory):
    """Draw the run once; the scores carry the name and the bands that a scan gives them."""
    place = tmp_path_factory.mktemp("drawn")
    folder = place / "run"
    folder.mkdir()
    path = folder / "rasters" / "drawn-2025-11-03_scores.tif"
    drawn.write_raster(path, drawn.scores(), drawn.frame(), nodata=255)
    with rasterio.open(path, "r+") as file:
        file.descriptions = drawn.HEADS
    drawn.write_run(folder)
    return place


@pytest.fixture
def run(drawn_once, tmp_path):
    """A run's folder and its picture, to do with as one likes."""
    shutil.copytree(drawn_once, tmp_path, dirs_exist_ok=True)
    manifest = read_manifest(tmp_path / "run" / "manifest.json")
    [picture] = manifest.inputs
    moved = replace(picture, path=str(tmp_path / "drawn scene.tif"), absolute="", from_run="")
    write_manifest(tmp_path / "run" / "manifest.json", replace(manifest, inputs=(moved,)))
    return tmp_path / "run"


EARLIER, LATER = "drawn-2024-01-01", "drawn-2025-11-03"
"""The two dates of the drawn comparison."""


def make_pair(folder):
    """Turn a drawn run into one of two dates: an early roof is gone in the later picture."""
    grid = drawn.frame()
    early = drawn.paint(grid)
    early[:, 380:404, 400:440] = np.array([176, 92, 70])[:, None, None]
    path = drawn.write_raster(folder.parent / "drawn earlier.tif", early, grid)
    layers = drawn.layers()
    layers["changes"] = layers["changes"].assign(
        before_scene=EARLIER, after_scene=LATER, shift_m=0.4, note="May be altered (25 %)."
    )
    write_package(folder / "stockade.gpkg", layers, drawn.UTM)
    manifest = read_manifest(folder / "manifest.json")
    before = input_of(
        path, scene_id=EARLIER, observed_at="2024-01-01T03:20:00Z", gsd_m=drawn.GSD
    )
    write_manifest(
        folder / "manifest.json",
        replace(
            manifest,
            run_id="r-20251103-pair",
            inputs=(before, *manifest.inputs),
            parameters={**manifest.parameters, "registration": {"rule": "drawn"}},
            outputs=outputs_of(folder),
        ),
    )
    return folder


@pytest.fixture
def pair(run):
    """A run of two dates, beside the first one."""
    shutil.copytree(run, run.with_name("pair"))
    return make_pair(run.with_name("pair"))


class Browser:
    """Asks as the page would: with its cookie, its origin and its pass."""

    def __init__(self, app, key):
        self.http = TestClient(app, base_url=HOME, follow_redirects=False)
        self.entered = self.http.get("/", params={"key": key})
        self.passed = {"origin": HOME, "x-stockade-pass": Keys.pass_of(key)}

    def get(self, path, **more):
        return self.http.get(path, **more)

    def say(self, **words):
        return self.http.post("/api/say", json=words, headers=self.passed)

    def undo(self, *, again=False):
        return self.http.post("/api/undo", json={"again": again}, headers=self.passed)

    def rows(self):
        return {row["id"]: row for row in self.get("/api/queue").json()["rows"]}

    def layout(self, name):
        return self.get(f"/api/layout/{name}").json()


class Desks:
    """Opens runs for any number of reviewers; each call is another program."""

    def __init__(self, *folders):
        self.folders = folders

    def open(self, *names, rules=""):
        shelf = open_shelf(self.folders, rules=rules)
        for desk in shelf.desks:
            desk.clock = lambda: NOW
        keys = Keys(names)
        self.app = make_app(shelf, keys, port=PORT)
        return [Browser(self.app, keys.links[name]) for name in names]


@pytest.fixture
def desks(run):
    return Desks(run)


@pytest.fixture
def ana(desks):
    [one] = desks.open("ana")
    return one
