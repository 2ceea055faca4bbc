"""The end of a comparison or an audit, for the terminal and for ``--json``.

counts by kind, shift, gaps, findings ──► PairOutcome ──► exit code 0, or 3 with gaps
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aoi.runs.outcome import DONE, GAPS

FILES: Mapping[str, str] = {
    "report.html": "one page to read",
    "ledger.csv": "one row a building, for spreadsheets",
    "places.csv": "roofs, walls, bare ground of the place and its compounds on both dates",
    "stockade.qgz": "the map, in QGIS",
    "stockade.gpkg": "all layers, for QGIS and other programs",
    "rasters": "what the net scored, and the picture that was moved",
    "manifest.json": "inputs, settings, versions and hashes",
}
"""What a comparison leaves, in the order a person would open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOutcome:
    """What came of it, and where it lies."""

    run_id: str
    folder: Path
    kinds: Mapping[str, int]
    """Buildings by what became of them."""

    shift_m: float
    """How far the pictures were off each other at their middle."""

    quality: float
    """How well the windows agreed on that, 0 to 1."""

    gaps: tuple[str, ...]
    """What could not be seen, in sentences."""

    findings: tuple[Mapping[str, Any], ...] = ()
    """Of an audit: claim, counts and verdict."""

    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> int:
        """Exit code: 0, or 3 with gaps."""
        return GAPS if self.gaps else DONE
