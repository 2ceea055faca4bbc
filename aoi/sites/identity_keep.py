"""Write looks and stories as text, and read them back without losing a bit.

Look, Story ──► JSON; times as ISO 8601, outlines as well-known binary ──► Look, Story
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from aoi.sites.identity_story import (
    Compound,
    Correction,
    Event,
    Found,
    Look,
    Sighting,
    Story,
)
from geo.errors import InputError


def look_to_text(look: Look) -> str:
    """Write a look."""
    return _written(look)


def look_from_text(text: str) -> Look:
    """Read a look back.

    Raises:
        InputError: it is none.
    """
    body = _read(text, "look")
    return Look(**{**body, "found": tuple(Found(**one) for one in body["found"])})


def story_to_text(story: Story) -> str:
    """Write a story."""
    return _written(story)


def story_from_text(text: str) -> Story:
    """Read a story back.

    Raises:
        InputError: it is none.
    """
    body = _read(text, "story")
    return Story(
        compounds={key: Compound(**one) for key, one in body["compounds"].items()},
        events={
            key: Event(**{**one, "others": tuple(one["others"])})
            for key, one in body["events"].items()
        },
        looks=tuple(Sighting(**one) for one in body["looks"]),
        corrections=tuple(Correction(**one) for one in body["corrections"]),
        aliases=body["aliases"],
    )


def _written(thing: Any) -> str:
    return json.dumps(thing, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, BaseGeometry):
        return {"wkb": shapely.to_wkb(value, hex=True)}
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _read(text: str, what: str) -> Any:
    try:
        return json.loads(text, object_hook=_hook)
    except (ValueError, shapely.errors.ShapelyError) as error:
        raise InputError(f"This is no {what} that can be read: {error}.") from error


def _hook(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        if "at" in value and isinstance(value["at"], str):
            return datetime.fromisoformat(value["at"])
        if "wkb" in value:
            return shapely.from_wkb(value["wkb"])
    return value
