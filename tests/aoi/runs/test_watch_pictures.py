"""A watch of real files: pairs compared, series monitored, archives asked, each thing once."""

import json
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from shapely.geometry import box, mapping

from aoi.runs import fetch_prepare
from aoi.runs.fetch_request import FetchRequest
from aoi.runs.ledger_surveys import Surveys
from aoi.runs.look import COARSEST
from aoi.runs.watch import Hands, open_memory, run_once
from aoi.runs.watch_config import Telling, Watch, WatchedArea
from aoi.runs.watch_eyes import Scan
from aoi.runs.watch_status import status_of
from aoi.runs.watch_surveyor import Compare
from aoi.runs.watch_take import story_of
from aoi.runs.watch_visits import SHARPEST
from geo.retry import Patience
from geo.sources import named
from geo.sources.http import Limits
from tests.aoi.runs.catalogue import FRAME, Archive, area
from tests.aoi.runs.clock import Clock
from tests.aoi.runs.judged_year import raised
from tests.aoi.runs.pair_world import LEFT, SIDE, TOP, cloud, place
from tests.aoi.runs.series_world import moment
from tests.aoi.runs.test_monitor import FIRST, WHEN, ground, outline
from tests.aoi.runs.test_monitor import save as save_look
from tests.geo.sources.hostile import Server

EARLY, LATE = "abcdefg", "abcefgh"
"""Roofs that stand: d is demolished, h is built."""


@pytest.fixture(autouse=True)
def _pair_net(monkeypatch, colour_net, tmp_path):
    monkeypatch.setattr("aoi.runs.compare.load_net", lambda _path=None: colour_net)
    monkeypatch.setenv("STOCKADE_CACHE", str(tmp_path / "cache"))


def walled(roofs, **more):
    """The place of nine roofs, with a wall around it and a gate of four metres."""
    picture = place(*roofs, **more)
    a, b = 30, 340
    for line in (np.s_[a : a + 3, a:b], np.s_[b - 3 : b, a:b], np.s_[a:b, a : a + 3],
                 np.s_[a:b, b - 3 : b]):  # fmt: skip
        picture[:, *line] = np.array([255, 0, 0])[:, None, None]
    picture[:, b - 3 : b, 181:189] = 105
    return picture


def watch_of(tmp_path, where, *sources, **more):
    spot = WatchedArea(name="park", area=where, source=tuple(map(str, sources)), **more)
    out = tmp_path / "out"
    telling = Telling(jsonl=out / "alerts.jsonl", cooldown=timedelta(minutes=1))
    return Watch(name="desk", out=out, areas=(spot,), score=0.0, alerts=telling)


def everywhere():
    return ",".join(
        f"{v:.6f}"
        for v in gpd.GeoSeries(
            [box(LEFT + 5, TOP - SIDE / 2 + 5, LEFT + SIDE / 2 - 5, TOP - 5)], crs=32648
        ).to_crs(4326).total_bounds
    )  # fmt: skip


def told(watch):
    return [json.loads(line) for line in watch.alerts.jsonl.read_text().splitlines()]


def now(day):
    return Clock(datetime.fromisoformat(f"{day}T12:00+00:00"))


@pytest.mark.slow
def test_a_picture_beside_an_older_one_tells_what_was_built_and_torn_down(save, tmp_path):
    save(walled(EARLY), "pictures/park_2026-01-05.tif")
    watch = watch_of(tmp_path, everywhere(), tmp_path / "pictures")
    watch = replace(watch, alerts=replace(watch.alerts, status="provisional"))
    clock = now("2026-01-06")
    assert run_once(watch, Hands(clock=clock)).code == 0
    save(walled(LATE), "pictures/park_2026-01-12.tif")
    clock.move(days=7)
    [report] = run_once(watch, Hands(clock=clock)).areas
    assert report.failure == ""
    assert report.events == {
        "appear confirmed": 1, "built provisional": 1, "demolished provisional": 1,
    }  # fmt: skip

    [compound] = story_of(open_memory(watch), "park").living()
    first = {a["kind"]: a for a in told(watch)}
    assert set(first) == {"built", "demolished"}
    for alert in first.values():
        assert alert["compound"] == compound.id
        assert alert["evidence"]["buildings"] == 1
        assert (alert["last_without"][:10], alert["first_with"][:10]) == (
            "2026-01-05", "2026-01-12",
        )  # fmt: skip
    layer = gpd.read_file(watch.out / "park" / "story.gpkg", layer="changes")
    assert dict(zip(layer["kind"], layer["compound"], strict=True)) == {
        "built": compound.id, "demolished": compound.id,
    }  # fmt: skip
    assert layer.area.to_numpy() == pytest.approx(20 * 14, rel=0.35)
    assert [p.name for p in watch.out.glob("park/*changes*/report.html")] == ["report.html"]

    save(walled(LATE, gain=0.95), "pictures/park_2026-01-19.tif")
    clock.move(days=7)
    run_once(watch, Hands(clock=clock))
    clock.move(days=7)
    assert run_once(watch, Hands(clock=clock)).areas[0].looks == 0, "nothing is done twice"
    ids = [alert["id"] for alert in told(watch)]
    assert len(ids) == len(set(ids)) == 4
    assert sorted(i.rpartition(":")[2] for i in ids) == ["confirmed"] * 2 + ["provisional"] * 2
    status = status_of(watch, open_memory(watch)).areas[0]
    assert (status.looks, status.works, status.failures) == (3, 2, 0)


@pytest.mark.slow
def test_a_picture_under_cloud_is_passed_over_and_the_next_held_against_the_one_before(
    save, tmp_path
):
    save(walled(EARLY), "pictures/park_2026-01-05.tif")
    hidden = cloud(cloud(walled(EARLY), 150, 150, 170), 260, 260, 150)
    save(hidden, "pictures/park_2026-01-12.tif")
    save(walled(LATE), "pictures/park_2026-01-19.tif")
    watch = watch_of(tmp_path, everywhere(), tmp_path / "pictures")
    run_once(watch, Hands(clock=now("2026-01-20")))
    memory = open_memory(watch)
    keys = [row.key for row in memory.looks("park")]
    used = {s.dates for s in Surveys(memory.ledger).of("park").values()}
    assert used == {(keys[1],), (keys[0], keys[2])}
    works = Surveys(memory.ledger).works("park")
    assert {w.kind for w in works} == {"built", "demolished"}
    assert {w.last_without.day for w in works} == {5}


@pytest.mark.slow
def test_without_comparisons_a_watch_costs_its_looks_alone(save, tmp_path):
    for day in ("2026-01-05", "2026-01-12"):
        save(walled(EARLY), f"pictures/park_{day}.tif")
    watch = replace(watch_of(tmp_path, everywhere(), tmp_path / "pictures"), changes=False)
    run_once(watch, Hands(clock=now("2026-01-13")))
    memory = open_memory(watch)
    assert len(memory.looks("park")) == 2
    assert Surveys(memory.ledger).of("park") == {}


class Killed(BaseException):
    """What kill does to a program."""


class Dying(Compare):
    """Compares, and is killed before it can tell."""

    def survey(self, watch, place, ask):
        super().survey(watch, place, ask)
        raise Killed


@pytest.mark.slow
def test_a_watch_killed_in_a_comparison_tells_the_same_as_one_that_was_not(save, tmp_path):
    for day, roofs in (("05", EARLY), ("12", LATE), ("19", LATE)):
        save(walled(roofs), f"pictures/park_2026-01-{day}.tif")
    straight = watch_of(tmp_path, everywhere(), tmp_path / "pictures")
    killed = replace(straight, out=tmp_path / "killed")
    clock = now("2026-01-20")
    run_once(straight, Hands(clock=clock))
    for _ in range(2):
        with pytest.raises(Killed):
            run_once(killed, Hands(clock=clock, surveyor=Dying()))
        clock.move(hours=1)  # this process lives on, so its leases have to run out
    run_once(killed, Hands(clock=clock))
    one, other = open_memory(straight), open_memory(killed)
    assert Surveys(one.ledger).works("park") == Surveys(other.ledger).works("park") != []
    assert one.story("park") == other.story("park")
    assert raised(one) == raised(other)


@pytest.fixture
def looks(tmp_path):
    """A function that puts dated 10 m pictures into a folder; building begins in its midst."""

    def until(last):
        for look in range(last + 1):
            path = tmp_path / "pictures" / f"{moment(WHEN[look]):%Y-%m-%d}.tif"
            if not path.exists():
                save_look(path, ground(look))
        return tmp_path / "pictures"

    return until


@pytest.mark.slow
def test_ten_metre_dates_are_watched_as_a_series_that_prepares_only_what_is_new(
    looks, tmp_path, monkeypatch
):
    prepared = []
    write = fetch_prepare.write_pass

    def counting(one, *rest):
        prepared.append(one.id)
        return write(one, *rest)

    monkeypatch.setattr(fetch_prepare, "write_pass", counting)
    bounds = ",".join(f"{v:.6f}" for v in outline().bounds)
    watch = watch_of(tmp_path, bounds, looks(FIRST - 1), since=date(2019, 1, 1))
    clock = Clock(moment(WHEN[FIRST - 1]) + timedelta(days=1))
    [report] = run_once(watch, Hands(clock=clock)).areas
    assert (report.looks, report.failure, report.events) == (FIRST, "", {})

    looks(len(WHEN) - 1)
    clock.time = moment(WHEN[-1]) + timedelta(days=1)
    [report] = run_once(watch, Hands(clock=clock)).areas
    assert report.looks == len(WHEN) - FIRST
    assert sorted(prepared) == sorted(f"{moment(d):%Y-%m-%d}" for d in WHEN), "each once"
    [alert] = told(watch)
    assert (alert["kind"], alert["status"], alert["compound"]) == ("built", "confirmed", "")
    assert alert["last_without"][:10] == f"{moment(WHEN[FIRST - 1]):%Y-%m-%d}"
    assert alert["first_with"][:10] == f"{moment(WHEN[FIRST]):%Y-%m-%d}"
    assert "ha was built over, begun after" in alert["text"]

    clock.move(days=8)
    again = run_once(watch, Hands(clock=clock))
    assert (again.code, again.areas[0].looks, len(told(watch))) == (0, 0, 1)
    status = status_of(watch, open_memory(watch, clock=clock)).areas[0]
    assert (status.series, status.works, status.looks) == (len(WHEN), 1, 0)
    assert (watch.out / "park" / "story.gpkg").exists()


def test_a_few_coarse_dates_wait_for_more_and_that_is_said(looks, tmp_path):
    bounds = ",".join(f"{v:.6f}" for v in outline().bounds)
    watch = watch_of(tmp_path, bounds, looks(3))
    report = run_once(watch, Hands(clock=Clock(moment(WHEN[4]))))
    assert report.code == 0
    assert report.areas[0].notes == (
        "A series wants 6 dates at least; so far there are 4.",
    )  # fmt: skip


def test_what_counts_as_coarse_is_what_a_scan_refuses():
    assert SHARPEST == COARSEST


@pytest.fixture
def archive(monkeypatch):
    """An empty archive on loopback, and a program that does not wait long for it."""
    quick = Limits(connect=1, silence=0.5, answer=1)
    patience = Patience(tries=2, first=0.01, longest=0.02)

    def manner(self=None):
        more = {} if self is None else {"cache": self.cache, "offline": self.offline}
        return named.Manner(limits=quick, patience=patience, **more)

    monkeypatch.setattr(FetchRequest, "manner", property(manner))
    monkeypatch.setattr("geo.sources.stac.SETTLED", timedelta(days=9999))  # ask anew each run,
    monkeypatch.setattr("geo.sources.catalogue.FRESH", timedelta())  # as a week later
    monkeypatch.setattr(
        "aoi.runs.watch_visits.open_source", lambda text: named.open_source(text, manner())
    )
    with Server() as server:
        yield Archive(server)
        server.shutdown()


def files_asked(archive):
    return [path.partition("?")[0] for _, path, _ in archive.server.log if ".tif" in path]


def cut(archive):
    """Let nobody reach the archive any more."""
    kept, archive.server.gate = archive.server.gate, lambda _path: False
    return kept


@pytest.mark.slow
def test_an_archive_that_is_cut_off_fails_one_run_and_loses_nothing(archive, tmp_path):
    for day in range(1, 22, 3):
        archive.add(f"s{day}", day)
    where = area(FRAME[100:160, 200:260])
    watch = watch_of(tmp_path, where, archive.source, since=date(2025, 11, 1))
    clock = now("2025-11-22")
    [first] = run_once(watch, Hands(clock=clock)).areas
    assert (first.looks, first.failure) == (7, "")
    before = len(files_asked(archive))
    kept = Surveys(open_memory(watch).ledger).of("park")
    assert before > 0

    gate = cut(archive)
    clock.move(days=8)
    report = run_once(watch, Hands(clock=clock))
    assert report.code == 3
    assert "127.0.0.1" in report.areas[0].failure
    assert open_memory(watch).area("park").failures == 1
    assert Surveys(open_memory(watch).ledger).of("park") == kept

    archive.server.gate = gate
    archive.add("s29", 29)
    clock.move(hours=1)
    [last] = run_once(watch, Hands(clock=clock)).areas
    assert (last.looks, last.failure) == (1, "")
    asked = set(files_asked(archive)[before:])
    assert asked, "the new date is read"
    assert all(path.startswith("/s29/") for path in asked), "and nothing else again"


def add_sharp(archive, name, day, picture):
    """Put a picture of half a metre on the server."""
    frame = GeoBox((SIDE, SIDE), from_origin(LEFT, TOP, 0.5, 0.5), "EPSG:32648")
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore")
        with memory.open(
            driver="COG", height=SIDE, width=SIDE, count=3, dtype="uint8",
            crs="EPSG:32648", transform=frame.affine, blocksize=256,
        ) as file:  # fmt: skip
            file.write(picture)
        archive.server.files[f"/{name}/visual.tif"] = memory.read()
    archive.items.append(
        {
            "type": "Feature", "id": name, "collection": "vhr",
            "geometry": mapping(box(*frame.extent.to_crs("EPSG:4326").boundingbox)),
            "properties": {"datetime": datetime(2025, 11, day, 3, tzinfo=UTC).isoformat()},
            "assets": {
                "visual": {
                    "href": f"{archive.server.url}/{name}/visual.tif", "type": "image/tiff",
                    "gsd": 0.5, "roles": ["visual"], "proj:code": "EPSG:32648",
                    "proj:shape": [SIDE, SIDE], "proj:transform": list(frame.affine)[:6],
                }
            },
        }
    )  # fmt: skip
    whole = {"type": "FeatureCollection", "features": archive.items}
    archive.server.files["/items.json"] = json.dumps(whole).encode()


class Blinded(Scan):
    """Fetches, and is killed before it can look."""

    def look(self, watch, place, visit):
        from aoi.runs.watch_visits import files_of  # noqa: PLC0415

        files_of(place, visit, watch.out / place.name / visit.name)
        raise Killed


@pytest.mark.slow
def test_sharp_pictures_of_an_archive_are_fetched_once_scanned_and_compared(archive, tmp_path):
    add_sharp(archive, "one", 3, walled(EARLY))
    watch = watch_of(tmp_path, everywhere(), archive.source, since=date(2025, 11, 1))
    clock = now("2025-11-20")
    with pytest.raises(Killed):
        run_once(watch, Hands(clock=clock, eyes=Blinded()))
    clock.move(hours=1)  # this process lives on, so its lease has to run out
    asked = len(files_asked(archive))
    archive.server.gate = lambda path: ".tif" not in path
    [report] = run_once(watch, Hands(clock=clock)).areas
    assert (report.looks, report.failure) == (1, ""), "what was fetched is not fetched again"
    assert len(files_asked(archive)) == asked

    add_sharp(archive, "two", 10, walled(LATE))
    archive.server.gate = lambda path: not path.startswith("/one/")
    clock.move(days=8)
    [report] = run_once(watch, Hands(clock=clock)).areas
    assert (report.looks, report.failure) == (1, "")
    works = Surveys(open_memory(watch).ledger).works("park")
    assert {(w.kind, w.count) for w in works} == {("built", 1), ("demolished", 1)}
    [compound] = story_of(open_memory(watch), "park").living()
    assert {w.compound for w in works} == {compound.id}
