"""Read KML and KMZ that people edited, trusting nothing in them.

No entity is expanded and no document type accepted, so nothing can be fetched and nothing
blows up; no link is followed; a zip is read up to a limit, whatever its header claims; only the
one document in it is looked at.

    .kml | .kmz ──► bytes, bounded ──► expat without entities ──► placemarks ──► Returned

Source: OWASP, XML External Entity Prevention; D. Fifield, A better zip bomb, WOOT 2019.
"""

from __future__ import annotations

import html
import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from aoi.outputs.kml import DRAWN, UNJUDGED
from aoi.outputs.returned import Returned, Row
from aoi.verdicts import VERDICTS
from geo.errors import InputError
from geo.vectors import LONLAT

LARGEST = 64 * 1024 * 1024
"""Bytes of a document, unpacked; ten thousand layouts take twenty million."""

MEMBERS = 5000
"""Files in a zip: a picture each for as many layouts."""

DEEPEST = 60
"""Elements within elements."""

CORNERS = 2_000_000
"""Coordinates of a document."""

NOT_LAYOUTS = ("change-", "site-")
"""How ids of placemarks begin that nobody takes back."""

SPOKEN = {
    **{words.casefold(): key for key, words in VERDICTS.items()},
    **{key.replace("_", " "): key for key in VERDICTS},
    "yes": "walled_compound", "no": "not_a_compound", "not": "not_a_compound",
    "unsure": "cannot_tell",
}  # fmt: skip
"""What people write behind ``verdict:``."""


def read_kml(path: Path) -> Returned:
    """Read what came back from Google Earth.

    Raises:
        InputError: it cannot be read, is not from Stockade, or holds what no map holds:
            entities, a document type, a bomb.
    """
    top = _parsed(_document(path), path)
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


def _document(path: Path) -> bytes:
    """Get the bytes of the document, no more than is decent."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            if start != b"PK\x03\x04":
                return _bounded(start + file.read(LARGEST + 1 - len(start)), path)
        with zipfile.ZipFile(path) as bundle:
            return _bounded(_member(bundle, path), path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        # ^ damaged; encrypted; packed in a way zipfile does not know; cut off
        raise InputError(f"{path.name} is a damaged or locked zip: {error}.") from error


def _member(bundle: zipfile.ZipFile, path: Path) -> bytes:
    if len(bundle.infolist()) > MEMBERS:
        raise InputError(f"{path.name} holds more than {MEMBERS} files; that is no map.")
    names = [one for one in bundle.infolist() if one.filename.lower().endswith(".kml")]
    if not names:
        raise InputError(f"{path.name} holds no KML.")
    chosen = next((one for one in names if one.filename == "doc.kml"), names[0])
    with bundle.open(chosen) as file:
        return file.read(LARGEST + 1)  # whatever the header says of its size


def _bounded(text: bytes, path: Path) -> bytes:
    if len(text) > LARGEST:
        raise InputError(
            f"{path.name} holds more than {LARGEST >> 20} MB of KML; that is no map of ours."
        )
    return text


def _parsed(text: bytes, path: Path) -> Element:
    """Parse without entities, document types or depth beyond reason."""
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate(namespace_separator="}")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> Any:
        """Refuse whatever could make a parser fetch or swell."""
        raise InputError(
            f"{path.name} declares entities or a document type, which no map needs and attacks "
            "are made of. It was not read."
        )

    def start(tag: str, attributes: dict[str, str]) -> None:
        """Open an element, unless it lies too deep."""
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise InputError(f"{path.name} is nested more than {DEEPEST} deep; that is no map.")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        """Close an element."""
        nonlocal depth
        depth -= 1
        builder.end(tag)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(text, True)  # noqa: FBT003 - expat's own
        return builder.close()
    except (expat.ExpatError, AssertionError) as error:
        raise InputError(f"{path.name} is not KML that can be read: {error}.") from error


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
    if given.startswith(NOT_LAYOUTS):
        return None
    if not name:
        found = re.search(r"\bc-x?[0-9a-f]{10}\b", f"{given} {label}")
        name = found.group() if found else ""
    base = data.get("verdict") or None
    words, trouble = _words(mark, folder, base, new=not name)
    outline, fault = _outline(mark)
    if not name and outline is None:
        return None  # a pin, a path, a view: not a layout
    if data.get("exact") == "0":
        outline, fault = None, ""
    return Row(id=name, words=words, outline=outline, label=label, trouble=trouble or fault)


def _words(
    mark: Element, folder: str, base: str | None, *, new: bool
) -> tuple[dict[str, str | None], str]:
    """Read verdict and note; the folder and the description may each say a verdict."""
    lines = _plain(_text(mark, "description"))
    told = _line(lines, "verdict")
    by_text = base if told is None else SPOKEN.get(told.casefold().replace("_", " "), told)
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
    note = _line(lines, "note")
    words: dict[str, str | None] = {"verdict": verdict}
    return (words if note is None else words | {"note": note or None}), ""


def _line(text: str, word: str) -> str | None:
    """Find ``word: …`` in a description, up to an empty line or the next such word."""
    found = re.search(
        rf"^[ \t]*{word}[ \t]*:(.*?)(?=\n[ \t]*\n|\n[ \t]*(?:verdict|note)[ \t]*:|\Z)",
        text,
        re.IGNORECASE | re.DOTALL | re.MULTILINE,
    )
    return None if found is None else found.group(1).strip()


def _plain(text: str) -> str:
    """Turn what an editor made of a description back into lines."""
    broken = re.sub(r"<\s*(?:br|/p|/div)\b[^>]*>", "\n", text, flags=re.IGNORECASE)
    return html.unescape(re.sub(r"<[^>]*>", "", broken)).replace("\r\n", "\n")


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
