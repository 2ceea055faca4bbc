"""What the page of a monitor says of a place and of its pictures."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from aoi.runs.monitor_page import telling
from aoi.runs.monitor_read import Eyes
from geo.series.contrast import Contrast, Contrasts


def event(kind, confidence, effect=3.0):
    return {"kind": kind, "confidence": confidence, "effect": effect}


@pytest.mark.parametrize("kind", ["built", "demolished"])
def test_a_place_that_was_built_and_painted_is_not_known_by_its_paint(kind):
    painted = event("altered", 0.95, 9.0)
    assert max([event(kind, 0.6), painted], key=telling)["kind"] == kind


def eyes(*gains):
    """Pictures of these gains; ``None`` where too little agreed."""
    lines = [g and Contrast(np.full(3, g), np.zeros(3), 0.9) for g in gains]
    looked = SimpleNamespace(
        records=[None] * len(lines), series=SimpleNamespace(name="pictures")
    )
    return Eyes(looked, Path(), None, Contrasts(lines=tuple(lines)))


def test_different_contrasts_are_said_once_and_so_is_what_was_left_out():
    [said] = eyes(1.0, 0.5, 1.8, None).notes
    assert "4 pictures were drawn with different contrasts" in said
    assert "1 could not be and were left out" in said
    [said] = eyes(1.0, 0.5, 1.8).notes
    assert "left out" not in said


def test_nothing_is_said_of_pictures_that_sun_and_haze_explain():
    assert eyes(1.0, 0.95, 1.1, None).notes == []
