"""What a watch may be told, and how it refuses what it does not understand."""

from datetime import timedelta
from pathlib import Path

import pytest

from aoi.runs.watch_read import duration, read_config
from geo.errors import InputError, UsageError

PLAIN = """
out = "watch"
sites = "sites.geojson"
cadence = "3d"
growth = 0.3

[scan]
gsd = 0.5
bands = [3, 2, 1]

[alerts]
cooldown = "12h"
jsonl = "alerts.jsonl"

[[areas]]
name = "park"
area = "103.5,10.6,103.6,10.7"
source = "pictures"

[[areas]]
name = "yard"
area = "kk-park"
source = ["pictures", "stac:earth-search"]
since = 2024-01-01
cadence = "2w"
"""


def read(tmp_path, text):
    path = tmp_path / "desk.toml"
    path.write_text(text)
    return read_config(path)


def test_paths_start_from_the_folder_of_the_file(tmp_path):
    (tmp_path / "pictures").mkdir()
    watch = read(tmp_path, PLAIN)
    assert watch.out == tmp_path / "watch"
    assert watch.alerts.jsonl == tmp_path / "alerts.jsonl"
    assert watch.areas[0].source == (str(tmp_path / "pictures"),)
    assert watch.areas[1].source[1] == "stac:earth-search"
    assert watch.areas[1].area == "kk-park"


def test_an_area_has_the_usual_cadence_unless_it_says_another(tmp_path):
    watch = read(tmp_path, PLAIN)
    assert [area.cadence.days for area in watch.areas] == [3, 14]
    assert watch.alerts.cooldown == timedelta(hours=12)
    assert (watch.rule.growth, watch.rule.misses) == (0.3, 3)
    assert watch.scan.bands == (3, 2, 1)
    assert watch.name == "desk"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('cadence = "3d"', 'cadance = "3d"', "unknown key 'cadance'. Did you mean cadence"),
        ("gsd = 0.5", "gds = 0.5", r"\[scan\] has an unknown key 'gds'. Did you mean gsd"),
        ("cooldown", "cool_down", "Did you mean cooldown"),
        ('area = "kk-park"', "", "lacks area"),
        ('cadence = "2w"', 'cadence = "fortnight"', "takes a time like 12h"),
        ("gsd = 0.5", 'gsd = "half"', "takes a number"),
        ("gsd = 0.5", "gsd = true", "takes a number"),
        ('name = "yard"', 'name = "Park"', "two areas called park"),
        ('name = "yard"', 'name = "../yard"', "letters, digits"),
        ("growth = 0.3", "growth = -1", "Growth is a share"),
        ('cooldown = "12h"', 'status = "certain"', "confirmed or provisional"),
        ('name = "yard"', 'name = "yard"\ncloud = 40', "share from 0 to 1"),
        ('out = "watch"', "", "lacks out"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(tmp_path, old, new, words):
    with pytest.raises(InputError, match=words):
        read(tmp_path, PLAIN.replace(old, new, 1))


def test_a_file_without_areas_watches_nothing(tmp_path):
    with pytest.raises(UsageError, match="watches nothing"):
        read(tmp_path, 'out = "watch"')


def test_what_is_no_toml_is_named(tmp_path):
    with pytest.raises(InputError, match=r"desk\.toml is no TOML"):
        read(tmp_path, "areas = [")
    with pytest.raises(InputError, match="cannot be read"):
        read_config(Path(tmp_path / "none.toml"))


def test_places_can_be_withheld_altogether(tmp_path):
    assert read(tmp_path, "coordinates = false\n" + PLAIN).coordinates is None


@pytest.mark.parametrize(
    ("text", "hours"), [("30m", 0.5), ("12h", 12), ("7d", 168), ("2w", 336), ("1.5d", 36)]
)
def test_times_are_written_as_people_say_them(text, hours):
    assert duration(text, "here") == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "7 years"])
def test_other_times_are_refused(text):
    with pytest.raises(UsageError, match="takes a time"):
        duration(text, "here")
