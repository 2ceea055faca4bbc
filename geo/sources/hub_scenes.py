"""Make scenes of what Sentinel Hub's catalogue tells of tiles.

The service cuts windows out of all tiles of a moment at once; so what one satellite saw within
minutes is one scene, on the ground of all its tiles.

    features (GeoJSON) ──by satellite and moment──► groups ──► Scene with the product's assets
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import shapely

from geo.scene import Scene
from geo.sources.choose import MINUTES
from geo.sources.globe import mend
from geo.sources.products import Product
from geo.sources.vocabulary import PROGRAMMES


def scenes_of(features: Sequence[dict[str, Any]], one: Product, source: str) -> list[Scene]:
    """Make one scene of all tiles seen within minutes by one satellite.

    Args:
        features: as the catalogue gives them.
        one: what they are of.
        source: name of the hub.
    """
    groups: list[list[dict[str, Any]]] = []
    for feature in sorted(features, key=lambda f: (_craft(f), _time(f), str(f["id"]))):
        last = groups[-1][-1] if groups else None
        if last and _craft(last) == _craft(feature) and _time(feature) - _time(last) <= MINUTES:
            groups[-1].append(feature)
        else:
            groups.append([feature])
    return [_scene(group, one, source) for group in groups]


def _scene(group: Sequence[dict[str, Any]], one: Product, source: str) -> Scene:
    said = group[0]["properties"]
    clouds = [f["properties"].get("eo:cloud_cover") for f in group]
    told = [float(c) for c in clouds if c is not None]
    time = _time(group[0])
    known = PROGRAMMES[one.sensor]
    return Scene(
        id=str(group[0]["id"]),
        time=time,
        footprint=mend(shapely.union_all([mend(f["geometry"]) for f in group])),
        assets=one.assets(source),
        source=source,
        collection=one.id,
        sensor=one.sensor,
        platform=_craft(group[0]),
        orbit=said.get("sat:relative_orbit"),
        direction=str(said.get("sat:orbit_state") or "").lower(),
        cloud=sum(told) / len(told) / 100 if told else None,
        licence=known.licence,
        credit=known.credit.format(year=time.year),
    )


def _craft(feature: Mapping[str, Any]) -> str:
    return str(feature["properties"].get("platform") or "").lower()


def _time(feature: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(feature["properties"]["datetime"])).astimezone(UTC)
