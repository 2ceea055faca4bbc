"""Speckle, decibels, orbits."""

import numpy as np
import pytest
import rasterio

from geo.errors import InputError, ShapeError
from geo.prepare.radar import LOOKS, by_orbit, from_db, lee, quegan, to_db
from tests.geo.sources.drawn import scene


def speckled(truth: np.ndarray, seed: int = 0, looks: float = LOOKS) -> np.ndarray:
    """Power as a radar would see it."""
    noise = np.random.default_rng(seed).gamma(looks, 1 / looks, truth.shape)
    return (truth * noise).astype(np.float32)


def looks_of(power: np.ndarray) -> float:
    """Equivalent number of looks of even ground."""
    return float(np.nanmean(power) ** 2 / np.nanvar(power))


def two_fields(side: int = 120) -> np.ndarray:
    """Dark water left, bright town right."""
    truth = np.full((side, side), 0.02)
    truth[:, side // 2 :] = 0.3
    return truth


def test_decibels_there_and_back():
    power = np.array([0.01, 1.0, 10.0], np.float32)
    assert to_db(power).tolist() == pytest.approx([-20, 0, 10])
    assert from_db(to_db(power)).tolist() == pytest.approx(power.tolist())
    assert np.isnan(to_db(np.array([0.0, -1.0, np.nan], np.float32))).all()


def test_lee_calms_even_ground_and_keeps_its_mean():
    power = speckled(np.full((200, 200), 0.1))
    smooth = lee(power)
    assert looks_of(smooth) > 5 * looks_of(power)
    assert smooth.mean() == pytest.approx(power.mean(), rel=0.01)


def test_lee_keeps_an_edge_where_it_is():
    smooth = lee(speckled(two_fields()))
    middle = smooth.shape[1] // 2
    assert smooth[:, : middle - 4].mean() == pytest.approx(0.02, rel=0.1)
    assert smooth[:, middle + 4 :].mean() == pytest.approx(0.3, rel=0.1)
    step = np.abs(np.diff(smooth.mean(axis=0)))
    assert abs(int(step.argmax()) - (middle - 1)) <= 1


def test_lee_keeps_a_lone_bright_roof():
    truth = np.full((60, 60), 0.05)
    truth[30, 30] = 5.0
    assert lee(speckled(truth))[30, 30] > 0.6 * speckled(truth)[30, 30]


def test_what_was_not_seen_stays_unseen_and_does_not_bleed():
    power = speckled(np.full((60, 60), 0.1))
    power[:, :20] = 0
    power[:10] = np.nan
    for smooth in (lee(power), quegan(np.stack([power] * 3))[0]):
        assert np.isnan(smooth[:, :20]).all()
        assert np.isnan(smooth[:10]).all()
        assert smooth[10:, 20:].min() > 0.01
        assert smooth[10:, 20:24].mean() == pytest.approx(0.1, rel=0.15)


def test_a_series_lends_looks_without_blurring_the_edge():
    truth = two_fields()
    dates = np.stack([speckled(truth, seed) for seed in range(12)])
    smooth = quegan(dates)
    assert looks_of(smooth[0][:, :50]) > 4 * looks_of(dates[0][:, :50])
    profile = smooth[0].mean(axis=0)
    assert profile[55] < 0.05
    assert profile[65] > 0.22


def test_a_change_in_one_date_stays_in_that_date():
    truth = np.full((60, 60), 0.05)
    built = truth.copy()
    built[20:40, 20:40] = 0.5
    dates = np.stack([speckled(built if i == 9 else truth, i) for i in range(10)])
    smooth = quegan(dates)
    assert smooth[9][25:35, 25:35].mean() > 0.3
    assert smooth[8][25:35, 25:35].mean() < 0.1


def test_a_date_without_a_pixel_does_not_spoil_the_others():
    dates = np.stack([speckled(np.full((40, 40), 0.1), i) for i in range(4)])
    dates[1, :, :20] = np.nan
    smooth = quegan(dates)
    assert np.isfinite(smooth[[0, 2, 3]]).all()
    assert np.isnan(smooth[1, :, :20]).all()


def test_orbits_are_kept_apart_and_unknown_ones_too():
    scenes = [
        scene("c", 3, orbit=26, direction="ascending"),
        scene("a", 1, orbit=26, direction="ascending"),
        scene("b", 2, orbit=91, direction="descending"),
        scene("d", 4),
    ]
    told = {key: [s.id for s in group] for key, group in by_orbit(scenes).items()}
    assert told == {"ascending 26": ["a", "c"], "descending 91": ["b"], "unknown": ["d"]}


def test_nonsense_is_refused():
    with pytest.raises(InputError):
        lee(np.ones((3, 3), np.float32), side=4)
    with pytest.raises(ShapeError):
        lee(np.ones((1, 3, 3), np.float32))
    with pytest.raises(ShapeError):
        quegan(np.ones((3, 3), np.float32))


def test_a_real_series_is_calmer_and_keeps_its_level(data_dir):
    folder = data_dir / "s2/opera-rtc-s1/T009_019294_IW2_cropped"
    dates = []
    for path in sorted(folder.glob("*_VH_cropped.tif")):
        with rasterio.open(path) as file:
            dates.append(file.read(1))
    powers = np.stack(dates)
    smooth = quegan(powers)
    seen = (np.isfinite(powers) & (powers > 0)).all(axis=0)
    before, after = (to_db(x[:9, seen]).std(axis=0).mean() for x in (powers, smooth))
    assert after < 0.6 * before
    assert np.nanmean(smooth) == pytest.approx(np.nanmean(powers), rel=0.02)


def test_texture_of_the_ground_counts_for_more_than_speckle():
    rows = np.arange(120) // 3 % 2
    truth = np.where(rows, 0.05, 0.35)[:, None] * np.ones(120)
    calm = lee(speckled(truth, looks=40), looks=40)
    contrast = calm[rows == 0].mean() / calm[rows == 1].mean()
    assert contrast > 4.5  # of 7
    blind = lee(speckled(truth, looks=40), looks=1.0)
    assert blind[rows == 0].mean() / blind[rows == 1].mean() < 0.7 * contrast
