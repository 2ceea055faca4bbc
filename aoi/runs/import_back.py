"""Take back what people edited in QGIS or Google Earth, and lose nobody's word.

Each field is compared three ways: as the file left, as it came back, as it stands now.  What
only the file changed is taken, as one more entry of the decision log; what both changed is a
conflict, listed and left alone.  Taking the same file twice takes nothing the second time.

    file ──► Returned ──► against base and log ──► Said … ──► decision log
                                             └──► Conflict …  (never overwritten)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.kml_read import read_kml
from aoi.outputs.leaving import Found
from aoi.outputs.levels import home_names
from aoi.outputs.package_read import read_package
from aoi.outputs.returned import Returned, Row
from aoi.outputs.tables import REVIEWED
from aoi.review.decisions import DecisionLog, Said, outline_wkt
from aoi.review.decisions_chain import Entry, What
from aoi.review.decisions_now import Standing, live, standing
from aoi.runs.export_found import read_found
from geo.errors import InputError

SAME = 0.05
"""Metres: corners that moved by less were only rewritten."""

NO_SUCH_CHANGE = (
    "The run knows no such change. A change is what two pictures differ in and cannot be "
    "drawn; draw a layout instead."
)
"""What is said of a row that somebody added to the layer ``changes``."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that was not taken."""

    layout: str
    """Its id, or what its author called it."""

    why: str
    """In a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of a file."""

    run_id: str
    taken: tuple[str, ...]
    """One sentence an entry that was written."""

    conflicts: tuple[Conflict, ...]
    unchanged: int
    """Layouts in the file that nobody had edited, or whose edits stood already."""

    absent: int
    """Layouts and changes of the run that the file does not hold; nothing is concluded."""

    @property
    def code(self) -> int:
        """Exit code: 0, or 3 with conflicts."""
        return 3 if self.conflicts else 0


@dataclass(slots=True)
class _Merge:
    """One import while it is worked out."""

    found: Found
    returned: Returned
    entries: tuple[Entry, ...]
    who: str
    before: Mapping[str, Standing] = field(init=False)
    now: Mapping[str, Standing] = field(init=False)
    conflicts: list[Conflict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.before = standing(self.entries[: self.returned.decisions])
        self.now = standing(self.entries)


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
    entries = log.entries()
    _refuse_strangers(file, returned, found, entries)
    merge = _Merge(found, returned, entries, who.strip())
    known = home_names(found)
    said, seen = [], set()
    for row in returned.rows:
        name = known.get(row.id, "")
        seen.add(name)
        label = name or row.label or "a new outline"
        if row.trouble:
            merge.conflicts.append(Conflict(label, row.trouble))
            continue
        if row.layer == "changes" and not name:
            merge.conflicts.append(Conflict(label, NO_SUCH_CHANGE))
            continue
        one = _edited(row, name, merge) if name else _drawn(row, merge)
        if one is not None:
            said.append(one)
    if said:
        log.append(said, at=at)
    return ImportOutcome(
        run_id=found.run_id,
        taken=tuple(map(_told, said)),
        conflicts=tuple(merge.conflicts),
        unchanged=len(returned.rows) - len(said) - len(merge.conflicts),
        absent=len(found_ids(found) - seen),
    )


def found_ids(found: Found) -> set[str]:
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


def _edited(row: Row, name: str, merge: _Merge) -> Said | None:
    """Tell what a row says that its base did not, or note why it cannot be taken."""
    base = _base(row, name, merge)
    now = _words(merge.now.get(name))
    changed: dict[str, str | None] = {}
    for column, value in row.words.items():
        if value in (base.get(column), now.get(column)) or _said_already(
            merge, name, column, value
        ):
            continue
        if value is None:
            merge.conflicts.append(
                Conflict(
                    name, f"The {column} was cleared; nothing said is ever removed. Undo it."
                )
            )
        elif now.get(column) != base.get(column):
            told = f"{value!r} in the file, {now.get(column)!r} by now"
            was = f"it was {base.get(column)!r} when the file left"
            merge.conflicts.append(Conflict(name, f"The {column} is {told}; {was}."))
        else:
            changed[column] = value
    outline = _moved(row, name, merge)
    if not changed and outline is None:
        return None
    return _said(name, row, changed, outline, merge)


def _said(
    name: str,
    row: Row,
    changed: Mapping[str, str | None],
    outline: str | None,
    merge: _Merge,
) -> Said | None:
    """Put edits into one entry: a judgement where there is a verdict to it, else a remark."""
    judged = {"verdict", "kind", "corroboration"} & set(changed)
    verdict = row.words.get("verdict")
    if judged and verdict is None:
        merge.conflicts.append(Conflict(name, "A kind or a corroboration needs a verdict."))
        return None
    return Said(
        who=merge.who,
        candidate=name,
        what=What.JUDGE if judged else What.REMARK,
        verdict=verdict if judged else None,
        kind=row.words.get("kind") if judged else None,
        corroboration=row.words.get("corroboration") if judged else None,
        note=changed.get("note") or "",
        outline=outline,
        via=merge.returned.via,
    )


def _drawn(row: Row, merge: _Merge) -> Said | None:
    """Take a new outline, under a name made of it, so that taking it twice takes it once."""
    if row.outline is None:
        return None
    wkt = outline_wkt(_at_home(row.outline, merge))
    digest = hashlib.sha256(f"{merge.found.run_id}|{wkt}".encode()).hexdigest()
    name = f"p-{digest[:10]}"
    if name in merge.now:
        return None
    verdict = row.words.get("verdict")
    note = row.words.get("note") or row.label
    return Said(
        who=merge.who,
        candidate=name,
        what=What.JUDGE if verdict else What.REMARK,
        verdict=verdict,
        kind=row.words.get("kind"),
        corroboration=row.words.get("corroboration"),
        note=note,
        outline=wkt,
        via=merge.returned.via,
    )


def _moved(row: Row, name: str, merge: _Merge) -> str | None:
    """Tell the new outline of a row, or nothing where it did not move."""
    if row.outline is None:
        return None
    shape = _at_home(row.outline, merge)
    written = merge.returned.outlines.get(row.id)
    was, now = (_outline_of(name, known, merge) for known in (merge.before, merge.now))
    base = was if written is None else _at_home(written, merge)
    if (base is not None and _same(shape, base)) or (now is not None and _same(shape, now)):
        return None
    if was is not None and now is not None and not _same(was, now):
        merge.conflicts.append(
            Conflict(name, "Its outline was moved in the file and, since the file left, here.")
        )
        return None
    return outline_wkt(shape)


def _outline_of(name: str, known: Mapping[str, Standing], merge: _Merge) -> BaseGeometry | None:
    """Give the outline of a layout by a state of the log."""
    stands = known.get(name)
    if stands is not None and stands.outline is not None:
        shape: BaseGeometry = shapely.from_wkt(stands.outline)
        return shape
    return merge.found.written.get(name)


def _same(one: BaseGeometry, other: BaseGeometry) -> bool:
    near = bool(one.hausdorff_distance(other) < SAME)
    return near and one.symmetric_difference(other).area < SAME * one.length


def _at_home(shape: BaseGeometry, merge: _Merge) -> BaseGeometry:
    """Bring an outline into the run's own frame."""
    crs = merge.found.crs
    if (crs is None) != (merge.returned.crs is None):
        raise InputError("The run and the file do not share a frame: one has no CRS.")
    if crs is None:
        return shape
    [moved] = gpd.GeoSeries([shape], crs=merge.returned.crs).to_crs(crs)
    home: BaseGeometry = moved
    return home


def _base(row: Row, name: str, merge: _Merge) -> Mapping[str, str | None]:
    """Tell how a row stood when the file left."""
    if row.id in merge.returned.base:
        return merge.returned.base[row.id]
    return _words(merge.before.get(name))


def _words(stands: Standing | None) -> dict[str, str | None]:
    if stands is None:
        return {}
    return {
        "verdict": stands.verdict,
        "kind": stands.kind,
        "corroboration": stands.corroboration,
        "note": stands.note or None,
    }


def _said_already(merge: _Merge, name: str, column: str, value: str | None) -> bool:
    """Tell whether this very person's latest word is this, though it did not prevail."""
    own = [e for e in live(merge.entries) if e.candidate == name and e.who == merge.who]
    judged = [e for e in own if e.what is What.JUDGE or column == "note"]
    told: Any = getattr(judged[-1], column, None) if judged else None
    return value is not None and told == value


def _told(said: Said) -> str:
    parts = [said.verdict and f"verdict {said.verdict}", said.note and "a note"]
    parts.append(said.outline and "an outline")
    return f"{said.candidate}: {', '.join(part for part in parts if part)}"
