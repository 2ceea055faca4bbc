"""A server on loopback that does what servers do on bad days.

Files are served with ranges; a *mood* is a function that may spoil one answer.  Moods are used
up in the order in which they were given, then all is well again.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Mood = Callable[["Handler", bytes], bool]
"""Gets the handler and the right body; answers itself and returns true, or leaves it."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # as real servers do; else every second answer waits 40 ms
    server: Server

    def do_GET(self) -> None:
        """Serve a file, or what the mood says."""
        path = urlsplit(self.path).path
        self.server.log.append((self.command, self.path, self.headers.get("Range", "")))
        body = self.server.files.get(path)
        if self.server.moods and self.server.moods[0][0] in ("", path):
            mood = self.server.moods.popleft()[1]
            if mood(self, body or b""):
                return
        gate = self.server.gate
        if gate and not gate(self.path):
            self.plain(403, b"expired")
            return
        if body is None:
            self.plain(404, b"nothing here")
            return
        self.ranged(body)

    def do_HEAD(self) -> None:
        """Tell how long a file is: GDAL asks first, we do not."""
        body = self.server.files.get(urlsplit(self.path).path)
        self.server.log.append((self.command, self.path, ""))
        if self.server.gate:
            self.server.gate(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()

    def do_POST(self) -> None:
        """Take the question; answers are files as well."""
        self.question = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def span(self, body: bytes) -> tuple[int, int] | None:
        """Read the range asked for."""
        words = self.headers.get("Range", "")
        if not words:
            return None
        first, last = words.removeprefix("bytes=").split("-")
        return int(first), min(int(last) + 1, len(body))

    def ranged(self, body: bytes, **headers: str) -> None:
        """Answer rightly."""
        span = self.span(body)
        part = body if span is None else body[slice(*span)]
        if span is not None:
            headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{len(body)}"
        self.plain(206 if span else 200, part, **{"ETag": '"one"'} | headers)

    def plain(self, status: int, body: bytes, **headers: str) -> None:
        """Answer with a status and a body, as they are given."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)

    def hang_up(self) -> None:
        """Reset the connection, as a failing balancer does."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.close()
        self.close_connection = True

    def finish(self) -> None:
        """End, also on a connection that is gone."""
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def log_message(self, *_: object) -> None:
        """Be silent."""


class Server(ThreadingHTTPServer):
    """Files, moods and a log."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.moods: deque[tuple[str, Mood]] = deque()
        self.log: list[tuple[str, str, str]] = []
        self.gate: Callable[[str], bool] | None = None
        self.sent = 0
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def spoil(self, *moods: Mood, path: str = "") -> None:
        """Spoil the next answers."""
        self.moods.extend((path, mood) for mood in moods)

    def handle_error(self, *_: object) -> None:
        """Expect clients to hang up."""


def status(code: int, **headers: str) -> Mood:
    """Answer with a status."""

    def mood(handler: Handler, _: bytes) -> bool:
        handler.plain(code, b"no", **headers)
        return True

    return mood


def reset(handler: Handler, body: bytes) -> bool:
    """Break the connection in the middle of the body."""
    low, high = handler.span(body) or (0, len(body))
    handler.send_response(206)
    handler.send_header("Content-Length", str(high - low))
    handler.send_header("Content-Range", f"bytes {low}-{high - 1}/{len(body)}")
    handler.end_headers()
    handler.wfile.write(body[low : (low + high) // 2])
    handler.hang_up()
    return True


def truncated(handler: Handler, body: bytes) -> bool:
    """Close politely after half of what was promised."""
    low, high = handler.span(body) or (0, len(body))
    handler.send_response(206)
    handler.send_header("Content-Length", str(high - low))
    handler.send_header("Content-Range", f"bytes {low}-{high - 1}/{len(body)}")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body[low : (low + high) // 2])
    handler.close_connection = True
    return True


def wrong_length(handler: Handler, body: bytes) -> bool:
    """Give fewer bytes than the range has, and say so in the length."""
    low, high = handler.span(body) or (0, len(body))
    part = body[low : high - 7]
    handler.plain(206, part, Content_Range=f"bytes {low}-{high - 1}/{len(body)}")
    return True


def wrong_range(handler: Handler, body: bytes) -> bool:
    """Give another part of the file, of the right length."""
    low, high = handler.span(body) or (0, len(body))
    size = high - low
    handler.plain(206, body[:size], Content_Range=f"bytes {low + 1}-{high}/{len(body)}")
    return True


def no_length_cut(handler: Handler, body: bytes) -> bool:
    """Promise nothing and close early."""
    low, high = handler.span(body) or (0, len(body))
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes {low}-{high - 1}/{len(body)}")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body[low : (low + high) // 2])
    handler.close_connection = True
    return True


def drip(seconds: float) -> Mood:
    """Send a byte now and then, so that no silence is ever long."""

    def mood(handler: Handler, body: bytes) -> bool:
        low, high = handler.span(body) or (0, len(body))
        handler.send_response(206)
        handler.send_header("Content-Length", str(high - low))
        handler.send_header("Content-Range", f"bytes {low}-{high - 1}/{len(body)}")
        handler.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                handler.wfile.write(b"x")
                handler.wfile.flush()
            except OSError:
                break
            time.sleep(0.02)
        handler.close_connection = True
        return True

    return mood


def silence(seconds: float) -> Mood:
    """Say nothing at all for a while."""

    def mood(handler: Handler, _: bytes) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return mood


def web_page(handler: Handler, _: bytes) -> bool:
    """Apologise in HTML, with status 200."""
    handler.plain(
        200, b"<!DOCTYPE html><html>Sorry</html>", Content_Type="text/html; charset=utf-8"
    )
    return True


def ignores_ranges(handler: Handler, body: bytes) -> bool:
    """Give the whole file."""
    handler.plain(200, body)
    return True


def sent_to(where: str) -> Mood:
    """Redirect."""

    def mood(handler: Handler, _: bytes) -> bool:
        handler.plain(302, b"", Location=where)
        return True

    return mood
