"""Serve the page on this machine until the reviewer is done.

    Shelf, names ──► keys ──► socket on 127.0.0.1 ──► links to print ──► uvicorn

The page is for the machine it runs on.  Two people review at once with a link each in two
browsers, or each with their own program on a shared folder; for a desk elsewhere, ssh carries
the port.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI

from aoi.review.app import make_app
from aoi.review.door import Keys
from aoi.review.shelf import Shelf
from geo.errors import OutputError, UsageError

USUAL = 8620
"""Port that is taken when it is free and no other was asked for."""


@dataclass(frozen=True, slots=True)
class Served:
    """A page that is ready to be served."""

    app: FastAPI
    socket: socket.socket
    links: dict[str, str]
    """Reviewer to the address that lets them in."""

    def run(self) -> None:
        """Serve until interrupted; every word is on the disk by then."""
        config = uvicorn.Config(
            self.app, log_level="warning", access_log=False, server_header=False,
            proxy_headers=False, ws="none", timeout_graceful_shutdown=2,
        )  # fmt: skip
        with contextlib.suppress(KeyboardInterrupt), self.socket:
            uvicorn.Server(config).run(sockets=[self.socket])


def prepare(shelf: Shelf, names: Sequence[str], *, host: str, port: int | None) -> Served:
    """Bind the port and draw the keys.

    Args:
        shelf: one or more runs.
        names: of the reviewers.
        host: an address of this machine that only this machine can reach.
        port: to listen on; left out, the usual one, or any that is free.

    Raises:
        UsageError: the host could be reached from elsewhere, or a name is given twice.
        OutputError: the port is taken.
    """
    people = [name.strip() for name in names]
    if not all(people) or len(set(people)) != len(people):
        raise UsageError("Every reviewer needs a name of their own: --by ana --by ben.")
    listening = _listen(_loopback(host), port)
    shown, taken = listening.getsockname()[:2]
    keys = Keys(people)
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{taken}/"
    return Served(
        app=make_app(shelf, keys, port=taken),
        socket=listening,
        links={name: f"{address}?{urlencode({'key': k})}" for name, k in keys.links.items()},
    )


def _loopback(host: str) -> str:
    """Take only what no other machine can reach."""
    name = "127.0.0.1" if host == "localhost" else host
    try:
        local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        raise UsageError(
            f"{host} could be reached by others, and what is reviewed must not be. The page is "
            "served on 127.0.0.1; from another machine use: ssh -L 8620:127.0.0.1:8620 HERE"
        )
    return name


def _listen(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in (USUAL, 0) if port is None else (port,):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, wanted))
            listening.listen(128)
        except OSError as error:
            listening.close()
            if port is not None or wanted == 0:
                raise OutputError(
                    f"Port {wanted} cannot be listened on: {error.strerror}. Leave --port out."
                ) from error
        else:
            return listening
    raise OutputError("No port is free.")
