"""Which three bands make a picture."""

import pytest

from geo.bands import choose_rgb
from geo.errors import InputError


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["red", "green", "blue"], (0, 1, 2)),
        (["blue", "green", "red", "nir"], (2, 1, 0)),
        (["B02", "B03", "B04", "B08"], (2, 1, 0)),
        ([" Red ", "GREEN", "b"], (0, 1, 2)),
        (["", "", "", ""], (0, 1, 2)),
        (["red", "green", "nir"], (0, 1, 2)),
        (["gray"], (0, 0, 0)),
        (["", ""], (0, 0, 0)),
    ],
)
def test_names_decide_and_the_order_where_there_are_none(names, chosen):
    assert choose_rgb(names) == chosen


def test_numbers_asked_for_count_from_one_and_win():
    assert choose_rgb(["red", "green", "blue"], (3, 2, 1)) == (2, 1, 0)
    assert choose_rgb(["red", "green", "blue"], (2,)) == (1, 1, 1)


@pytest.mark.parametrize("asked", [(), (1, 2), (0, 1, 2), (1, 2, 4), (-1,), (1, 2, 3, 1)])
def test_numbers_that_are_no_bands_are_refused(asked):
    with pytest.raises(InputError, match="from 1 to 3"):
        choose_rgb(["red", "green", "blue"], asked)
