"""The sentences of a match.  None of them says that a layout *is* a site.

numbers of one match ──► one sentence a person can check against the picture
"""

from __future__ import annotations

from collections.abc import Sequence

from aoi.sites.site import Site

VAGUE = {
    "place": "a town with reports",
    "area": "an area with reports",
    "province": "a province with reports",
    "source": "a zone with reports",
}
"""What a wide disc is, by how its centre was placed."""

NAMED = 3
"""Names written out; the rest are counted."""


def metres(length: float) -> str:
    """Write a length as people say it: ``150 m``, ``2.5 km``."""
    return f"{length:.0f} m" if length < 1000 else f"{length / 1000:.3g} km"


def percent(share: float) -> str:
    """Write a share without rounding it up to all or down to nothing."""
    number = min(99, max(1, round(share * 100))) if 0 < share < 1 else round(share * 100)
    return f"{number} %"


def ground(site: Site) -> str:
    """Name the ground of a wide site."""
    if site.geometry is not None and site.geometry.geom_type != "Point":
        return "outline"
    return f"{metres(site.precision_m or 0)} disc"


def where_it_fits(site: Site, distance: float, overlap: float) -> str:
    """Say how a layout lies to the registered place of a precisely placed site."""
    if site.precision_m is None or (site.geometry and site.geometry.geom_type != "Point"):
        return f"overlaps its registered outline by {percent(overlap)}"
    where = f"{metres(distance)} from" if distance >= 1 else "on"
    return f"{where} its registered point (precision {metres(site.precision_m)})"


def rivals(count: int) -> str:
    """Say how many other layouts fit the same site."""
    if not count:
        return "the only layout that fits it"
    return "1 other layout fits it too" if count == 1 else f"{count} other layouts fit it too"


def named(names: Sequence[str]) -> str:
    """Write a few names and count the rest."""
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"


def may_be(site: Site, how: str, others: int, also: Sequence[str], score: float) -> str:
    """Write the note of a layout that is tied to a site."""
    weak = f"; a weak likeness (score {score:.2f})" if score < 0.5 else ""
    twice = f"; this layout also fits {named(also)}" if also else ""
    return f"May be {site.name}: {how}; {rivals(others)}{twice}{weak}."


def goes_elsewhere(site: Site, winner: str) -> str:
    """Write the note of a layout on the ground of a site that another layout fits better."""
    return f"Also fits {site.name}, which {winner} fits better."


def too_weak(site: Site, score: float) -> str:
    """Write the note of a layout too weak to be tied to the site it lies on."""
    return f"On the ground of {site.name}, but too weak a likeness (score {score:.2f}) for it."


def near_reports(site: Site, others: int) -> str:
    """Write the note of a layout in a wide disc: never an identification."""
    more = {0: "", 1: " 1 other reported site shares this ground."}.get(
        others, f" {others} other reported sites share this ground."
    )
    what = VAGUE.get(site.precision, VAGUE["source"])
    return f"In the {ground(site)} of {site.name}, {what}; not an identification.{more}"


def seen_as(layout: str, how: str, others: int, share: float) -> str:
    """Write the note of a precisely placed site that a layout fits."""
    return f"{layout} may be it: {how}; {rivals(others)}.{only(share)}"


def seen_around(site: Site, count: int, share: float) -> str:
    """Write the note of a site known only to its town, with layouts in its disc."""
    what = "A layout lies" if count == 1 else f"{count} layouts lie"
    return (
        f"{what} in its {ground(site)}; which building the reports mean is unknown."
        f"{only(share)}"
    )


def only(share: float) -> str:
    """Say how little of the ground was looked at, where that matters."""
    if not share < 0.9:
        return ""
    if share == 0:
        return " None of its ground was looked at."
    return f" Only {percent(share)} of its ground was looked at."


def not_found(share: float) -> str:
    """Write the note of a site whose ground was looked at in vain."""
    how_much = "All" if share >= 1 else percent(share)
    return (
        f"{how_much} of its ground was looked at and no layout was found: missed by the model "
        "or not there, which cannot be told from this run."
    )


def not_seen(share: float) -> str:
    """Write the note of a site whose ground was not, or hardly, looked at."""
    if share != share:  # noqa: PLR0124  # NaN: nobody recorded what was looked at
        return "What ground was looked at is not known, so nothing can be said."
    if share == 0:
        return "Its ground was not looked at."
    return f"Only {percent(share)} of its ground was looked at, and nothing was found there."


def as_before(kept: float) -> str:
    """Say that a layout's outline is that of the previous run, and what that leaves open."""
    return (
        f" Its outline is as in the run before (overlap {percent(kept)}); what stands inside "
        "was not compared."
    )


def taken_from_it(layout: str, owner: Site, share: float) -> str:
    """Write the note of a site whose only layouts fit other sites better."""
    return (
        f"{layout} fits it too, but {owner.name} better; no other layout is left. Whether both "
        f"are one place, or this one is gone, cannot be told.{only(share)}"
    )


UNPLACED = "Registered without a place: no picture can show it or rule it out."
PROVINCE = "Placed only to its province: no picture can show it or rule it out."
OUTSIDE = "Outside the imagery."
NOWHERE = "On no ground of the register."
