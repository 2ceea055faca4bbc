"""Write one prepared pass as files: its pixels, its sky, and what is to be told of it.

    Prepared ──► rasters/<pass>.tif        bands, nodata outside, the time in a tag
             ──► rasters/<pass>_mask.tif   sky, and the sky as the archive has it
             ──► PassRecord                what scenes.json, the manifest and coverage tell

A pass whose files all arrived is never fetched twice; one with failures is tried again next
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from aoi.outputs.manifest import Input, utc
from geo.grid import Grid
from geo.images import file_name_of
from geo.prepare.masks import shares
from geo.prepare.passes import Prepared
from geo.sources.choose import Pass
from geo.types import Mask
from geo.write import write_cog

MASK_BANDS = ("sky", "archive")
"""``Sky`` numbers, with 10 for cirrus in the second."""

NOTHING = 255
"""Nodata of the mask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRecord:
    """What is told of one pass."""

    id: str
    observed_at: str
    """ISO 8601, UTC."""

    sensor: str
    bands: tuple[str, ...]
    picture: str
    """Relative to the run's folder; empty when nothing could be had."""

    mask: str
    scenes: tuple[Mapping[str, Any], ...]
    """Items: id, collection, platform, tile, orbit, direction, baseline, cloud, licence,
    credit."""

    files: tuple[Mapping[str, Any], ...]
    """Each file that gave pixels: scene, key, href, sha256 of the window, offset, check."""

    valid_share: float
    clear_share: float
    cloud_share: float
    """Shares of the area; worth nothing unless ``sky_known``."""

    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    """Other deliveries of the same scenes that were passed over."""

    done: tuple[str, ...] = ()
    """What was done to the pixels beyond reading them: pan-sharpened, and the like."""

    witnesses: tuple[Mapping[str, Any], ...] = ()
    """What leaves say of each scene's offset, as ``geo.prepare.witness`` has it."""

    steps: Mapping[str, float] = field(default_factory=dict)
    """By scene: reflectance that was added beyond what its archive says; those with none are
    left out."""

    calm: str = ""
    """The radar picture with its speckle smoothed, relative to the run's folder."""

    @property
    def sky_known(self) -> bool:
        """Whether anything tells of cloud; pictures of very high resolution bring no mask."""
        return self.sensor != "vhr"

    @property
    def reason(self) -> str:
        """Why some ground was not seen, in one sentence; empty if all was."""
        if self.failures:
            more = len(self.failures) - 1
            return self.failures[0] + (f" And {more} more." if more else "")
        return ""

    def windows(self) -> Iterator[Input]:
        """Name every window that was read, for the manifest."""
        scenes = {scene["id"]: scene for scene in self.scenes}
        for file in self.files:
            scene = scenes[file["scene"]]
            yield Input(
                path=file["href"],
                sha256=file["sha256"],
                size=file["size"],
                role="window of an asset",
                scene_id=file["scene"],
                observed_at=scene["observed_at"],
                gsd_m=file["gsd"],
                licence=scene["licence"],
                credit=scene["credit"],
            )

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Take up again what ``to_dict`` gave."""
        lists = {key: tuple(value) for key, value in kept.items() if isinstance(value, list)}
        return cls(**dict(kept) | lists)


def write_pass(
    one: Pass, prepared: Prepared, grid: Grid, inside: Mask, folder: Path
) -> PassRecord:
    """Write the files of a pass.

    Args:
        one: the pass.
        prepared: its pixels.
        grid: their frame.
        inside: (H, W); true inside the area.
        folder: of the run.

    Raises:
        OutputError: the disk is full or the folder is not ours.
    """
    name = file_name_of(one.id)
    seen = bool((prepared.valid & inside).any())
    picture, mask = f"rasters/{name}.tif", f"rasters/{name}_mask.tif"
    if seen:
        _write_picture(folder / picture, one, prepared, grid)
        write_mask(folder / mask, prepared.sky, prepared.archive, grid)
    told = shares(prepared.sky, inside)
    return PassRecord(
        id=one.id,
        observed_at=utc(one.time),
        sensor=one.sensor,
        bands=prepared.names,
        picture=picture if seen else "",
        mask=mask if seen else "",
        scenes=tuple(_scene(scene) for scene in one.scenes),
        files=tuple(_file(used) for used in prepared.used),
        valid_share=round(float((prepared.valid & inside).sum() / max(inside.sum(), 1)), 4),
        clear_share=round(told["clear"], 4),
        cloud_share=round(told["cloud"] + told["shadow"], 4),
        failures=prepared.failures,
        superseded=one.losers,
        done=prepared.done,
        witnesses=tuple(witness.to_dict() for witness in prepared.witnesses),
    )


def write_mask(path: Path, sky: Any, archive: Any, grid: Grid) -> None:
    """Write a mask: two bands, ``Sky`` numbers."""
    both = np.stack([sky, archive]).astype(np.uint8)
    write_cog(path, both, grid=grid, band_names=MASK_BANDS, nodata=NOTHING)


def _write_picture(path: Path, one: Pass, prepared: Prepared, grid: Grid) -> None:
    bands = prepared.bands
    if prepared.nodata is not None and not np.isnan(prepared.nodata):
        bands = np.where(prepared.valid, bands, bands.dtype.type(prepared.nodata))
    tags = {
        "ACQUISITIONDATETIME": utc(one.time),
        "SCENES": " ".join(scene.id for scene in one.scenes),
        "CREDIT": "; ".join(dict.fromkeys(s.credit for s in one.scenes if s.credit)),
        "LICENCE": "; ".join(dict.fromkeys(s.licence for s in one.scenes if s.licence)),
        "PREPARED": "; ".join(prepared.done),
        "UNIT": prepared.unit,
    }
    write_cog(
        path,
        bands,
        grid=grid,
        band_names=prepared.names,
        nodata=prepared.nodata,
        tags={key: value for key, value in tags.items() if value},
    )


def _scene(scene: Any) -> dict[str, Any]:
    keep = (
        "id collection source platform tile orbit direction baseline made cloud licence credit"
    )
    told = {key: getattr(scene, key) for key in keep.split()}
    return told | {"observed_at": utc(scene.time)}


def _file(used: Any) -> dict[str, Any]:
    return {
        "scene": used.scene.id,
        "key": used.asset.key,
        "href": used.asset.href,
        "sha256": used.sha256,
        "size": used.size,
        "gsd": used.asset.gsd,
        "scale": used.asset.scale,
        "offset": used.offset,
        "offset_told": used.asset.offset,
        "offset_from": used.asset.offset_from,
        "check": used.check,
    }
