"""How archives name bands, and what is known of programmes that their items do not say.

    asset key, eo:bands ──► common names          collection, platform ──► sensor, licence

Names are STAC's common names, with one exception: the three red edges keep their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from geo.scene import Kind

SENTINEL_2 = {
    "B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1",
    "B06": "rededge2", "B07": "rededge3", "B08": "nir", "B8A": "nir08", "B09": "nir09",
    "B10": "cirrus", "B11": "swir16", "B12": "swir22", "SCL": "scl", "TCI": "visual",
}  # fmt: skip
"""Sentinel-2's own names."""

LANDSAT_8 = {
    "SR_B1": "coastal", "SR_B2": "blue", "SR_B3": "green", "SR_B4": "red", "SR_B5": "nir08",
    "SR_B6": "swir16", "SR_B7": "swir22", "QA_PIXEL": "qa_pixel",
}  # fmt: skip
"""Landsat 8 and 9; earlier ones tell common names themselves."""

COMMON = frozenset(
    {
        *SENTINEL_2.values(), *LANDSAT_8.values(),
        "pan", "rededge", "vv", "vh", "hh", "hv", "lwir11", "cloud", "snow",
    }
)  # fmt: skip
"""Names a band may go by."""

RADAR = frozenset({"vv", "vh", "hh", "hv"})
"""Polarisations: sent and received."""

QUALITY: dict[str, Kind] = {"scl": "classes", "qa_pixel": "bits"}
"""Bands that are no measurements."""

REFLECTED = {
    "sentinel-2": frozenset(SENTINEL_2.values()) - {"scl", "visual"},
    "landsat": frozenset(LANDSAT_8.values()) - {"qa_pixel"},
}
"""Bands of reflectance, by sensor."""

KEY = re.compile(r"(?P<name>[A-Za-z]+[0-9]*A?|SR_B\d|QA_PIXEL)(?:[_-](?P<gsd>10|20|30|60)m)?")
"""``B04``, ``B04_10m``, ``red_20m``, ``SR_B4``."""


SHORT = re.compile(r"^[Bb](\d)$")
"""``B2`` of Earth Engine's exports is ``B02``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What is known of a satellite programme."""

    sensor: str
    """One of ours: ``sentinel-2``, ``sentinel-1``, ``landsat``, ``vhr``."""

    licence: str
    """Where the archive does not tell."""

    credit: str
    """``{year}`` becomes the year of the acquisition."""

    bands: tuple[str, ...]
    """What an analyst who does not say gets, the quality band last."""

    gsd: float
    """Metres a pixel an analyst who does not say gets."""


COPERNICUS = "Copernicus Sentinel data: free, full and open access (Sentinel data legal notice)"
"""Commission Delegated Regulation (EU) No 1159/2013."""

PROGRAMMES = {
    "sentinel-2": Programme(
        sensor="sentinel-2",
        licence=COPERNICUS,
        credit="Contains modified Copernicus Sentinel data {year}",
        bands=("blue", "green", "red", "nir", "scl"),
        gsd=10.0,
    ),
    "sentinel-1": Programme(
        sensor="sentinel-1",
        licence=COPERNICUS,
        credit="Contains modified Copernicus Sentinel data {year}",
        bands=("vv", "vh"),
        gsd=10.0,
    ),
    "landsat": Programme(
        sensor="landsat",
        licence="Public domain (USGS)",
        credit="Landsat imagery courtesy of the U.S. Geological Survey, {year}",
        bands=("blue", "green", "red", "nir08", "swir16", "qa_pixel"),
        gsd=30.0,
    ),
}
"""By sensor."""


def sensor_of(platform: str, collection: str) -> str:
    """Tell which programme a scene is of; ``vhr`` for anything else."""
    words = f"{platform} {collection}".lower()
    for sensor, signs in {
        "sentinel-2": ("sentinel-2", "sentinel 2", "sentinel-s2", "s2_"),
        "sentinel-1": ("sentinel-1", "sentinel 1", "sentinel-s1", "opera_l2_rtc"),
        "landsat": ("landsat",),
    }.items():
        if any(sign in words for sign in signs):
            return sensor
    return "vhr"


NAMED = {
    "sentinel-2": re.compile(
        r"(?i)(?<![a-z0-9])(S2[A-D]?_|T\d\d[A-Z]{3}_\d{8}T|(B\d\d|B8A|SCL|TCI)(?![a-z0-9]))"
        r"|MSIL[12]|sentinel[-_ ]?2"
    ),
    "sentinel-1": re.compile(
        r"(?i)(?<![a-z0-9])(S1[A-D]?[_-]|(VV|VH|HH|HV)(?![a-z0-9]))"
        r"|OPERA_L2_RTC|sentinel[-_ ]?1"
    ),
    "landsat": re.compile(r"(?i)(?<![a-z0-9])(L[COTEM]0[4-9]_|SR_B\d|QA_PIXEL)|landsat"),
}
"""What programmes' products are called, and bands that only one of them has by such a name."""


def sensor_in(names: Iterable[str]) -> str:
    """Tell which programme files are of by their names and folders'; empty if none tells.

    Args:
        names: the most telling first.
    """
    for name in names:
        for sensor in ("landsat", "sentinel-2", "sentinel-1"):
            if NAMED[sensor].search(name):
                return sensor
    return ""


def name_of(key: str, sensor: str, told: str = "") -> str:
    """Give the common name of a band; empty when it is none that we read.

    Args:
        key: the asset's or the band's own name.
        sensor: one of ours.
        told: the common name the item tells, which is ambiguous for red edges.
    """
    match = KEY.fullmatch(key)
    plain = SHORT.sub(r"B0\1", match["name"] if match else key)
    own = {"sentinel-2": SENTINEL_2, "landsat": LANDSAT_8}.get(sensor, {})
    if plain.upper() in own:
        return own[plain.upper()]
    if plain.lower() in COMMON:
        return plain.lower()
    return told if told in COMMON else ""
