"""What servers do on bad days: nothing is lost, and nothing hangs."""

import threading
import time
from dataclasses import replace

import pytest

from geo.errors import SourceError
from geo.retry import Patience
from geo.sources.answers import Ask
from geo.sources.http import Client, Limits
from tests.geo.sources import hostile
from tests.geo.sources.conftest import HASTY, QUICK

BODY = bytes(range(256)) * 40


@pytest.fixture
def ask(server):
    """A question for a part of a file that is there."""
    server.files["/a.tif"] = BODY
    return Ask(url=f"{server.url}/a.tif", span=(100, 5100), pages=False)


MOODS = {
    "429 with seconds": hostile.status(429, Retry_After="0"),
    "429 without": hostile.status(429),
    "500": hostile.status(500),
    "502": hostile.status(502),
    "503 with a date": hostile.status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "504": hostile.status(504),
    "408": hostile.status(408),
    "a reset in mid-body": hostile.reset,
    "a body cut short": hostile.truncated,
    "a body of another length": hostile.wrong_length,
    "another part of the file": hostile.wrong_range,
    "a cut body without a length": hostile.no_length_cut,
    "a slow drip": hostile.drip(3.0),
    "silence": hostile.silence(0.8),
    "a web page with status 200": hostile.web_page,
}


@pytest.mark.parametrize("mood", MOODS)
def test_after_one_bad_answer_the_right_bytes_arrive(server, client, ask, mood):
    server.spoil(MOODS[mood])
    began = time.monotonic()
    answer = client.ask(ask)
    assert answer.body == BODY[100:5100]
    assert answer.total == len(BODY)
    assert time.monotonic() - began < 3
    assert client.tally.requests == 2


@pytest.mark.parametrize("mood", MOODS)
def test_a_server_that_never_recovers_is_given_up_in_time_with_a_sentence(
    server, client, ask, mood
):
    server.spoil(*[MOODS[mood]] * 10)
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"a\.tif at 127\.0\.0\.1.*tried 4 times"):
        client.ask(ask)
    assert time.monotonic() - began < 6


def test_bytes_are_never_taken_from_a_spoilt_answer(server, client, ask):
    """All moods in a row, more patience: the bytes at the end are the right ones."""
    client.patience = Patience(tries=len(MOODS) + 1, first=0.0, obey=1.0)
    server.spoil(*MOODS.values())
    assert client.ask(ask).body == BODY[100:5100]


def test_a_server_that_asks_for_too_long_is_not_waited_for(server, client, ask):
    server.spoil(hostile.status(429, Retry_After="3600"))
    with pytest.raises(SourceError, match="come back in 3600 seconds"):
        client.ask(ask)
    assert client.tally.requests == 1


def test_when_one_thread_is_told_to_wait_all_wait(server, ask):
    rested: list[tuple[str, float]] = []

    def rest(seconds: float) -> None:  # noted, not slept
        rested.append((threading.current_thread().name, seconds))

    client = Client(limits=QUICK, patience=replace(HASTY, obey=60.0), sleep=rest)
    server.spoil(hostile.status(429, Retry_After="40"))
    client.ask(ask)
    assert max(seconds for _, seconds in rested) == pytest.approx(40, abs=1)
    another = threading.Thread(target=client.ask, args=(ask,), name="another")
    another.start()
    another.join()
    [pause] = [seconds for name, seconds in rested if name == "another"]
    assert pause == pytest.approx(40, abs=10)  # what is left of the first one's wait


def test_a_redirect_is_followed_and_the_range_with_it(server, client, ask):
    server.files["/moved.tif"] = BODY
    server.spoil(hostile.sent_to("/moved.tif"))
    assert client.ask(ask).body == BODY[100:5100]


def test_a_redirect_loop_ends_with_a_sentence(server, client, ask):
    server.spoil(*[hostile.sent_to("/a.tif")] * 9)
    with pytest.raises(SourceError, match="in a circle"):
        client.ask(ask)


def test_a_chain_of_redirects_without_end_ends(server, client, ask):
    server.spoil(*[hostile.sent_to(f"/{i}.tif") for i in range(20)])
    with pytest.raises(SourceError, match="more than 5 times"):
        client.ask(ask)


def test_a_redirect_to_something_that_is_no_web_address_is_refused(server, client, ask):
    server.spoil(hostile.sent_to("file:///etc/passwd"))
    with pytest.raises(SourceError, match="sends us to"):
        client.ask(ask)


def test_headers_that_open_doors_are_not_sent_to_another_host(server, client):
    seen = []

    def note(handler, _body):
        seen.append(handler.headers.get("Authorization"))
        return False

    server.files["/b"] = b"{}"
    server.spoil(hostile.sent_to(f"http://localhost:{server.server_port}/b"), note)
    ask = Ask(url=f"{server.url}/a", headers={"Authorization": "Bearer SECRET"})
    client.ask(ask)
    assert seen == [None]
    assert "SECRET" not in repr(ask)


def test_a_server_without_ranges_gives_the_whole_of_a_small_file(server, client, ask):
    server.spoil(hostile.ignores_ranges)
    answer = client.ask(ask)
    assert answer.body == BODY[100:5100]
    assert answer.total == len(BODY)


def test_a_server_without_ranges_is_not_asked_for_a_large_file(server, client, ask):
    def large(handler, _body):
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        handler.close_connection = True
        return True

    server.spoil(large)
    with pytest.raises(SourceError, match="gives no ranges"):
        client.ask(ask)


def test_what_is_not_there_is_asked_for_once(server, client):
    with pytest.raises(SourceError, match="no such file"):
        client.ask(Ask(url=f"{server.url}/none.tif"))
    assert client.tally.requests == 1


def test_an_address_nobody_listens_at_is_given_up(server, client):
    server.shutdown()
    server.server_close()
    with pytest.raises(SourceError, match="connection failed"):
        client.ask(Ask(url=f"{server.url}/a.tif"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"url": "http://*/a.tif?token=SECRET"}, "InvalidURL"),
        ({"headers": {"Authorization": "SECRET\n"}}, "InvalidHeader"),
    ],
)
def test_a_question_that_cannot_be_asked_is_not_tried_again(client, ask, change, fault):
    with pytest.raises(SourceError, match=rf"cannot be asked \({fault}\)") as caught:
        client.ask(replace(ask, **change))
    assert client.tally.requests == 1
    assert client.tally.waited == 0
    assert "SECRET" not in str(caught.value)


class Expiring:
    """A signer whose tokens the server accepts once renewed."""

    def __init__(self, *, renewable: bool = True) -> None:
        self.number, self.renewable = 1, renewable

    def sign(self, url: str) -> str:
        return f"{url}?sig=SECRET{self.number}"

    def renew(self, _url: str) -> bool:
        self.number += 1
        return self.renewable


def test_an_expired_token_is_renewed_once_and_the_bytes_arrive(server, ask):
    server.gate = lambda path: path.endswith("sig=SECRET2")
    client = Client(limits=QUICK, patience=HASTY, signer=Expiring())
    assert client.ask(ask).body == BODY[100:5100]


def test_a_door_that_stays_closed_is_named_without_the_token(server, ask, caplog):
    caplog.set_level("DEBUG", logger="geo")
    server.gate = lambda _: False
    client = Client(limits=QUICK, patience=HASTY, signer=Expiring())
    with pytest.raises(SourceError, match="refused") as caught:
        client.ask(ask)
    assert client.tally.requests == 2
    assert "SECRET" not in str(caught.value) + caplog.text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_tokens_stay_out_of_messages_when_the_connection_fails(server, caplog):
    caplog.set_level("DEBUG", logger="geo")
    server.shutdown()
    server.server_close()
    client = Client(limits=QUICK, patience=HASTY, signer=Expiring())
    with pytest.raises(SourceError) as caught:
        client.ask(Ask(url=f"{server.url}/a.tif", span=(0, 9)))
    assert "SECRET" not in str(caught.value) + caplog.text


def test_no_more_than_so_many_requests_at_a_time(server, ask):
    client = Client(limits=Limits(together=2), patience=HASTY)
    now, most = [0], [0]
    lock = threading.Lock()

    def count(_handler, _body):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        with lock:
            now[0] -= 1
        return False

    server.spoil(*[count] * 8)
    threads = [threading.Thread(target=client.ask, args=(ask,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2
