"""A series decides together whether 0.1 is still in; one date of dry fields does not."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.prepare.numbers import Verdict, check_offset
from geo.prepare.witness import Witness, settle

GREEN = {"blue": 0.03, "green": 0.06, "red": 0.04, "nir": 0.40}
DRY = {"blue": 0.10, "green": 0.12, "red": 0.13, "nir": 0.30}
SHADE = {"blue": 0.02, "green": 0.03, "red": 0.025, "nir": 0.05}
SAND = {"blue": 0.12, "green": 0.15, "red": 0.20, "nir": 0.28}


def ground(*, dry=False, shade=True, shift=0.0, side=100):
    """Four bands (H, W): a half of leaves or dry grass, sand, a strip of shade."""
    out = {}
    for band in GREEN:
        plane = np.full((side, side), SAND[band], np.float32)
        plane[: side // 2] = (DRY if dry else GREEN)[band]
        if shade:
            plane[-5:] = SHADE[band]
        out[band] = plane + np.float32(shift)
    return out


def witness(name, bands, *, told=0.0, told_by="", series="archive", baseline=""):
    """What one date says, as a fetch asks it."""
    clear = np.ones(bands["red"].shape, bool)
    check = check_offset(bands["red"], bands["nir"], clear, bands["blue"], bands["green"])
    return Witness(
        scene=name, series=series, told=told, told_by=told_by, baseline=baseline,
        verdict=check.verdict, red=None if np.isnan(check.red) else check.red,
        pixels=check.pixels, floor=check.floor, bare=check.bare,
        lows={b: float(np.percentile(p, 1)) for b, p in bands.items()},
    )  # fmt: skip


def test_dry_grass_beside_shade_is_no_offset_even_alone():
    bands = ground(dry=True)
    clear = np.ones((100, 100), bool)
    assert check_offset(bands["red"], bands["nir"], clear).verdict == Verdict.UNKNOWN
    assert settle([witness("a", bands)]).steps.get("a", 0) == 0


def test_dry_fields_without_any_shade_are_outvoted_by_the_wet_season():
    dates = [witness(f"wet{i}", ground()) for i in range(3)]
    dry = witness("dry", ground(dry=True, shade=False))
    assert dry.verdict == Verdict.ADDED  # by itself it would have been mended, wrongly
    settled = settle([*dates, dry])
    assert not any(settled.steps.values())
    assert "do not bear that out" in settled.words["dry"]
    assert "dry" in settled.words["dry"]


def test_a_series_that_still_carries_the_tenth_is_mended_whole():
    dates = [witness(f"d{i}", ground(shift=0.1)) for i in range(4)]
    bare = witness("clouded", ground(shift=0.1) | {"nir": ground(shift=0.1)["red"]})
    assert bare.verdict == Verdict.UNKNOWN
    settled = settle([*dates, bare])
    assert settled.steps == {w.scene: -0.1 for w in [*dates, bare]}
    [words] = settled.words.values()
    assert "on 4 of 4 dates" in words
    assert "0.1 is still added" in words


def test_a_tenth_taken_off_twice_is_put_back():
    settled = settle([witness(f"d{i}", ground(shift=-0.1), told=-0.1) for i in range(2)])
    assert set(settled.steps.values()) == {0.1}


@pytest.mark.parametrize("shift", [0.1, -0.1])
def test_one_delivery_that_differs_from_its_series_in_every_band_is_mended_alone(shift):
    dates = [witness(f"d{i}", ground()) for i in range(3)]
    settled = settle([*dates, witness("odd", ground(shift=shift))])
    assert settled.steps == {"odd": -shift}
    assert list(settled.words) == ["odd"]


def test_one_date_that_differs_in_some_bands_only_is_not_touched():
    dates = [witness(f"d{i}", ground()) for i in range(3)]
    hazy = ground(shift=0.1)
    hazy["blue"] += np.float32(0.04)  # haze is blue
    odd = witness("hazy", hazy)
    assert odd.verdict == Verdict.ADDED
    assert not any(settle([*dates, odd]).steps.values())


def test_against_the_archives_word_twice_as_many_voices_are_wanted():
    added = [witness(f"a{i}", ground(shift=0.1), told_by="flag") for i in range(3)]
    fine = [witness(f"f{i}", ground(), told_by="flag") for i in range(2)]
    assert not any(v for n, v in settle(added + fine[:2]).steps.items() if n.startswith("f"))
    assert set(settle(added + fine[:1]).steps.values()) == {-0.1}
    unsaid = [witness(f"u{i}", ground(shift=0.1)) for i in range(3)]
    plain = [witness(f"p{i}", ground()) for i in range(2)]
    assert set(settle(unsaid + plain).steps.values()) == {-0.1}


def test_what_was_made_before_anything_was_added_has_nothing_added():
    old = [
        witness(f"o{i}", ground(dry=True, shade=False), baseline="02.14", told_by="baseline")
        for i in range(3)
    ]
    assert {w.verdict for w in old} == {Verdict.ADDED}
    assert not any(settle(old).steps.values())


def test_archives_and_offsets_told_are_kept_apart():
    one = [witness(f"a{i}", ground(shift=0.1), series="one") for i in range(3)]
    two = [witness(f"b{i}", ground(), series="two") for i in range(9)]
    steps = settle(one + two).steps
    assert {name for name, step in steps.items() if step} == {"a0", "a1", "a2"}


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(5)))
def test_the_order_of_dates_changes_no_step(order):
    dates = [
        *(witness(f"d{i}", ground()) for i in range(3)),
        witness("odd", ground(shift=0.1)),
        witness("dry", ground(dry=True, shade=False)),
    ]
    assert settle([dates[i] for i in order]).steps == settle(dates).steps


def test_what_was_heard_can_be_kept_and_taken_up_again():
    one = witness("a", ground(shift=0.1))
    assert Witness.from_dict(one.to_dict()) == one


def test_nobody_says_nothing():
    assert settle([]).steps == {}
    nothing = np.full((100, 100), 0.5, np.float32)
    blank = witness("a", dict(zip(GREEN, itertools.repeat(nothing))))
    assert settle([blank]).words == {}
