"""Get the elements of a KML or KMZ that somebody sent, and nothing else out of it.

No entity is expanded and no document type accepted, so nothing can be fetched and nothing
blows up; a zip is read up to a limit, whatever its header claims; only the one document in it
is looked at.

    .kml | .kmz ──► bytes, bounded ──► expat without entities ──► Element

Source: OWASP, XML External Entity Prevention; D. Fifield, A better zip bomb, WOOT 2019.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from geo.errors import InputError

LARGEST = 64 * 1024 * 1024
"""Bytes of a document, unpacked; ten thousand layouts take twenty million."""

MEMBERS = 5000
"""Files in a zip: a picture each for as many layouts."""

DEEPEST = 60
"""Elements within elements."""


def safe_element(path: Path) -> Element:
    """Read the document's outermost element.

    Raises:
        InputError: it cannot be read, or holds what no map holds: entities, a document type, a
            bomb.
    """
    return _parsed(_document(path), path)


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
