"""Hold what a watch told of the drawn world against what happened there."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from aoi.runs.ledger_digests import Digests
from aoi.runs.watch import open_memory
from aoi.runs.watch_take import story_of
from aoi.runs.watch_visits import Visit
from tests.aoi.runs.drawn_world import START, shown, truth_of


def judge(watch, receiver, seed=5):
    """Hold what was told against what happened."""
    memory = open_memory(watch)
    memory.ledger.check()
    figures = judge_stories(
        {p: (story_of(memory, p.name), memory.looks(p.name)) for p in watch.areas}, seed
    )
    told = Digests(memory.ledger)
    alerts = told.alerts(released=True)
    got = [alert["id"] for body in receiver.got for alert in body["alerts"]]
    return figures | {
        "alerts": len(alerts),
        "alerts_gathered": len(told.alerts(released=False)),
        "webhook_calls": receiver.calls,
        "webhook_doubled": len(got) - len(set(got)),
        "webhook_lost": len({alert["id"] for alert in alerts} - set(got)),
    }


def judge_stories(told, seed):
    """Hold stories, with the names given in each of their looks, against what happened."""
    figures = {"looks": 0, "outlines": 0, "switches": 0, "true_events": 0, "told_true": 0,
               "missed": 0, "false": 0, "in_bracket": 0, "brackets": [], "by_kind": {},
               "false_events": []}  # fmt: skip
    for place, (story, rows) in told.items():
        truth = truth_of(place, seed)
        last: dict = {}
        names: dict = {}
        for row in rows:
            week, number = int(row.key[-2:]), int(place.name[5:])
            visit = Visit(key=row.key, time=row.taken_at, sources=(), size=0, gsd_m=1)
            units_of = shown(truth, visit, week, seed, number)
            figures["looks"] += 1
            for found, told_as in row.names.items():
                if found not in units_of:
                    continue
                name = story.name(told_as)
                units = units_of[found]
                figures["outlines"] += 1
                figures["switches"] += units in last and last[units] != name
                last[units] = name
                for unit in units:
                    names.setdefault(unit, set()).add(name)
        figures["switches"] += sum(
            not any(last.get((u,)) == last[units] for u in units)
            for units in last
            if len(units) > 1 and any((u,) in last for u in units)
        )
        _judge_events(story, truth, names, figures)
    figures["brackets"] = float(np.median(figures["brackets"])) if figures["brackets"] else None
    return figures


def _judge_events(story, truth, names, figures):
    told = [
        e for e in story.events.values()
        if e.status == "confirmed" and e.last_without is not None  # the others are not told
    ]  # fmt: skip
    used = set()
    for kind, units, day in truth.events:
        figures["true_events"] += 1
        mine = set().union(*(names.get(unit, set()) for unit in units))
        when = START + timedelta(days=day)
        near = [
            e for e in told
            if e.key not in used and _alike(e.kind, kind)
            and ({story.name(e.compound)} | set(e.others)) & mine
            and abs((e.first_with - when).days) < 80
        ]  # fmt: skip
        best = min(near, key=lambda e: abs(e.first_with - when), default=None)
        count = figures["by_kind"].setdefault(kind, [0, 0, 0])
        count[0] += 1
        if best is None:
            figures["missed"] += 1
            continue
        used.add(best.key)
        inside = best.last_without is not None and best.last_without <= when <= best.first_with
        figures["told_true"] += 1
        figures["in_bracket"] += inside
        count[1] += 1
        count[2] += inside
        if best.last_without:
            figures["brackets"].append((best.first_with - best.last_without).days)
    figures["false"] += len([e for e in told if e.key not in used])
    figures.setdefault("false_events", []).extend(
        f"{e.key} {e.last_without:%m-%d}..{e.first_with:%m-%d}"
        for e in told
        if e.key not in used
    )


def _alike(told, true):
    return told == true or {told, true} <= {"merge", "absorb"}


def stories(watch):
    """All stories, word for word."""
    memory = open_memory(watch)
    return {place.name: memory.story(place.name) for place in watch.areas}


def raised(memory):
    """Ids of all alerts, in the order in which they were raised."""
    return [alert["id"] for alert in Digests(memory.ledger).alerts()]
