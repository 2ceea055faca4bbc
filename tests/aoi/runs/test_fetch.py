"""The whole journey of a fetch: right pixels, nothing lost in silence, nothing twice."""

import json
from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from aoi.runs import fetch as room
from aoi.runs import fetch_prepare as prepare
from aoi.runs.fetch import plan_of, run_fetch
from aoi.runs.fetch_plan import cost_of_all
from aoi.runs.fetch_request import FetchRequest
from geo.errors import InputError, SourceError, UsageError
from geo.prepare.masks import Sky
from geo.read import open_image
from geo.retry import Patience
from geo.sources.http import Limits
from geo.sources.named import Manner, open_source
from tests.aoi.runs.catalogue import FRAME, Archive, area, pixels
from tests.geo.sources import hostile
from tests.geo.sources.hostile import Server

PATIENCE = [3]
"""Tries of one request."""

WINDOW = FRAME[60:360, 150:450]


@pytest.fixture(autouse=True)
def _light_package(request, monkeypatch):
    """Write the GeoPackage only where a test looks at it: it takes longer than all the rest."""
    if not request.node.get_closest_marker("slow") or "point" in request.fixturenames:
        monkeypatch.setattr(room, "write_package", lambda *_: None)


@pytest.fixture
def archive():
    """Two clear scenes and a cloudy one."""
    with Server() as server:
        archive = Archive(server)
        archive.add("a", 3)
        archive.add("b", 8, cloudy=slice(0, 200))
        archive.add("c", 13)
        yield archive
        server.shutdown()


@pytest.fixture
def request_of(archive, tmp_path, monkeypatch):
    """A function that makes a request, of a program that does not wait long."""
    quick = Limits(connect=1, silence=0.5, answer=1)

    def manner(self) -> Manner:
        return Manner(
            cache=self.cache,
            offline=self.offline,
            refresh=self.refresh,
            patience=Patience(tries=PATIENCE[0], first=0.01, longest=0.02),
            limits=quick,
        )

    monkeypatch.setattr(FetchRequest, "manner", property(manner))

    def make(**words) -> FetchRequest:
        usual = {
            "area": area(WINDOW),
            "source": archive.source,
            "start": date(2025, 11, 1),
            "end": date(2025, 11, 30),
            "out": tmp_path / "run",
            "cache": tmp_path / "cache",
        }
        return FetchRequest(**usual | words)

    return make


def corner(frame) -> tuple[int, int]:
    """Tell at which row and column of the archive's frame another begins."""
    return (
        round((FRAME.affine.f - frame.affine.f) / 10),
        round((frame.affine.c - FRAME.affine.c) / 10),
    )


def test_pixels_are_those_of_the_archive_on_its_own_lines(archive, request_of):
    outcome = run_fetch(request_of())
    assert outcome.code == 0
    assert [r.id for r in outcome.records] == ["a", "b", "c"]
    got, frame, names = pixels(outcome.folder / outcome.records[0].picture)
    assert names == ("blue", "green", "red", "nir")
    row, col = corner(frame)
    there = slice(row, row + frame.height), slice(col, col + frame.width)
    for plane, band in zip(got, names, strict=True):
        assert (plane == archive.truth[band][there]).all()


def test_a_scene_knows_when_it_was_taken_and_says_what_its_numbers_are(request_of):
    outcome = run_fetch(request_of())
    image = open_image(outcome.folder / outcome.records[0].picture)
    assert image.time.isoformat() == "2025-11-03T03:30:00+00:00"
    assert image.names == ("blue", "green", "red", "nir")
    assert image.nodata == 0
    with rasterio.open(image.path) as file:
        assert file.tags()["UNIT"] == "reflectance x 10000"
        assert "Copernicus" in file.tags()["CREDIT"]


def test_an_added_tenth_that_the_archive_denies_is_taken_off_and_told(archive, request_of):
    archive.add("wrong", 18, added=0.1)
    outcome = run_fetch(request_of())
    assert "wrong" in outcome.notes[0]
    assert "0.1 is still added" in outcome.notes[0]
    first, last = (pixels(outcome.folder / outcome.records[i].picture)[0] for i in (0, 3))
    assert np.abs(first.astype(int) - last).max() <= 1
    file = outcome.records[3].files[0]
    assert (file["offset_told"], file["offset"]) == (0.0, -0.1)


def test_a_roof_that_the_archive_takes_for_cloud_is_clear_and_clouds_are_not(request_of):
    outcome = run_fetch(request_of())
    sky, frame, names = pixels(outcome.folder / outcome.records[0].mask)
    assert names == ("sky", "archive")
    row, col = corner(frame)
    assert sky[0, 104 - row, 305 - col] == Sky.CLEAR
    assert sky[1, 104 - row, 305 - col] == Sky.CLOUD
    assert outcome.records[0].clear_share == 1
    assert 0.4 < outcome.records[1].cloud_share < 0.6


def test_a_hall_too_large_to_be_told_from_cloud_on_one_day_is_clear_on_five(
    archive, request_of
):
    archive.items.clear()
    for number, day in enumerate(range(2, 17, 3)):
        cloudy = slice(150, 300) if number == 2 else None
        archive.add(f"h{number}", day, hall=True, cloudy=cloudy)
    four = run_fetch(request_of(end=date(2025, 11, 13), out=request_of().out / "../four"))
    five = run_fetch(request_of())
    for outcome, expected in ((four, Sky.CLOUD), (five, Sky.CLEAR)):
        sky, frame, _ = pixels(outcome.folder / outcome.records[0].mask)
        row, col = corner(frame)
        assert sky[0, 220 - row, 220 - col] == expected
    under, frame, _ = pixels(five.folder / five.records[2].mask)
    row, col = corner(frame)
    assert under[0, 220 - row, 220 - col] == Sky.CLOUD  # a real cloud, over the hall
    assert five.records[0].clear_share > four.records[0].clear_share


def test_a_composite_leaves_clouds_behind_and_counts_its_looks(archive, request_of):
    outcome = run_fetch(request_of(composite="median"))
    got, frame, _ = pixels(outcome.folder / outcome.composite)
    row, col = corner(frame)
    truth = archive.truth["red"][row : row + frame.height, col : col + frame.width]
    assert np.abs(got[2].astype(int) - truth).max() <= 1
    looks, _, names = pixels(outcome.folder / "rasters/composite_median_count.tif")
    assert names == ("looks", "look")
    assert set(np.unique(looks[0])) == {2, 3}


def test_the_second_run_asks_for_nothing(archive, request_of, tmp_path):
    first = run_fetch(request_of())
    archive.server.shutdown()
    archive.server.server_close()
    asked = len(archive.server.log)
    second = run_fetch(request_of(out=tmp_path / "again", offline=True))
    assert second.code == 0
    assert len(archive.server.log) == asked
    for one, other in zip(first.records, second.records, strict=True):
        a, b = first.folder / one.picture, second.folder / other.picture
        assert a.read_bytes() == b.read_bytes()


def test_only_windows_are_read(archive, request_of):
    small = FRAME[10:60, 10:60]
    run_fetch(request_of(area=area(small)))
    files = sum(len(b) for p, b in archive.server.files.items() if p.startswith("/a/"))
    sent = sum(
        int(span.split("-")[1]) - int(span.removeprefix("bytes=").split("-")[0])
        for _, path, span in archive.server.log
        if path.startswith("/a/")
    )
    assert sent < 0.5 * files


@pytest.mark.slow
def test_a_bad_file_is_named_and_counted_and_its_date_shows_no_black_ground(
    archive, request_of
):
    del archive.server.files["/b/nir.tif"]
    outcome = run_fetch(request_of())
    assert outcome.code == 3
    assert len(outcome.gaps) == 1
    assert "nir of b" in outcome.gaps[0]
    assert [bool(r.picture) for r in outcome.records] == [True, False, True]
    assert outcome.records[1].valid_share == 0
    coverage = gpd.read_file(outcome.folder / "stockade.gpkg", layer="coverage")
    assert "nir of b" in coverage.set_index("scene_id").loc["b", "reason"]
    assert (coverage.set_index("scene_id").loc[["a", "c"], "reason"].fillna("") == "").all()


def test_a_scene_of_which_nothing_can_be_had_does_not_end_the_others(archive, request_of):
    for path in [p for p in archive.server.files if p.startswith("/b/")]:
        del archive.server.files[path]
    outcome = run_fetch(request_of())
    assert [bool(r.picture) for r in outcome.records] == [True, False, True]
    assert outcome.code == 3
    assert outcome.records[1].valid_share == 0


def test_when_nothing_can_be_had_at_all_it_could_not(archive, request_of):
    archive.server.files = {"/items.json": archive.server.files["/items.json"]}
    with pytest.raises(SourceError, match="Not one scene"):
        run_fetch(request_of())


def test_a_date_whose_class_band_is_lost_is_named_and_never_the_clearest(archive, request_of):
    del archive.server.files["/b/scl.tif"]
    outcome = run_fetch(request_of(composite="least_cloudy"))
    assert "scl of b" in outcome.gaps[0]
    assert (outcome.records[1].picture, outcome.records[1].clear_share) == ("", 0)
    with rasterio.open(outcome.folder / "rasters/composite_least_cloudy_count.tif") as file:
        assert file.tags()["LOOKS"] == "a c"


def test_a_failed_file_is_tried_again_by_the_same_command(archive, request_of):
    lost = archive.server.files.pop("/b/nir.tif")
    assert run_fetch(request_of()).code == 3
    archive.server.files["/b/nir.tif"] = lost
    before = len(archive.server.log)
    outcome = run_fetch(request_of())
    assert outcome.code == 0
    assert {path.split("?")[0] for _, path, _ in archive.server.log[before:]} <= {"/b/nir.tif"}


@pytest.mark.slow
@pytest.mark.parametrize("point", ["write_pass", "finish", "look_again", "write_package"])
def test_killed_anywhere_it_goes_on_and_asks_for_nothing_twice(
    archive, request_of, tmp_path, monkeypatch, point
):
    whole = run_fetch(request_of(out=tmp_path / "whole", cache=tmp_path / "other"))

    before = len(archive.server.log)

    class Killed(BaseException):
        """Nothing catches this."""

    calls = []
    where = prepare if point in ("write_pass", "finish") else room
    real = getattr(where, point)

    def dying(*args, **words):
        calls.append(None)
        if len(calls) == min(2, 1 if point in ("look_again", "write_package") else 2):
            raise Killed
        return real(*args, **words)

    monkeypatch.setattr(where, point, dying)
    with pytest.raises(Killed):
        run_fetch(request_of())
    monkeypatch.setattr(where, point, real)
    log = [(path, span) for _, path, span in archive.server.log]
    outcome = run_fetch(request_of())
    fresh = [(path, span) for _, path, span in archive.server.log[len(log) :]]
    assert not set(fresh) & set(log[before:])
    assert outcome.records == whole.records
    for name in [name for r in whole.records for name in (r.picture, r.mask)]:
        assert (whole.folder / name).read_bytes() == (outcome.folder / name).read_bytes()


@pytest.mark.parametrize(
    "mood", [hostile.status(503), hostile.reset, hostile.truncated, hostile.web_page]
)
def test_a_bad_day_of_the_server_changes_no_pixel(archive, request_of, tmp_path, mood, request):
    calm = run_fetch(request_of(out=tmp_path / "calm", cache=tmp_path / "other"))

    def now_and_then(handler, body):
        now_and_then.count += 1
        return now_and_then.count % 3 == 0 and mood(handler, body)

    now_and_then.count = 0
    PATIENCE[0] = 9
    request.addfinalizer(lambda: PATIENCE.__setitem__(0, 3))
    archive.server.spoil(*[now_and_then] * 200)
    rough = run_fetch(request_of())
    assert rough.code == 0
    assert rough.records == calm.records
    for one in calm.records:
        assert (calm.folder / one.picture).read_bytes() == (
            rough.folder / one.picture
        ).read_bytes()


def test_nothing_secret_is_left_anywhere(archive, request_of, tmp_path, caplog):
    caplog.set_level("DEBUG", logger="geo")
    request = request_of(source=f"{archive.source}?token=SECRET")
    outcome = run_fetch(request)
    assert any("sig=SECRET" in path for _, path, _ in archive.server.log)
    told = repr(request) + repr(request.parameters()) + repr(outcome) + caplog.text
    told += repr(open_source(request.source, request.manner))
    for path in [*outcome.folder.rglob("*"), *(tmp_path / "cache").rglob("*.json*")]:
        if path.is_file():
            told += path.read_bytes().decode("latin-1")
    assert "SECRET" not in told


def test_the_manifest_names_every_window_its_hash_its_licence_and_its_credit(request_of):
    outcome = run_fetch(request_of())
    told = json.loads((outcome.folder / "manifest.json").read_text())
    assert len(told["inputs"]) == 3 * 5
    one = told["inputs"][0]
    assert one["path"].endswith("/a/blue.tif")
    assert len(one["sha256"]) == 64
    assert "Sentinel" in one["licence"]
    assert "2025" in one["credit"]
    assert {o["path"] for o in told["outputs"]} >= {
        "scenes.json",
        "rasters/a.tif",
    }
    scenes = json.loads((outcome.folder / "scenes.json").read_text())
    assert scenes[0]["files"][0]["check"].startswith("fine")


def test_a_plan_costs_nothing_and_tells_what_would(archive, request_of):
    plan, _ = plan_of(request_of())
    assert [path for _, path, _ in archive.server.log] == ["/items.json"]
    cost = cost_of_all(plan)
    sizes = sum(len(b) for p, b in archive.server.files.items() if p.endswith(".tif"))
    assert 0.2 * sizes / 1e6 < cost.megabytes < 5 * sizes / 1e6
    assert cost.requests >= 15


def test_clouds_beyond_the_limit_are_not_fetched(request_of):
    plan, _ = plan_of(request_of(cloud=0.2))
    assert [p.id for p in plan.passes] == ["a", "c"]


def test_bands_are_chosen_by_name_and_a_wrong_name_is_told_the_right_ones(request_of):
    outcome = run_fetch(request_of(bands=("red",)))
    assert outcome.records[0].bands == ("red",)
    with pytest.raises(InputError, match="swir99"):
        plan_of(request_of(bands=("swir99",)))


def test_days_without_scenes_say_what_to_widen(request_of):
    with pytest.raises(InputError, match="Widen the days"):
        plan_of(request_of(start=date(2025, 11, 20)))


def test_two_deliveries_of_one_scene_are_one_and_the_loser_is_told(archive, request_of):
    archive.add("a_old", 3, **{"s2:processing_baseline": "02.14"})
    archive.items[0]["properties"]["s2:processing_baseline"] = "05.11"
    archive.server.files["/items.json"] = json.dumps(
        {"type": "FeatureCollection", "features": archive.items}
    ).encode()
    outcome = run_fetch(request_of())
    assert [r.id for r in outcome.records] == ["a", "b", "c"]
    assert outcome.records[0].superseded == ("a_old: a is newer",)


@pytest.mark.parametrize(
    "words",
    [
        {"start": date(2026, 1, 1)},
        {"cloud": 40.0},
        {"composite": "mean"},
        {"workers": 0},
        {"offline": True, "refresh": True},
    ],
)
def test_what_cannot_be_meant_is_refused(request_of, words):
    with pytest.raises(UsageError):
        request_of(**words)


def test_another_command_does_not_overwrite_the_folder(request_of):
    run_fetch(request_of())
    with pytest.raises(UsageError, match="--overwrite"):
        run_fetch(request_of(gsd=20))
    assert run_fetch(replace(request_of(gsd=20), overwrite=True)).code == 0
