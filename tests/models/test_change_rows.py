"""What is known of a unit that lies on a roof that was altered."""

from types import SimpleNamespace

import numpy as np
import pytest
from shapely.geometry import box

from models.change_material import drawn
from models.change_rows import _altered

ROOF, HALF = box(0, 0, 20, 10), box(0, 0, 9, 10)
CUT = SimpleNamespace(altered=[(ROOF, HALF)])
PAINTED = SimpleNamespace(altered=[(ROOF, ROOF)])


def test_a_unit_that_holds_a_roof_cut_short_was_altered():
    assert _altered(CUT, ROOF.buffer(0.5)) == 1
    assert _altered(SimpleNamespace(altered=[(HALF, ROOF)]), ROOF) == 1


def test_of_what_stayed_of_a_roof_nobody_knows():
    assert np.isnan(_altered(CUT, HALF))


@pytest.mark.parametrize("shape", [ROOF, HALF])
def test_a_part_of_a_painted_roof_was_altered_as_well(shape):
    assert _altered(PAINTED, shape) == 1


def test_a_neighbour_that_hardly_touches_it_was_not():
    assert _altered(CUT, box(16, 0, 40, 10)) == 0
    assert _altered(SimpleNamespace(altered=[]), ROOF) == 0


def test_drawn_places_tell_the_roofs_that_were_altered_by_date():
    [place] = drawn(1, None, first=103, size=320)
    assert place.altered
    for one, other in place.altered:
        assert one.distance(other) == 0
