"""A site from bare ground to roofs, seen as pictures: which phase when, and what is no site."""

import numpy as np
import pytest

from geo.series.looks import radar
from geo.series.names import Phase
from geo.series.roofing import find_roofs
from tests.geo.series.drawn import days
from tests.geo.series.test_layouts import (
    COLOURS,
    FURROWED,
    PLACE,
    SIDE,
    looks_of,
    picture,
    story,
)

BARE, FULL = picture("soil"), picture("soil", "blue", "white")


def partly(share, whole=FULL):
    """Draw the first rows of blocks only."""
    drawn = BARE.copy()
    rows = 4 + round(16 * share)
    drawn[:, 4:rows] = whole[:, 4:rows]
    return drawn


def phases(event):
    return [phase for phase, _, _ in event.phases]


def holds(event, when, phase, first, last=None):
    """Tell whether the bracket of a phase holds what was drawn between two days."""
    dated = {name: (a, b) for name, a, b in event.phases}
    a, b = (when[look] - when[0] for look in dated[phase])
    return a < (last or first) and b >= first


def test_a_site_is_cleared_then_built_upon_row_by_row_then_roofed():
    rows = [(600 + 40 * i, partly((i + 1) / 4)) for i in range(4)]
    told, when = story((0, FURROWED), (400, BARE), *rows)
    [event] = told.events
    assert (event.kind, phases(event)) == (
        "built",
        [Phase.CLEARED, Phase.BUILDING, Phase.ROOFED],
    )
    assert holds(event, when, Phase.CLEARED, 400)
    assert holds(event, when, Phase.BUILDING, 600, 640)
    assert holds(event, when, Phase.ROOFED, 640, 720)


def test_ground_that_stays_bare_was_not_built_upon():
    told, _ = story((0, FURROWED), (400, BARE))
    assert [event.kind for event in told.events] == ["altered"]


def test_roofs_that_go_up_at_once_leave_no_time_for_clearing():
    told, _ = story((0, FURROWED), (500, FULL))
    [event] = told.events
    assert phases(event) == [Phase.BUILDING, Phase.ROOFED]
    assert event.phases[0][1:] == event.phases[1][1:] == (event.last_without, event.first_with)


def test_bare_ground_has_no_roofs_to_paint():
    """A state that saw the first half of the roofs has the layout of the one that has all."""
    told, when = story((0, FURROWED), (300, BARE), (520, partly(0.5)), (860, FULL))
    assert [event.kind for event in told.events] == ["built"]
    assert Phase.RECOLOURED not in phases(told.events[0])
    assert holds(told.events[0], when, Phase.CLEARED, 300)


def test_paint_years_later_is_an_event_of_its_own():
    red = picture("soil", "red", "red")
    told, when = story((0, FURROWED), (400, BARE), (500, FULL), (1000, red), when=days(4))
    built, painted = told.events
    assert (built.kind, painted.kind) == ("built", "altered")
    assert phases(painted) == [Phase.RECOLOURED]
    assert when[painted.last_without] - when[0] < 1000 <= when[painted.first_with] - when[0]


def test_ground_once_bare_is_not_cleared_again_by_red_paint():
    """Rows that differ in lightness alone, as where a picture's colours have run."""
    grey = BARE.copy()
    grey[:, 4:20, 4:20] = np.array(COLOURS["grey"])[:, None, None] * 1.3
    ripple = 1 + 0.16 * np.sin(np.arange(SIDE) * 1.7)[:, None]
    roofs, red = grey.copy(), BARE.copy()
    roofs[:, 4:20] *= ripple[4:20]
    red[:, 4:20] *= ripple[4:20]
    told, _ = story((0, FURROWED), (400, BARE), (550, roofs), (1050, red), when=days(4))
    assert told.events[0].kind == "built"
    assert phases(told.events[0]) == [Phase.CLEARED, Phase.BUILDING, Phase.ROOFED]
    assert Phase.CLEARED not in [phase for event in told.events[1:] for phase in phases(event)]


@pytest.mark.parametrize("turns", range(4))
def test_turning_the_pictures_changes_no_phase(turns):
    when = days()
    steps = ((0, FURROWED), (400, BARE), (600, FULL))
    looks = looks_of(when, *((day, np.rot90(one, turns, (1, 2))) for day, one in steps))
    told = find_roofs(looks, np.rot90(PLACE, turns), np.flatnonzero(when - when[0] > 350))
    assert when[told.begun[0]] - when[0] < 600 <= when[told.begun[1]] - when[0]


def test_radar_tells_of_no_roofs():
    waves = np.random.default_rng(0).normal(-10, 1, (12, SIDE, SIDE)).astype(np.float32)
    assert find_roofs(radar({"vv": waves}, days()[:12]), PLACE, np.arange(12)) is None
