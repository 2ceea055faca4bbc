"""Run after run: what is due, what fails, what is told, and that nothing is told twice."""

import csv
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import Point, box
from typer.testing import CliRunner

from aoi.area import find_area
from aoi.cli import app
from aoi.runs.alerts_message import rounded
from aoi.runs.ledger_leases import Leases, Owner
from aoi.runs.watch import Hands, open_memory, run_once
from aoi.runs.watch_config import Telling, Watch, WatchedArea
from aoi.runs.watch_due import expected_seconds, plan
from aoi.runs.watch_eyes import Scan, Sight, frame_of
from aoi.runs.watch_status import status_of
from aoi.runs.watch_take import story_of
from aoi.runs.watch_visits import Visit, Waiting
from aoi.sites.identity_story import Found, Look
from geo.errors import OutputError, SourceError, UsageError
from tests.aoi.runs.clock import Clock
from tests.aoi.runs.drawn_year import lonlat, raised
from tests.conftest import needs_package

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLACES = {"park": "103.5,10.6,103.52,10.62", "yard": "103.6,10.6,103.62,10.62"}
COURT, HALL = box(500, 500, 620, 600), box(900, 500, 1000, 600)


def frame(place):
    """The area's metric frame, and its south-west corner."""
    crs = frame_of(find_area(PLACES[place]))
    ground = find_area(PLACES[place]).to(crs)
    return crs, ground, ground.bounds[:2]


@dataclass
class Painted:
    """Eyes that see what a test paints: area to day to outlines, or to an error."""

    days: dict = field(default_factory=dict)
    looks: list = field(default_factory=list)

    def paint(self, place, day, shapes, *, seen=1.0):
        self.days.setdefault(place, {})[day] = (shapes, seen)

    def visits(self, place, *, digest, until):  # noqa: ARG002
        return Waiting(visits=tuple(
            Visit(
                key=f"{place.name}-{day:03}", time=NOON + timedelta(days=day - 0.1),
                sources=(), size=4_000_000, gsd_m=0.5,
            )
            for day in sorted(self.days.get(place.name, {}))
            if NOON + timedelta(days=day - 0.1) <= until
        ))  # fmt: skip

    def look(self, watch, place, visit):  # noqa: ARG002
        self.looks.append(visit.key)
        shapes, seen = self.days[place.name][int(visit.key[-3:])]
        if isinstance(shapes, Exception):
            raise shapes
        _, ground, (x, y) = frame(place.name)
        found = tuple(
            Found(id=f"c-{visit.key}-{n}", outline=affinity.translate(shape, x, y))
            for n, shape in enumerate(shapes)
        )
        view = affinity.scale(ground, seen, 1, origin=(x, y))
        look = Look(key=visit.key, time=visit.time, seen=view, found=found)
        return Sight(look=look, scores={one.id: 0.8 for one in found}, folder=visit.key)


@pytest.fixture
def clock():
    return Clock(NOON)


@pytest.fixture
def eyes():
    return Painted()


@pytest.fixture
def hands(eyes, clock):
    return Hands(eyes=eyes, clock=clock)


@pytest.fixture
def watch(tmp_path):
    places = tuple(WatchedArea(name=n, area=a, source=("x",)) for n, a in PLACES.items())
    out = tmp_path / "out"
    alerts = Telling(
        jsonl=out / "alerts.jsonl", atom=out / "feed.atom", mail=out / "mail",
        cooldown=timedelta(minutes=1),
    )  # fmt: skip
    return Watch(name="desk", out=out, areas=places, alerts=alerts, sites=register(tmp_path))


def register(tmp_path, **statuses):
    """One site on the court of each area; statuses by area."""
    features = []
    for place in PLACES:
        crs, _, (x, y) = frame(place)
        lon, lat = lonlat(Point(x + 560, y + 550), crs)
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {
                    "id": f"site-{place}", "name": f"Drawn {place}", "precision_m": 80,
                    "status_class": statuses.get(place, "reported"), "precision": "source",
                },
            }
        )  # fmt: skip
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def weekly(watch, hands, clock, weeks=1):
    reports = []
    for _ in range(weeks):
        reports.append(run_once(watch, hands))
        clock.move(days=7)
    return reports


def told(watch):
    path = watch.alerts.jsonl
    return [json.loads(line) for line in path.read_text().splitlines()]


def table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_only_areas_that_are_due_are_looked_at(watch, hands, eyes, clock):
    slow = replace(watch.areas[1], cadence=timedelta(days=30))
    watch = replace(watch, areas=(watch.areas[0], slow))
    for day in (0, 7, 14):
        for place in PLACES:
            eyes.paint(place, day, [COURT])
    reports = weekly(watch, hands, clock, 3)
    assert [sorted(a.area for a in r.areas) for r in reports] == [
        ["park", "yard"], ["park"], ["park"],
    ]  # fmt: skip
    assert reports[1].waiting == ("yard",)


def test_a_run_a_little_early_is_still_due_and_one_at_once_is_not(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    run_once(watch, hands)
    clock.move(hours=1)
    assert run_once(watch, hands).areas == ()
    clock.move(days=6, hours=18)
    assert len(run_once(watch, hands).areas) == 2


def test_nothing_is_looked_at_twice(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    weekly(watch, hands, clock, 3)
    assert eyes.looks == ["park-000"]


def test_an_area_that_fails_stops_no_other_and_is_tried_again_later(watch, hands, eyes, clock):
    eyes.paint("park", 0, SourceError("The disk is gone."))
    eyes.paint("yard", 0, [COURT])
    report = run_once(watch, hands)
    by_name = {area.area: area for area in report.areas}
    assert report.code == 3
    assert by_name["park"].failure == "2026-03-02: The disk is gone."
    assert (by_name["yard"].looks, by_name["yard"].failure) == (1, "")
    clock.move(minutes=14)
    assert run_once(watch, hands).areas == ()
    clock.move(minutes=2)
    assert [area.area for area in run_once(watch, hands).areas] == ["park"]
    clock.move(minutes=16)
    assert run_once(watch, hands).areas == (), "each wait is twice the last"
    eyes.paint("park", 0, [COURT])
    clock.move(minutes=16)
    assert run_once(watch, hands).code == 0
    assert open_memory(watch).area("park").failures == 0


def test_a_fault_of_ours_is_written_down_and_the_others_go_on(watch, hands, eyes):
    eyes.paint("park", 0, ZeroDivisionError("oops"))
    eyes.paint("yard", 0, [COURT])
    report = run_once(watch, hands)
    assert "ZeroDivisionError: oops" in report.areas[0].failure
    assert report.areas[1].looks == 1


def test_two_watches_share_the_areas(watch, hands, eyes):
    eyes.paint("park", 0, [COURT])
    eyes.paint("yard", 0, [COURT])
    ledger = open_memory(watch, clock=hands.clock).ledger
    other = Leases(ledger, Owner(host="elsewhere", pid=1, born=""))
    other.take("area:park", "area")
    report = run_once(watch, hands)
    assert report.elsewhere == ("park",)
    assert [area.area for area in report.areas] == ["yard"]


def test_a_clock_that_jumps_back_stops_nothing_and_doubles_nothing(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    run_once(watch, hands)
    clock.move(days=-400)
    assert len(run_once(watch, hands).areas) == 2
    clock.move(days=400 + 8)
    eyes.paint("park", 7, [COURT])
    assert sum(area.looks for area in run_once(watch, hands).areas) == 1
    assert eyes.looks == ["park-000", "park-007"]


def test_a_ledger_that_is_gone_is_never_begun_again_in_silence(watch, hands, eyes):
    eyes.paint("park", 0, [COURT])
    run_once(watch, hands)
    for path in watch.out.glob("watch.ledger*"):
        path.unlink()
    with pytest.raises(OutputError, match=r"is gone.*watch\.backup"):
        run_once(watch, hands)
    shutil.copy(watch.out / "watch.backup", watch.out / "watch.ledger")
    assert run_once(watch, hands).areas == ()


def test_a_dry_run_tells_dates_and_megabytes_and_does_nothing(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    memory = open_memory(watch, clock=clock)
    plans = plan(watch, memory, eyes, now=clock())
    assert [(p.place.name, len(p.visits), p.size) for p in plans] == [
        ("park", 1, 4_000_000), ("yard", 0, 0),
    ]  # fmt: skip
    assert expected_seconds(plans, (8.0, 4e6)) == 8.0
    assert eyes.looks == []


def test_status_tells_how_each_area_stands(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT, HALL])
    eyes.paint("yard", 0, SourceError("The disk is gone."))
    run_once(watch, hands)
    status = status_of(watch, open_memory(watch, clock=clock)).to_dict()
    park, yard = status["areas"]
    assert (park["looks"], park["compounds"], park["failures"]) == (1, 2, 0)
    assert (yard["looks"], yard["failures"]) == (0, 1)
    assert "disk is gone" in yard["words"]
    assert json.dumps(status)


def test_what_stood_there_before_we_came_is_not_called_new(watch, hands, eyes, clock):
    for day in (0, 7, 14):
        eyes.paint("park", day, [COURT])
    weekly(watch, hands, clock, 3)
    assert told(watch) == []


def grown(eyes, place="park"):
    """Six weeks: the court always, the hall from the third."""
    for week in range(7):
        eyes.paint(place, 7 * week, [COURT] if week < 3 else [COURT, HALL])


def test_a_new_compound_is_told_once_it_is_sure_with_its_bracket(watch, hands, eyes, clock):
    grown(eyes)
    weekly(watch, hands, clock, 7)
    [alert] = told(watch)
    assert (alert["kind"], alert["status"]) == ("new_compound", "confirmed")
    assert alert["last_without"][:10] == "2026-03-16"
    assert alert["first_with"][:10] == "2026-03-23"
    assert alert["looks"] == ["park-014", "park-021"]


def test_who_wants_to_hear_early_hears_twice_and_never_more(watch, hands, eyes, clock):
    watch = replace(watch, alerts=replace(watch.alerts, status="provisional"))
    grown(eyes)
    weekly(watch, hands, clock, 7)
    assert [alert["status"] for alert in told(watch)] == ["provisional", "confirmed"]


def test_what_was_told_too_early_is_taken_back(watch, hands, eyes, clock):
    watch = replace(watch, alerts=replace(watch.alerts, status="provisional"))
    for week in range(8):
        eyes.paint("park", 7 * week, [COURT, HALL] if week == 3 else [COURT])
    weekly(watch, hands, clock, 8)
    new = [a for a in told(watch) if a["kind"] == "new_compound"]
    assert [alert["status"] for alert in new] == ["provisional", "finished"]
    assert "Taken back" in new[-1]["text"]


def test_a_demolition_is_told_without_claiming_more_than_is_seen(watch, hands, eyes, clock):
    for week in range(8):
        eyes.paint("park", 7 * week, [COURT, HALL] if week < 4 else [COURT])
    weekly(watch, hands, clock, 8)
    [alert] = told(watch)
    assert alert["kind"] == "demolition"
    assert "torn down, covered or missed by the model" in alert["text"]


def test_a_known_site_not_detected_says_that_two_reasons_are_possible(
    watch, hands, eyes, clock
):
    for week in range(6):
        eyes.paint("park", 7 * week, [HALL] if week in {2, 3} else [COURT, HALL])
    weekly(watch, hands, clock, 6)
    alerts = [a for a in told(watch) if a["kind"] == "not_detected"]
    assert [alert["status"] for alert in alerts] == ["confirmed", "finished"]
    assert (
        "missed by the model, or not there; which of the two cannot be told"
        in (alerts[0]["text"])
    )
    assert alerts[0]["site"] == "site-park"


def test_the_first_clear_look_after_months_is_told(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    eyes.paint("park", 50, [], seen=0.2)
    eyes.paint("park", 90, [COURT])
    clock.move(days=91)
    run_once(watch, hands)
    [alert] = told(watch)
    assert (alert["kind"], alert["text"]) == (
        "clear_look", "The first clear look at park in 90 days.",
    )  # fmt: skip


def test_a_picture_that_comes_late_changes_no_name_and_tells_nothing_twice(
    watch, hands, eyes, clock
):
    grown(eyes)
    late = eyes.days["park"].pop(21)
    weekly(watch, hands, clock, 6)
    before = {look.key: look.names for look in open_memory(watch).looks("park")}
    eyes.days["park"][21] = late
    weekly(watch, hands, clock, 2)
    memory = open_memory(watch)
    after = {look.key: look.names for look in memory.looks("park")}
    assert {key: after[key] for key in before} == before
    assert len(story_of(memory, "park").looks) == 7
    ids = [alert["id"] for alert in told(watch)]
    assert len(ids) == len(set(ids)) == 1


def test_every_registered_site_has_a_row_in_every_run(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    run_once(watch, hands)
    rows = {row["site_id"]: row for row in table(watch.out / "sites.csv")}
    assert rows["site-park"]["outcome"] == "known_seen"
    assert rows["site-yard"]["outcome"] == "known_not_observable"
    clock.move(days=8)
    run_once(watch, hands)
    rows = {row["site_id"]: row for row in table(watch.out / "sites.csv")}
    assert rows["site-park"]["note"] == "Not looked at in this run."
    assert rows["site-park"]["last_seen"] == "2026-03-02"


def test_a_register_that_changes_gives_a_diff_and_no_new_history(
    watch, hands, eyes, clock, tmp_path
):
    grown(eyes)
    assert weekly(watch, hands, clock, 1)[0].register == ()
    before = set(story_of(open_memory(watch), "park").compounds)
    register(tmp_path, park="raided")
    [report] = weekly(watch, hands, clock, 1)
    assert report.register == ("Drawn park was reported and is raided now.",)
    assert set(story_of(open_memory(watch), "park").compounds) == before
    assert weekly(watch, hands, clock, 1)[0].register == ()


def test_around_a_site_that_empties_compounds_are_ranked_higher_in_words(
    watch, hands, eyes, clock
):
    for week in range(9):
        eyes.paint("park", 7 * week, [COURT, HALL] if week < 4 else [HALL])
        eyes.paint("yard", 7 * week, [] if week < 6 else [HALL])
    weekly(watch, hands, clock, 9)
    rows = table(watch.out / "ranking.csv")
    new, stood = (next(r for r in rows if r["area"] == a) for a in ("yard", "park"))
    assert float(new["lift"]) > 0
    assert float(stood["lift"]) > 0
    assert "Drawn park, which emptied after 2026-03-23 and by 2026-03-30" in new["why"]
    assert "appeared or grew since then" in new["why"]
    assert "stood there before" in stood["why"]
    assert "That anybody moved there is not known." in new["why"]
    alert = next(a for a in told(watch) if (a["area"], a["kind"]) == ("yard", "new_compound"))
    assert "Ranked higher: within 15 km of Drawn park" in alert["text"]


def test_the_cool_down_gathers_what_comes_between(watch, hands, eyes, clock):
    watch = replace(watch, alerts=replace(watch.alerts, cooldown=timedelta(days=20)))
    third = box(1300, 500, 1400, 600)
    for week in range(9):
        shapes = [COURT, *([HALL] if week > 2 else []), *([third] if week > 3 else [])]
        eyes.paint("park", 7 * week, shapes)
    weekly(watch, hands, clock, 6)
    assert len(told(watch)) == 1
    weekly(watch, hands, clock, 2)
    assert len(told(watch)) == 2
    mails = sorted((watch.out / "mail").glob("*.eml"))
    assert len(mails) == 2
    assert "Subject: desk: 1 alert for park" in mails[0].read_text()


def test_nothing_that_is_told_holds_a_place_finer_than_allowed(watch, hands, eyes, clock):
    grown(eyes)
    weekly(watch, hands, clock, 7)
    [alert] = told(watch)
    assert abs(alert["place"][1] - 10.6) < 0.02
    text = "".join(
        path.read_text()
        for path in [watch.alerts.jsonl, watch.alerts.atom, *watch.alerts.mail.glob("*.eml")]
    )
    assert re.findall(r"10[36]?\.\d{4,}", text) == []
    assert ET.parse(watch.alerts.atom).getroot().tag.endswith("feed")  # noqa: S314


@given(
    x=st.floats(400_000, 600_000), y=st.floats(1_100_000, 1_300_000),
    precision=st.sampled_from([100.0, 1000.0, 5000.0]),
)  # fmt: skip
@settings(deadline=None)
def test_all_places_are_rounded_to_the_precision(x, y, precision):
    crs = frame(next(iter(PLACES)))[0]
    here = rounded(Point(x, y).buffer(20), crs, precision)
    lon, lat = lonlat(Point(x, y), crs)
    assert abs(here[1] - lat) * 111_195 <= precision * 0.6 + 1
    assert abs(here[0] - lon) * 111_195 <= precision * 0.75 + 1
    assert rounded(Point(x, y), crs, None) is None


def test_watching_in_processes_tells_the_same_story(watch, hands, eyes, clock, tmp_path):
    for place in PLACES:
        grown(eyes, place)
    clock.move(days=60)
    run_once(watch, hands)
    other = replace(watch, out=tmp_path / "other")
    run_once(other, replace(hands, on="processes:2"))
    one, two = open_memory(watch), open_memory(other)
    assert [one.story(p) for p in PLACES] == [two.story(p) for p in PLACES]


@dataclass
class Deadly(Painted):
    """Eyes that kill their worker the first time they see a certain day."""

    mark: str = ""

    def look(self, watch, place, visit):
        if visit.key == "yard-014" and not Path(self.mark).exists():
            Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().look(watch, place, visit)


@pytest.mark.slow
@pytest.mark.parametrize("on", ["processes:2", "dask://local:2"])
def test_a_worker_that_is_killed_half_way_loses_no_look_and_changes_no_story(
    watch, hands, eyes, clock, tmp_path, on
):
    needs_package("distributed")
    for place in PLACES:
        grown(eyes, place)
    clock.move(days=60)
    run_once(watch, hands)
    other = replace(watch, out=tmp_path / "other")
    deadly, seen = Deadly(eyes.days, mark=str(tmp_path / "dead")), []
    report = run_once(
        other,
        replace(hands, on=on, eyes=deadly, progress=lambda *told: seen.append(told[:2])),
    )
    assert (tmp_path / "dead").exists()
    assert (report.code, sum(area.looks for area in report.areas)) == (0, 14)
    assert seen == [(n, 14) for n in range(1, 15)], "one bar over all workers"
    one, two = open_memory(watch), open_memory(other)
    assert [one.story(p) for p in PLACES] == [two.story(p) for p in PLACES]
    assert raised(one) == raised(two)


class Server:
    """A receiver on this machine that fails every other time and checks signatures."""

    def __init__(self):
        outer, self.got, self.calls, self.wrong = self, [], 0, 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                outer.calls += 1
                mac = hmac.new(b"key", raw, hashlib.sha256).hexdigest()
                outer.wrong += self.headers["Stockade-Signature"] != f"sha256={mac}"
                fail = outer.calls % 2
                if not fail:
                    outer.got.append((self.headers["Idempotency-Key"], json.loads(raw)))
                self.send_response(503 if fail else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/hook"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def test_a_webhook_is_signed_and_tried_until_it_answers_and_then_never_again(
    watch, hands, eyes, clock
):
    server = Server()
    try:
        watch = replace(watch, alerts=replace(watch.alerts, webhook=server.url))
        hands = replace(hands, secret="key")  # noqa: S106
        for week in range(12):
            shapes = [COURT, *([HALL] if week > 2 else [])]
            eyes.paint("park", 7 * week, shapes)
            eyes.paint("yard", 7 * week, shapes)
        reports = weekly(watch, hands, clock, 12)
    finally:
        server.close()
    assert server.wrong == 0
    assert any(report.undelivered and report.code == 3 for report in reports)
    ids = [alert["id"] for _, body in server.got for alert in body["alerts"]]
    assert sorted(ids) == sorted({alert["id"] for alert in told(watch)})
    assert len({key for key, _ in server.got}) == len(server.got)
    assert status_of(watch, open_memory(watch, clock=clock)).alerts["unsent"] == 0


def config(tmp_path, watch, **more):
    lines = [f'out = "{watch.out}"', f'sites = "{watch.sites}"', *more.values()]
    for place in watch.areas:
        lines += ["[[areas]]", f'name = "{place.name}"', f'area = "{place.area}"']
        lines += [f'source = "{tmp_path / place.name}"']
    path = tmp_path / "desk.toml"
    path.write_text("\n".join(lines))
    return str(path)


def test_a_person_s_correction_is_kept_by_the_command(watch, hands, eyes, clock, tmp_path):
    for day in (0, 7, 14):
        eyes.paint("park", day, [COURT, HALL])
    weekly(watch, hands, clock, 2)
    one, other = sorted(story_of(open_memory(watch), "park").compounds)
    words = ["watch", config(tmp_path, watch), "--same", f"park:{one}={other}", "--by", "desk"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    weekly(watch, hands, clock, 1)
    story = story_of(open_memory(watch), "park")
    assert [c.id for c in story.living()] == [one]
    assert story.corrections[0].by == "desk"


def test_the_command_tells_status_and_plan_as_json(watch, tmp_path):
    path = config(tmp_path, watch)
    for place in PLACES:
        (tmp_path / place).mkdir()
    run = CliRunner()
    assert json.loads(run.invoke(app, ["watch", path, "--status", "--json"]).stdout)["areas"]
    told_plan = json.loads(run.invoke(app, ["watch", path, "--dry-run", "--json"]).stdout)
    assert "holds no picture" in told_plan["areas"][0]["failure"]


def test_a_webhook_without_its_key_is_refused_before_any_work(watch, tmp_path, monkeypatch):
    monkeypatch.delenv("STOCKADE_WEBHOOK_SECRET", raising=False)
    hook = '[alerts]\nwebhook = "http://127.0.0.1:9/x"'
    done = CliRunner().invoke(app, ["watch", config(tmp_path, watch, hook=hook), "--once"])
    assert isinstance(done.exception, UsageError)


def test_real_pictures_of_a_folder_are_scanned_each_once(save, tmp_path):
    from tests.aoi.runs.conftest import court  # noqa: PLC0415

    for day in ("2026-01-05", "2026-01-12"):
        save(court(), f"pictures/court_{day}.tif")
    site = find_area("104.5,11.2,104.6,11.4")
    place = WatchedArea(
        name="court", area=",".join(map(str, site.outline.bounds)),
        source=(str(tmp_path / "pictures"),),
    )  # fmt: skip
    watch = Watch(name="desk", out=tmp_path / "out", areas=(place,), score=0.0)
    report = run_once(watch, Hands(eyes=Scan()))
    assert [(area.looks, area.failure) for area in report.areas] == [(2, "")]
    story = story_of(open_memory(watch), "court")
    [compound] = story.living()
    assert compound.sightings == 2
    assert compound.area_m2 == pytest.approx(120 * 120, rel=0.1)
    assert (tmp_path / "out" / "court" / "story.gpkg").exists()
    assert run_once(watch, Hands(eyes=Scan(), everything=True)).areas[0].looks == 0
