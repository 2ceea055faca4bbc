"""Numbers with their nouns."""

import pytest

from aoi.counted import counted


@pytest.mark.parametrize(
    ("number", "nouns", "words"),
    [
        (0, ("layout",), "0 layouts"),
        (1, ("layout",), "1 layout"),
        (1204, ("layout",), "1,204 layouts"),
        (1, ("pass", "passes"), "1 pass"),
        (2, ("pass", "passes"), "2 passes"),
    ],
)
def test_one_is_never_many(number, nouns, words):
    assert counted(number, *nouns) == words
