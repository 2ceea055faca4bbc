"""What a watch tells: once, when it is sure, with its bracket, no place finer than allowed."""

import hashlib
import hmac
import json
import re
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from aoi.runs.alerts_message import rounded
from aoi.runs.ledger_digests import Digests
from aoi.runs.watch import open_memory, run_once
from aoi.runs.watch_status import status_of
from aoi.runs.watch_take import story_of
from tests.aoi.runs.drawn_year import lonlat
from tests.aoi.runs.watched import (
    COURT,
    HALL,
    PLACES,
    frame,
    grown,
    register,
    table,
    told,
    weekly,
)


def test_what_stood_there_before_we_came_is_not_called_new(watch, hands, eyes, clock):
    for day in (0, 7, 14):
        eyes.paint("park", day, [COURT])
    weekly(watch, hands, clock, 3)
    assert told(watch) == []


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


def test_a_mail_that_was_sent_and_removed_is_never_written_again(watch, hands, eyes, clock):
    grown(eyes)
    weekly(watch, hands, clock, 5)
    [first] = watch.alerts.mail.glob("*.eml")
    first.unlink()
    for week in range(7, 11):
        eyes.paint("park", 7 * week, [COURT])
    weekly(watch, hands, clock, 6)
    assert len(told(watch)) > 1
    [second] = watch.alerts.mail.glob("*.eml")
    assert second.name != first.name


def test_a_kill_between_a_mail_and_its_mark_writes_the_same_mail_again(
    watch, hands, eyes, clock, monkeypatch
):
    grown(eyes)
    with monkeypatch.context() as patched:
        patched.setattr(Digests, "mailed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            weekly(watch, hands, clock, 7)
    [mail] = watch.alerts.mail.glob("*.eml")
    before = mail.read_bytes()
    mail.write_bytes(before[:20])
    clock.move(days=7)
    run_once(watch, hands)
    assert mail.read_bytes() == before
    mail.unlink()
    clock.move(days=7)
    run_once(watch, hands)
    assert list(watch.alerts.mail.glob("*.eml")) == []


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
