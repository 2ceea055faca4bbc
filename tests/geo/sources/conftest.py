"""A server on loopback, and a client without patience to spare."""

import pytest

from geo.retry import Patience
from geo.sources.assets import Door
from geo.sources.cache import Cache
from geo.sources.http import Client, Limits
from tests.geo.sources.hostile import Server

QUICK = Limits(connect=1.0, silence=0.4, answer=0.6, together=4)
"""As little time as loopback needs."""

HASTY = Patience(tries=4, first=0.01, longest=0.05, obey=1.0)
"""Waits that a test can afford."""


@pytest.fixture
def server():
    """A server that is good until it is spoilt."""
    with Server() as running:
        yield running
        running.shutdown()


@pytest.fixture
def client() -> Client:
    """A client that tries four times in a tenth of a second."""
    return Client(limits=QUICK, patience=HASTY)


@pytest.fixture
def door(client, tmp_path) -> Door:
    """That client and a cache of its own."""
    return Door(client=client, cache=Cache(tmp_path / "cache"))
