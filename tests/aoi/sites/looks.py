"""Looks drawn as boxes on a map in metres, and what is told of them; A and B are neighbours."""

from datetime import UTC, datetime, timedelta

from shapely.geometry import box

from aoi.sites.identity import Found, Look, Story, advance

DAY = datetime(2026, 1, 5, tzinfo=UTC)
GROUND = box(-5_000, -5_000, 20_000, 20_000)
A, B = box(0, 0, 100, 100), box(103, 0, 203, 100)
BOTH = box(0, 0, 203, 100)
"""A and B, found as one."""


def look(week, shapes, *, seen=GROUND, whole=True, gsd=0.5):
    """One date; shapes are outlines, or a dict by name."""
    named = shapes if isinstance(shapes, dict) else dict(enumerate(shapes))
    found = tuple(
        Found(id=f"c-{week}-{name}", outline=shape, whole=whole)
        for name, shape in named.items()
    )
    time = DAY + timedelta(weeks=week)
    return Look(key=f"look-{week}", time=time, seen=seen, found=found, gsd_m=gsd)


def tell(*looks, rule=None):
    """Add looks one by one; return the story and who was called what."""
    story, ids = Story(), {}
    for one in looks:
        step = advance(story, one, rule=rule)
        story = step.story
        ids |= dict(step.ids)
    return story, ids


def events(story, *, status=("provisional", "confirmed")):
    """What happened, in short."""
    return [(e.kind, e.compound, e.others) for e in story.events.values() if e.status in status]


def kinds(story, **how):
    return [kind for kind, _, _ in events(story, **how)]


def week(event):
    """A bracket in weeks since the first look."""
    ends = (event.last_without, event.first_with)
    return tuple(None if end is None else (end - DAY).days // 7 for end in ends)


def dated(story, *kinds):
    """Events that are told: confirmed, and begun before a look we know; with their weeks."""
    return [
        (e.kind, e.compound, week(e))
        for e in story.events.values()
        if e.status == "confirmed" and e.last_without and e.kind in (kinds or {e.kind})
    ]


def weeks_of_change():
    """Six looks with growth, a split, a merge and a demolition."""
    far = box(1000, 0, 1100, 100)
    grown = box(1000, 0, 1160, 100)
    both = box(0, 0, 203, 100)
    left, right = box(2000, 0, 2048, 100), box(2052, 0, 2100, 100)
    whole = box(2000, 0, 2100, 100)
    return [
        look(0, {"a": A, "b": B, "far": far, "w": whole}),
        look(1, {"a": A, "b": B, "far": far, "w": whole}),
        look(2, {"ab": both, "far": far, "w": whole}),
        look(3, {"ab": both, "far": grown, "w": whole}),
        look(4, {"ab": both, "far": grown, "l": left, "r": right}),
        look(5, {"ab": both, "l": left, "r": right}),
        look(6, {"ab": both, "l": left, "r": right}),
        look(7, {"ab": both, "l": left, "r": right}),
    ]
