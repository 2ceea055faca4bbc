"""Who may come in, and what may be carried out."""

import secrets
import socket

import pytest
from fastapi.testclient import TestClient

from aoi.review.door import LARGEST, STRICT, Keys
from aoi.review.serve import prepare
from aoi.review.shelf import Shelf
from aoi.runs.review import open_desk
from geo.errors import OutputError, UsageError
from tests.aoi.review.conftest import HOME, PARK


def test_nothing_is_told_without_the_key_that_the_terminal_printed(desks, ana):
    stranger = TestClient(desks.app, base_url=HOME)
    paths = ["/", "/api/run", "/api/queue", "/api/changes?since=0", f"/api/layout/{PARK}",
             "/api/agreement", f"/chip/0/{PARK}", "/tile/0/6/0/0",
             f"/heat/0/wall/6/0/0/{PARK}"]  # fmt: skip
    for path in paths:
        assert stranger.get(path).status_code == 401, path
        assert ana.get(path).status_code == 200, path
    for path in ("/api/say", "/api/undo"):
        answer = stranger.post(path, json={}, headers={"origin": HOME})
        assert answer.status_code == 401


def test_ten_thousand_wrong_keys_open_nothing_and_shut_nobody_out(desks, ana):
    keys = Keys(["ana"])
    assert not any(keys.who(secrets.token_urlsafe(32)) for _ in range(10_000))
    assert keys.who(keys.links["ana"]) == "ana"
    stranger = TestClient(desks.app, base_url=HOME)
    for key in ("", "x", "é" * 500, keys.links["ana"]):
        assert stranger.get("/", params={"key": key}).status_code == 401
    assert ana.get("/api/run").status_code == 200


def test_the_key_leaves_the_address_and_no_script_can_read_it(ana):
    assert ana.entered.status_code == 303
    assert ana.entered.headers["location"] == "/"
    cookie = ana.entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "127.0.0.1", "", "[::1]"])
def test_a_foreign_name_that_points_here_gets_no_answer(ana, host):
    assert ana.get("/api/queue", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1.evil.example:8620"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_page_in_the_same_browser_is_refused(ana, headers, run):
    words = {"candidate": PARK, "verdict": "walled_compound"}
    sent = ana.http.post("/api/say", json=words, headers={**ana.passed, **headers})
    assert sent.status_code == 403
    assert ana.get("/api/queue", headers=headers).status_code == 403
    assert not (run / "decisions.jsonl").exists()


def test_a_change_needs_an_origin_and_the_pass_of_our_own_page(ana, run):
    words = {"candidate": PARK, "verdict": "walled_compound"}
    for headers in ({}, {"origin": HOME}, {**ana.passed, "x-stockade-pass": "guess"}):
        assert ana.http.post("/api/say", json=words, headers=headers).status_code == 403
    assert not (run / "decisions.jsonl").exists()


def test_no_answer_may_be_shared_framed_or_made_to_run_foreign_script(ana):
    for path in ("/", "/api/run", "/static/main.js", "/nowhere", f"/chip/0/{PARK}"):
        headers = ana.get(path).headers
        assert all(headers[name] == value for name, value in STRICT.items()), path
        assert "access-control-allow-origin" not in headers
        assert "unsafe" not in headers["content-security-policy"]
    refused = ana.get("/", headers={"origin": "https://evil.example"})
    assert refused.headers["x-frame-options"] == "DENY"
    assert ana.http.options("/api/say", headers=ana.passed).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2f..%2fpyproject.toml",
        "/static//etc/passwd", "/static/leaflet/../../desk.py", "/static/", "/static/.",
        "/static/page.css%00.html", "/stockade.gpkg", "/decisions.jsonl", "/manifest.json",
        "/docs", "/openapi.json", "/chip/0/..%2f..%2fmanifest.json",
        "/api/layout/..%2f..%2fmanifest.json",
    ],
)  # fmt: skip
def test_only_parts_of_the_page_are_served_whatever_path_is_asked(ana, path):
    answer = ana.get(path)
    assert answer.status_code in {400, 404}
    assert "sentence" in answer.json()
    assert "root:" not in answer.text


def test_no_address_in_a_request_is_ever_asked(ana, monkeypatch):
    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, to: asked.append(to))
    monkeypatch.setattr(socket.socket, "connect_ex", lambda _, to: asked.append(to))
    inner = "http:%2f%2f169.254.169.254%2flatest"
    assert ana.get(f"/tile/{inner}/6/0/0").status_code in {400, 404, 422}
    assert ana.get(f"/chip/{inner}/{PARK}").status_code in {400, 404, 422}
    plain, told = ana.get("/tile/0/6/0/0"), ana.get(f"/tile/0/6/0/0?url={inner}&file={inner}")
    assert (plain.status_code, plain.content) == (told.status_code, told.content)
    assert asked == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/chip/7/" + PARK, 400), ("/chip/-1/" + PARK, 400), ("/chip/x/" + PARK, 422),
        ("/tile/0/99/0/0", 400), ("/tile/0/6/a/0", 422), ("/api/changes?since=x", 400),
        ("/api/changes", 422), (f"/heat/0/roof/6/0/0/{PARK}", 400),
        ("/tile/0/6/999999999999999999/0", 200),
    ],
)  # fmt: skip
def test_bad_requests_get_a_sentence(ana, path, status):
    answer = ana.get(path)
    assert answer.status_code == status
    if status != 200:
        assert len(answer.json()["sentence"]) > 20


@pytest.mark.parametrize(
    "path",
    [
        "/tile/http:%2f%2f198.51.100.7%2fx.tif/6/0/0", "/tile/%2fvsicurl%2fhttp:%2f%2fx/6/0/0",
        "/tile/0/6/0/http:%2f%2f198.51.100.7", f"/heat/0/http:%2f%2f198.51.100.7/6/0/0/{PARK}",
        f"/chip/http:%2f%2f198.51.100.7%2fx.tif/{PARK}", "/escape/http:%2f%2f198.51.100.7%2fx",
        "/api/layout/%2fvsicurl%2fhttp:%2f%2f198.51.100.7",
    ],
)  # fmt: skip
def test_no_address_in_a_request_is_ever_fetched(ana, path):
    """The fixture that blocks the network would raise, and that would be a 500."""
    assert ana.get(path).status_code in {400, 404, 422}


@pytest.mark.parametrize("query", ["url", "path", "href", "file", "source", "template"])
def test_an_address_beside_a_tile_changes_nothing(ana, query):
    plain = ana.get("/tile/0/6/0/0").content
    told = ana.get("/tile/0/6/0/0", params={query: "http://198.51.100.7/latest/meta-data"})
    assert told.content == plain


def test_too_much_at_once_is_refused_before_it_is_read(ana):
    big = {"candidate": PARK, "note": "x" * LARGEST}
    assert ana.http.post("/api/say", json=big, headers=ana.passed).status_code == 413

    def drip():
        for _ in range(20):
            yield b"x" * (LARGEST // 10)

    answer = ana.http.post("/api/say", content=drip(), headers=ana.passed)
    assert answer.status_code == 413


def test_what_is_no_json_gets_a_sentence(ana):
    for body in (b"", b"{", b"[]", b'{"candidate": NaN}', b"\xff\xfe", b"[" * 5000):
        headers = {**ana.passed, "content-type": "application/json"}
        answer = ana.http.post("/api/say", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert "sentence" in answer.json()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "example.org", "::"])  # noqa: S104
def test_an_address_that_others_could_reach_is_refused(run, host):
    with pytest.raises(UsageError, match="could be reached by others"):
        prepare(Shelf([open_desk(run)]), ["ana"], host=host, port=0)


def test_a_taken_port_and_a_name_given_twice_are_told(run):
    desk = Shelf([open_desk(run)])
    one = prepare(desk, ["ana"], host="127.0.0.1", port=0)
    with one.socket:
        taken = one.socket.getsockname()[1]
        assert one.links["ana"].startswith(f"http://127.0.0.1:{taken}/?key=")
        with pytest.raises(OutputError, match="cannot be listened on"):
            prepare(desk, ["ana"], host="127.0.0.1", port=taken)
    with pytest.raises(UsageError, match="name of their own"):
        prepare(desk, ["ana", "ana "], host="127.0.0.1", port=0)
