"""Changes are judged like layouts, in words of their own, and several runs in one queue."""

from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from aoi.outputs.package import write_package
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_now import standing
from aoi.review.shelf import Shelf
from aoi.runs.review import open_desk, open_shelf
from geo.errors import UsageError
from tests.aoi.outputs import drawn
from tests.aoi.review.conftest import BUILT, FACTORY, GONE, HOME, PARK, Desks

RUN, PAIR = "r-20251103-drawn", "r-20251103-pair"


@pytest.fixture
def both(run, pair):
    """A scan and a comparison on one desk."""
    return Desks(run, pair)


def stands(folder, run_id):
    return standing(DecisionLog(folder, run_id).entries())


def test_a_change_shows_both_dates_and_what_was_told(pair):
    [ana] = Desks(pair).open("ana")
    told = ana.layout(BUILT)
    pictures = ana.get("/api/run").json()["pictures"]
    assert [pictures[n]["role"] for n in told["dates"]] == ["before", "after"]
    assert told["sights"][0] == told["dates"][1]
    assert (told["change"], told["told"]["change"]) == ("built", "Built")
    assert told["told"]["bracket"] == "Between 2024-01-01 and 2025-11-03 03:20 UTC."
    assert told["judged"] == {"note": "May be altered (25 %).", "shift": "0.4 m"}
    for number in told["dates"]:
        assert ana.get(f"/chip/{number}/{BUILT}").headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "several"),
    [("way/12345-1", True), ("way/12345-1", False), ("/a//b ?#", False), ("../../a", True)],
)
def test_a_change_or_a_site_of_any_name_can_be_opened_and_judged(run, pair, name, several):
    layers = drawn.layers()
    layers["changes"].loc[layers["changes"]["id"] == BUILT, "id"] = name
    sites = layers["sites"]["outcome"] == "known_not_detected"
    layers["sites"].loc[sites, "id"] = f"site {name}"
    write_package(pair / "stockade.gpkg", layers, drawn.UTM)
    [ana] = Desks(*([run] if several else []), pair).open("ana")
    called = {row["called"]: row["id"] for row in ana.rows().values() if row["run"] == several}
    pictures = ana.get("/api/run").json()["pictures"]
    [number] = [
        n for n, one in enumerate(pictures) if one["run"] == several and "wall" in one["heads"]
    ]
    for one in (name, f"site {name}"):
        end = quote(called[one], safe="")
        assert ana.layout(end)["called"] == one
        assert ana.get(f"/chip/{number}/{end}?small=true").status_code == 200
        assert ana.get(f"/heat/{number}/wall/6/0/0/{end}").status_code == 200
        for path in (f"/api/ways/{end}", f"/escape/{end}"):
            assert "a run found" in ana.get(path).json()["sentence"]
    assert ana.say(candidate=called[name], verdict="as_told").status_code == 200
    assert ana.layout(quote(called[name], safe=""))["judged"] is not None


def test_a_verdict_on_a_change_goes_into_the_same_log(pair):
    [ana] = Desks(pair).open("ana")
    ana.say(candidate=GONE, verdict="not_as_told", kind="shadow", note="A shadow.")
    now = stands(pair, PAIR)[GONE]
    assert (now.verdict, now.kind, now.note) == ("not_as_told", "shadow", "A shadow.")
    assert not ana.rows()[GONE]["todo"]
    ana.undo()
    assert ana.rows()[GONE]["todo"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"candidate": BUILT, "verdict": "walled_compound"}, "no verdict of a change"),
        ({"candidate": PARK, "verdict": "as_told"}, "no verdict of a layout"),
        ({"candidate": BUILT, "verdict": "as_told", "kind": "school"}, "no kind of a change"),
        ({"candidate": PARK, "verdict": "cannot_tell", "kind": "season"}, "no kind of a lay"),
        ({"candidate": BUILT, "outline": [[0, 0], [9, 0], [9, 9]]}, "its outline stays"),
    ],
)
def test_what_is_asked_of_a_layout_is_not_asked_of_a_change(pair, words, sentence):
    [ana] = Desks(pair).open("ana")
    answer = ana.say(**words)
    assert answer.status_code == 400
    assert sentence in answer.json()["sentence"]
    assert not (pair / "decisions.jsonl").exists()


def test_blind_reviewers_know_what_was_told_and_not_how_sure_it_is(pair):
    ana, ben = Desks(pair).open("ana", "ben", rules="two_blind")
    ana.say(candidate=BUILT, verdict="as_told", note="New roof.")
    told = ben.layout(BUILT)
    assert (told["change"], told["score"], told["judged"]) == ("built", None, None)
    assert told["said"] == []
    ben.say(candidate=BUILT, verdict="not_as_told")
    assert ben.layout(BUILT)["status"] == "disagreed"
    sentence = ben.get("/api/agreement").json()["sentence"]
    assert sentence.startswith("Changes: 0 of 1 verdicts agree")


def test_a_building_told_unchanged_can_be_judged_and_waits_for_nobody(pair, monkeypatch):
    monkeypatch.setattr("aoi.runs.review_changes.TOLD", ("demolished",))
    [ana] = Desks(pair).open("ana")
    row = ana.rows()[BUILT]
    assert (row["todo"], row["flags"]) == (False, ["told_same"])
    assert ana.say(candidate=BUILT, verdict="as_told").status_code == 200
    assert list(ana.rows())[4:6] == [GONE, BUILT], "what happened comes first"


def test_two_runs_make_one_queue_best_first(both):
    [ana] = both.open("ana")
    rows = list(ana.rows().values())
    assert [row["score"] for row in rows[:6]] == [0.93, 0.93, 0.61, 0.61, 0.31, 0.31]
    assert [row["run"] for row in rows[:4]] == [0, 1, 0, 1]
    assert {row["called"] for row in rows[:2]} == {PARK}
    assert [bool(row["change"]) for row in rows] == [False] * 8 + [True] * 4 + [False] * 2


def test_every_verdict_is_written_to_its_own_run(both, run, pair):
    [ana] = both.open("ana")
    answer = ana.say(candidate=f"1~{FACTORY}", verdict="not_a_compound").json()
    assert answer["layout"] == f"1~{FACTORY}"
    ana.say(candidate=f"0~{PARK}", verdict="walled_compound")
    ana.say(candidate=f"1~{GONE}", verdict="as_told")
    assert list(stands(run, RUN)) == [PARK]
    assert sorted(stands(pair, PAIR)) == [FACTORY, GONE]
    drawn = [[480200, 1279850], [480240, 1279850], [480240, 1279890]]
    name = ana.say(outline=drawn, verdict="walled_compound", run=1).json()["layout"]
    assert name.startswith("1~p-")
    assert name.removeprefix("1~") in stands(pair, PAIR)


def test_undo_takes_back_the_latest_word_in_whichever_run_it_was(both, run, pair):
    [ana] = both.open("ana")
    for name in (f"0~{PARK}", f"1~{PARK}", f"0~{FACTORY}"):  # all within one second
        ana.say(candidate=name, verdict="cannot_tell")
    assert ana.undo().json()["layout"] == f"0~{FACTORY}"
    assert ana.undo(again=True).json()["layout"] == f"0~{FACTORY}"
    assert ana.undo().json()["layout"] == f"0~{FACTORY}"
    left = {ana.undo().json()["layout"] for _ in range(2)}
    assert left == {f"0~{PARK}", f"1~{PARK}"}
    assert "nothing of yours" in ana.undo().json()["sentence"]
    assert stands(run, RUN) == stands(pair, PAIR) == {}


def test_what_another_said_meanwhile_comes_with_the_answer_to_ones_own_word(both):
    ana, ben = both.open("ana", "ben")
    since = ana.get("/api/queue").json()["count"]
    ben.say(candidate=f"1~{PARK}", verdict="cannot_tell")
    told = ana.say(candidate=f"0~{PARK}", verdict="cannot_tell", since=since).json()
    assert {row["id"] for row in told["rows"]} == {f"0~{PARK}", f"1~{PARK}"}
    assert ana.get(f"/api/changes?since={told['count']}").json()["rows"] == []


@pytest.mark.parametrize("name", [PARK, f"7~{PARK}", f"x~{PARK}", "~", f"0~0~{PARK}", "1~"])
def test_a_name_that_is_no_runs_gets_a_sentence(both, name):
    [ana] = both.open("ana")
    for path in (f"/api/layout/{name}", f"/chip/0/{name}", f"/api/ways/{name}"):
        answer = ana.get(path)
        assert answer.status_code == 400, path
        assert "There is no layout" in answer.json()["sentence"]
    assert ana.say(candidate=name, verdict="cannot_tell").status_code == 400
    assert ana.say(outline=[[0, 0], [1, 0], [1, 1]], verdict="cannot_tell", run=2).status_code


@pytest.mark.parametrize("since", ["2", "1-2-3", "-", "a-b", "١-٢", "9" * 50])
def test_a_count_that_was_never_told_gets_a_sentence(both, since):
    [ana] = both.open("ana")
    assert ana.get(f"/api/changes?since={since}").status_code == 400


def test_a_run_named_twice_is_refused(run):
    with pytest.raises(UsageError, match="named twice"):
        open_shelf([run, run])
    with pytest.raises(UsageError, match="named twice"):
        Shelf([open_desk(run), open_desk(run / ".." / run.name)])


def test_the_ways_out_are_measured_again_from_the_runs_own_scores(ana, desks):
    told = ana.get(f"/api/ways/{PARK}").json()
    left, bottom, right, top = told["box"]
    assert (right - left, top - bottom) == (240, 210), "the park and 60 m on every side"
    assert ana.get(f"/escape/{PARK}").headers["content-type"] == "image/png"
    for name in (BUILT, "xx-drawn-house"):
        assert ana.get(f"/api/ways/{name}").status_code == 400
        assert not ana.layout(name)["ways"]
    [ben] = desks.open("ben", rules="two_blind")
    assert not ben.layout(PARK)["ways"]
    assert "hidden" in ben.get(f"/escape/{PARK}").json()["sentence"]


def test_ways_out_need_a_key(desks):
    desks.open("ana")
    stranger = TestClient(desks.app, base_url=HOME)
    for path in (f"/api/ways/{PARK}", f"/escape/{PARK}"):
        assert stranger.get(path).status_code == 401
