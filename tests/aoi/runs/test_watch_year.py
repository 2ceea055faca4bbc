"""A year of a drawn world: who is who, what is told, and that a crash changes nothing.

Two areas here; docs/results/watch.md has the figures of twelve.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from aoi.runs.watch import open_memory
from tests.aoi.runs.drawn_year import live, watch_of
from tests.aoi.runs.judged_year import judge, raised, stories

KILLS = int(os.environ.get("STOCKADE_WATCH_KILLS", "2"))
"""Kill points of a whole watch."""


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """Two areas, with crashes, a missed month, two sensors changing and a late picture."""
    watch = watch_of(tmp_path_factory.mktemp("year") / "out", areas=2)
    receiver = live(watch)
    return watch, receiver, judge(watch, receiver)


@pytest.mark.slow
def test_nobody_is_taken_for_another_in_a_year(year):
    assert year[2]["switches"] == 0
    assert year[2]["outlines"] > 900


@pytest.mark.slow
def test_every_true_event_is_told_within_its_bracket(year):
    figures = year[2]
    assert figures["missed"] == 0
    assert figures["in_bracket"] == figures["told_true"] == figures["true_events"]
    assert figures["false"] <= 1


@pytest.mark.slow
def test_a_webhook_that_fails_every_other_time_gets_each_alert_once(year):
    figures = year[2]
    assert (figures["webhook_doubled"], figures["webhook_lost"]) == (0, 0)
    assert figures["alerts"] > 3
    assert figures["alerts_gathered"] == 0


@pytest.mark.slow
def test_a_year_without_crashes_tells_the_same_story(year, tmp_path):
    calm = replace(watch_of(tmp_path / "out", areas=2))
    live(calm, crashes=False)
    assert stories(calm) == stories(year[0])


PROGRAM = """
import sys
from pathlib import Path
from tests.aoi.runs.drawn_year import live, watch_of
watch = watch_of(Path(sys.argv[1]), areas=1)
print("ready", flush=True)
live(watch, crashes=False, weeks=8)
"""


@pytest.mark.slow
def test_a_watch_that_is_killed_and_begun_again_tells_the_same_story(tmp_path, request):
    def start(out):
        command = [sys.executable, "-c", PROGRAM, str(out)]
        return subprocess.Popen(command, cwd=request.config.rootpath, stdout=subprocess.PIPE)

    def finish(out):
        with start(out) as process:
            process.stdout.read(5)
            began = time.monotonic()
            assert process.wait(timeout=200) == 0
        return time.monotonic() - began

    straight, killed = tmp_path / "straight" / "out", tmp_path / "killed" / "out"
    whole = finish(straight)
    ends = []
    for moment in np.random.default_rng(3).uniform(0, whole, KILLS):
        with start(killed) as process:
            process.stdout.read(5)
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
        ends.append(process.returncode)
    assert -signal.SIGKILL in ends  # not all came too late
    finish(killed)
    assert stories(watch_of(killed, areas=1)) == stories(watch_of(straight, areas=1))
    for out in (straight, killed):
        alerts = raised(open_memory(watch_of(out, areas=1)))
        assert len(alerts) == len(set(alerts))
