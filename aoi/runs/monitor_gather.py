"""Have every pass of a monitor prepared on its frame, each once and for ever.

    Series ──read, prepared, written──► PassRecord a pass ──► all dates: offsets, sky again
           ──► Looked: records, oldest first, and how the pictures' numbers are levelled

Prepared passes stand in the ledger.  A monitor that was killed, or that is asked again with a
later day, prepares only what is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from odc.geo.geom import Geometry
from odc.geo.xr import rasterize

from aoi.runs.fetch_pass import PassRecord
from aoi.runs.fetch_plan import assets_of
from aoi.runs.fetch_prepare import Desk, Job, Watcher, agreed, prepared
from aoi.runs.fetch_sky import look_again
from aoi.runs.folder import RunFolder
from aoi.runs.ledger import key_of
from aoi.runs.monitor_plan import MonitorPlan, Series
from aoi.runs.monitor_request import MonitorRequest
from geo.sources.choose import Pass
from geo.types import Mask

__all__ = ["FORM", "Looked", "Watcher", "gather", "inside_of"]

FORM = 3
"""Version of what a prepared pass leaves; another one is not taken up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One series, prepared."""

    series: Series
    records: tuple[PassRecord, ...]
    """Passes that gave pixels, oldest first."""

    lost: tuple[PassRecord, ...]
    """Passes that gave none inside the area."""

    @property
    def key(self) -> str:
        """Hash of all that its pixels depend on."""
        files = [[f["sha256"] for f in record.files] for record in self.records]
        return key_of(series=self.series.name, files=files, ids=[r.id for r in self.records])

    @property
    def times(self) -> list[datetime]:
        """When each was taken, aware, UTC."""
        return [datetime.fromisoformat(record.observed_at) for record in self.records]


def gather(
    plan: MonitorPlan, request: MonitorRequest, folder: RunFolder, watcher: Watcher | None
) -> list[Looked]:
    """Prepare all passes of all series.

    Raises:
        OutputError: the disk is full or the folder is not ours.
    """
    inside = inside_of(plan)
    total = sum(len(series.passes) for series in plan.series)
    told = iter(range(1, total + 1))
    looked = []
    with ThreadPoolExecutor(request.workers, "monitor") as pool:
        for series in plan.series:
            desk = Desk(
                grid=plan.grid,
                inside=inside,
                bands=series.bands,
                source=series.source,
                folder=folder,
                pool=pool,
            )
            jobs = [Job(one, _key(one, series, plan)) for one in series.passes]
            records = []
            for record in prepared(jobs, desk):
                records.append(record)
                if watcher:
                    watcher("preparing pictures", next(told), total)
            records = agreed(records, jobs, desk)
            seen = [record for record in records if record.picture]
            lost = tuple(record for record in records if not record.picture)
            again = look_again(seen, plan.grid, inside, folder.path)
            looked.append(Looked(series=series, records=tuple(again), lost=lost))
    return looked


def inside_of(plan: MonitorPlan) -> Mask:
    """Tell which pixels of the frame lie in the area, (H, W)."""
    mask: Mask = rasterize(Geometry(plan.outline, plan.grid.crs), plan.grid).values
    return mask.astype(np.bool_)


def _key(one: Pass, series: Series, plan: MonitorPlan) -> str:
    """Name everything a prepared pass depends on; of a local file, when it was last changed."""
    files = [(s.id, a.to_dict()) for s in one.scenes for a in assets_of(s, series.bands)]
    return key_of(
        form=FORM,
        files=files,
        changed=_changed(files),
        grid=str(plan.grid),
        area=plan.outline.wkt,
        bands=series.bands,
    )


def _changed(files: Sequence[tuple[str, Mapping[str, object]]]) -> list[int]:
    there = [Path(str(asset["href"])) for _, asset in files]
    return [path.stat().st_mtime_ns for path in there if path.is_file()]
