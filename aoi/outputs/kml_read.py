"""Read KML and KMZ that people edited, trusting nothing in them.

A layout is judged by the folder it lies in or by its description, a change by its description
alone.  A note that still is the one that left is no edit.  No link is followed.

    .kml | .kmz ──► kml_safe ──► placemarks ──► Returned
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.kml import DRAWN, GOES_ON, UNJUDGED
from aoi.outputs.kml_safe import safe_element
from aoi.outputs.returned import Returned, Row
from aoi.verdicts import CHANGE_VERDICTS, VERDICTS
from geo.errors import InputError
from geo.vectors import LONLAT

CORNERS = 2_000_000
"""Coordinates of a document."""

ENDS = r"(?=\n[ \t]*\n|\n[ \t]*(?i:verdict|note)[ \t]*:|\Z)"
"""Where what a person wrote in a description ends: an empty line, the next word, the end."""

NOT_OURS = "site-"
"""How ids of placemarks begin that nobody takes back."""

SPOKEN = {
    **{words.casefold(): key for key, words in VERDICTS.items()},
    **{key.replace("_", " "): key for key in VERDICTS},
    "yes": "walled_compound", "no": "not_a_compound", "not": "not_a_compound",
    "unsure": "cannot_tell",
}  # fmt: skip
"""What people write behind ``verdict:`` of a layout."""

SPOKEN_OF_CHANGES = {
    **{words.casefold(): key for key, words in CHANGE_VERDICTS.items()},
    **{key.replace("_", " "): key for key in CHANGE_VERDICTS},
    "yes": "as_told", "no": "not_as_told", "not": "not_as_told", "unsure": "cannot_tell",
}  # fmt: skip
"""The same for changes."""


def read_kml(path: Path) -> Returned:
    """Read what came back from Google Earth.

    Raises:
        InputError: it cannot be read, is not from Stockade, or holds what no map holds:
            entities, a document type, a bomb.
    """
    top = safe_element(path)
    data = _data(_child(top, "Document") if _local(top) == "kml" else top)
    run, decisions = data.get("stockade_run", ""), data.get("stockade_decisions", "")
    if not run or not decisions.isdigit():
        raise InputError(
            f"{path.name} does not say which run it is of. Save the whole 'stockade' folder "
            "from Google Earth, not a part of it."
        )
    marks = [mark for mark in top.iter() if _local(mark) == "Placemark"]
    kept = [_data(mark) for mark in marks]
    return Returned(
        run_id=run,
        decisions=int(decisions),
        crs=LONLAT,
        via="google_earth",
        rows=tuple(_rows(top, folder=UNJUDGED[0])),
        base={
            data["id"]: {word: data.get(word) or None for word in ("verdict", "note")}
            for data in kept
            if data.get("id")
        },
    )


def _rows(parent: Element, *, folder: str) -> Iterator[Row]:
    for child in parent:
        kind = _local(child)
        if kind in ("Document", "Folder"):
            yield from _rows(child, folder=_folder_key(child, folder))
        elif kind == "Placemark":
            row = _row(child, folder)
            if row is not None:
                yield row


def _folder_key(folder: Element, outer: str) -> str:
    """Tell which verdict a folder stands for, by its name; others inherit."""
    bare = re.sub(r"\s*\(\d+\)$", "", _text(folder, "name")).casefold()
    known = {words.casefold(): key for key, words in (UNJUDGED, *VERDICTS.items())}
    return known.get(bare, UNJUDGED[0] if bare == DRAWN[1].casefold() else outer)


def _row(mark: Element, folder: str) -> Row | None:
    data = _data(mark)
    name = data.get("id", "")
    label = _text(mark, "name")
    given = mark.get("id", "")
    if given.startswith(NOT_OURS):
        return None
    if data.get("layer") == "changes":
        words, trouble = _words_of_change(mark, data)
        return Row(id=name, words=words, label=label, layer="changes", trouble=trouble)
    if not name:
        found = re.search(r"\bc-x?[0-9a-f]{10}\b", f"{given} {label}")
        name = found.group() if found else ""
    words, trouble = _words(mark, folder, data, new=not name)
    outline, fault = _outline(mark)
    if not name and outline is None:
        return None  # a pin, a path, a view: not a layout
    if data.get("exact") == "0":
        outline, fault = None, ""
    return Row(id=name, words=words, outline=outline, label=label, trouble=trouble or fault)


def _words(
    mark: Element, folder: str, data: Mapping[str, str], *, new: bool
) -> tuple[dict[str, str | None], str]:
    """Read verdict and note; the folder and the description may each say a verdict."""
    description, base = _text(mark, "description"), data.get("verdict") or None
    told = _line(_plain(description), "verdict")
    by_text = base if told is None else SPOKEN.get(_bare(told), told)
    by_text = by_text or None
    if by_text is not None and by_text not in VERDICTS:
        return {}, f"'{told}' is no verdict; it may be: {', '.join(VERDICTS.values())}."
    by_folder = None if folder == UNJUDGED[0] else folder
    if new:
        by_text = by_folder if told in (None, "") else by_text
        base = None
    changed = {verdict for verdict in (by_text, by_folder) if verdict != base}
    if len(changed) > 1:
        return {}, "Its folder says one verdict and its description another."
    verdict = changed.pop() if changed else base
    return {"verdict": verdict} | _noted(description, data.get("note", "")), ""


def _words_of_change(
    mark: Element, data: Mapping[str, str]
) -> tuple[dict[str, str | None], str]:
    """Read what a description says of a change."""
    description, base = _text(mark, "description"), data.get("verdict") or None
    told = _line(_plain(description), "verdict")
    verdict = base if told is None else SPOKEN_OF_CHANGES.get(_bare(told), told) or None
    if verdict is not None and verdict not in CHANGE_VERDICTS:
        return {}, f"'{told}' is no verdict; it may be: {', '.join(CHANGE_VERDICTS.values())}."
    return {"verdict": verdict} | _noted(description, data.get("note", "")), ""


def _noted(description: str, base: str) -> dict[str, str | None]:
    """Read the note of a description; nothing where it still is the one that left.

    Files of an older Stockade hold notes as they were typed, and editors trim lines: such a
    note cannot always be read whole, but it can be known again, word by word.
    """
    lines = _plain(description)
    same = r"\s+".join(map(re.escape, base.split()))
    pattern = rf"^[ \t]*(?i:note)[ \t]*:[^\S\n]*{same}\s*?{ENDS}"
    if base and any(re.search(pattern, text, re.MULTILINE) for text in (description, lines)):
        return {}
    note = _line(lines, "note")
    return {} if note is None else {"note": note.replace(GOES_ON, "\n") or None}


def _bare(word: str) -> str:
    """Take a word as people write it."""
    return word.casefold().replace("_", " ")


def _line(text: str, word: str) -> str | None:
    """Find ``word: …`` in a description."""
    pattern = rf"^[ \t]*(?i:{word})[ \t]*:(.*?){ENDS}"
    found = re.search(pattern, text, re.DOTALL | re.MULTILINE)
    return None if found is None else found.group(1).strip()


def _plain(text: str) -> str:
    """Turn what an editor made of a description back into lines; ``< 5 m`` is no markup."""
    broken = re.sub(r"<\s*(?:br|/p|/div)\b[^>]*>", "\n", text, flags=re.IGNORECASE)
    return html.unescape(re.sub(r"<[a-z/!?][^>]*>", "", broken, flags=re.IGNORECASE)).replace(
        "\r\n", "\n"
    )


def _outline(mark: Element) -> tuple[BaseGeometry | None, str]:
    """Read the one polygon of a placemark, or say what is wrong with it."""
    polygons = [e for e in mark.iter() if _local(e) == "Polygon"]
    if not polygons:
        return None, ""
    if len(polygons) > 1:
        return None, "It has several outlines; a layout has one."
    try:
        outer, *holes = [
            _ring(element)
            for tag in ("outerBoundaryIs", "innerBoundaryIs")
            for side in polygons[0]
            if _local(side) == tag
            for element in side.iter()
            if _local(element) == "coordinates"
        ]
        shape = shapely.Polygon(outer, holes)
    except (ValueError, shapely.errors.ShapelyError):
        return None, "Its outline cannot be read."
    if not shape.is_valid or shape.is_empty:
        return None, "Its outline crosses itself or is empty; draw it again."
    return shape, ""


def _ring(element: Element) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    corners = (element.text or "").split()
    if len(corners) > CORNERS:
        raise ValueError("too many corners")
    ring = np.array([[float(v) for v in corner.split(",")[:2]] for corner in corners])
    if ring.ndim != 2 or not np.isfinite(ring).all():
        raise ValueError("no ring")
    if (np.abs(ring) > np.array([180.0, 90.0])).any() or math.isnan(ring.sum()):
        raise ValueError("off the Earth")
    return ring


def _data(element: Element | None) -> dict[str, str]:
    """Read extended data, in either of the forms that Google Earth writes."""
    found: dict[str, str] = {}
    extended = None if element is None else _child(element, "ExtendedData")
    for one in () if extended is None else extended.iter():
        name = one.get("name")
        if name and _local(one) == "Data":
            found[name] = _text(one, "value")
        elif name and _local(one) == "SimpleData":
            found[name] = (one.text or "").strip()
    return found


def _child(element: Element, tag: str) -> Element | None:
    return next((child for child in element if _local(child) == tag), None)


def _text(element: Element, tag: str) -> str:
    child = _child(element, tag)
    return "" if child is None or child.text is None else child.text.strip()


def _local(element: Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]
