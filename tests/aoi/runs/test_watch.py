"""Run after run: what is due, what fails, and that nothing is looked at twice."""

import json
import os
import shutil
import signal
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aoi.area import find_area
from aoi.cli import app
from aoi.runs.ledger_leases import Leases, Owner
from aoi.runs.watch import Hands, open_memory, run_once
from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_due import expected_seconds, plan
from aoi.runs.watch_eyes import Scan
from aoi.runs.watch_status import status_of
from aoi.runs.watch_take import story_of
from geo.errors import OutputError, SourceError, UsageError
from tests.aoi.runs.judged_year import raised
from tests.aoi.runs.watched import COURT, HALL, PLACES, Painted, grown, weekly
from tests.conftest import needs_package


def test_only_areas_that_are_due_are_looked_at(watch, hands, eyes, clock):
    slow = replace(watch.areas[1], cadence=timedelta(days=30))
    watch = replace(watch, areas=(watch.areas[0], slow))
    for day in (0, 7, 14):
        for place in PLACES:
            eyes.paint(place, day, [COURT])
    reports = weekly(watch, hands, clock, 3)
    assert [sorted(a.area for a in r.areas) for r in reports] == [
        ["park", "yard"], ["park"], ["park"],
    ]  # fmt: skip
    assert reports[1].waiting == ("yard",)


def test_a_run_a_little_early_is_still_due_and_one_at_once_is_not(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    run_once(watch, hands)
    clock.move(hours=1)
    assert run_once(watch, hands).areas == ()
    clock.move(days=6, hours=18)
    assert len(run_once(watch, hands).areas) == 2


def test_nothing_is_looked_at_twice(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    weekly(watch, hands, clock, 3)
    assert eyes.looks == ["park-000"]


def test_an_area_that_fails_stops_no_other_and_is_tried_again_later(watch, hands, eyes, clock):
    eyes.paint("park", 0, SourceError("The disk is gone."))
    eyes.paint("yard", 0, [COURT])
    report = run_once(watch, hands)
    by_name = {area.area: area for area in report.areas}
    assert report.code == 3
    assert by_name["park"].failure == "2026-03-02: The disk is gone."
    assert (by_name["yard"].looks, by_name["yard"].failure) == (1, "")
    clock.move(minutes=14)
    assert run_once(watch, hands).areas == ()
    clock.move(minutes=2)
    assert [area.area for area in run_once(watch, hands).areas] == ["park"]
    clock.move(minutes=16)
    assert run_once(watch, hands).areas == (), "each wait is twice the last"
    eyes.paint("park", 0, [COURT])
    clock.move(minutes=16)
    assert run_once(watch, hands).code == 0
    assert open_memory(watch).area("park").failures == 0


def test_a_fault_of_ours_is_written_down_and_the_others_go_on(watch, hands, eyes):
    eyes.paint("park", 0, ZeroDivisionError("oops"))
    eyes.paint("yard", 0, [COURT])
    report = run_once(watch, hands)
    assert "ZeroDivisionError: oops" in report.areas[0].failure
    assert report.areas[1].looks == 1


def test_two_watches_share_the_areas(watch, hands, eyes):
    eyes.paint("park", 0, [COURT])
    eyes.paint("yard", 0, [COURT])
    ledger = open_memory(watch, clock=hands.clock).ledger
    other = Leases(ledger, Owner(host="elsewhere", pid=1, born=""))
    other.take("area:park", "area")
    report = run_once(watch, hands)
    assert report.elsewhere == ("park",)
    assert [area.area for area in report.areas] == ["yard"]


def test_a_clock_that_jumps_back_stops_nothing_and_doubles_nothing(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    run_once(watch, hands)
    clock.move(days=-400)
    assert len(run_once(watch, hands).areas) == 2
    clock.move(days=400 + 8)
    eyes.paint("park", 7, [COURT])
    assert sum(area.looks for area in run_once(watch, hands).areas) == 1
    assert eyes.looks == ["park-000", "park-007"]


def test_a_ledger_that_is_gone_is_never_begun_again_in_silence(watch, hands, eyes):
    eyes.paint("park", 0, [COURT])
    run_once(watch, hands)
    for path in watch.out.glob("watch.ledger*"):
        path.unlink()
    with pytest.raises(OutputError, match=r"is gone.*watch\.backup"):
        run_once(watch, hands)
    shutil.copy(watch.out / "watch.backup", watch.out / "watch.ledger")
    assert run_once(watch, hands).areas == ()


def test_a_dry_run_tells_dates_and_megabytes_and_does_nothing(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT])
    memory = open_memory(watch, clock=clock)
    plans = plan(watch, memory, eyes, now=clock())
    assert [(p.place.name, len(p.visits), p.size) for p in plans] == [
        ("park", 1, 4_000_000), ("yard", 0, 0),
    ]  # fmt: skip
    assert expected_seconds(plans, (8.0, 4e6)) == 8.0
    assert eyes.looks == []


def test_status_tells_how_each_area_stands(watch, hands, eyes, clock):
    eyes.paint("park", 0, [COURT, HALL])
    eyes.paint("yard", 0, SourceError("The disk is gone."))
    run_once(watch, hands)
    status = status_of(watch, open_memory(watch, clock=clock)).to_dict()
    park, yard = status["areas"]
    assert (park["looks"], park["compounds"], park["failures"]) == (1, 2, 0)
    assert (yard["looks"], yard["failures"]) == (0, 1)
    assert "disk is gone" in yard["words"]
    assert json.dumps(status)


def test_watching_in_processes_tells_the_same_story(watch, hands, eyes, clock, tmp_path):
    for place in PLACES:
        grown(eyes, place)
    clock.move(days=60)
    run_once(watch, hands)
    other = replace(watch, out=tmp_path / "other")
    run_once(other, replace(hands, on="processes:2"))
    one, two = open_memory(watch), open_memory(other)
    assert [one.story(p) for p in PLACES] == [two.story(p) for p in PLACES]


@dataclass
class Deadly(Painted):
    """Eyes that kill their worker the first time they see a certain day."""

    mark: str = ""

    def look(self, watch, place, visit):
        if visit.key == "yard-014" and not Path(self.mark).exists():
            Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().look(watch, place, visit)


@pytest.mark.slow
@pytest.mark.parametrize("on", ["processes:2", "dask://local:2"])
def test_a_worker_that_is_killed_half_way_loses_no_look_and_changes_no_story(
    watch, hands, eyes, clock, tmp_path, on
):
    needs_package("distributed")
    for place in PLACES:
        grown(eyes, place)
    clock.move(days=60)
    run_once(watch, hands)
    other = replace(watch, out=tmp_path / "other")
    deadly, seen = Deadly(eyes.days, mark=str(tmp_path / "dead")), []
    report = run_once(
        other,
        replace(hands, on=on, eyes=deadly, progress=lambda *told: seen.append(told[:2])),
    )
    assert (tmp_path / "dead").exists()
    assert (report.code, sum(area.looks for area in report.areas)) == (0, 14)
    assert seen == [(n, 14) for n in range(1, 15)], "one bar over all workers"
    one, two = open_memory(watch), open_memory(other)
    assert [one.story(p) for p in PLACES] == [two.story(p) for p in PLACES]
    assert raised(one) == raised(two)


def config(tmp_path, watch, **more):
    lines = [f'out = "{watch.out}"', f'sites = "{watch.sites}"', *more.values()]
    for place in watch.areas:
        lines += ["[[areas]]", f'name = "{place.name}"', f'area = "{place.area}"']
        lines += [f'source = "{tmp_path / place.name}"']
    path = tmp_path / "desk.toml"
    path.write_text("\n".join(lines))
    return str(path)


def test_a_person_s_correction_is_kept_by_the_command(watch, hands, eyes, clock, tmp_path):
    for day in (0, 7, 14):
        eyes.paint("park", day, [COURT, HALL])
    weekly(watch, hands, clock, 2)
    one, other = sorted(story_of(open_memory(watch), "park").compounds)
    words = ["watch", config(tmp_path, watch), "--same", f"park:{one}={other}", "--by", "desk"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    weekly(watch, hands, clock, 1)
    story = story_of(open_memory(watch), "park")
    assert [c.id for c in story.living()] == [one]
    assert story.corrections[0].by == "desk"


def test_the_command_tells_status_and_plan_as_json(watch, tmp_path):
    path = config(tmp_path, watch)
    for place in PLACES:
        (tmp_path / place).mkdir()
    run = CliRunner()
    assert json.loads(run.invoke(app, ["watch", path, "--status", "--json"]).stdout)["areas"]
    done = run.invoke(app, ["watch", path, "--dry-run", "--json"])
    assert "holds no picture" in json.loads(done.stdout)["areas"][0]["failure"]
    assert done.exit_code == 3


def test_a_dry_run_tells_each_fault_once_and_ends_with_a_code_of_its_own(watch, tmp_path):
    path = config(tmp_path, watch)
    for place in PLACES:
        (tmp_path / place).mkdir()
    done = CliRunner().invoke(app, ["watch", path, "--dry-run"])
    assert done.output.count("holds no picture") == len(PLACES)
    assert "No area could be asked" in done.output
    assert "minutes" not in done.output
    assert done.exit_code == 3


def test_a_webhook_without_its_key_is_refused_before_any_work(watch, tmp_path, monkeypatch):
    monkeypatch.delenv("STOCKADE_WEBHOOK_SECRET", raising=False)
    hook = '[alerts]\nwebhook = "http://127.0.0.1:9/x"'
    path = config(tmp_path, watch, hook=hook)
    done = CliRunner().invoke(app, ["watch", path, "--once"])
    assert isinstance(done.exception, UsageError)
    assert CliRunner().invoke(app, ["watch", path, "--status"]).exit_code == 0  # sends nothing


def test_real_pictures_of_a_folder_are_scanned_each_once(save, tmp_path):
    from tests.aoi.runs.conftest import court  # noqa: PLC0415

    for day in ("2026-01-05", "2026-01-12"):
        save(court(), f"pictures/court_{day}.tif")
    site = find_area("104.5,11.2,104.6,11.4")
    place = WatchedArea(
        name="court", area=",".join(map(str, site.outline.bounds)),
        source=(str(tmp_path / "pictures"),),
    )  # fmt: skip
    watch = Watch(name="desk", out=tmp_path / "out", areas=(place,), score=0.0)
    report = run_once(watch, Hands(eyes=Scan()))
    assert [(area.looks, area.failure) for area in report.areas] == [(2, "")]
    story = story_of(open_memory(watch), "court")
    [compound] = story.living()
    assert compound.sightings == 2
    assert compound.area_m2 == pytest.approx(120 * 120, rel=0.1)
    assert (tmp_path / "out" / "court" / "story.gpkg").exists()
    assert run_once(watch, Hands(eyes=Scan(), everything=True)).areas[0].looks == 0
