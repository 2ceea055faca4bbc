"""A try that was killed never stands in the way of the next, nor on what was taken in."""

from dataclasses import replace
from datetime import date

import pytest

from aoi.runs.ledger_surveys import Surveys
from aoi.runs.watch import Hands, open_memory, run_once
from aoi.runs.watch_eyes import Scan
from aoi.runs.watch_folders import own_folder, sweep
from aoi.runs.watch_visits import find_visits
from tests.aoi.runs.conftest import court
from tests.aoi.runs.test_watch_pictures import (
    EARLY,
    LATE,
    Blinded,
    Dying,
    Killed,
    _pair_net,  # noqa: F401 - a fixture of all tests here
    add_sharp,
    archive,  # noqa: F401 - a fixture
    everywhere,
    now,
    walled,
    watch_of,
)
from tests.aoi.runs.watched import register


class Felled(Scan):
    """Scans, and is killed before it can tell."""

    def look(self, watch, place, visit):
        sight = super().look(watch, place, visit)
        for name in ("stockade.gpkg", "manifest.json"):  # in the midst of it
            (watch.out / sight.folder / name).unlink()
        raise Killed


def killed(watch, clock, **hands):
    with pytest.raises(Killed):
        run_once(watch, Hands(clock=clock, **hands))
    clock.move(hours=1)  # this process lives on, so its leases have to run out


def folders(watch):
    return sorted(path.name for path in (watch.out / "park").iterdir() if path.is_dir())


@pytest.fixture
def watch(save, tmp_path):
    """A watch of one picture, and a register of one's own."""
    save(court(), "pictures/park_2026-01-05.tif")
    plain = watch_of(tmp_path, everywhere(), tmp_path / "pictures")
    return replace(plain, sites=register(tmp_path))


def of_register(watch, tmp_path, _patch):
    register(tmp_path, park="raided")
    return watch


def of_settings(watch, _path, _patch):
    return replace(watch, scan=replace(watch.scan, tile=1040))


def of_version(watch, _path, patch):
    patch.setattr("aoi.runs.request.version", lambda _name: "99.0")
    return watch


def of_weights(watch, _path, patch):
    patch.setattr("models.card.Card.digest", "another")
    patch.setattr("aoi.runs.watch_eyes.weights_of", lambda _watch: ["another"])
    return watch


@pytest.mark.slow
@pytest.mark.parametrize("change", [of_register, of_settings, of_version, of_weights])
def test_a_look_that_was_killed_is_made_after_a_change(watch, tmp_path, monkeypatch, change):
    clock = now("2026-01-06")
    killed(watch, clock, eyes=Felled())
    before = folders(watch)
    changed = change(watch, tmp_path, monkeypatch)
    [report] = run_once(changed, Hands(clock=clock)).areas
    assert (report.looks, report.failure) == (1, "")
    assert len(folders(watch)) == len(before) == 1, "what was begun before is cleared away"
    assert folders(watch) != before
    [look] = open_memory(watch).looks("park")
    assert look.sites["folder"] == f"park/{folders(watch)[0]}"


@pytest.mark.slow
def test_a_look_that_was_killed_goes_on_in_its_folder_when_nothing_changed(watch):
    clock = now("2026-01-06")
    killed(watch, clock, eyes=Felled())
    [folder] = folders(watch)
    mark = watch.out / "park" / folder / ".stockade" / "run.json"
    begun = mark.stat().st_mtime_ns
    run_once(watch, Hands(clock=clock))
    assert (folders(watch), mark.stat().st_mtime_ns) == ([folder], begun)


@pytest.mark.slow
def test_a_comparison_that_was_killed_is_made_after_the_earlier_picture_was_replaced(
    save, tmp_path
):
    for day, roofs in (("05", EARLY), ("12", LATE)):
        save(walled(roofs), f"pictures/park_2026-01-{day}.tif")
    watch, clock = watch_of(tmp_path, everywhere(), tmp_path / "pictures"), now("2026-01-13")
    killed(watch, clock, surveyor=Dying())
    save(walled(EARLY, gain=0.95), "pictures/park_2026-01-05.tif")
    [report] = run_once(watch, Hands(clock=clock)).areas
    assert report.failure == ""
    assert {w.kind for w in Surveys(open_memory(watch).ledger).works("park")} == {
        "built", "demolished",
    }  # fmt: skip


@pytest.mark.slow
def test_pictures_that_another_version_fetched_stop_no_look(archive, tmp_path, monkeypatch):  # noqa: F811
    add_sharp(archive, "one", 3, walled(EARLY))
    watch = watch_of(tmp_path, everywhere(), archive.source, since=date(2025, 11, 1))
    clock = now("2025-11-20")
    killed(watch, clock, eyes=Blinded())
    monkeypatch.setattr("aoi.runs.fetch_request.version", lambda _name: "99.0")
    [report] = run_once(watch, Hands(clock=clock)).areas
    assert (report.looks, report.failure) == (1, "")


def test_only_what_was_never_finished_is_cleared_away(tmp_path):
    def run(name, *, whole=False):
        (tmp_path / name / ".stockade").mkdir(parents=True)
        if whole:
            (tmp_path / name / "stockade.gpkg").touch()
        return tmp_path / name

    done = run("2026-01-05-aaaaaa-111111", whole=True)
    kept = [
        run("2026-01-05-aaaaaa-222222", whole=True),
        run("2026-01-05-bbbbbb-333333"),
        run("2026-01-05-aaaaaa-changes-444444"),
        run("2026-01-05-aaaaaa-pictures-555555"),
    ]
    (tmp_path / "2026-01-05-aaaaaa-777777").mkdir()  # not ours
    run("2026-01-05-aaaaaa-666666")
    sweep(done)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {done.name, *(path.name for path in kept), "2026-01-05-aaaaaa-777777"}


def test_a_folder_s_name_is_short_and_tells_every_setting_apart(tmp_path):
    names = {own_folder(tmp_path, "x", weights=w, sites=s).name for w in "ab" for s in "cd"}
    assert len(names) == 4
    assert {len(name) for name in names} == {8}


def test_a_picture_dated_in_days_to_come_is_a_gap_and_no_visit(save, tmp_path):
    save(court(), "pictures/park_2026-01-05.tif")
    save(court(), "pictures/park_2091-01-05.tif")
    [place] = watch_of(tmp_path, everywhere(), tmp_path / "pictures").areas
    told = find_visits(place, digest=lambda path: path.name, until=now("2026-02-01")())
    assert [f"{visit.time:%Y-%m-%d}" for visit in told.visits] == ["2026-01-05"]
    assert "park_2091-01-05 is dated 2091-01-05, which is still to come" in told.gaps[0]
