"""Drawn places on two dates: what is said to happen is what is drawn."""

import numpy as np
import pytest

from geo.errors import InputError
from models.change_clouds import overcast
from models.change_pairs import draw_pair

PAIR = draw_pair("plots", seed=11, size=256, clouds=(0.0, 0.2))


def test_the_same_seed_gives_the_same_pixels():
    again = draw_pair("plots", seed=11, size=256, clouds=(0.0, 0.2))
    assert (again.pictures[1] == PAIR.pictures[1]).all()
    assert [f.kind for f in again.fates] == [f.kind for f in PAIR.fates]


def test_what_was_built_stands_on_the_second_date_only():
    kinds = {f.kind for f in PAIR.fates}
    assert {"built", "demolished", "unchanged"} <= kinds
    for fate in PAIR.fates:
        stands = tuple(roof is not None for roof in fate.seen)
        if fate.kind == "built":
            assert stands == (False, True)
        if fate.kind == "demolished":
            assert stands == (True, False)
        if fate.kind in {"unchanged", "altered"}:
            assert stands == (True, True)


def test_nothing_differs_but_the_light_where_nothing_happens():
    still = draw_pair("plots", seed=11, size=256, happens={"unchanged": 1.0}, same_light=True)
    differ = np.abs(still.pictures[0].astype(int) - still.pictures[1]).mean()
    assert differ < 8  # noise and its JPEG
    other = draw_pair("plots", seed=11, size=256, happens={"unchanged": 1.0})
    assert np.abs(other.pictures[0].astype(int) - other.pictures[1]).mean() > differ


def test_clouds_cover_about_what_was_asked_and_say_whom():
    assert not PAIR.clouds[0].any()
    assert 0.15 < (PAIR.clouds[1] > 0.5).mean() < 0.6  # cloud and its shadow
    assert any(f.clouded > 0.9 for f in PAIR.fates)
    assert any(f.clouded == 0 for f in PAIR.fates)


def test_no_cloud_leaves_the_picture_alone():
    picture = PAIR.pictures[0]
    same, cover = overcast(picture, 0.0, np.random.default_rng(0), 0.5)
    assert same is picture
    assert not cover.any()


def test_a_picture_too_large_to_paint_at_once_is_refused():
    with pytest.raises(InputError, match="1024"):
        draw_pair("plots", seed=1, size=2048)
