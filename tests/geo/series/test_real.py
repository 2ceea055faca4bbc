"""Real Sentinel-2 and Sentinel-1 series of ground on which nothing was built.

The cubes are winter and spring over Belgian farmland, three quarters of the dates under cloud;
the radar is ten dates over a forested valley in Papua New Guinea, the last of them two days
before the landslide of Enga: a slide is put into it.
"""

import re
import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio

from geo.prepare.masks import Sky, sky_from_scl
from geo.prepare.radar import to_db
from geo.series.events import Standing
from geo.series.looks import optical, radar
from geo.series.screen import effects_of, find_places
from geo.series.story import Answer, tell_story
from geo.series.veil import unveiled

BANDS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir"}


def cube(path, names=tuple(BANDS)):
    """Read a cube as bands (T, H, W) of reflectance, days, and its SCL where it has one."""
    planes, scl, days = {}, None, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*names, "SCL"):
            try:
                file = rasterio.open(f"netcdf:{path}:S2-L2A-{name}")
            except rasterio.errors.RasterioIOError:
                continue
            with file:
                data = file.read().astype(np.float32)
                times = [float(file.tags(i)["NETCDF_DIM_t"]) for i in file.indexes]
                unit = file.tags()["t#units"]
            since = re.search(r"(\w+) since (\d{4}-\d{2}-\d{2})", unit)
            start = datetime.fromisoformat(since[2]).replace(tzinfo=UTC).timestamp() / 86_400
            scale = {"days": 1, "hours": 24, "seconds": 86_400, "minutes": 1440}[since[1]]
            days = start + np.array(times) / scale
            if name == "SCL":
                scl = np.nan_to_num(data)
            else:
                planes[BANDS[name]] = np.where(data > 0, data / 10_000, np.nan)
    return planes, days, scl


def looks_at(path, names=tuple(BANDS)):
    planes, days, scl = cube(path, names)
    if scl is not None:
        hidden = sky_from_scl(scl) != Sky.CLEAR
        planes = {name: np.where(hidden, np.nan, band) for name, band in planes.items()}
    looks = optical({n: b.astype(np.float32) for n, b in planes.items()}, days)
    return looks.only(unveiled(looks))


@pytest.mark.parametrize("name", ["bap_quintad_cdse", "test_optical_cube"])
def test_winter_over_real_fields_builds_nothing(data_dir, name):
    looks = looks_at(data_dir / "s2" / "gfmap-s2s1-cubes" / f"{name}.nc")
    effect = effects_of(looks)
    assert np.isfinite(effect).any()
    assert not find_places(effect, np.ones(effect.shape, bool), gsd=10.0, min_area=5000.0).any()


@pytest.mark.parametrize("name", ["bap_quintad_cdse", "test_optical_cube"])
def test_every_hectare_of_real_fields_gets_an_honest_answer(data_dir, name):
    looks = looks_at(data_dir / "s2" / "gfmap-s2s1-cubes" / f"{name}.nc")
    height, width = looks.values.shape[2:]
    answers = []
    for row in range(0, height - 9, 10):
        for col in range(0, width - 9, 10):
            inside = np.zeros((height, width), bool)
            inside[row : row + 10, col : col + 10] = True
            told = tell_story(looks, inside)
            answers.append(told.answer)
            assert not [e for e in told.events if e.kind in {"built", "demolished"}]
            if told.answer == Answer.CANNOT_TELL:
                assert told.reasons
            else:
                assert "less than a year" in told.reasons[0]
    assert len(answers) >= 16


def valley(data_dir):
    """Read VV and VH of ten dates, linear power, and their days."""
    folder = data_dir / "s2" / "opera-rtc-s1" / "T009_019294_IW2_cropped_tv"
    stacks, days = {"vv": [], "vh": []}, []
    for path in sorted(folder.glob("*_VV_*.tif")):
        taken = re.search(r"_(\d{8}T\d{6})Z_", path.name)[1]
        time = datetime.strptime(taken, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        days.append(time.timestamp() / 86_400)
        for name, file in (("vv", path), ("vh", folder / path.name.replace("_VV_", "_VH_"))):
            with rasterio.open(file) as source:
                stacks[name].append(source.read(1))
    return {name: np.stack(dates) for name, dates in stacks.items()}, np.array(days)


def looked(power, days):
    looks = radar({name: to_db(stack) for name, stack in power.items()}, days)
    effect = effects_of(looks)
    whole = np.ones(effect.shape, bool)
    return looks, find_places(effect, whole, gsd=30.0, min_area=5000.0)


def test_real_radar_of_a_quiet_valley_shows_no_change(data_dir):
    power, days = valley(data_dir)
    _, labels = looked(power, days)
    assert len(days) == 10
    assert not labels.any()


@pytest.mark.parametrize(("after", "dated"), [(1, False), (2, False), (3, True), (4, True)])
def test_a_slide_put_into_the_valley_is_told_on_its_date_from_the_third_look_on(
    data_dir, after, dated
):
    power, days = valley(data_dir)
    first = len(days) - after
    tongue = np.s_[first:, 40:44, 60:76]  # 120 m by 480 m, five decibels brighter
    for stack in power.values():
        stack[tongue] *= 10**0.5
    looks, labels = looked(power, days)
    assert set(np.unique(labels)) == ({0, 1} if dated else {0})
    if dated:
        [event] = tell_story(looks, labels == 1).events
        assert (event.last_without, event.first_with) == (first - 1, first)
        assert event.standing == Standing.PROVISIONAL
