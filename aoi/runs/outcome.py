"""What a command tells when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aoi.counted import counted
from aoi.palette import CANNOT_TELL, SCORES

LIKENESS = (*(swatch.key for swatch in SCORES), CANNOT_TELL.key)
"""Classes of the score, strongest first."""

DONE, GAPS = 0, 3
"""Exit codes of a run that ended; see ``aoi.cli``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of a run, for the terminal and for ``--json``."""

    run_id: str
    """Its name; the same inputs and settings give the same name."""

    folder: Path
    """Where everything lies."""

    compounds: tuple[Mapping[str, object], ...]
    """Best first: ``id``, ``score``, ``likeness``, ``outcome``, ``words``."""

    counts: Mapping[str, int]
    """Rows by layer."""

    gaps: tuple[str, ...]
    """What could not be seen, in sentences."""

    files: Mapping[str, str] = field(default_factory=dict)
    """File name to what it is for, in the order a person would open them."""

    @property
    def code(self) -> int:
        """Exit code: 0, or 3 with gaps."""
        return GAPS if self.gaps else DONE

    def sentences(self) -> list[str]:
        """Say it in a few lines; what is faint is counted, not counted upon."""
        classes = Counter(str(row["likeness"]) for row in self.compounds)
        told = ", ".join(f"{classes[name]} {name}" for name in LIKENESS if classes[name])
        found = (
            counted(len(self.compounds), "enclosed layout")
            + (f" (likeness to a walled compound: {told})" if told else "")
            + f", from {counted(self.counts.get('yards', 0), 'enclosed yard')}, "
            f"{counted(self.counts.get('buildings', 0), 'roof')} and "
            f"{counted(self.counts.get('walls', 0), 'wall line')}."
        )
        stance = "A layout is what a place looks like from above; it accuses nobody."
        return [found, stance] + [f"Gap: {gap}" for gap in self.gaps]
