"""The same work gives the same results here, in processes and on a cluster."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from geo.errors import InputError, SourceError, StockadeError, UsageError
from geo.work import each
from tests.conftest import needs_package

ITEMS = {f"tile-{n}": n for n in range(9)}


def square(number):
    if number == 4:
        raise InputError("Four is not for us.")
    return np.full(50, number, np.uint16).tobytes()


def die_once(folder):
    """Kill the worker the first time, work the second time."""
    mark = Path(folder) / "tried"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def die_always(folder):
    with (Path(folder) / "tries").open("a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)


def one_dies(item):
    """Work a little; the item with a folder kills its worker the first time."""
    time.sleep(0.02)
    return die_once(item) if isinstance(item, str) else item


def greedy(gib):
    return len(bytearray(int(gib * 2**30)))


def lock(_):
    return (n for n in range(3))


class MissingError(Exception):
    """Made from two things, and so not from the one that pickle keeps of it."""

    def __init__(self, what, where):
        super().__init__(f"{where} has no {what}.")


def lacking(number):
    if number == 4:
        raise MissingError("datetime", "Tile 4")
    return number


def told(done):
    return {one.key: one.value or str(one.error) for one in done}


@pytest.mark.parametrize("on", ["processes", "processes:2"])
def test_processes_give_what_one_gives(on):
    assert told(each(square, ITEMS, on=on)) == told(each(square, ITEMS))


def test_a_failure_comes_back_with_its_key_and_stops_nobody():
    done = {one.key: one for one in each(square, ITEMS, on="processes:2")}
    assert len(done) == 9
    with pytest.raises(InputError, match="Four is not for us"):
        done["tile-4"].result()
    assert sum(one.error is None for one in done.values()) == 8


def test_a_worker_that_is_killed_costs_one_item_which_is_done_again(tmp_path):
    items = {"deadly": str(tmp_path)} | {f"t{n}": n for n in range(8)}
    done = {one.key: one.result() for one in each(one_dies, items, on="processes:2")}
    assert done == {"deadly": "done"} | {f"t{n}": n for n in range(8)}


def test_an_item_that_kills_every_worker_is_given_up_in_words(tmp_path):
    [done] = each(die_always, {"deadly": str(tmp_path)}, on="processes:1")
    with pytest.raises(SourceError, match="2 workers died at deadly"):
        done.result()
    assert (tmp_path / "tries").read_text() == "xx"


def test_a_worker_cannot_have_more_memory_than_it_is_given():
    [done] = each(greedy, {"a": 3}, on="processes:1", memory_gib=1)
    assert isinstance(done.error, MemoryError)
    [done] = each(greedy, {"a": 0.1}, on="processes:1", memory_gib=1)
    assert done.error is None


def test_what_cannot_be_sent_back_is_said():
    [done] = each(lock, {"a": 0}, on="processes:1")
    with pytest.raises(InputError, match="cannot be sent back"):
        done.result()


def test_a_failure_that_cannot_be_made_again_elsewhere_comes_back_in_words():
    done = {one.key: one for one in each(lacking, ITEMS, on="processes:2")}
    assert sorted(done) == sorted(ITEMS)
    with pytest.raises(StockadeError, match=r"MissingError: Tile 4 has no datetime\."):
        done["tile-4"].result()
    assert sum(one.error is None for one in done.values()) == 8


def test_who_stops_asking_leaves_no_process_behind():
    before = set(multiprocessing.active_children())
    work = each(square, ITEMS, on="processes:2")
    next(work)
    assert set(multiprocessing.active_children()) - before
    work.close()
    assert not set(multiprocessing.active_children()) - before


def test_nothing_to_do_is_done():
    assert list(each(square, {}, on="processes")) == []


@pytest.mark.parametrize("on", ["threads", "processes:0", "processes:x", "dask:", "dask://"])
def test_other_words_are_refused(on):
    with pytest.raises(UsageError, match="--on"):
        list(each(square, ITEMS, on=on))


@pytest.fixture(scope="module")
def scheduler():
    """Two workers of a small cluster on this machine."""
    distributed = needs_package("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None
    ) as cluster:
        yield cluster.scheduler_address.replace("tcp://", "dask://")


def test_a_cluster_gives_what_one_gives(scheduler):
    assert told(each(square, ITEMS, on=scheduler)) == told(each(square, ITEMS))


def test_a_cluster_brings_back_in_words_what_it_cannot_send(scheduler):
    done = {one.key: one for one in each(lacking, ITEMS, on=scheduler)}
    assert sum(one.error is None for one in done.values()) == 8
    with pytest.raises(StockadeError, match=r"MissingError: Tile 4 has no datetime\."):
        done["tile-4"].result()
    [one] = each(lock, {"a": 0}, on=scheduler)
    with pytest.raises(InputError, match="cannot be sent back"):
        one.result()


def whose(seconds):
    """Work for a while; tell who did."""
    time.sleep(seconds)
    return os.getpid()


def test_workers_of_a_cluster_are_given_work_when_they_are_free(scheduler):
    """One long item, many short ones, all of other names: the long one delays nobody."""
    items = {f"{name}-0": 0.1 for name in ("mae", "sot", "bavet", "poipet", "bokor", "kampot")}
    done = list(each(whose, {"long-0": 0.55, **items}, on=scheduler))
    slow = next(one.value for one in done if one.key == "long-0")
    assert sum(one.value != slow for one in done) >= 4


def test_a_worker_of_a_cluster_that_is_killed_costs_one_item(scheduler, tmp_path):
    items = {"deadly": str(tmp_path)} | {f"t{n}": n for n in range(8)}
    done = {one.key: one.result() for one in each(one_dies, items, on=scheduler)}
    assert done == {"deadly": "done"} | {f"t{n}": n for n in range(8)}


def test_a_scheduler_that_does_not_answer_is_named():
    needs_package("distributed")
    with pytest.raises(InputError, match=r"No Dask scheduler answers at 127\.0\.0\.1:9"):
        list(each(square, ITEMS, on="dask://127.0.0.1:9"))
