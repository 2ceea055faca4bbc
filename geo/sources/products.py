"""What Sentinel Hub is asked for of each collection: bands, units, and what picks them.

    collection ──► Product ──► assets of a scene, evalscript by asset

The service sends no files, so a scene's assets are groups of bands that one request brings.

Source: Sentinel Hub evalscript version 3; harmonised values are its default, so nothing is
    added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geo.scene import Asset, Kind

EVALSCRIPT = """//VERSION=3
function setup() {{
  return {{input: [{{bands: [{names}], units: {units}}}],
          output: {{bands: {count}, sampleType: "{sample}"}}}};
}}
function evaluatePixel(s) {{ return [{values}]; }}
"""
"""What the service runs on every pixel; the last band says which pixels are real."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bands that come together."""

    bands: Mapping[str, str]
    """Common name to the service's own."""

    kind: Kind
    unit: str
    sample: str
    """The number type on the wire."""

    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One collection."""

    id: str
    """As the catalogue names it."""

    collection: str
    """As sentinelhub-py names it."""

    sensor: str
    groups: Mapping[str, Group]
    """By asset key."""

    gsd: float = 10.0
    words: Mapping[str, Any] = field(default_factory=dict)
    """Further words of the request."""

    def dtype(self, key: str) -> Any:
        """Tell the number type of an asset."""
        kinds = {"UINT8": np.uint8, "UINT16": np.uint16, "FLOAT32": np.float32}
        return kinds[self.groups[key].sample]

    def assets(self, source: str) -> dict[str, Asset]:
        """List the assets that every scene of the collection has."""
        return {
            key: Asset(
                key=key,
                href=f"{source}/{self.id}/{key}",
                bands=tuple(group.bands),
                kind=group.kind,
                scale=group.scale,
                offset_from="harmonised by the service" if group.kind == "reflectance" else "",
                gsd=self.gsd,
            )
            for key, group in self.groups.items()
        }

    def evalscript(self, key: str) -> str:
        """Write the program that picks the bands of an asset."""
        group = self.groups[key]
        own = [*group.bands.values(), "dataMask"]
        units = ", ".join(f'"{u}"' for u in [group.unit] * len(group.bands) + ["DN"])
        return EVALSCRIPT.format(
            names=", ".join(f'"{name}"' for name in own),
            units=f"[{units}]",
            count=len(own),
            sample=group.sample,
            values=", ".join(f"s.{name}" for name in own),
        )


TEN_METRES = Group(
    bands={"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"},
    kind="reflectance",
    unit="DN",
    sample="UINT16",
    scale=1e-4,
)
"""What Sentinel-2 sees at 10 m."""

PRODUCTS = {
    "sentinel-2-l2a": Product(
        id="sentinel-2-l2a",
        collection="SENTINEL2_L2A",
        sensor="sentinel-2",
        groups={
            "bands": TEN_METRES,
            "swir": Group(
                bands={"swir16": "B11", "swir22": "B12"},
                kind="reflectance",
                unit="DN",
                sample="UINT16",
                scale=1e-4,
            ),
            "scl": Group(bands={"scl": "SCL"}, kind="classes", unit="DN", sample="UINT8"),
        },
    ),
    "sentinel-2-l1c": Product(
        id="sentinel-2-l1c",
        collection="SENTINEL2_L1C",
        sensor="sentinel-2",
        groups={
            "bands": TEN_METRES,
            "others": Group(
                bands={
                    "coastal": "B01",
                    "rededge1": "B05",
                    "nir08": "B8A",
                    "nir09": "B09",
                    "cirrus": "B10",
                    "swir16": "B11",
                    "swir22": "B12",
                },
                kind="reflectance",
                unit="DN",
                sample="UINT16",
                scale=1e-4,
            ),
        },
    ),
    "sentinel-1-grd": Product(
        id="sentinel-1-grd",
        collection="SENTINEL1_IW",
        sensor="sentinel-1",
        groups={
            "power": Group(
                bands={"vv": "VV", "vh": "VH"},
                kind="power",
                unit="LINEAR_POWER",
                sample="FLOAT32",
            )
        },
        words={"processing": {"backCoeff": "GAMMA0_TERRAIN", "orthorectify": True}},
    ),
}
"""By the catalogue's name."""
