"""A monitor from dated pictures to a folder: brackets, nothing lost, sentences for faults."""

import csv
import json
import sqlite3
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from shapely.geometry import box

from aoi.outputs.tables_csv import CURVES, EVENTS
from aoi.runs import fetch_prepare
from aoi.runs.ledger import Ledger
from aoi.runs.monitor_plan import plan_monitor
from aoi.runs.monitor_request import MonitorRequest
from aoi.runs.monitor_tell import run_monitor
from geo.errors import InputError, UsageError
from geo.grid import Grid
from geo.raster import Raster
from geo.scene import Asset, Scene
from geo.sources.memory import MemorySource
from geo.sources.named import open_source
from tests.aoi.runs.series_world import LEFT, TOP, moment

SIDE = 40
"""Pixels of the drawn ground: 400 m."""

SITE = np.s_[12:28, 12:28]
"""160 m of it."""

START = 18_262.0
"""The first of January 2020."""

WHEN = START + np.arange(0, 365.25 * 2.5, 42)
"""22 looks."""

BUILT = START + 400
"""The day on which building begins."""

FIRST = int(np.flatnonzero(WHEN >= BUILT)[0])


def ground(look, *, built=True):
    """Draw fields with, from ``BUILT`` on, a yard with roofs; (3, H, W) uint8 RGB."""
    rng = np.random.default_rng(look)
    picture = np.empty((3, SIDE, SIDE))
    picture[:] = np.array([70, 80, 50])[:, None, None]
    picture += 12 * np.sin(np.arange(SIDE) / 3)[None, None]
    if built and WHEN[look] >= BUILT:
        picture[:, *SITE] = np.array([150, 120, 85])[:, None, None]
        picture[:, 14:26:4, 14:26] = np.array([170, 185, 200])[:, None, None]
    return np.clip(picture + rng.normal(0, 2, picture.shape), 1, 255).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    """22 dated 8-bit pictures; two of them all cloud, one of them right after the change."""
    there = tmp_path / "pictures"
    for look in range(len(WHEN)):
        picture = ground(look)
        if look in (5, FIRST):
            picture[:] = np.random.default_rng(look).integers(225, 250, picture.shape)
        save(there / f"{moment(WHEN[look]):%Y-%m-%d}.tif", picture)
    return there


def save(path, picture):
    path.parent.mkdir(exist_ok=True)
    frame = rasterio.transform.from_origin(LEFT, TOP, 10, 10)
    count, height, width = picture.shape
    with rasterio.open(
        path, "w", driver="GTiff", dtype=picture.dtype, count=count, height=height,
        width=width, crs="EPSG:32648", transform=frame,
    ) as file:  # fmt: skip
        file.write(picture)


def outline(rows=slice(2, 38), cols=slice(2, 38)):
    """Outline pixels of the ground, in degrees."""
    shape = box(LEFT + 10 * cols.start, TOP - 10 * rows.stop,
                LEFT + 10 * cols.stop, TOP - 10 * rows.start)  # fmt: skip
    return gpd.GeoSeries([shape], crs="EPSG:32648").to_crs("EPSG:4326").iloc[0]


def words(source, out, **more):
    area = ",".join(f"{v:.6f}" for v in outline().bounds)
    usual = {"area": area, "sources": (str(source),), "start": date(2019, 1, 1),
             "end": date(2023, 1, 1), "out": out, "workers": 1}  # fmt: skip
    return MonitorRequest(**{**usual, **more})


def rows(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_a_folder_of_dated_pictures_becomes_a_bracket_between_usable_looks(folder, tmp_path):
    outcome = run_monitor(words(folder, tmp_path / "run"))
    [event] = outcome.events
    assert event["kind"] == "built"
    assert event["begun_after"] == moment(WHEN[FIRST - 1])
    assert event["begun_before"] == moment(WHEN[FIRST + 1])  # FIRST itself is all cloud
    assert event["before_scene"] == f"{moment(WHEN[FIRST - 1]):%Y-%m-%d}"
    assert 1.5 < event["area_ha"] < 4.0
    assert outcome.code == 0

    run = tmp_path / "run"
    changes = gpd.read_file(run / "stockade.gpkg", layer="changes")
    assert changes["kind"].tolist() == ["built"]
    assert changes["last_without"].tolist() == [f"{moment(WHEN[FIRST - 1]):%Y-%m-%d}T00:00:00Z"]
    assert changes["first_with"].tolist() == [f"{moment(WHEN[FIRST + 1]):%Y-%m-%d}T00:00:00Z"]
    assert changes.crs.to_epsg() == 32648
    coverage = gpd.read_file(run / "stockade.gpkg", layer="coverage")
    assert (coverage["tile_id"] == "area").sum() == len(WHEN)
    hidden = coverage[coverage["tile_id"] == "p001"]
    assert set(hidden["scene_id"]) == {f"{moment(WHEN[i]):%Y-%m-%d}" for i in (5, FIRST)}

    [written] = rows(run / "events.csv")
    assert tuple(written) == EVENTS.names
    assert written["begun_before"] == f"{moment(WHEN[FIRST + 1]):%Y-%m-%d}T00:00:00Z"
    curve = rows(run / "curves.csv")
    assert tuple(curve[0]) == CURVES.names
    assert len(curve) == len(WHEN)
    assert [row["usable"] for row in curve].count("False") == 2
    assert (run / "curves" / "p001-pictures.png").stat().st_size > 2000
    page = (run / "report.html").read_text()
    assert "between 2021-" in page
    assert '<svg class="curve"' in page
    with zipfile.ZipFile(run / "stockade.qgz") as bundle:  # the time slider
        project = bundle.read("stockade.qgs").decode()
    assert "to_datetime(&quot;last_without&quot;)" in project
    assert "to_datetime(&quot;first_with&quot;)" in project
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["counts"]["built"] == 1
    assert len(manifest["inputs"]) == len(WHEN)


class Killed(BaseException):
    """What kill does to a program."""


def left(run):
    """All files that must come out the same; the manifest tells the time."""
    return {
        path.relative_to(run).as_posix(): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and ".stockade" not in path.parts
        and path.name not in {"manifest.json", "report.html"}
    }  # fmt: skip


@pytest.mark.slow
def test_a_monitor_killed_again_and_again_does_nothing_twice(folder, tmp_path, monkeypatch):
    """It dies in the middle of the pictures, after them, and after the map of effects."""
    request = words(folder, tmp_path / "killed")
    run_monitor(replace(request, out=tmp_path / "straight"))
    finished = []
    whole = Ledger.finish

    def dying(self, key, name, *rest, **more):
        if len(finished) in deaths:
            deaths.remove(len(finished))
            raise Killed
        assert key not in finished
        finished.append(key)
        whole(self, key, name, *rest, **more)

    deaths = [4, len(WHEN), len(WHEN) + 1]
    monkeypatch.setattr(Ledger, "finish", dying)
    while deaths:
        with pytest.raises(Killed):
            run_monitor(request)
    run_monitor(request)
    assert len(finished) == len(WHEN) + 2
    assert left(tmp_path / "killed") == left(tmp_path / "straight")


def test_a_later_last_day_keeps_what_is_prepared(folder, tmp_path, monkeypatch):
    early = moment(WHEN[FIRST + 2]).date()
    first = run_monitor(words(folder, tmp_path / "run", end=early))
    prepared = []
    write = fetch_prepare.write_pass

    def counting(one, *rest):
        prepared.append(one.id)
        return write(one, *rest)

    monkeypatch.setattr(fetch_prepare, "write_pass", counting)
    later = run_monitor(words(folder, tmp_path / "run"))
    assert first.run_id == later.run_id
    assert first.events == ()  # two looks are no state yet
    assert len(later.events) == 1
    assert sorted(prepared) == [f"{moment(day):%Y-%m-%d}" for day in WHEN[FIRST + 3 :]]


def test_outlines_somebody_asks_about_get_an_answer_each(folder, tmp_path):
    asked = gpd.GeoDataFrame(
        {"id": ["yard", "field"]},
        geometry=[outline(*SITE), outline(slice(3, 9), slice(3, 30))],
        crs="EPSG:4326",
    )
    asked.to_file(tmp_path / "asked.geojson")
    outcome = run_monitor(words(folder, tmp_path / "run", places=tmp_path / "asked.geojson"))
    changes = gpd.read_file(tmp_path / "run" / "stockade.gpkg", layer="changes")
    assert changes.set_index("building_id")["kind"].to_dict() == {
        "yard": "built", "field": "unchanged",
    }  # fmt: skip
    silent = changes[changes["kind"] == "unchanged"].iloc[0]
    assert silent["note"].startswith("No change, and one would have been seen.")
    last = f"{moment(WHEN[-3]):%Y-%m-%d}"  # a change that only two looks show is not told
    assert silent["last_without"] == f"{last}T00:00:00Z"
    assert f"nor, yet, one after {last}" in silent["note"]
    assert outcome.unsure == ()


def test_a_place_of_which_most_lies_beyond_the_area_is_no_answer(tmp_path):
    there = tmp_path / "pictures"
    for look, day in enumerate(WHEN):
        save(there / f"{moment(day):%Y-%m-%d}.tif", ground(look, built=False))
    long = box(LEFT + 60, TOP - 300, LEFT + 9000, TOP - 100)
    gpd.GeoSeries([long], crs="EPSG:32648").to_file(tmp_path / "asked.gpkg")
    outcome = run_monitor(words(there, tmp_path / "run", places=tmp_path / "asked.gpkg"))
    assert outcome.code == 3
    changes = gpd.read_file(tmp_path / "run" / "stockade.gpkg", layer="changes")
    assert changes["kind"].tolist() == ["not_observable"]
    assert "Only 9% of it lies in the area" in outcome.unsure[0]


def test_a_place_that_clouds_hide_is_not_observable_and_ends_with_three(tmp_path):
    there = tmp_path / "pictures"
    for look, day in enumerate(WHEN):
        picture = ground(look, built=False)
        if look % 8:
            picture[:, 4:20, 4:20] = 0  # nodata: cut out by the analyst
        save(there / f"{moment(day):%Y-%m-%d}.tif", picture)
    for path in there.iterdir():
        with rasterio.open(path, "r+") as file:
            file.nodata = 0
    hidden = outline(slice(6, 18), slice(6, 18))
    gpd.GeoSeries([hidden], crs="EPSG:4326").to_file(tmp_path / "asked.gpkg")
    outcome = run_monitor(words(there, tmp_path / "run", places=tmp_path / "asked.gpkg"))
    assert outcome.code == 3
    assert "Only 3 of 22 looks show the place" in outcome.unsure[0]
    changes = gpd.read_file(tmp_path / "run" / "stockade.gpkg", layer="changes")
    assert changes["kind"].tolist() == ["not_observable"]


def test_ground_on_which_nothing_happens_leaves_an_empty_layer_and_says_so(tmp_path):
    there = tmp_path / "pictures"
    for look, day in enumerate(WHEN):
        save(there / f"{moment(day):%Y-%m-%d}.tif", ground(look, built=False))
    outcome = run_monitor(words(there, tmp_path / "run"))
    assert (outcome.events, outcome.code) == ((), 0)
    assert all((tmp_path / "run" / name).exists() for name in outcome.files)
    assert "curves" not in outcome.files
    assert "No lasting change of 0.5 hectares" in (tmp_path / "run" / "report.html").read_text()
    with sqlite3.connect(tmp_path / "run" / "stockade.gpkg") as db:
        assert db.execute("SELECT count(*) FROM changes").fetchone() == (0,)


def test_ground_that_was_seen_too_seldom_is_no_ground_without_changes(tmp_path):
    there = tmp_path / "pictures"
    for look in range(0, 18, 3):
        picture = ground(look, built=False)
        if look in (3, 9):
            picture[:] = np.random.default_rng(look).integers(225, 250, picture.shape)
        save(there / f"{moment(WHEN[look]):%Y-%m-%d}.tif", picture)
    outcome = run_monitor(words(there, tmp_path / "run"))
    assert (outcome.events, outcome.code) == ((), 3)
    [why] = outcome.unsure
    assert why.startswith("100 % of the area: fewer than 6 usable looks there (3 before a")
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Cannot tell: 100 % of the area" in page


def test_years_without_a_look_that_no_season_bridges_are_told(tmp_path):
    there = tmp_path / "pictures"
    for look in range(8):
        day = WHEN[look] + (1990 if look > 3 else 0)
        save(there / f"{moment(day):%Y-%m-%d}.tif", ground(look, built=False))
    outcome = run_monitor(words(there, tmp_path / "run", end=date(2027, 1, 1)))
    assert outcome.code == 3
    assert outcome.unsure[0].startswith("Between 2020-03-25 and 2026-01-09")


FRAME = Grid((SIDE, SIDE), rasterio.transform.from_origin(LEFT, TOP, 10, 10), "EPSG:32648")


def radar_scene(look, orbit):
    """A radar look: roofs throw back 8 dB more."""
    rng = np.random.default_rng(1000 * orbit + look)
    power = np.full((2, SIDE, SIDE), 0.05) * rng.gamma(4.4, 1 / 4.4, (2, SIDE, SIDE))
    if WHEN[look] + orbit >= BUILT:
        power[:, *SITE] *= 6.3
    asset = Asset(key="vv+vh", href=f"mem/{look}-{orbit}", bands=("vv", "vh"), kind="power",
                  gsd=10.0, crs="EPSG:32648")  # fmt: skip
    scene = Scene(id=f"S1A_{orbit}_{look}", time=moment(WHEN[look] + orbit),
                  footprint=outline(slice(0, SIDE), slice(0, SIDE)), assets={"vv+vh": asset},
                  sensor="sentinel-1", platform="sentinel-1a", orbit=orbit, source="memory",
                  direction="descending" if orbit == 18 else "ascending")  # fmt: skip
    seen = np.ones((SIDE, SIDE), bool)
    return scene, Raster(bands=power.astype(np.float32), valid=seen, grid=FRAME)


def radar_archive(looks, *, orbits=(18, 26)):
    made = [radar_scene(look, orbit) for look in looks for orbit in orbits]
    pixels = {(scene.id, "vv+vh"): raster for scene, raster in made}
    return MemorySource([scene for scene, _ in made], pixels)


def test_radar_of_two_orbits_is_two_series_that_narrow_one_bracket(tmp_path):
    request = words("memory", tmp_path / "run")
    archives = {"memory": radar_archive(range(2, 20))}
    plan = plan_monitor(request, archives)
    assert [one.name for one in plan.series] == [
        "sentinel-1 ascending 26", "sentinel-1 descending 18",
    ]  # fmt: skip
    outcome = run_monitor(request, archives=archives)
    [event] = outcome.events
    assert event["kind"] == "built"
    assert set(event["series"].split("; ")) == {one.name for one in plan.series}
    assert event["begun_after"] < moment(BUILT) <= event["begun_before"]
    assert event["bracket_days"] < 42  # each orbit alone comes every 42 days


def test_pictures_and_radar_agree_on_one_change(folder, tmp_path):
    request = words(folder, tmp_path / "run", sources=(str(folder), "memory"))
    archives = {str(folder): open_source(str(folder)), "memory": radar_archive(range(2, 20))}
    outcome = run_monitor(request, archives=archives)
    [event] = outcome.events
    assert len(event["series"].split("; ")) == 3
    assert event["begun_after"] < moment(BUILT) <= event["begun_before"]
    assert event["confidence"] > 0.9


@pytest.mark.parametrize(
    ("looks", "match"),
    [([], "no picture|None of the sources|holds no"), ([3], "wants 6 dates at least"),
     ([1, 2, 3, 4], "on 4")],
)  # fmt: skip
def test_too_few_dates_are_one_sentence(tmp_path, looks, match):
    there = tmp_path / "pictures"
    there.mkdir()
    for look in looks:
        save(there / f"{moment(WHEN[look]):%Y-%m-%d}.tif", ground(look))
    with pytest.raises(InputError, match=match):
        run_monitor(words(there, tmp_path / "run"))


def test_pictures_elsewhere_are_one_sentence(folder, tmp_path):
    with pytest.raises(InputError, match="None of the sources has a picture"):
        run_monitor(words(folder, tmp_path / "run", area="10.0,50.0,10.1,50.1"))


@pytest.mark.parametrize(
    ("bad", "match"),
    [({"min_area": 0.0}, "--min-area"), ({"coordinates": -1.0}, "--coordinates"),
     ({"sources": ()}, "--source"), ({"end": date(2018, 1, 1)}, "--from")],
)  # fmt: skip
def test_words_that_cannot_be_meant_are_refused(tmp_path, bad, match):
    with pytest.raises(UsageError, match=match):
        words("somewhere", tmp_path, **bad)


def test_another_run_is_not_written_over(folder, tmp_path):
    early = datetime(2020, 12, 1, tzinfo=UTC).date()
    run_monitor(words(folder, tmp_path / "run", end=early))
    with pytest.raises(UsageError, match="another run"):
        run_monitor(words(folder, tmp_path / "run", min_area=2.0))
