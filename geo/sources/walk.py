"""Walk through a static STAC catalogue, past branches that cannot meet a wish.

A static catalogue is files that link to each other; nobody answers a search there.

    root ──► children whose extent may meet the wish ──► … ──► items, each with its licence

Source: the STAC specification 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pystac
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from geo.errors import SourceError
from geo.sources.base import Wish
from geo.sources.catalogue import CatalogueIO
from geo.sources.links import plain

FAULTS = (AttributeError, KeyError, TypeError, ValueError, pystac.STACError)
"""What pystac raises for a document that is JSON and no catalogue."""


def walk(
    root: Mapping[str, Any], href: str, io: CatalogueIO, wish: Wish
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the items of a static catalogue, and the licence of their collection.

    A branch or an item whose file is damaged is a gap of ``io``, and the others are walked on.

    Args:
        root: its first file.
        href: where that was read from.
        io: reads the others.
        wish: branches that cannot meet it are not read.

    Raises:
        SourceError: a file of it cannot be had, or the first is damaged.
    """
    todo, walked = [(_branch(root, href), "")], {href}
    while todo:
        branch, licence = todo.pop()
        licence = str(getattr(branch, "license", None) or licence)
        if not _may_meet(branch, wish):
            continue
        for link in branch.get_item_links():
            if words := _read(io, link.absolute_href):
                own = {"rel": "self", "href": link.absolute_href}
                yield {**words, "links": [own]}, licence
        for link in branch.get_child_links():
            where = link.absolute_href
            if where in walked:
                continue
            walked.add(where)
            if words := _read(io, where):
                try:
                    todo.append((_branch(words, where), licence))
                except SourceError as error:
                    io.gaps[str(error)] = None


def _read(io: CatalogueIO, where: str) -> dict[str, Any] | None:
    """Read a file of the catalogue; one that is no JSON object is a gap."""
    words = io.read_object(where)
    if words is None:
        io.gaps[f"{plain(where)} is damaged: it holds no JSON object. Left out."] = None
    return words


def _branch(words: Mapping[str, Any], where: str) -> pystac.Catalog:
    """Understand a catalogue or a collection.

    Raises:
        SourceError: it is neither.
    """
    kind = pystac.Collection if words.get("type") == "Collection" else pystac.Catalog
    try:
        branch = kind.from_dict(dict(words), href=where, root=None)
        if isinstance(branch, pystac.Collection) and not words.get("extent"):
            branch.extent = None  # type: ignore[assignment] # else 90 W to 90 E, axes swapped
        _grounds(branch)
        for link in branch.links:
            link.absolute_href.strip()
    except FAULTS as error:
        raise SourceError(
            f"{plain(where)} is a damaged STAC catalogue ({type(error).__name__}: {error}). "
            "What it lists is left out."
        ) from None
    return branch


def _may_meet(branch: pystac.Catalog, wish: Wish) -> bool:
    """Tell whether a branch can hold what is wished for, by the extent it tells."""
    if not isinstance(branch, pystac.Collection):
        return True
    if (
        wish.collections
        and branch.id not in wish.collections
        and not list(branch.get_child_links())
    ):
        return False
    if branch.extent is None:
        return True
    first, last = wish.span
    spans = [tuple(_aware(t) for t in span) for span in branch.extent.temporal.intervals]
    timely = any((a is None or a <= last) and (b is None or b >= first) for a, b in spans)
    near = any(ground.intersects(wish.outline) for ground in _grounds(branch))
    return (timely or not spans) and near


def _grounds(branch: pystac.Catalog) -> list[BaseGeometry]:
    """Give the ground a collection says it covers."""
    extent = getattr(branch, "extent", None)
    return [] if extent is None else [_box(corners) for corners in extent.spatial.bboxes]


def _aware(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def _box(corners: list[float]) -> Any:
    west, south, east, north = (
        (corners[0], corners[1], corners[3], corners[4]) if len(corners) == 6 else corners
    )
    if west <= east:
        return box(west, south, east, north)
    return box(west, south, 180, north) | box(-180, south, east, north)
