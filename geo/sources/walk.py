"""Walk through a static STAC catalogue, past branches that cannot meet a wish.

A static catalogue is files that link to each other; nobody answers a search there.

    root ──► children whose extent may meet the wish ──► … ──► items, each with its licence

Source: the STAC specification 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pystac
from shapely.geometry import box

from geo.sources.base import Wish
from geo.sources.catalogue import CatalogueIO


def walk(
    root: pystac.Catalog, io: CatalogueIO, wish: Wish
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the items of a static catalogue, and the licence of their collection.

    Args:
        root: its first file.
        io: reads the others.
        wish: branches that cannot meet it are not read.

    Raises:
        SourceError: a file of it cannot be had.
    """
    root._stac_io = io  # noqa: SLF001 - pystac has no other way to hand it over
    todo: list[tuple[pystac.Catalog, str]] = [(root, "")]
    while todo:
        branch, licence = todo.pop()
        if isinstance(branch, pystac.Collection):
            licence = str(branch.license or licence)
            if not _may_meet(branch, wish):
                continue
        for link in branch.get_item_links():
            item = json.loads(io.read_text(link.absolute_href))
            item.setdefault("links", []).append({"rel": "self", "href": link.absolute_href})
            item["links"].reverse()  # the address it was read from comes first
            yield item, licence
        todo += [(child, licence) for child in _children(branch, io)]


def _children(branch: pystac.Catalog, io: CatalogueIO) -> Iterable[pystac.Catalog]:
    for link in branch.get_child_links():
        where = link.absolute_href
        words = json.loads(io.read_text(where))
        kind = pystac.Collection if words.get("type") == "Collection" else pystac.Catalog
        yield kind.from_dict(words, href=where, root=None)


def _may_meet(branch: pystac.Collection, wish: Wish) -> bool:
    """Tell whether a collection can hold what is wished for, by the extent it tells."""
    if (
        wish.collections
        and branch.id not in wish.collections
        and not list(branch.get_child_links())
    ):
        return False
    first, last = wish.span
    if branch.extent is None:
        return True
    spans = [tuple(_aware(t) for t in span) for span in branch.extent.temporal.intervals]
    timely = any((a is None or a <= last) and (b is None or b >= first) for a, b in spans)
    grounds = [_box(corners) for corners in branch.extent.spatial.bboxes]
    return (timely or not spans) and any(g.intersects(wish.outline) for g in grounds)


def _aware(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def _box(corners: list[float]) -> Any:
    west, south, east, north = (
        (corners[0], corners[1], corners[3], corners[4]) if len(corners) == 6 else corners
    )
    if west <= east:
        return box(west, south, east, north)
    return box(west, south, 180, north) | box(-180, south, east, north)
