"""Gather pairs whose truth is known: drawn ones, and single dates made to pairs.

    drawn places on two dates ─────────► roofs of each date ──┐
    a picture, twice in other light ───► the same roofs twice ├─► Material ──judge──► Sides
    two pictures of two places ────────► all roofs turned     │
    real pairs (models.change_real) ───► changed ground     ──┘

What was drawn, and what a net said, is kept in a folder, one file each; a second start takes it
up, and makes anew what is damaged.  Scores lie under the hash of the weights and of what was
judged, so new ones are never mixed with old ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import torch
from numpy.typing import NDArray
from scipy.ndimage import label
from torch.nn import functional as F  # noqa: N812

from geo.change.pair import Side
from geo.grid import Grid, local_grid
from geo.outline import polygons
from geo.prepare.registration import Held
from geo.types import Mask, Picture
from models.augment import relight
from models.change_pairs import draw_pair
from models.judge import Judge
from models.kept import hash_of, keep, take_up
from models.patch import Patch
from models.predict_held import judge_held

KINDS = ("walled_park", "plots", "factory", "barracks", "mix", "school")
"""Kinds of drawn places, in turn."""

SIDE = 320
"""Pixels a side of what is cut from single pictures, at most."""

KNOWN = 0.9
"""Share of a crop that must be labelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Two pictures of one place, or what is made to look like that, and what is true."""

    name: str
    source: str
    """``drawn``, ``relit``, ``two places``, ``levir`` or ``whu``."""

    pictures: tuple[Picture, Picture]
    valid: tuple[Mask, Mask]
    grid: Grid
    roofs: tuple[Mask, Mask] | None
    """(H, W) true roofs of each date, where they are known."""

    changed: Mask | None
    """(H, W) true where a roof came or went, where only that is known."""

    footprints: tuple[shapely.Polygon, ...] = ()
    """Buildings as a list would have them."""

    altered: tuple[tuple[shapely.Polygon, shapely.Polygon], ...] = ()
    """Roofs that were altered, as each date shows them."""

    label: Mask | None = None
    """Of a real pair, as its authors drew it, on its own pixels."""

    own: Grid | None = None
    """The frame of ``label``."""


def sides_of(item: Material, judge: Judge, kept: Path | None) -> tuple[Side, Side]:
    """Judge both dates, or take up what was kept of it."""
    shown = hash_of((*item.pictures, *item.valid))[:8]  # pictures by lot change with their sets
    path = kept and kept / judge.card.weights_sha256[:12] / f"{item.name}-{shown}.npz"
    if (told := take_up(path, "scores")) is None:
        both = [
            judge_held(judge, Held(picture, valid), item.grid)[:2]
            for picture, valid in zip(item.pictures, item.valid, strict=True)
        ]
        told = {"scores": np.stack(both)}
        keep(path, **told)
    one, other = (
        Side(picture=picture, valid=valid, roof=scores[0], edge=scores[1], gsd=0.5)
        for picture, valid, scores in zip(
            item.pictures, item.valid, told["scores"], strict=True
        )
    )
    return one, other


def drawn(
    count: int, kept: Path | None, *, first: int = 0, size: int = 448
) -> Iterator[Material]:
    """Draw places on two dates, or take up those that were drawn before."""
    for seed in range(first, first + count):
        path = kept and kept / "pairs" / f"drawn-{seed}-{size}.npz"
        content = take_up(path, "pictures", "roofs", "footprints", "altered")
        if content is None:
            pair = draw_pair(KINDS[seed % len(KINDS)], seed=seed, size=size)
            content = {
                "pictures": np.stack(pair.pictures),
                "roofs": np.stack(pair.roofs),
                "footprints": _packed([f.footprint for f in pair.fates]),
                "altered": _packed(
                    [s for f in pair.fates if f.kind == "altered" for s in f.seen if s]
                ),
            }
            keep(path, **content)
        yield _from_drawn(f"drawn-{seed}-{size}", content)


def _from_drawn(name: str, content: dict[str, np.ndarray]) -> Material:
    one, other = content["pictures"]
    valid = np.ones(one.shape[1:], np.bool_)
    before, after = content["roofs"]
    altered = _unpacked(content["altered"])
    return Material(
        name=name, source="drawn", pictures=(one, other), valid=(valid, valid),
        grid=local_grid(valid.shape[0], valid.shape[1], 0.5), roofs=(before, after),
        changed=None, footprints=_unpacked(content["footprints"]),
        altered=tuple(zip(altered[::2], altered[1::2], strict=True)),
    )  # fmt: skip


def singles(patches: Sequence[Patch], count: int, *, seed: int = 0) -> Iterator[Material]:
    """Make pairs of single pictures: the same place in other light, or two places, in turn.

    Args:
        patches: labelled pictures that the net did not learn from.
        count: pairs.
        seed: of all chance.
    """
    places = sorted({patch.place for patch in patches})
    by_place = [[p for p in patches if p.place == place] for place in places]
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        same = number % 2 == 0
        crops = []
        for turn in range(1 if same else 2):
            pool = by_place[(number // 2 + turn * (1 + number // 2 % 3)) % len(places)]
            crops.append(_crop(pool[int(rng.integers(len(pool)))], rng))
        crops = crops * 2 if same else crops
        side = min(label_.shape[0] for _, label_ in crops)
        pictures = torch.from_numpy(np.stack([p[:, :side, :side] for p, _ in crops]))
        lit = relight(pictures, torch.Generator().manual_seed(number)).numpy()
        labels = [label_[:side, :side] for _, label_ in crops]
        valid = np.ones((side, side), np.bool_)
        grid = local_grid(side, side, 0.5)
        roofs = tuple(label_ == 1 for label_ in labels)
        shapes = [
            s
            for mask in roofs[: 1 if same else 2]
            for s in polygons(label(mask)[0].astype(np.int32), grid).geometry.simplify(0.7)
        ]
        yield Material(
            name=f"{'relit' if same else 'places'}-{number}",
            source="relit" if same else "two places",
            pictures=(lit[0], lit[1]), valid=(valid, valid), grid=grid,
            roofs=(roofs[0], roofs[1]), changed=None, footprints=tuple(shapes),
        )  # fmt: skip


def _crop(patch: Patch, rng: np.random.Generator) -> tuple[Picture, NDArray[np.uint8]]:
    """Cut a square from a picture, at half a metre, mostly labelled."""
    scale = patch.gsd / 0.5
    side = min(SIDE, int(min(patch.picture.shape[1:]) * scale))
    window = min(int(side / scale), *patch.picture.shape[1:])
    best: tuple[float, Picture, NDArray[np.uint8]] | None = None
    for _ in range(8):
        top, left = (int(rng.integers(0, n - window + 1)) for n in patch.picture.shape[1:])
        here = np.s_[top : top + window, left : left + window]
        label_ = patch.labels["building"][here]
        share = float((label_ <= 1).mean()) + 0.1 * float((label_ == 1).any())
        if best is None or share > best[0]:
            best = share, patch.picture[:, *here], label_
        if share > KNOWN + 0.1:
            break
    assert best is not None  # noqa: S101 - the loop ran
    picture = F.interpolate(
        torch.from_numpy(np.ascontiguousarray(best[1]))[None].float(), (side, side),
        mode="bilinear", antialias=True,
    )  # fmt: skip
    fine = F.interpolate(
        torch.from_numpy(np.ascontiguousarray(best[2]))[None, None].float(), (side, side),
        mode="nearest-exact",
    )  # fmt: skip
    pixels = picture[0].round().clamp(0, 255).to(torch.uint8).numpy()
    return pixels, fine[0, 0].to(torch.uint8).numpy()


def listed(shapes: Sequence[shapely.Polygon], grid: Grid) -> gpd.GeoDataFrame:
    """Make a list of footprints that lie on the picture."""
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=None)
    frame = frame[frame.within(grid.extent.geom) & (frame.area > 30)].reset_index(drop=True)
    return frame.assign(lean_m=0.0)


def _packed(shapes: Sequence[shapely.Polygon]) -> np.ndarray:
    return np.array([shapely.to_wkb(s, hex=True) for s in shapes] or [""], dtype=str)


def _unpacked(text: np.ndarray) -> tuple[shapely.Polygon, ...]:
    return tuple(shapely.from_wkb(t) for t in text.tolist() if t)
