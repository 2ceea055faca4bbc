"""Hold dates of an area against each other: what a watch asks of whoever can do it.

    Ask of a pair   ──► the new picture and the last usable one before it ──compare──► Survey
    Ask of a series ──► all coarse dates, each prepared once ──monitor──► Survey

What both commands leave lies in the area's folder, with their pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aoi.runs.watch_config import Watch, WatchedArea
from aoi.runs.watch_pairs import survey_pair
from aoi.runs.watch_series import survey_series
from aoi.runs.watch_survey import SERIES, Ask, Survey


class Surveyor(Protocol):
    """Whatever can hold dates against each other."""

    def survey(self, watch: Watch, place: WatchedArea, ask: Ask) -> Survey:
        """Make one survey; a pure function of files, wherever it runs.

        Raises:
            StockadeError: nothing could be told.
        """
        ...


@dataclass(frozen=True, slots=True)
class Compare:
    """Pairs by ``stockade compare``, series by ``stockade monitor``."""

    def survey(self, watch: Watch, place: WatchedArea, ask: Ask) -> Survey:
        """Make one survey; one that was killed goes on."""
        tell = survey_series if ask.key == SERIES else survey_pair
        return tell(watch, place, ask)


_: type[Surveyor] = Compare
