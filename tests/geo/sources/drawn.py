"""Scenes and wishes small enough to see through."""

from datetime import UTC, date, datetime

from shapely.geometry import box

from geo.scene import Asset, Scene
from geo.sources.base import Wish

BAVET = box(106.10, 11.05, 106.14, 11.09)
"""A few kilometres on the border, in UTM zone 48."""


def scene(name: str = "a", day: int = 1, *, hour: int = 3, minute: int = 0, **words) -> Scene:
    """A scene of November 2025 over Bavet."""
    usual = {
        "id": name,
        "time": datetime(2025, 11, day, hour, minute, tzinfo=UTC),
        "footprint": BAVET.buffer(0.1),
        "assets": {"red": asset()},
        "sensor": "sentinel-2",
        "platform": "sentinel-2b",
        "tile": "48PXT",
        "collection": "sentinel-2-l2a",
    }
    return Scene(**usual | words)


def asset(key: str = "red", **words) -> Asset:
    """One band of a scene."""
    usual = {"key": key, "href": f"https://host/{key}.tif", "bands": (key,)}
    return Asset(**usual | words)


def wish(**words) -> Wish:
    """November 2025 over Bavet."""
    usual = {"outline": BAVET, "start": date(2025, 11, 1), "end": date(2025, 11, 30)}
    return Wish(**usual | words)
