"""A run ready to leave, drawn: one layout judged yes, one no, one open, one unsure."""

from dataclasses import replace

from aoi.outputs.leaving import Level
from aoi.outputs.levels import Wishes, cut
from tests.aoi.outputs import drawn
from tests.aoi.outputs.test_levels import found

WISH = Wishes()


def leaving(level="internal", crs=drawn.UTM, *, wishes=WISH, **more):
    """What leaves, with the pictures that may."""
    left = cut(found(crs, **more), Level(level), wishes)
    grid = drawn.frame(crs)
    compounds = drawn.layers(crs)["compounds"]
    chips = drawn.chips_of(drawn.paint(grid), grid, compounds)
    return replace(left, chips={new: chips[old] for new, old in left.pictured.items()})


def judged(level="internal", **more):
    """The same with verdicts shown in the layer."""
    run = found(**more)
    run.layers["compounds"]["verdict"] = [
        "walled_compound",
        "not_a_compound",
        None,
        "cannot_tell",
    ]
    return cut(run, Level(level))
