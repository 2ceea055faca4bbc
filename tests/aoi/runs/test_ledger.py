"""A memory that survives kills, full disks, torn files, other processes and wrong clocks."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from itertools import chain

import numpy as np
import pytest

from aoi.runs.ledger import SCHEMA, Ledger, key_of
from aoi.runs.ledger_digests import Digests
from aoi.runs.ledger_leases import Leases, LostLeaseError, Owner
from aoi.runs.ledger_schema import MIGRATIONS
from geo.errors import OutputError
from tests.aoi.runs.clock import Clock

KILLS = int(os.environ.get("STOCKADE_LEDGER_KILLS", "6"))
"""Kill points; docs/results/watch.md has the figures of two hundred."""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    return Ledger(tmp_path / "ledger.sqlite", clock=clock)


def worker(ledger, pid=1_000_000, host="elsewhere"):
    """Somebody on another machine, of whom nothing is known but what the ledger says."""
    return Leases(ledger, Owner(host=host, pid=pid, born=""))


def test_a_step_is_known_once_it_is_finished(ledger):
    key = key_of(picture="a", net="b")
    assert ledger.done(key) is None
    ledger.finish(key, "scene", {"scene": "a"}, seconds=1.5, inputs={"a.tif": "00"})
    assert Ledger(ledger.path).done(key) == {"scene": "a"}
    assert ledger.seconds() == {"scene": 1.5}


def test_the_order_of_what_a_step_depends_on_does_not_matter():
    assert key_of(a=1, b=2) == key_of(b=2, a=1) != key_of(a=2, b=1)


def test_a_file_is_hashed_again_only_when_it_changed(ledger, tmp_path):
    path, reads = tmp_path / "a.tif", []

    def digest(of):
        reads.append(of)
        return of.read_text()

    path.write_text("one")
    assert [ledger.hashed(path, digest) for _ in range(3)] == ["one"] * 3
    path.write_text("other")
    assert ledger.hashed(path, digest) == "other"
    assert len(reads) == 2


def test_of_two_who_want_one_step_the_second_goes_without(ledger):
    one, two = worker(ledger, 1), worker(ledger, 2)
    assert one.take("k", "scene") is not None
    assert two.take("k", "scene") is None
    assert [held.pid for held in two.held()] == [1]


def test_a_lease_ends_when_nobody_renews_it(ledger, clock):
    one, two = worker(ledger, 1), worker(ledger, 2)
    lease = one.take("k", "scene")
    clock.move(minutes=9)
    one.renew(lease)
    clock.move(minutes=9)
    assert two.take("k", "scene") is None
    clock.move(minutes=2)
    assert two.take("k", "scene") is not None


def test_who_slept_through_his_lease_cannot_finish(ledger, clock):
    one, two = worker(ledger, 1), worker(ledger, 2)
    lease = one.take("k", "scene")
    clock.move(hours=1)
    two.take("k", "scene")
    with pytest.raises(LostLeaseError, match="silent"):
        one.renew(lease)
    one.give_back(lease, "done")
    assert [held.pid for held in ledger_held(ledger)] == [2]


def ledger_held(ledger):
    return worker(ledger).held()


def test_the_lease_of_a_dead_process_of_this_machine_ends_at_once(ledger):
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    me = Owner.me()
    dead = Leases(ledger, Owner(host=me.host, pid=child.pid, born="1"))
    assert dead.take("k", "scene") is not None
    assert Leases(ledger, me).take("k", "scene") is not None


def test_a_reused_process_number_is_not_taken_for_the_old_process(ledger):
    me = Owner.me()
    old = Leases(ledger, Owner(host=me.host, pid=me.pid, born="before the reboot"))
    assert old.take("k", "scene") is not None
    assert Leases(ledger, me).take("k", "scene") is not None


def test_a_clock_that_jumps_back_holds_nobody_up_for_longer_than_one_lease(ledger, clock):
    one, two = worker(ledger, 1), worker(ledger, 2)
    one.take("k", "scene")
    clock.move(days=-30)
    assert two.take("k", "scene") is None
    clock.move(minutes=11)
    assert two.take("k", "scene") is not None


def test_what_fails_inside_a_change_leaves_nothing_of_it(ledger):
    def fail():
        with ledger.writing() as db:
            db.execute("INSERT INTO runs (command, started_at) VALUES ('x', 'y')")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    with ledger.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM runs").fetchone() == (0,)


def test_a_ledger_of_the_first_version_keeps_its_steps(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE steps (key TEXT PRIMARY KEY, name TEXT NOT NULL, left_behind TEXT "
            "NOT NULL, seconds REAL NOT NULL, finished_at TEXT NOT NULL) STRICT"
        )
        db.execute("INSERT INTO steps VALUES ('k', 'scene', '{\"a\": 1}', 2.0, 'then')")
        db.execute("PRAGMA user_version = 1")
    db.close()
    assert Ledger(path).done("k") == {"a": 1}
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
    db.close()


def test_a_ledger_from_before_mail_was_marked_takes_what_a_run_delivered_as_written(tmp_path):
    path, hours = tmp_path / "ledger.sqlite", [f"2026-03-02T1{n}:00:00+00:00" for n in range(3)]
    with sqlite3.connect(path) as db:
        for statement in chain.from_iterable(MIGRATIONS[:3]):
            db.execute(statement)
        for made in (hours[0], hours[2]):  # the run of the last one was killed
            db.execute(
                "INSERT INTO digests (id, area, made_at, body) VALUES (?, 'park', ?, '{}')",
                (made, made),
            )
        db.execute(
            "INSERT INTO runs (command, started_at, finished_at) VALUES ('watch', ?, ?)",
            hours[:2],
        )
        db.execute("INSERT INTO runs (command, started_at) VALUES ('watch', ?)", (hours[2],))
        db.execute("PRAGMA user_version = 3")
    db.close()
    digests = Digests(Ledger(path))
    assert [digest.id for digest in digests.all()] == [hours[0], hours[2]]
    assert [digest.id for digest in digests.all(unmailed=True)] == [hours[2]]
    assert [digest.id for digest in digests.all(unmailed=True, unsent=True)] == [hours[2]]
    assert len(digests.all(unsent=True)) == 2


def test_a_ledger_of_a_newer_stockade_is_refused(ledger):
    with sqlite3.connect(ledger.path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    db.close()
    with pytest.raises(OutputError, match="Update Stockade"):
        Ledger(ledger.path)


def test_another_program_s_database_is_left_alone(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(OutputError, match="another program"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_ledger_is_refused_and_kept(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a ledger at all" * 100)
    with pytest.raises(OutputError, match=r"no ledger.*left as it is.*Move"):
        Ledger(path)
    assert path.read_bytes() == b"not a ledger at all" * 100


def test_a_damaged_ledger_names_the_copy_to_put_in_its_place(ledger):
    with ledger.writing() as db:
        rows = [(f"k{i:05}", "x" * 200) for i in range(2000)]
        db.executemany("INSERT INTO steps VALUES (?, 'n', ?, 0, '')", rows)
    copy = ledger.back_up()
    with sqlite3.connect(ledger.path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    torn = bytearray(ledger.path.read_bytes())
    torn[40_000:200_000] = os.urandom(160_000)
    ledger.path.write_bytes(torn)
    with pytest.raises(OutputError, match=f"damaged.*rename {copy.name} to {ledger.path.name}"):
        Ledger(ledger.path).check()
    copy.replace(ledger.path)
    restored = Ledger(ledger.path)
    restored.check()
    assert len(restored.seconds()) == 1


def test_on_a_full_disk_nothing_is_half_written(ledger, monkeypatch):
    ledger.finish("before", "scene", {}, seconds=1)
    connect = sqlite3.connect

    def full(*args, **kwargs):
        db = connect(*args, **kwargs)
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        return db

    monkeypatch.setattr(sqlite3, "connect", full)
    with pytest.raises(OutputError, match=r"disk is full.*free some space"):
        ledger.finish("after", "scene", {"words": "x" * 100_000}, seconds=1)
    monkeypatch.undo()
    ledger.check()
    assert ledger.done("before") == {}
    assert ledger.done("after") is None
    ledger.finish("after", "scene", {"words": "x" * 100_000}, seconds=1)


PROGRAM = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from aoi.runs.ledger import Ledger
    from aoi.runs.ledger_leases import Leases, Owner, end_in, still_held
    from aoi.runs.ledger import finish_in
    path, count = Path(sys.argv[1]), int(sys.argv[2])
    ledger = Ledger(path)
    leases = Leases(ledger, Owner.me())
    sys.stdout.write("ready")
    sys.stdout.flush()
    left = {f"step-{n:03}" for n in range(count)}
    while left:
        for key in sorted(left):
            if ledger.done(key) is not None:
                left.discard(key)
                continue
            lease = leases.take(key, "step")
            if lease is None:
                continue
            if ledger.done(key) is None:
                time.sleep(0.002)
                with ledger.writing() as db:
                    still_held(db, lease)
                    finish_in(db, key, "step", {}, seconds=0.0, at=ledger.moment())
                    db.execute("INSERT INTO runs (command, started_at) VALUES (?, '')", (key,))
                    end_in(db, lease, "done", "", ledger.clock())
            else:
                leases.give_back(lease, "already")
            left.discard(key)
        time.sleep(0.01)
""")


def start(path, count, root):
    command = [sys.executable, "-c", PROGRAM, str(path), str(count)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE)


def counted(ledger, count):
    """Every step is done, and what it does was done once."""
    ledger.check()
    with ledger.reading() as db:
        steps = {key for (key,) in db.execute("SELECT key FROM steps")}
        effects = dict(db.execute("SELECT command, COUNT(*) FROM runs GROUP BY command"))
    assert steps == {f"step-{n:03}" for n in range(count)} == set(effects)
    assert set(effects.values()) == {1}


def test_three_processes_at_once_lose_nothing_and_double_nothing(ledger, request):
    children = [start(ledger.path, 40, request.config.rootpath) for _ in range(3)]
    for child in children:
        with child:
            assert child.wait(timeout=100) == 0
    counted(ledger, 40)
    assert worker(ledger).held() == []


def test_killed_at_any_moment_the_ledger_is_whole_and_the_rest_is_done(ledger, request):
    root, rng = request.config.rootpath, np.random.default_rng(7)
    count = 40 * KILLS  # a step sleeps 2 ms: two workers do at most 30 before each kill
    for number, moment in enumerate(rng.uniform(0, 0.03, KILLS)):
        before = ledger_steps(ledger)
        with start(ledger.path, count, root) as one, start(ledger.path, count, root) as other:
            one.stdout.read(5)
            while number % 2 and ledger_steps(ledger) == before:  # however busy the machine is
                time.sleep(0.001)
            time.sleep(moment)
            for child in (one, other):
                child.send_signal(signal.SIGKILL)
        ledger.check()
    assert 2 < ledger_steps(ledger) < count, "kill in the middle"
    held = [lease.pid for lease in worker(ledger).held()]
    assert len(held) == len(set(held)), "whoever is killed leaves at most the step it was at"
    with start(ledger.path, count, root) as one, start(ledger.path, count, root) as other:
        assert [child.wait(timeout=100) for child in (one, other)] == [0, 0]
    counted(ledger, count)


def ledger_steps(ledger):
    with ledger.reading() as db:
        return int(db.execute("SELECT COUNT(*) FROM steps").fetchone()[0])
