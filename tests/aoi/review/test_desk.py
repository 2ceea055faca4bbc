"""What reviewers say, see and take back."""

import multiprocessing
import threading

import pytest

from aoi.review import decisions
from aoi.review.decisions import DecisionLog
from aoi.review.said import Said
from aoi.runs.review import open_desk
from geo.errors import InputError, UsageError
from tests.aoi.review.conftest import BUILT, CUT, FACTORY, GONE, NOW, PARK, SCHOOL

YES, NO, UNSURE = "walled_compound", "not_a_compound", "cannot_tell"


def test_the_queue_goes_by_rank_then_changes_then_sites_where_nothing_was_found(ana):
    rows = list(ana.rows().values())
    assert [row["id"] for row in rows] == [
        PARK, FACTORY, SCHOOL, CUT, BUILT, GONE, "xx-drawn-house",
    ]  # fmt: skip
    assert [row["score"] for row in rows] == [0.93, 0.61, 0.31, None, 0.9, 0.7, None]
    assert rows[3]["likeness"] == "cannot_tell"
    assert rows[0]["flags"] == ["known", "ambiguous"]
    assert rows[6]["site"]
    assert [row["todo"] for row in rows] == [True] * 6 + [False]


def test_a_layout_tells_reasons_match_and_what_lies_around_it(ana):
    told = ana.layout(PARK)
    assert told["judged"]["reasons"][0] == {
        "text": "closed on 96 % of its perimeter",
        "for": True,
    }
    assert not told["judged"]["reasons"][3]["for"]
    assert "150 m" in told["told"]["match"]
    assert {name: len(things) for name, things in told["near"].items()} == {
        "buildings": 10, "walls": 4, "yards": 1, "changes": 2, "sites": 2,
    }  # fmt: skip
    assert sorted(told["others"]) == [FACTORY, SCHOOL]
    assert ana.layout(CUT)["judged"]["cannot_tell"] == "The picture ends inside its perimeter."


def test_only_what_lies_in_view_is_drawn(run):
    near = open_desk(run).book.near((480_030, 1_279_870, 480_150, 1_279_960))
    assert {name: len(things) for name, things in near.items()} == {
        "buildings": 3, "walls": 1, "yards": 1, "changes": 0, "sites": 1,
    }  # fmt: skip
    [wall] = near["walls"]
    assert len(wall["lines"][0]) == 5


def test_a_verdict_is_on_the_disk_when_the_answer_comes(ana, run):
    answer = ana.say(
        candidate=PARK, verdict=YES, kind="closed_compound", note="Walls all round.", tags=["a"]
    ).json()
    [_, entry] = DecisionLog(run, "r-20251103-drawn").entries()
    assert (entry.who, entry.verdict, entry.note, entry.tags) == (
        "ana", YES, "Walls all round.", ("a",),
    )  # fmt: skip
    [row] = answer["rows"]
    assert (row["status"], row["mine"], row["todo"]) == ("judged", YES, False)
    assert not ana.rows()[PARK]["todo"]


def test_undo_redo_and_undo_again_all_stand_in_the_log(ana, run):
    ana.say(candidate=PARK, verdict=YES)
    ana.say(candidate=FACTORY, verdict=NO)
    assert ana.undo().json()["layout"] == FACTORY
    assert ana.rows()[FACTORY]["todo"]
    assert ana.undo(again=True).json()["layout"] == FACTORY
    assert ana.rows()[FACTORY]["verdict"] == NO
    assert ana.undo(again=True).status_code == 400
    assert ana.undo().json()["layout"] == FACTORY
    assert ana.undo().json()["layout"] == PARK
    assert "nothing of yours" in ana.undo().json()["sentence"]
    assert len(DecisionLog(run, "r-20251103-drawn").entries()) == 7


def test_nobody_undoes_what_another_said(desks):
    ana, ben = desks.open("ana", "ben")
    ana.say(candidate=PARK, verdict=YES)
    assert "nothing of yours" in ben.undo().json()["sentence"]
    ben.say(candidate=FACTORY, verdict=NO)
    ana.say(candidate=SCHOOL, verdict=NO)
    assert ben.undo().json()["layout"] == FACTORY
    assert ana.rows()[PARK]["verdict"] == YES


def test_blind_reviewers_see_no_score_no_order_and_not_each_other(desks):
    ana, ben = desks.open("ana", "ben", rules="two_blind")
    for row in ben.rows().values():
        told = row["change"]  # what is to be judged must be known, how sure we are must not
        assert (row["score"], row["rank"], row["likeness"]) == (None, None, told)
        assert "cannot_tell" not in row["flags"]
    assert list(ana.rows()) != list(ben.rows()), "an order that is the same for all tells it"
    ana.say(candidate=PARK, verdict=YES, note="Towers.", tags=["tower"],
            outline=[[480010, 1279900], [480100, 1279900], [480100, 1279960]])  # fmt: skip
    told = ben.layout(PARK)
    assert (told["judged"], told["said"], told["note"], told["tags"]) == (None, [], "", [])
    assert (told["edited"], told["status"], told["todo"]) == (None, "open", True)
    assert "Towers" not in ben.get(f"/api/layout/{PARK}").text
    assert ben.get(f"/heat/0/wall/6/0/0/{PARK}").status_code == 400
    assert ana.layout(PARK)["status"] == "half"
    assert ana.layout(PARK)["judged"] is None


def test_two_blind_verdicts_that_differ_wait_for_a_third_who_says_why(desks):
    ana, ben, eva = desks.open("ana", "ben", "eva", rules="two_blind")
    ana.say(candidate=PARK, verdict=YES)
    assert eva.say(candidate=PARK, verdict=NO, settle=True, note="x").status_code == 400
    ben.say(candidate=PARK, verdict=NO)
    told = eva.layout(PARK)
    assert (told["status"], told["score"], len(told["said"])) == ("disagreed", 0.93, 2)
    assert "why" in eva.say(candidate=PARK, verdict=NO, settle=True).json()["sentence"]
    eva.say(candidate=PARK, verdict=NO, settle=True, note="A hotel by its sign.")
    assert eva.layout(PARK)["status"] == "adjudicated"
    assert ana.get("/api/agreement").json()["sentence"].startswith("0 of 1 verdicts agree")


def test_rules_do_not_change_half_way(desks, run):
    [ana] = desks.open("ana", rules="two_blind")
    ana.say(candidate=PARK, verdict=YES)
    assert open_desk(run).sheet().blind
    with pytest.raises(UsageError, match="rules do not change"):
        open_desk(run, rules="single")


def test_what_another_program_wrote_is_seen_and_told_apart(desks, run):
    [ana] = desks.open("ana")
    [ben] = desks.open("ben")  # a second program on the same folder
    ana.say(candidate=SCHOOL, verdict=NO)
    news = ben.get("/api/changes?since=0").json()
    assert [row["id"] for row in news["rows"]] == [SCHOOL]
    assert news["count"] == "2"
    assert ben.get("/api/changes?since=2").json()["rows"] == []


def test_a_drawn_layout_is_named_after_itself_and_can_be_judged_by_others(desks):
    ana, ben = desks.open("ana", "ben", rules="two_blind")
    corners = [[480200, 1279850], [480240, 1279850], [480240, 1279890], [480200, 1279890]]
    name = ana.say(outline=corners, verdict=YES).json()["layout"]
    assert name.startswith("p-")
    row = ben.rows()[name]
    assert (row["todo"], row["flags"], row["mine"]) == (True, ["drawn"], None)
    assert ben.say(candidate=name, verdict=YES).status_code == 200
    assert ben.layout(name)["status"] == "judged"


def test_an_edited_outline_is_checked_and_shown(ana):
    crossing = [[480000, 1279900], [480100, 1279990], [480100, 1279900], [480000, 1279990]]
    assert "cross" in ana.say(candidate=PARK, outline=crossing).json()["sentence"]
    ana.say(candidate=PARK, outline=[[480000, 1279900], [480100, 1279900], [480100, 1279990]])
    told = ana.layout(PARK)
    assert len(told["edited"][0]) == 4
    assert told["outline"] != told["edited"]


def test_a_site_without_a_layout_takes_a_note_and_no_verdict(ana):
    site = "xx-drawn-house"
    assert "nothing to judge" in ana.say(candidate=site, verdict=NO).json()["sentence"]
    assert ana.say(candidate=site, note="Trees now.").status_code == 200
    assert ana.layout(site)["said"][0]["note"] == "Trees now."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"candidate": "c-nowhere", "verdict": YES}, "There is no layout"),
        ({"candidate": PARK}, "Nothing was said"),
        ({"candidate": PARK, "verdict": "scam"}, "no verdict"),
        ({"candidate": PARK, "verdict": NO, "kind": "palace"}, "no kind"),
        ({"verdict": YES}, "needs an outline"),
        ({"candidate": PARK, "outline": [[0, 0], [1, 1]]}, "3 to 2000"),
        ({"candidate": PARK, "verdict": YES, "who": "ben"}, "Extra inputs"),
    ],
)
def test_what_cannot_be_written_down_is_answered_in_a_sentence(ana, run, words, sentence):
    answer = ana.say(**words)
    assert answer.status_code in {400, 422}
    assert sentence in answer.json()["sentence"]
    assert not (run / "decisions.jsonl").exists()


def test_two_reviewers_at_once_lose_no_word(desks, run):
    pairs = [desks.open("ana")[0], desks.open("ben")[0]]

    def go(browser):
        for n in range(12):
            browser.say(candidate=(PARK, FACTORY, SCHOOL)[n % 3], verdict=(YES, NO)[n % 2])

    threads = [threading.Thread(target=go, args=(one,)) for one in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = DecisionLog(run, "r-20251103-drawn").entries()
    assert len(entries) == 25
    assert sorted({entry.who for entry in entries}) == ["ana", "ben"]


@pytest.mark.parametrize("before", [0, 1])
def test_a_word_written_while_another_reads_is_not_taken_for_tampering(
    run, monkeypatch, before
):
    writer, reader = (DecisionLog(run, "r-20251103-drawn") for _ in range(2))
    said = Said(who="ana", candidate=PARK, verdict=YES)
    for _ in range(before):
        writer.append(said, at=NOW)
    read, meanwhile = decisions._bytes_of, [said]

    def slowly(path):
        body = read(path)
        if path.name == decisions.LOG and meanwhile:
            writer.append(meanwhile.pop(), at=NOW)  # after the log was read, before its head
        return body

    monkeypatch.setattr(decisions, "_bytes_of", slowly)
    assert len(reader.entries()) == before + 2


def _say_for_ever(folder, told):
    desk = open_desk(folder)
    n = 0
    while True:
        from aoi.review.wish import Wish  # noqa: PLC0415 - the other process imports anew

        desk.say("ana", Wish(candidate=PARK, note=f"word {n}"))
        told.put(n)
        n += 1


def test_a_killed_program_loses_no_word_that_was_acknowledged(run):
    context = multiprocessing.get_context("spawn")
    told = context.SimpleQueue()
    program = context.Process(target=_say_for_ever, args=(run, told))
    program.start()
    acknowledged = [told.get() for _ in range(3)]
    program.kill()
    program.join()
    program.close()
    notes = [entry.note for entry in DecisionLog(run, "r-20251103-drawn").entries()]
    assert {f"word {n}" for n in acknowledged} <= set(notes)
    with (run / "decisions.jsonl").open("ab") as file:
        file.write(b'{"number": 99, "ha')  # a power cut in mid-line
    desk = open_desk(run)
    assert desk.queue("ben")["count"] == len(notes)


def test_a_log_that_was_tampered_with_is_refused_with_its_first_broken_link(ana, run, desks):
    ana.say(candidate=PARK, verdict=YES)
    log = run / "decisions.jsonl"
    log.write_bytes(log.read_bytes().replace(b"walled_compound", b"not_a_compound_"))
    answer = ana.say(candidate=FACTORY, verdict=YES)
    assert answer.status_code == 400
    assert "tampered" in answer.json()["sentence"]
    with pytest.raises(InputError, match="Decision 1"):
        desks.open("ana")
