"""Say once which building works are new, and leave it to the scans where they tell the same.

Works of one compound and bracket are one alert, with as many buildings as they have.  Where the
scans have opened an event of the same compound, direction and bracket, that event is told and
the works are its detail in the map; works that were told first are finished by it.

    works + events + what was told before ──► Alert (id, status, sentence, evidence)

Buildings outside of every compound are kept in the map and not told: in a town there are always
some.  Ground that only a series saw is told wherever it lies, for a series sees no compounds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from odc.geo.crs import CRS

from aoi.runs.alerts_message import Alert, only_new, rounded
from aoi.runs.watch_works import Works
from aoi.sites.identity_story import Story

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "built": ("was built", "were built"),
        "demolished": ("was torn down", "were torn down"),
        "altered": ("was altered", "were altered"),
    }
)
"""Kind to words for one building and for several."""

GROUND: Mapping[str, str] = MappingProxyType(
    {
        "built": "was built over",
        "demolished": "was cleared of buildings",
        "altered": "changed for good",
    }
)
"""Kind to words for ground."""

STATUS = MappingProxyType({"withdrawn": "finished"})


def works_alerts(
    area: str,
    works: Iterable[Works],
    story: Story,
    *,
    crs: CRS,
    known: Collection[str],
    status: str = "confirmed",
    coordinates: float | None = 1000.0,
) -> list[Alert]:
    """Say what is new of an area's works.

    Args:
        area: its name.
        works: all of them.
        story: of its compounds.
        crs: metric, of all outlines.
        known: ids of alerts raised before.
        status: from which status on something is told.
        coordinates: metres to which places are rounded; ``None`` withholds them.
    """
    alerts = []
    for one in works:
        if not one.compound and "series" not in one.by:
            continue
        event = story.events.get(one.event)
        told = STATUS.get(one.status, one.status)
        if event is not None and one.status != "withdrawn":
            if event.status != "confirmed":
                continue  # whether it stands, later looks will tell
            told = "finished"
        place = rounded(one.outline, crs, coordinates)
        alerts.append(_alert(area, one, told, place, coordinates))
    return only_new(alerts, known, status)


def _alert(
    area: str,
    one: Works,
    status: str,
    place: tuple[float, float] | None,
    coordinates: float | None,
) -> Alert:
    return Alert(
        id=f"{area}:{one.id}:{status}",
        kind=one.kind,
        status=status,
        area=area,
        compound=one.compound,
        last_without=one.last_without.isoformat(),
        first_with=one.first_with.isoformat(),
        looks=(one.before, one.after),
        place=place,
        precision_m=coordinates,
        text=_sentence(one, status),
        evidence={
            "buildings": float(one.count),
            "area_m2": round(one.outline.area, 0),
            "confidence": round(one.confidence, 2),
        },
    )


def _sentence(one: Works, status: str) -> str:
    """Say what befell what, when, and how sure that is."""
    where = f" in {one.compound}" if one.compound else ""
    if one.count:
        noun = "building" if one.count == 1 else "buildings"
        what = f"{one.count} {noun}{where} {WORDS[one.kind][one.count > 1]}"
    else:
        what = f"Ground of {one.outline.area / 1e4:.1f} ha{where} {GROUND[one.kind]}"
    when = f"after {one.last_without:%Y-%m-%d} and by {one.first_with:%Y-%m-%d}"
    begun = "begun " if one.by == ("series",) else ""
    how = {
        "provisional": "Seen in one comparison; later pictures decide.",
        "confirmed": "Later pictures agree.",
        "finished": "Taken back: later pictures disagree."
        if one.status == "withdrawn"
        else f"Told from now on as what befell {one.compound} as a whole.",
    }[status]
    return f"{what}, {begun}{when}. {how}"
