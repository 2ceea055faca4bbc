"""Take back what people edited in QGIS or Google Earth, and lose nobody's word.

Each field is compared three ways: as the file left, as it came back, as it stands now (in
``aoi.runs.import_merge``).  What only the file changed is taken, as one more entry of the
decision log; what both changed is a conflict, listed and left alone, and with a verdict the
kind and corroboration that came with it.  Taking the same file twice takes nothing the second
time.

    file ──► Returned ──► merged row by row ──► Said … ──► decision log
                                          └──► Conflict …  (never overwritten)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aoi.outputs.kml_read import read_kml
from aoi.outputs.leaving import Found
from aoi.outputs.levels import home_names
from aoi.outputs.package_read import read_package
from aoi.outputs.returned import Returned, Row
from aoi.outputs.tables import REVIEWED
from aoi.review.decisions import DecisionLog
from aoi.review.decisions_chain import Entry
from aoi.review.lock import locked
from aoi.review.said import Said
from aoi.runs.export_found import read_found
from aoi.runs.import_drawn import drawn, name_drawn
from aoi.runs.import_merge import Conflict, Merge, edited
from geo.errors import InputError

LOCK = ".import.lock"
"""In ``.stockade``: one import at a time."""

NO_SUCH_CHANGE = (
    "The run knows no such change. A change is what two pictures differ in and cannot be "
    "drawn; draw a layout instead."
)
"""What is said of a row that somebody added to the layer ``changes``."""

NO_OUTLINE = (
    "The run knows no such layout, and the row shows no outline. Draw one, or delete it."
)
"""What is said of a row that judges something that cannot be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of a file."""

    run_id: str
    taken: tuple[str, ...]
    """One sentence an entry that was written."""

    conflicts: tuple[Conflict, ...]
    unchanged: int
    """Rows of the file that nobody had edited, or whose edits stood already."""

    absent: int
    """Layouts and changes of the run that the file does not hold; nothing is concluded."""

    @property
    def code(self) -> int:
        """Exit code: 0, or 3 with conflicts."""
        return 3 if self.conflicts else 0


def run_import(folder: Path, file: Path, *, who: str, at: datetime) -> ImportOutcome:
    """Take back an edited file.

    Args:
        folder: of the run.
        file: ``.gpkg``, ``.kml`` or ``.kmz``.
        who: whose edits they are.
        at: now; aware.

    Raises:
        InputError: it cannot be read safely, is of another run, or shows decisions that are
            not in this log.
        OutputError: the log cannot be written.
    """
    returned = _read(file)
    found = read_found(folder)
    log = DecisionLog(folder, found.run_id)
    with locked(folder / ".stockade" / LOCK):  # two at once would both write what is new
        entries = log.entries()
        _refuse_strangers(file, returned, found, entries)
        merge = Merge(found, returned, entries, who.strip())
        said, seen, unchanged = _merged_rows(merge)
        if said:
            log.append(said, at=at)
    return ImportOutcome(
        run_id=found.run_id,
        taken=tuple(map(_told, said)),
        conflicts=tuple(merge.conflicts),
        unchanged=unchanged,
        absent=len(_ids_of(found) - seen),
    )


def _merged_rows(merge: Merge) -> tuple[list[Said], set[str], int]:
    """Merge every row: what goes into the log, names at home, and how many rows say nothing."""
    known = home_names(merge.found)
    said: list[Said] = []
    seen: set[str] = set()
    unchanged = 0
    for row in merge.returned.rows:
        name = known.get(row.id, "")
        new = "" if name or row.trouble else name_drawn(row, merge)
        seen.add(name or new)
        listed = len(merge.conflicts)
        one = drawn(row, new, merge) if new else _merged(row, name, merge)
        if one is not None:
            said.append(one)
        elif len(merge.conflicts) == listed:
            unchanged += 1
    return said, seen, unchanged


def _merged(row: Row, name: str, merge: Merge) -> Said | None:
    """Merge one row that was not drawn; its name at home is empty if the run knows none."""
    why = row.trouble
    if not name and row.layer == "changes":
        why = why or NO_SUCH_CHANGE
    elif not name and any(row.words.values()):
        why = why or NO_OUTLINE
    if why:
        merge.conflicts.append(Conflict(name or row.label or "a new outline", why))
        return None
    return edited(row, name, merge) if name else None


def _ids_of(found: Found) -> set[str]:
    """Name the layouts of a run, and its changes."""
    return {name for layer in REVIEWED for name in found.layers[layer]["id"]}


def _read(file: Path) -> Returned:
    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    if file.suffix.lower() in {".kml", ".kmz"}:
        return read_kml(file)
    if file.suffix.lower() == ".gpkg":
        return read_package(file)
    raise InputError(f"{file.name}: edits come back as .gpkg from QGIS, or .kml and .kmz.")


def _refuse_strangers(
    file: Path, returned: Returned, found: Found, entries: tuple[Entry, ...]
) -> None:
    if returned.run_id and returned.run_id != found.run_id:
        raise InputError(
            f"{file.name} is of run {returned.run_id}, and this is {found.run_id}. Take it to "
            "its own folder."
        )
    if returned.decisions > len(entries):
        raise InputError(
            f"{file.name} shows {returned.decisions} decisions, and this log holds "
            f"{len(entries)}: it left from another copy of the run, or decisions are missing. "
            "Run stockade verify."
        )


def _told(said: Said) -> str:
    parts = [said.verdict and f"verdict {said.verdict}", said.note and "a note"]
    parts.append(said.outline and "an outline")
    return f"{said.candidate}: {', '.join(part for part in parts if part)}"
