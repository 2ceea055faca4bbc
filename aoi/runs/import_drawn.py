"""Take layouts that people drew: nobody found them before, so their outline is their name.

A row that was drawn has no id when its file comes back, and has none when the same file comes
back a second time, with a verdict by then.  Its name is made of its outline, so that both times
speak of one layout; the words are merged like those of any other.

    Row without a name ──► name_drawn ──► p-… ──► edited (aoi.runs.import_merge) ──► Said
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from aoi.outputs.returned import Row
from aoi.review.said import Said, outline_wkt
from aoi.runs.import_merge import Merge, at_home, edited


def name_drawn(row: Row, merge: Merge) -> str:
    """Name a layout by its outline; empty where the row shows none.

    Raises:
        InputError: the run and the file do not share a frame.
    """
    if row.outline is None:
        return ""
    wkt = outline_wkt(at_home(row.outline, merge))
    digest = hashlib.sha256(f"{merge.found.run_id}|{wkt}".encode()).hexdigest()
    return f"p-{digest[:10]}"


def drawn(row: Row, name: str, merge: Merge) -> Said | None:
    """Take a drawn layout, or what was said of it since it was taken first.

    Args:
        row: as it came back; what its author called it is its note where it has none.
        name: by ``name_drawn``.
        merge: gains a conflict for each word that is not taken.

    Raises:
        InputError: the run and the file do not share a frame.
    """
    words = {**row.words, "note": row.words.get("note") or row.label}
    outline = None if name in merge.now else row.outline  # by its name it did not move
    return edited(replace(row, words=words, outline=outline), name, merge)
