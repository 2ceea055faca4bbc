"""The decision log: nothing said is lost, nothing written can be changed unseen."""

import itertools
import multiprocessing
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from aoi.outputs.tables import CORROBORATION as SURE_IN_FILES
from aoi.outputs.tables import LOOKS
from aoi.outputs.tables import VERDICTS as IN_FILES
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_agreement import agreement
from aoi.review.decisions_chain import What, body_of, check, head_of, seal
from aoi.review.decisions_now import Status, hides_score, live, may_see, pairs, standing
from aoi.review.said import Said
from aoi.verdicts import COMPOUND, CORROBORATION, NOT, UNSURE, VERDICTS
from aoi.verdicts import LOOKS as KINDS
from geo.errors import InputError

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SQUARE = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"


def judge(who, candidate="c-1", verdict=COMPOUND, **more):
    return Said(who=who, candidate=candidate, verdict=verdict, **more)


def log_of(tmp_path, *said, rules=""):
    log = DecisionLog(tmp_path, "r-1")
    for one in said:
        log.append(one, at=NOW, rules=rules)
    return log


def test_verdicts_are_the_words_of_the_file():
    assert (VERDICTS, KINDS, CORROBORATION) == (IN_FILES, LOOKS, SURE_IN_FILES)


def test_what_is_said_comes_back_word_for_word(tmp_path):
    said = judge("ana", note='ទីតាំង "x"\n2', tags=("new",), outline=SQUARE, kind="factory")
    [entry] = DecisionLog(tmp_path, "r-1").append(said, at=NOW)
    read = DecisionLog(tmp_path, "r-1").entries()[-1]
    assert read == entry
    assert (read.note, read.tags, read.kind) == (said.note, ("new",), "factory")
    assert read.at == "2026-01-05T08:00:00Z"
    assert [e.what for e in log_of(tmp_path).entries()] == [What.BEGIN, What.JUDGE]


def test_an_undo_is_one_more_line_and_the_verdict_before_stands_again(tmp_path):
    log = log_of(tmp_path, judge("ana"))
    [wrong] = log.append(judge("ana", verdict=NOT), at=NOW)
    assert standing(log.entries())["c-1"].verdict == NOT
    [undo] = log.append(Said(who="ana", what=What.UNDO, undoes=wrong.hash), at=NOW)
    assert standing(log.entries())["c-1"].verdict == COMPOUND
    log.append(Said(who="ana", what=What.UNDO, undoes=undo.hash), at=NOW)
    assert standing(log.entries())["c-1"].verdict == NOT
    assert len(log.entries()) == 5


def test_nobody_undoes_what_another_said_or_twice(tmp_path):
    log = log_of(tmp_path)
    [entry] = log.append(judge("ana"), at=NOW)
    with pytest.raises(InputError, match="ana's"):
        log.append(Said(who="ben", what=What.UNDO, undoes=entry.hash), at=NOW)
    log.append(Said(who="ana", what=What.UNDO, undoes=entry.hash), at=NOW)
    with pytest.raises(InputError, match="already"):
        log.append(Said(who="ana", what=What.UNDO, undoes=entry.hash), at=NOW)
    with pytest.raises(InputError, match="no such"):
        log.append(Said(who="ana", what=What.UNDO, undoes="f" * 64), at=NOW)


def test_two_who_differ_leave_it_open_until_somebody_settles(tmp_path):
    log = log_of(tmp_path, judge("ana"), judge("ben", verdict=NOT))
    now = standing(log.entries())["c-1"]
    assert (now.status, now.verdict, now.settled) == (Status.DISAGREED, None, False)
    log.append(judge("eva", verdict=UNSURE, what=What.ADJUDICATE), at=NOW)
    now = standing(log.entries())["c-1"]
    assert (now.status, now.verdict, now.by) == (Status.ADJUDICATED, UNSURE, ("ana", "ben"))


def test_blind_reviewers_see_only_their_own_until_both_have_spoken(tmp_path):
    log = log_of(tmp_path, judge("ana", note="gate"), rules="two_blind")
    assert may_see(log.entries(), "c-1", "ben") == []
    assert len(may_see(log.entries(), "c-1", "ana")) == 1
    assert hides_score(log.entries(), "c-1")
    assert hides_score(log.entries(), "never seen")
    assert standing(log.entries())["c-1"].status is Status.HALF
    log.append(judge("ben"), at=NOW)
    assert len(may_see(log.entries(), "c-1", "ben")) == 2
    assert not hides_score(log.entries(), "c-1")
    assert standing(log.entries())["c-1"].status is Status.JUDGED


def test_blind_remarks_of_another_stay_hidden_too(tmp_path):
    log = log_of(tmp_path, rules="two_blind")
    log.append(
        Said(who="ana", candidate="c-1", what=What.REMARK, note="see the gate"),
        at=NOW,
        rules="two_blind",
    )
    assert may_see(log.entries(), "c-1", "ben") == []


def test_single_rules_hide_nothing(tmp_path):
    log = log_of(tmp_path, judge("ana"))
    assert not hides_score(log.entries(), "c-1")
    assert len(may_see(log.entries(), "c-1", "ben")) == 1


def test_a_log_keeps_to_its_run_and_rules(tmp_path):
    log_of(tmp_path, judge("ana"), rules="two_blind")
    with pytest.raises(InputError, match="belong to run r-1"):
        DecisionLog(tmp_path, "r-2").append(judge("ana"), at=NOW)
    with pytest.raises(InputError, match="rules"):
        DecisionLog(tmp_path, "r-1").append(judge("ana"), at=NOW, rules="single")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"verdict": "guilty"}, "no verdict"),
        ({"who": " "}, "needs a reviewer"),
        ({"verdict": None}, "needs a verdict"),
        ({"kind": "spa"}, "no kind"),
        ({"outline": "POINT (0 0)"}, "one polygon"),
        ({"outline": "POLYGON ((0 0, 9 9, 9 0, 0 9, 0 0))"}, "cross itself"),
        ({"outline": "what"}, "cannot be read"),
        ({"what": What.REMARK}, "no verdict"),
        ({"what": What.BEGIN}, "begins by itself"),
        ({"undoes": "x"}, "names the entry"),
        ({"note": "x" * 4001}, "characters"),
    ],
)
def test_what_nobody_could_use_later_is_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        Said(**({"who": "ana", "candidate": "c-1", "verdict": COMPOUND} | wrong))


def write_many(folder, who, count, together):
    log = DecisionLog(folder, "r-1")
    together.wait()
    for number in range(count):
        log.append(judge(who, f"c-{number}"), at=NOW)


def test_many_writers_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    together = context.Barrier(4)
    writers = [
        context.Process(target=write_many, args=(tmp_path, f"w{n}", 25, together))
        for n in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = DecisionLog(tmp_path, "r-1").entries()
    said = {(e.who, e.candidate) for e in entries if e.what is What.JUDGE}
    assert said == {(f"w{n}", f"c-{i}") for n, i in itertools.product(range(4), range(25))}
    assert len(entries) == 101


def test_a_line_cut_by_a_power_failure_is_dropped_and_the_log_goes_on(tmp_path):
    log = log_of(tmp_path, judge("ana"))
    with (tmp_path / "decisions.jsonl").open("ab") as file:
        file.write(b'{"at":"2026')
    assert log.chain().torn == 11
    assert not log.chain().broken
    log.append(judge("ben"), at=NOW)
    assert [e.who for e in log.entries()] == ["ana", "ana", "ben"]


def test_a_kill_between_line_and_head_is_no_break(tmp_path):
    log = log_of(tmp_path, judge("ana"))
    head = (tmp_path / "decisions.head").read_bytes()
    log.append(judge("ben"), at=NOW)
    (tmp_path / "decisions.head").write_bytes(head)
    assert (log.chain().unsaid, log.chain().broken) == (1, "")
    log.append(judge("eva"), at=NOW)
    assert log.chain().unsaid == 0


class Killed(BaseException):
    """The program was stopped."""


@pytest.mark.parametrize("step", range(5))
def test_a_kill_at_any_step_of_the_very_first_write_is_no_break(tmp_path, monkeypatch, step):
    steps = itertools.count()

    def deadly(call):
        def called(*args):
            if next(steps) == step:
                raise Killed
            return call(*args)

        return called

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", deadly(os.fsync))
        patch.setattr(Path, "replace", deadly(Path.replace))
        with pytest.raises(Killed):
            log_of(tmp_path, judge("ana"))
    log = log_of(tmp_path, judge("ben"))
    assert [e.who for e in log.entries()][-1] == "ben"
    assert log.chain().unsaid == 0


def test_decisions_whose_head_was_taken_away_are_refused(tmp_path):
    log = log_of(tmp_path, judge("ana"))
    (tmp_path / "decisions.head").unlink()
    for other in (log, DecisionLog(tmp_path, "r-1")):
        with pytest.raises(InputError, match="is missing"):
            other.append(judge("ben"), at=NOW)
    assert not (tmp_path / "decisions.head").exists()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    log = log_of(folder, judge("ana", note="why"), judge("ben"), judge("ana", "c-2", NOT))
    return (
        (folder / "decisions.jsonl").read_bytes(),
        (folder / "decisions.head").read_bytes(),
        log,
    )


@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
@settings(max_examples=200)
def test_any_changed_byte_is_found(written, where, flip):
    text, head, _ = written
    at = int(where * len(text))
    changed = text[:at] + bytes([text[at] ^ flip]) + text[at + 1 :]
    assert check(changed, head).broken


@pytest.mark.parametrize("gone", range(4))
def test_a_removed_decision_is_named(written, gone):
    text, head, _ = written
    lines = text.splitlines(keepends=True)
    chain = check(b"".join(lines[:gone] + lines[gone + 1 :]), head)
    assert str(gone) in chain.broken
    assert len(chain.entries) == min(gone, 3)


def test_a_log_without_its_head_and_a_head_without_its_log_are_broken(written):
    text, head, log = written
    assert check(text, None).broken
    assert check(b"", head).broken
    assert check(text, b"what").broken
    assert check(text, head_of(log.entries()[:2])).unsaid == 2
    assert check(text, head.replace(b"4 ", b"04 ")).broken


def test_nothing_is_written_to_a_broken_log(tmp_path):
    log = log_of(tmp_path, judge("ana"), judge("ben"))
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(path.read_bytes().replace(b"ben", b"bea"))
    with pytest.raises(InputError, match=r"Decision 2 .*was changed"):
        log.append(judge("eva"), at=NOW)


def test_an_entry_written_anew_with_a_hash_of_its_own_cuts_the_chain(written):
    text, head, log = written
    lines = text.splitlines(keepends=True)
    forged = seal(body_of(replace(log.entries()[1], note="another")))[1]
    chain = check(b"".join([lines[0], forged, *lines[2:]]), head)
    assert "Decision 2 does not follow" in chain.broken


def test_swapping_two_entries_is_found(written):
    text, head, _ = written
    a, b, c, d = text.splitlines(keepends=True)
    assert "Decision 1" in check(a + c + b + d, head).broken


def test_kappa_is_the_textbooks(tmp_path):
    rng = np.random.default_rng(3)
    words = list(VERDICTS)
    one = rng.integers(0, 3, 60)
    other = np.where(rng.random(60) < 0.7, one, rng.integers(0, 3, 60))
    told = agreement([(words[a], words[b]) for a, b in zip(one, other, strict=True)])
    assert told.kappa == pytest.approx(cohen_kappa_score(one, other))
    assert told.low < told.kappa < told.high
    assert told.same == int((one == other).sum())


def test_ten_agreements_out_of_ten_are_not_certainty():
    told = agreement([(COMPOUND, COMPOUND)] * 5 + [(NOT, NOT)] * 5)
    assert told.kappa == 1
    assert told.low < 0.9
    assert "10 of 10" in told.sentence()


def test_one_verdict_only_leaves_kappa_undefined():
    assert agreement([(NOT, NOT)] * 4).kappa is None
    assert "No layout" in agreement([]).sentence()


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng, words, hits = np.random.default_rng(1), list(VERDICTS), 0
    truth = np.array([[0.4, 0.05, 0.03], [0.05, 0.3, 0.02], [0.05, 0.05, 0.05]])
    chance = (truth.sum(0) * truth.sum(1)).sum()
    kappa = (np.trace(truth) - chance) / (1 - chance)
    for _ in range(60):
        cells = rng.choice(9, 50, p=truth.ravel())
        told = agreement([(words[c // 3], words[c % 3]) for c in cells])
        hits += told.low <= kappa <= told.high
    assert hits >= 52


def test_pairs_are_of_the_first_two_who_judged_and_of_their_last_word(tmp_path):
    log = log_of(
        tmp_path, judge("ben"), judge("ana", verdict=NOT), judge("ben", verdict=UNSURE),
        judge("eva"), judge("ana", "c-2"),
    )  # fmt: skip
    assert pairs(log.entries()) == [(NOT, UNSURE)]
    assert len(live(log.entries())) == 5
