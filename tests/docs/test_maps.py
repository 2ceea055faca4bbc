"""Every room stands on the map of its house, and the map shows no room that is not there."""

import ast
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSES = ("geo", "geo/sources", "models", "aoi/runs", "aoi/outputs", "aoi/sites", "aoi/review")
ROOM = re.compile(r"[a-z][a-z_]*[*]?")


def rooms_of(house):
    """Names of its modules and of the packages in it."""
    folder = ROOT / house
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in folder.glob("*/__init__.py")}


def shown_on(house):
    """Words of the map, without the first column and what stands in brackets.

    A line that is further in goes on with the second column of the one above.
    """
    text = ast.get_docstring(ast.parse((ROOT / house / "__init__.py").read_text("utf-8")))
    lines = [line for line in text.splitlines() if line.startswith("    ")]
    second = [
        line if line[4] == " " else re.split(r"\s{2,}", line.strip(), maxsplit=1)[1]
        for line in lines
    ]
    return set(ROOM.findall("  ".join(re.sub(r"[(][^)]*[)]", "", words) for words in second)))


@pytest.mark.parametrize("house", HOUSES)
def test_every_room_is_on_the_map_of_its_house(house):
    words = shown_on(house)
    lost = [room for room in rooms_of(house) if not any(fnmatch(room, w) for w in words)]
    assert not lost, f"{house}/__init__.py shows no {', '.join(sorted(lost))}"


@pytest.mark.parametrize("house", HOUSES)
def test_no_map_shows_a_room_that_is_not_there(house):
    rooms = rooms_of(house)
    extra = [w for w in shown_on(house) if not any(fnmatch(room, w) for room in rooms)]
    assert not extra, f"{house}/__init__.py shows {', '.join(sorted(extra))}"
