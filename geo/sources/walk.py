"""Walk through a static STAC catalogue, past branches that cannot meet a wish.

A static catalogue is files that link to each other; nobody answers a search there.

    root ──► children whose extent may meet the wish ──► … ──► items, each with its licence

Source: the STAC specification 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Branch:
    """A catalogue or a collection, and the ground it says it covers."""

    node: pystac.Catalog
    grounds: list[BaseGeometry]

    def may_meet(self, wish: Wish) -> bool:
        """Tell whether it can hold what is wished for, by the extent it tells."""
        node = self.node
        if not isinstance(node, pystac.Collection):
            return True
        unasked = wish.collections and node.id not in wish.collections
        if unasked and not list(node.get_child_links()):
            return False
        if node.extent is None:
            return True
        first, last = wish.span
        spans = [tuple(_aware(t) for t in span) for span in node.extent.temporal.intervals]
        timely = any((a is None or a <= last) and (b is None or b >= first) for a, b in spans)
        near = any(ground.intersects(wish.outline) for ground in self.grounds)
        return (timely or not spans) and near


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
        licence = str(getattr(branch.node, "license", None) or licence)
        if not branch.may_meet(wish):
            continue
        for link in branch.node.get_item_links():
            if words := _read(io, link.absolute_href):
                own = {"rel": "self", "href": link.absolute_href}
                yield {**words, "links": [own]}, licence
        for link in branch.node.get_child_links():
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


def _branch(words: Mapping[str, Any], where: str) -> _Branch:
    """Understand a catalogue or a collection.

    Raises:
        SourceError: it is neither.
    """
    kind = pystac.Collection if words.get("type") == "Collection" else pystac.Catalog
    try:
        node = kind.from_dict(dict(words), href=where, root=None)
        if isinstance(node, pystac.Collection) and not words.get("extent"):
            node.extent = None  # type: ignore[assignment] # else 90 W to 90 E, axes swapped
        extent = getattr(node, "extent", None)
        grounds = [] if extent is None else [_box(one) for one in extent.spatial.bboxes]
        for link in node.links:
            link.absolute_href.strip()
    except FAULTS as error:
        raise SourceError(
            f"{plain(where)} is a damaged STAC catalogue ({type(error).__name__}: {error}). "
            "What it lists is left out."
        ) from None
    return _Branch(node, grounds)


def _aware(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def _box(corners: list[float]) -> Any:
    west, south, east, north = (
        (corners[0], corners[1], corners[3], corners[4]) if len(corners) == 6 else corners
    )
    if west <= east:
        return box(west, south, east, north)
    return box(west, south, 180, north) | box(-180, south, east, north)
