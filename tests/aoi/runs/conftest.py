"""A world in which everything can be worked out by hand: red is wall, blue is roof."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from rasterio.transform import from_origin
from torch import nn

from aoi.runs.watch import Hands
from aoi.runs.watch_config import Telling, Watch, WatchedArea
from models.card import Card
from models.checkpoint import Net
from tests.aoi.runs.clock import Clock
from tests.aoi.runs.watched import NOON, PLACES, Painted, register

CARD = Card(
    name="colours", version="1", mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), margin=8
)  # fmt: skip


class Colours(nn.Module):
    """A net that calls red walls and blue roofs, pixel by pixel."""

    def forward(self, x):
        red, green, blue = x[:, 0], x[:, 1], x[:, 2]
        wall, roof = red - green, blue - green
        nothing = torch.full_like(red, -9.0)
        return torch.stack([roof * 9 - 5, nothing, wall * 9 - 5, nothing, nothing], 1)


@pytest.fixture(autouse=True)
def colour_net(monkeypatch):
    """Whoever loads weights gets the colour net."""
    net = Net(Colours().eval(), CARD)
    monkeypatch.setattr("aoi.runs.pipeline.load_net", lambda _path=None: net)
    return net


def court(side=240, gate=8, rows=3, size=400):
    """Draw a walled court of 120 m at 0.5 m a pixel, a 4 m gate, and rows of long roofs."""
    picture = np.full((3, size, size), 128, np.uint8)
    a, b = (size - side) // 2, (size + side) // 2
    for line in (
        np.s_[a : a + 3, a:b],
        np.s_[b - 3 : b, a:b],
        np.s_[a:b, a : a + 3],
        np.s_[a:b, b - 3 : b],
    ):
        picture[:, *line] = np.array([255, 0, 0])[:, None, None]
    middle = size // 2
    picture[:, b - 3 : b, middle - gate // 2 : middle + gate // 2] = 128
    for row in range(rows):
        top = a + 40 + 50 * row
        for left in (a + 20, a + 130):
            picture[:, top : top + 24, left : left + 80] = np.array([0, 0, 255])[:, None, None]
    return picture


@pytest.fixture
def save(tmp_path):
    """Write a picture as a GeoTIFF and return its path."""

    def write(pixels, name="scene.tif", *, crs="EPSG:32648", transform=None, **profile) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        count, height, width = pixels.shape
        with rasterio.open(
            path, "w", driver="GTiff", height=height, width=width, count=count,
            dtype=pixels.dtype, crs=crs,
            transform=transform or from_origin(450_000, 1_250_000, 0.5, 0.5), **profile,
        ) as file:  # fmt: skip
            file.write(pixels)
        return path

    return write


@pytest.fixture
def clock():
    """A clock that a test moves."""
    return Clock(NOON)


@pytest.fixture
def eyes():
    """Eyes that see what a test paints."""
    return Painted()


@pytest.fixture
def hands(eyes, clock):
    """The eyes and the clock of a watch."""
    return Hands(eyes=eyes, clock=clock)


@pytest.fixture
def watch(tmp_path):
    """A watch over two areas with a site each."""
    places = tuple(WatchedArea(name=n, area=a, source=("x",)) for n, a in PLACES.items())
    out = tmp_path / "out"
    alerts = Telling(
        jsonl=out / "alerts.jsonl", atom=out / "feed.atom", mail=out / "mail",
        cooldown=timedelta(minutes=1),
    )  # fmt: skip
    return Watch(name="desk", out=out, areas=places, alerts=alerts, sites=register(tmp_path))
