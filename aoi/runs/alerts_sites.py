"""Tell of known sites that were looked at in vain, and of the first clear look after long.

looks at an area ──► spells without a site ────────────► not detected, confirmed, finished
                 └─► months without a clear look, then one ──► clear look
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aoi.runs.alerts_message import Alert, Finding, iso
from aoi.runs.ledger_watch import LookRow
from aoi.runs.watch_sites import spells

CLEAR = 0.5
"""Share of an area that must be seen for a look to count as clear."""

SURE = 2
"""Looks in vain, one after the other, from which *not detected* is confirmed."""


def of_sites(finding: Finding) -> list[Alert]:
    """Tell of known sites that were looked at in vain, and of those found again."""
    alerts = []
    for site in finding.register:
        if not finding.register.identifies(site):
            continue  # in a town's disc nobody knows which building was meant
        for number, (first, end, count) in enumerate(spells(finding.looks, site.id), start=1):
            shown = next(look for look in finding.looks if look.key == finding.newest)
            status = "finished" if end else "confirmed" if count >= SURE else "provisional"
            ended = f"It is detected again by {end.taken_at:%Y-%m-%d}." if end else ""
            alerts.append(
                Alert(
                    id=f"{finding.area}:site:{site.id}:not_detected:{number}:{status}",
                    kind="not_detected",
                    status=status,
                    area=finding.area,
                    site=site.id,
                    last_without=iso(_seen_before(finding.looks, site.id, first)),
                    first_with=first.taken_at.isoformat(),
                    looks=(first.key, shown.key),
                    precision_m=finding.coordinates,
                    text=(
                        f"{site.name} was looked at {_times(count)} since "
                        f"{first.taken_at:%Y-%m-%d} and not detected: missed by the model, or "
                        f"not there; which of the two cannot be told. {ended}"
                    ).strip(),
                )
            )
    return alerts


def _seen_before(looks: Sequence[LookRow], site: str, first: LookRow) -> datetime | None:
    """Find when a site was last seen before a spell."""
    seen = [
        look.taken_at
        for look in looks
        if look.taken_at < first.taken_at
        and look.sites["outcomes"].get(site, [""])[0] in {"known_seen", "known_unchanged"}
    ]
    return seen[-1] if seen else None


def of_clear_looks(finding: Finding) -> list[Alert]:
    """Tell of a clear look when there was none for the watch's quiet time."""
    clear = [look for look in finding.looks if look.sites.get("clear_share", 0.0) >= CLEAR]
    at = next((n for n, look in enumerate(clear) if look.key == finding.newest), 0)
    if at == 0 or clear[at].taken_at - clear[at - 1].taken_at < finding.quiet:
        return []
    look, before = clear[at], clear[at - 1]
    days = (look.taken_at - before.taken_at).days
    return [
        Alert(
            id=f"{finding.area}:clear:{look.key}:confirmed",
            kind="clear_look",
            status="confirmed",
            area=finding.area,
            last_without=iso(before.taken_at),
            first_with=look.taken_at.isoformat(),
            looks=(before.key, look.key),
            precision_m=finding.coordinates,
            text=f"The first clear look at {finding.area} in {days} days.",
        )
    ]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
