"""Say what is new, once, and how sure that is.

Here are the alerts of a story's events; ``aoi.runs.alerts_sites`` has those of known sites.

    events of a look, outcomes of sites, clear looks ──► Alert (id, status, sentence, evidence)

Places are rounded to the watch's precision before they enter an alert; finer ones are nowhere
in it.  No sentence says what a place is, or that anybody did anything.

Source: docs/decisions/0014-watch.md.
"""

from __future__ import annotations

from types import MappingProxyType

from aoi.runs.alerts_message import Alert, Finding, iso, only_new, rounded
from aoi.runs.alerts_sites import of_clear_looks, of_sites
from aoi.sites.identity_story import Event

OF_EVENT = MappingProxyType(
    {
        "appear": "new_compound",
        "grow": "growth",
        "shrink": "reduction",
        "vanish": "demolition",
        "return": "return",
        "split": "reshaped",
        "merge": "reshaped",
        "absorb": "reshaped",
    }
)
"""Kind of event to kind of alert."""

OVERTAKEN = MappingProxyType(
    {"vanish": ("appear", "grow", "shrink", "return"), "return": ("vanish",)}
)
"""A confirmed event of this kind finishes the alerts of those before it."""


def raise_alerts(finding: Finding) -> list[Alert]:
    """Say what one look brought: nothing said before, nothing that is not sure enough."""
    alerts = [*_of_events(finding), *of_sites(finding), *of_clear_looks(finding)]
    return only_new(alerts, finding.known, finding.status)


def _of_events(finding: Finding) -> list[Alert]:
    alerts = []
    for event in finding.changed:
        if event.last_without is None or event.compound not in finding.story.compounds:
            continue  # what the first look showed may have been so before we were
        status = {"withdrawn": "finished"}.get(event.status, event.status)
        alerts.append(_alert_of(event, status, finding))
        if event.status == "confirmed":
            alerts += _overtaken(event, finding)
    return alerts


def _overtaken(event: Event, finding: Finding) -> list[Alert]:
    kinds = OVERTAKEN.get(event.kind, ())
    return [
        _alert_of(other, "finished", finding)
        for other in finding.story.events.values()
        if other.compound == event.compound
        and other.kind in kinds
        and other.status == "confirmed"
        and other.first_with < event.first_with
    ]


def _alert_of(event: Event, status: str, finding: Finding) -> Alert:
    compound = finding.story.compounds[event.compound]
    text = _sentence(event, status)
    if event.kind in {"appear", "grow"} and status != "finished":
        text = " ".join(filter(None, (text, finding.lifts.get(event.compound, ""))))
    return Alert(
        id=f"{finding.area}:{event.key}:{status}",
        kind=OF_EVENT[event.kind],
        status=status,
        area=finding.area,
        compound=event.compound,
        others=event.others,
        last_without=iso(event.last_without),
        first_with=event.first_with.isoformat(),
        looks=tuple(filter(None, (event.before_look, event.after_look))),
        place=rounded(compound.outline, finding.crs, finding.coordinates),
        precision_m=finding.coordinates,
        text=text,
        evidence={name: round(value, 2) for name, value in event.evidence.items()},
    )


def _sentence(event: Event, status: str) -> str:
    """Say what an event is, when it happened, and how sure it is."""
    what = {
        "appear": f"A walled-compound-like layout, {event.compound}, was found where none was",
        "grow": f"{event.compound} covers more ground{_areas(event)}",
        "shrink": f"{event.compound} covers less ground{_areas(event)}",
        "vanish": f"{event.compound} is no longer found: torn down, covered or missed by the "
        "model",
        "return": f"{event.compound} is found again",
        "split": f"{event.compound} shows as {len(event.others) + 1} layouts",
        "merge": f"{event.compound} and {', '.join(event.others)} show as one layout",
        "absorb": f"{event.compound} took in {', '.join(event.others)}",
    }[event.kind]
    since = f"after {event.last_without:%Y-%m-%d} and " if event.last_without else ""
    when = f"{since}by {event.first_with:%Y-%m-%d}"
    how = {
        "provisional": "Seen once; the next clear look decides.",
        "confirmed": "Later looks agree.",
        "finished": "Taken back: later looks disagree."
        if event.status == "withdrawn"
        else "Overtaken by what came after.",
    }[status]
    return f"{what}, {when}. {how}"


def _areas(event: Event) -> str:
    before, after = (event.evidence.get(f"area_{w}_m2", 0) / 1e4 for w in ("before", "after"))
    return f" ({before:.1f} ha, then {after:.1f} ha)"
