"""Pictures of a monitor that are not like the others, or not like what was prepared of them."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import rasterio

from aoi.runs import fetch_prepare, monitor_screen
from aoi.runs.folder import HOME
from aoi.runs.monitor_plan import plan_monitor
from aoi.runs.monitor_tell import run_monitor
from geo.errors import InputError
from tests.aoi.runs.series_world import moment
from tests.aoi.runs.test_monitor import FIRST, WHEN, folder, ground, save, words  # noqa: F401


def test_a_picture_dated_in_days_to_come_is_a_gap(folder, tmp_path):  # noqa: F811
    (folder / f"{moment(WHEN[-1]):%Y-%m-%d}.tif").rename(folder / "2090-01-01.tif")
    request = words(folder, tmp_path / "run", end=date(2099, 1, 1))
    plan = plan_monitor(request, now=datetime(2023, 1, 1, tzinfo=UTC))
    assert [one.id for one in plan.series[0].passes] == [
        f"{moment(day):%Y-%m-%d}" for day in WHEN[:-1]
    ]
    assert plan.gaps[0].startswith("2090-01-01 is dated 2090-01-01, which is still to come")


def test_grey_pictures_among_coloured_ones_are_one_sentence(tmp_path):
    for look in range(8):
        picture = ground(look) if look % 2 else ground(look)[:1]
        save(tmp_path / "pictures" / f"{moment(WHEN[look]):%Y-%m-%d}.tif", picture)
    with pytest.raises(InputError, match="4 of 8 lack them, 2020-01-01 first"):
        run_monitor(words(tmp_path / "pictures", tmp_path / "run"))


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_two_pictures_of_one_day_that_show_a_half_each_are_both_looked_at(tmp_path, names):
    there = tmp_path / "pictures"
    for look, day in enumerate(WHEN):
        picture = ground(look)
        for name, half in zip(names, (np.s_[:11], np.s_[11:]), strict=True):  # the site: 12 on
            part = np.zeros_like(picture)
            part[..., half] = picture[..., half]
            save(there / f"{moment(day):%Y-%m-%d}_{name}.tif", part)
    for path in there.iterdir():
        with rasterio.open(path, "r+") as file:
            file.nodata = 0
    [event] = run_monitor(words(there, tmp_path / "run")).events
    assert event["begun_after"] == moment(WHEN[FIRST - 1])
    assert event["begun_before"] == moment(WHEN[FIRST])
    assert event["after_scene"] == f"{moment(WHEN[FIRST]):%Y-%m-%d}_{names[1]}"


def test_pictures_with_infrared_are_levelled_and_judged_by_their_colours(tmp_path):
    there = tmp_path / "pictures"
    for look, day in enumerate(WHEN):
        picture = ground(look)
        path = there / f"{moment(day):%Y-%m-%d}.tif"
        save(path, np.concatenate([picture[:1], picture]))
        with rasterio.open(path, "r+") as file:
            file.descriptions = ("nir", "red", "green", "blue")
    [event] = run_monitor(words(there, tmp_path / "run")).events
    assert event["begun_before"] == moment(WHEN[FIRST])


def test_pictures_of_other_numbers_than_most_are_gaps_and_no_change(tmp_path):
    there = tmp_path / "pictures"
    for look, day in enumerate(WHEN):
        picture = ground(look, built=False)
        numbers = picture.astype(np.uint16) * 8 if look >= 16 else picture
        save(there / f"{moment(day):%Y-%m-%d}.tif", numbers)
    outcome = run_monitor(words(there, tmp_path / "run"))
    assert (outcome.events, outcome.code, len(outcome.gaps)) == ((), 3, 6)
    assert "holds 16-bit numbers; most pictures hold 8-bit numbers, 16 of 22" in outcome.gaps[0]


def test_a_picture_that_came_twice_changes_nothing(folder, tmp_path):  # noqa: F811
    for look in (4, 9):
        name = f"{moment(WHEN[look]):%Y-%m-%d}"
        (folder / f"{name} copy.tif").write_bytes((folder / f"{name}.tif").read_bytes())
    [event] = run_monitor(words(folder, tmp_path / "run")).events
    assert event["begun_before"] == moment(WHEN[FIRST + 1])


def test_what_was_prepared_and_damaged_since_is_prepared_anew(folder, tmp_path, monkeypatch):  # noqa: F811
    request = words(folder, tmp_path / "run")
    first = run_monitor(request)
    pictures = sorted((tmp_path / "run/rasters").glob("*.tif"))
    whole = pictures[0].read_bytes()
    pictures[0].write_bytes(whole[: len(whole) // 2])
    blocks = list((tmp_path / "run" / HOME / "steps").glob("*.npy"))
    blocks[0].write_bytes(blocks[0].read_bytes()[:-100])
    done = []
    for room, name in ((fetch_prepare, "write_pass"), (monitor_screen, "effects_of")):
        real = getattr(room, name)

        def counting(*words, real=real, name=name, **more):
            done.append(name)
            return real(*words, **more)

        monkeypatch.setattr(room, name, counting)
    assert run_monitor(request).events == first.events
    assert done == ["write_pass", "effects_of"]
    assert pictures[0].read_bytes() == whole
