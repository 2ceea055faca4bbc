"""The roofs drawn by hand for the shipped net: files that every training reads."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from shapely import Polygon

from models.data import read_sets

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
DRAWN = sorted((SCRIPTS / "roofs").glob("*.json"))


@pytest.fixture(scope="module")
def patterns():
    """Names of pictures whose roofs the shipped recipe asks for."""
    sets = read_sets(SCRIPTS / "train-shipped.toml")
    return [Path(one.images).stem for one in sets if one.roofs]


def test_there_are_some():
    assert len(DRAWN) > 40


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_every_ring_is_ground_and_every_file_is_asked_for(path, patterns):
    drawn = json.loads(path.read_text("utf-8"))
    assert set(drawn) <= {"roofs", "unsure", "windows"}
    for ring in [*drawn["roofs"], *drawn["unsure"]]:
        shape = Polygon(ring)
        assert shape.is_valid
        assert shape.area > 4
    for x0, y0, x1, y1 in drawn.get("windows", ()):
        assert 0 <= x0 < x1
        assert 0 <= y0 < y1
    assert any(fnmatchcase(path.stem, pattern) for pattern in patterns)
