"""Take what surveys found into the ledger: works, their ids, and what is told of them.

    surveys kept + story + works told before ──► works of today ──► alerts ──► one transaction

It depends on nothing but what is remembered, so after a kill it is done again with the same
result, and where nothing is new it changes nothing.
"""

from __future__ import annotations

import logging

from aoi.area import find_area
from aoi.runs.alerts_works import works_alerts
from aoi.runs.ledger_digests import Digests
from aoi.runs.ledger_leases import Lease
from aoi.runs.ledger_surveys import Surveys
from aoi.runs.watch_config import WatchedArea
from aoi.runs.watch_eyes import frame_of
from aoi.runs.watch_take import Desk, story_of
from aoi.runs.watch_works import Works, tell_works

log = logging.getLogger(__name__)


def take_works(desk: Desk, lease: Lease, place: WatchedArea) -> list[Works]:
    """Tell an area's works anew; return those that are new, or whose status is.

    Raises:
        LostLeaseError: another process has the area by now.
    """
    memory, watch = desk.memory, desk.watch
    kept = Surveys(memory.ledger)
    surveys = kept.of(place.name)
    if not surveys:
        return []
    known = kept.works(place.name)
    story = story_of(memory, place.name)
    works = tell_works(surveys.values(), story, known)
    alerts = works_alerts(
        place.name,
        works,
        story,
        crs=frame_of(find_area(place.area)),
        known=Digests(memory.ledger).alert_ids(place.name),
        status=watch.alerts.status,
        coordinates=watch.coordinates,
    )
    kept.tell(lease, place.name, works, [(alert.id, alert.to_dict()) for alert in alerts])
    before = {one.id: one.status for one in known}
    changed = [one for one in works if before.get(one.id) != one.status]
    log.info("%s: %d works, %d alerts", place.name, len(changed), len(alerts))
    return changed
