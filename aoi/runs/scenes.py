"""Take each picture of a run through its steps, and never twice.

    Image ──► key ──► done? ──yes──► layers from .stockade/steps/<key>/
                  └────no──► look ──► find ──► layers there, scores in rasters/ ──► ledger

A picture's key is the hash of the run's, which knows every byte it shows, and of how it is
seen.  What an earlier start left is taken up only if every byte of it is as it was.  A picture
that cannot be judged becomes a gap with a sentence; the others go on.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from aoi.area import Area
from aoi.outputs.manifest import Input, hash_file, utc
from aoi.runs.find import find_things
from aoi.runs.folder import RunFolder
from aoi.runs.ledger import key_of
from aoi.runs.look import View, contrast, frame, keep_scores, look, outline_in
from aoi.runs.request import Request
from geo.bands import RGB
from geo.grid import Grid, ground_gsd
from geo.images import file_name_of
from geo.read import Image
from geo.score import Scorer
from geo.store import ScoreStore
from geo.stretch import Stretch
from geo.tiles import Cut
from geo.write import write_cog
from models.judge import Judge

log = logging.getLogger(__name__)

LAYERS = ("compounds", "buildings", "walls", "yards", "coverage")
"""What a picture leaves behind, one GeoParquet file each."""

Watcher = Callable[[str, int, int, int], None]
"""Told: scene, tiles done, pixels done, pixels in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every picture of a run is judged with."""

    judge: Judge
    scorer: Scorer
    cut: Cut
    area: Area | None
    stretches: Mapping[str, Stretch]


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneResult:
    """What one picture gave."""

    image: Image
    """The picture."""

    grid: Grid
    """The metric frame it was judged on."""

    stretch: Stretch
    """How its numbers became bytes."""

    sha256: str
    """Of its file."""

    scores: Path
    """The COG of its scores."""

    layers: Mapping[str, gpd.GeoDataFrame]
    """What was found, in the CRS of ``grid``."""

    licence: str = ""
    """Of the picture, as the analyst or else its file says; empty if nobody knows."""

    credit: str = ""
    """Whom a publication of it must name, likewise."""

    def as_input(self) -> Input:
        """Write it down for the manifest."""
        when = self.image.time
        return Input(
            path=str(self.image.path),
            sha256=self.sha256,
            size=self.image.path.stat().st_size,
            scene_id=self.image.id,
            observed_at=None if when is None else utc(when),
            gsd_m=round(ground_gsd(self.image.grid), 4),
            licence=self.licence,
            credit=self.credit,
            stretch=self.stretch.to_dict(),
        )


def judge_scene(
    image: Image,
    tools: Tools,
    folder: RunFolder,
    request: Request,
    watcher: Watcher | None = None,
) -> SceneResult:
    """Judge one picture, or take up what an earlier start left.

    Raises:
        InputError: there is nothing in it to judge, or it is not for this net.
        SourceError: its file is damaged.
        OutputError: the folder cannot be written.
    """
    grid = frame(image, tools.judge)
    outline = outline_in(tools.area, image, grid)
    stretch = contrast(image, tools.stretches.get(image.id) or tools.stretches.get("*"))
    key = key_of(
        run=folder.key,
        scene=image.id,
        card=tools.judge.card.digest,
        scorer=tools.scorer.to_card(),
        stretch=stretch.to_dict(),
        cut=tools.cut,
        grid=str(grid),
        rgb=image.rgb,
        area=None if outline is None else outline.wkt,
        settings=request.parameters(),
    )
    kept = folder.steps / key
    scores = folder.rasters / f"{file_name_of(image.id)}_scores.tif"
    if folder.kept(key) is None:
        started = time.perf_counter()
        view = View(
            grid=grid,
            stretch=stretch,
            outline=outline,
            stem=folder.work / key,
            cut=tools.cut,
            batch=request.batch,
            progress=watcher and (lambda *told: watcher(image.id, *told)),
        )
        store = _look(image, tools, view, scores, kept)
        seconds = time.perf_counter() - started
        files = [scores, *(kept / f"{name}.parquet" for name in LAYERS)]
        folder.keep(key, "scene", {"scene": image.id}, files, seconds=seconds)
        store.close(remove=True)
    layers = {name: gpd.read_parquet(kept / f"{name}.parquet") for name in LAYERS}
    return SceneResult(
        image=image,
        grid=grid,
        stretch=stretch,
        sha256=hash_file(image.path),
        scores=scores,
        layers=layers,
        licence=request.licence or image.licence,
        credit=request.credit or image.credit,
    )


def _look(image: Image, tools: Tools, view: View, scores: Path, kept: Path) -> ScoreStore:
    """Have a picture judged, and leave its scores and layers where a restart finds them."""
    card = tools.judge.card
    judged, store = look(image, tools.judge, view)
    things = find_things(judged, card.heads, tools.scorer)
    keep_scores(judged, store, card.heads, scores)
    _keep(things.layers, kept)
    return store


def placed_picture(result: SceneResult) -> Path:
    """Give a picture that a map can show: the file itself, or a placed copy of one without CRS.

    A photograph without a place opens in no map beside the layers found in it; its copy lies in
    the same local metres as they do.
    """
    image = result.image
    if image.grid.crs is not None:
        return image.path
    path = result.scores.with_name(f"{file_name_of(image.id)}_picture.tif")
    if not path.exists():
        with image.reader(image.grid, result.stretch) as reader:
            blocks = (
                (rows, cols, reader.picture(rows, cols)[0])
                for rows in _slices(image.grid.height)
                for cols in _slices(image.grid.width)
            )
            write_cog(path, blocks, grid=image.grid, band_names=RGB)
    return path


def _slices(length: int, step: int = 1024) -> list[slice]:
    return [slice(at, min(at + step, length)) for at in range(0, length, step)]


def _keep(layers: Mapping[str, gpd.GeoDataFrame], folder: Path) -> None:
    """Put layers where a restart finds them; whole or not at all."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    part.mkdir(parents=True)
    for name, rows in layers.items():
        rows.to_parquet(part / f"{name}.parquet")
    part.rename(folder)


def of_one_name(images: Sequence[Image]) -> tuple[Image, Image] | None:
    """Give two pictures whose scenes would have one name; nothing if each has its own."""
    known: dict[str, Image] = {}
    for image in images:
        if (name := file_name_of(image.id)) in known:
            return known[name], image
        known[name] = image
    return None
