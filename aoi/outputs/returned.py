"""What comes back from other people's programs, before anything of it is believed.

KML, KMZ, GeoPackage ──► Returned(run, decisions it shows, rows) ──► aoi.runs.import_back
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One layout or change as it came back."""

    id: str
    """Its name in the file; empty for a new one."""

    words: Mapping[str, str | None] = field(default_factory=dict)
    """Word to value, for those words the file holds."""

    outline: BaseGeometry | None = None
    """In ``Returned.crs``; nothing where the file shows a cell or no outline."""

    label: str = ""
    """What its author called it."""

    layer: str = "compounds"
    """Where it stands: ``compounds`` or ``changes``."""

    trouble: str = ""
    """Why it cannot be taken as it is, in a sentence; empty if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A file that came back."""

    run_id: str
    """The run it says it is of."""

    decisions: int
    """Entries of the log that it showed when it left."""

    crs: object
    """Of the outlines; none for local metres."""

    via: str
    """``qgis`` or ``google_earth``."""

    rows: tuple[Row, ...]

    base: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    """How rows stood when the file was written, where it remembers."""

    outlines: Mapping[str, BaseGeometry] = field(default_factory=dict)
    """Outlines as written, where it remembers; in ``crs``."""
