"""The drawn year for identity alone: the same looks and judge, no ledger, no alerts.

Five CPU seconds a year of twelve areas instead of a minute, so that many worlds can be drawn.
Late pictures come late and have the story told anew, as in a watch.

    python -m tests.aoi.runs.drawn_year_names SEED...
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from aoi.sites.identity import advance
from aoi.sites.identity_retell import retell
from aoi.sites.identity_story import Story
from tests.aoi.runs.drawn_world import LATE, START, WEEKS, Drawn
from tests.aoi.runs.drawn_year import watch_of
from tests.aoi.runs.judged_year import judge_stories


class Row(NamedTuple):
    """What a watch would remember of a look."""

    key: str
    taken_at: datetime
    names: dict


def year(seed, areas=12):
    """Draw every look, tell the stories, and hold them against the truth."""
    watch = watch_of(Path("drawn") / "out", areas)
    return judge_stories({place: told_of(place, seed) for place in watch.areas}, seed)


def told_of(place, seed):
    """Tell the story of one area in the order in which its pictures arrive."""
    eyes = Drawn(seed)
    visits = eyes.visits(place, digest=None, until=START + timedelta(weeks=WEEKS)).visits

    def arrival(visit):
        week = int(visit.key[-2:])
        return LATE.get((place.name, week), week), visit.time

    story, looks, names = Story(), [], {}
    for visit in sorted(visits, key=arrival):
        look = eyes.look(None, place, visit).look
        looks.append(look)
        if story.looks and look.time <= story.looks[-1].time:
            told = retell(looks, names=names)
            story, names = told.story, told.names
        else:
            step = advance(story, look)
            story, names[look.key] = step.story, dict(step.ids)
    looks.sort(key=lambda look: look.time)
    return story, [Row(look.key, look.time, names[look.key]) for look in looks]


def main():
    """Print one line of JSON a seed."""
    for seed in map(int, sys.argv[1:]):
        sys.stdout.write(json.dumps({"seed": seed, **year(seed)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
