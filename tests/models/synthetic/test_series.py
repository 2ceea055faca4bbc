"""What is drawn is what the truth beside it says."""

from dataclasses import replace

import numpy as np
import pytest

from models.synthetic.series import SeriesPlan, draw_series
from models.synthetic.spectra import BANDS

PLAN = SeriesPlan(size=48, every=15, years=2, cloudy=0.0)


def test_the_same_seed_draws_the_same_series():
    one, other = draw_series(PLAN, 3), draw_series(PLAN, 3)
    assert np.array_equal(one.days, other.days)
    assert all(np.array_equal(one.bands[name], other.bands[name]) for name in BANDS)


def test_a_building_site_changes_after_its_onset_and_not_before():
    plan = SeriesPlan(size=48, every=15, years=3, cloudy=0.0, onset=0.4)
    drawn = draw_series(plan, 4)
    nothing = draw_series(replace(plan, happening="nothing"), 4)
    assert nothing.onset is None
    before = drawn.days < drawn.onset
    after = drawn.days > drawn.finished
    leaves = [d.bands["nir"] - d.bands["red"] for d in (drawn, nothing)]
    built, field = (green[:, drawn.site].mean(1) for green in leaves)
    assert np.abs(built - field)[before].max() < 0.04
    assert built[after].max() < 0.15


@pytest.mark.parametrize("happening", ["flood", "burn", "recolour", "nothing"])
def test_what_is_no_building_has_no_onset(happening):
    plan = SeriesPlan(size=48, every=30, years=2, happening=happening)
    drawn = draw_series(plan, 1)
    assert (drawn.onset, drawn.finished) == (None, None)


def test_clouds_hide_and_the_mask_finds_most_of_them():
    drawn = draw_series(SeriesPlan(size=48, every=8, years=2, cloudy=0.6, missed=0.2), 2)
    assert drawn.clouded.any()
    assert not (drawn.masked & ~drawn.clouded).any()
    assert 0.5 < drawn.masked.sum() / drawn.clouded.sum() < 1
