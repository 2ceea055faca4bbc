"""Colours and textures of ground, roofs and leaves, by climate.

    climate, rng ──► Palette: cover ──► colour, roughness, weeds, furrows;  skin ──► colour

Colours are what an 8-bit product shows, 0 to 1, before haze and contrast.  They were set by eye
and by the channel means of the real sets, and are shaken for every scene.

Source: means of Tripoli (165, 145, 121), Mekele (112, 112, 100), Kampala, Dubai (168, 166, 168)
in the development sets.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Colour = NDArray[np.float32]
"""(3,) or (N, 3) red, green, blue, 0 to 1."""

COVERS = (
    "scrub",
    "dry",
    "soil",
    "dust",
    "fresh",
    "track",
    "grass",
    "paving",
    "yard",
    "concrete",
    "gravel",
    "asphalt",
    "forest_floor",
    "crop0",
    "crop1",
    "crop2",
    "crop3",
    "crop4",
    "crop5",
    "paddy_wet",
    "water",
    "pool",
    "sport_green",
    "sport_red",
    "sport_blue",
    "paint",
)
"""Names of ground covers; their place in this list is their number in a cover map."""

CLIMATES: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    #                 soil             dust             dry leaves       green            crowns
    "sahara": ((202, 160, 124), (212, 186, 160), (146, 116, 92), (104, 106, 74), (84, 84, 62)),
    "gulf": ((182, 181, 180), (200, 199, 197), (150, 147, 140), (92, 102, 82), (72, 80, 66)),
    "steppe": ((168, 142, 112), (190, 172, 148), (142, 122, 94), (104, 104, 72), (76, 80, 58)),
    "highland": ((126, 104, 86), (160, 134, 112), (110, 104, 82), (72, 84, 60), (46, 60, 42)),
    "laterite_wet": (
        (188, 118, 74),
        (206, 146, 102),
        (140, 128, 78),
        (88, 120, 54),
        (56, 84, 38),
    ),
    "laterite_dry": (
        (184, 124, 86),
        (206, 156, 116),
        (160, 136, 94),
        (114, 118, 68),
        (74, 86, 48),
    ),
    "monsoon_wet": (
        (146, 118, 90),
        (186, 166, 138),
        (118, 122, 76),
        (74, 106, 56),
        (46, 72, 38),
    ),
    "monsoon_dry": (
        (164, 138, 108),
        (198, 178, 150),
        (166, 146, 108),
        (106, 114, 70),
        (66, 80, 46),
    ),
    "temperate": (
        (130, 112, 92),
        (180, 170, 156),
        (138, 132, 102),
        (88, 106, 64),
        (60, 72, 46),
    ),
}
"""Climate to five anchors, 0 to 255."""

ROOFS: Mapping[str, tuple[int, int, int]] = {
    "concrete": (188, 182, 172),
    "white": (236, 236, 232),
    "grey": (148, 147, 145),
    "tin": (176, 181, 186),
    "blue": (76, 114, 162),
    "red": (156, 82, 72),
    "rust": (148, 104, 80),
    "tile": (190, 104, 68),
    "green": (64, 146, 126),
    "brown": (110, 86, 72),
}
"""Skin of a roof to its colour when new and dry, 0 to 255."""

FURROWED = ("crop0", "crop1", "crop2", "crop3")
"""Covers that may show the lines of a plough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one scene."""

    colour: Colour
    """(covers, 3)."""

    rough: NDArray[np.float32]
    """(covers, 3) amplitude of slow, middling and fine unevenness."""

    weeds: NDArray[np.float32]
    """(covers,) share grown over, about 0 to 1."""

    furrow: NDArray[np.float32]
    """(covers, 3) amplitude, angle in radians, spacing in metres."""

    leaf: Colour
    """(3,) of weeds."""

    crowns: Colour
    """(5, 3) by species of tree."""

    walls: Colour
    """(4, 3) plasters of walls and facades."""

    def number(self, cover: str) -> int:
        """Return the place of a cover in the tables."""
        return COVERS.index(cover)


def from_bytes(colour: tuple[int, int, int]) -> Colour:
    """Turn 0 to 255 into 0 to 1."""
    return (np.array(colour, np.float32) / np.float32(255)).astype(np.float32)


def shake(colour: Colour, rng: Generator, *, hue: float, light: float) -> Colour:
    """Change a colour's hue, saturation and lightness a little."""
    h, s, v = colorsys.rgb_to_hsv(*(float(c) for c in colour))
    h = (h + rng.normal(0, hue)) % 1
    s = float(np.clip(s * rng.normal(0.93, 0.15), 0, 1))
    v = float(np.clip(v * rng.normal(1, light), 0.03, 1))
    return np.array(colorsys.hsv_to_rgb(h, s, v), np.float32)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Blend two colours; ``share`` of the second."""
    return (a * (1 - share) + b * share).astype(np.float32)


SMOOTH = {
    "paving", "concrete", "asphalt", "water", "pool", "paddy_wet", "paint", "sport_green",
    "sport_red", "sport_blue",
}  # fmt: skip
"""Covers that people, or levelling water, made even."""


def make_palette(climate: str, rng: Generator) -> Palette:
    """Mix the colours of one scene."""
    anchors = [shake(from_bytes(c), rng, hue=0.012, light=0.07) for c in CLIMATES[climate]]
    soil, dust, dry, green, crown = anchors
    grey = np.array([0.66, 0.65, 0.63], np.float32)
    table = _covers(anchors, grey, rng)
    rough, weeds, furrow = _textures(rng)
    return Palette(
        colour=np.stack([table[name] for name in COVERS]).astype(np.float32),
        rough=rough,
        weeds=weeds,
        furrow=furrow,
        leaf=mix(green if rng.random() < 0.6 else dry, crown, rng.uniform(0.2, 0.7)),
        crowns=np.stack(
            [
                shake(crown, rng, hue=0.015, light=0.08),
                crown * 0.8,
                mix(crown, dry, 0.35),
                mix(crown, dry, 0.2),
                mix(crown, green, 0.6),
            ]
        ),
        walls=_plasters(soil, dust, grey, rng),
    )


def _covers(anchors: list[Colour], grey: Colour, rng: Generator) -> dict[str, Colour]:
    """Mix the colour of every ground cover from five of the climate and a grey."""
    soil, dust, dry, green, crown = anchors
    return {
        "scrub": mix(soil, dry, rng.uniform(0.3, 0.7)),
        "dry": mix(dry, soil, rng.uniform(0.1, 0.5)),
        "soil": soil,
        "dust": dust,
        "fresh": shake(mix(soil, dust, 0.35), rng, hue=0.01, light=0.05),
        "track": mix(dust, soil, rng.uniform(0, 0.5)),
        "grass": mix(green, soil, rng.uniform(0.05, 0.3)),
        "paving": mix(grey, dust, rng.uniform(0.1, 0.7)),
        "yard": mix(soil, grey, rng.uniform(0.2, 0.7)),
        "concrete": mix(grey * 1.08, dust, rng.uniform(0, 0.4)),
        "gravel": mix(grey * 0.95, soil, rng.uniform(0.1, 0.5)),
        "asphalt": mix(grey * rng.uniform(0.5, 0.95), dust, rng.uniform(0, 0.3)),
        "forest_floor": mix(crown, dry, 0.4),
        **{
            f"crop{i}": shake(_crop(soil, dry, green, rng), rng, hue=0.02, light=0.1)
            for i in range(6)
        },
        "paddy_wet": shake(np.array([0.34, 0.36, 0.32], np.float32), rng, hue=0.05, light=0.15),
        "water": shake(np.array([0.26, 0.32, 0.27], np.float32), rng, hue=0.06, light=0.25),
        "pool": np.array([0.35, 0.68, 0.75], np.float32),
        "sport_green": np.array([0.25, 0.46, 0.34], np.float32),
        "sport_red": np.array([0.62, 0.3, 0.24], np.float32),
        "sport_blue": np.array([0.25, 0.4, 0.62], np.float32),
        "paint": np.array([0.88, 0.88, 0.86], np.float32),
    }


def _textures(
    rng: Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Draw roughness (N, 3), weeds (N,) and furrows (N, 3) of every ground cover."""
    rough, weeds, furrow = [], [], []
    for name in COVERS:
        calm = 0.5 if name in SMOOTH else 1.0
        spans = ((0.015, 0.06), (0.01, 0.045), (0.02, 0.07))
        rough.append([rng.uniform(*span) * calm for span in spans])
        wild = {
            "scrub": rng.uniform(0.15, 0.75),
            "dry": rng.uniform(0, 0.5),
            "grass": 0.1,
            "soil": rng.uniform(0, 0.2),
        }
        weeds.append(wild.get(name, 0.0))
        lined = name in FURROWED and rng.random() < 0.6
        furrow.append(
            [rng.uniform(0.02, 0.1) * lined, rng.uniform(0, np.pi), rng.uniform(1.2, 5)]
        )
    return (
        np.array(rough, np.float32),
        np.array(weeds, np.float32),
        np.array(furrow, np.float32),
    )


def _crop(soil: Colour, dry: Colour, green: Colour, rng: Generator) -> Colour:
    """Mix a field between bare, ripe and green."""
    share = rng.dirichlet([0.8, 0.8, 0.8])
    mixed: Colour = (soil * share[0] + dry * share[1] + green * share[2]).astype(np.float32)
    return mixed


def _plasters(soil: Colour, dust: Colour, grey: Colour, rng: Generator) -> Colour:
    """Mix four plasters: like the ground, pale, concrete and dark."""
    return np.clip(
        np.stack(
            [
                mix(soil, dust, rng.random()) * rng.uniform(0.95, 1.2),
                mix(dust, np.ones(3, np.float32), rng.uniform(0.2, 0.8)),
                grey * rng.uniform(0.85, 1.1),
                soil * rng.uniform(0.5, 0.85),
            ]
        ),
        0,
        1,
    ).astype(np.float32)
