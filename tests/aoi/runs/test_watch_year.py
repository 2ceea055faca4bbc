"""A year of a drawn world: who is who, what is told, and that a crash changes nothing.

Two areas here; docs/results/watch.md has the figures of twelve.
"""

from dataclasses import replace

import pytest

from tests.aoi.runs.drawn_year import judge, live, stories, watch_of


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
