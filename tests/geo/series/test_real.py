"""Real Sentinel-2 and Sentinel-1 series of ground on which nothing was built.

The cubes are winter and spring over Belgian farmland, three quarters of the dates under cloud;
the radar is ten dates over a forested valley in Papua New Guinea.
"""

import re
import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio

from geo.prepare.masks import Sky, sky_from_scl
from geo.prepare.radar import to_db
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
    labels = find_places(effect, np.ones(effect.shape, bool), gsd=10.0, min_area=5000.0)
    for place in range(1, int(labels.max()) + 1):
        told = tell_story(looks, labels == place)
        assert not [e for e in told.events if e.kind in {"built", "demolished"}]


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


def test_real_radar_of_a_quiet_valley_shows_no_change(data_dir):
    folder = data_dir / "s2" / "opera-rtc-s1" / "T009_019294_IW2_cropped_tv"
    stacks, days = {"vv": [], "vh": []}, []
    for path in sorted(folder.glob("*_VV_*.tif")):
        taken = re.search(r"_(\d{8}T\d{6})Z_", path.name)[1]
        time = datetime.strptime(taken, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        days.append(time.timestamp() / 86_400)
        for name, file in (("vv", path), ("vh", folder / path.name.replace("_VV_", "_VH_"))):
            with rasterio.open(file) as source:
                stacks[name].append(to_db(source.read(1)))
    looks = radar({n: np.stack(s) for n, s in stacks.items()}, np.array(days))
    effect = effects_of(looks)
    labels = find_places(effect, np.ones(effect.shape, bool), gsd=30.0, min_area=5000.0)
    assert len(days) == 10
    assert not labels.any()
