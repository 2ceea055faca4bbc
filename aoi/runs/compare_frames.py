"""Find the frame that two pictures share, and which of them stays where it is.

    before, after ──► one kind of place? sharp enough? ground in common? ──► Frames

The picture that stays is chosen by what the files hold, never by their order: the coarser one,
and of two alike the one whose bytes come first.  So the numbers of a comparison are the same
whichever date is named first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from affine import Affine

from aoi.runs.compare_request import PairRequest
from aoi.runs.fingerprint import fingerprint
from aoi.runs.look import COARSEST, contrast
from geo.errors import InputError
from geo.grid import Grid, ground_gsd, gsd_of, work_grid
from geo.prepare.coregister import WINDOW
from geo.read import Image, open_image
from geo.stretch import Stretch
from models.card import Card

UNLIKE = 3.0
"""Ratio of pixel sizes from which two pictures are not compared building by building."""

ALIKE = 1.15
"""Ratio of pixel sizes below which neither picture is the coarser one."""

Pair = tuple[Image, Image]
"""Before, after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Two pictures and the frame on which they are compared."""

    images: Pair
    """Before, after."""

    hashes: tuple[str, str]
    """Fingerprints of both: what they show, whatever they are called."""

    times: tuple[datetime | None, datetime | None]
    """When they were taken, as far as anybody knows."""

    stretches: tuple[Stretch, Stretch]
    """How their numbers become bytes."""

    fixed: int
    """Which of the two stays: 0 or 1."""

    grid: Grid
    """Metric frame of the ground that both files claim to show."""

    @property
    def moving(self) -> int:
        """Which of the two is laid onto the other."""
        return 1 - self.fixed

    @property
    def names(self) -> tuple[str, str]:
        """Scene ids of both, kept apart where the files have one name."""
        one, two = (image.id for image in self.images)
        if one != two:
            return one, two
        return f"{one}_before", f"{two}_after"

    @property
    def gsds(self) -> tuple[float, float]:
        """Metres per pixel of the pictures themselves."""
        one, two = (ground_gsd(image.grid) for image in self.images)
        return one, two


def frame_pair(request: PairRequest, card: Card) -> Frames:
    """Open two pictures and find their common frame.

    Raises:
        InputError: one cannot be opened, is too coarse, shows another place, is the same file,
            is grey or lies nowhere on Earth while the other does not, or was taken at the same
            time.
    """
    before, after = images = [
        open_image(path, gsd=request.gsd, bands=request.bands)
        for path in (request.before, request.after)
    ]
    _refuse_unlike(before, after)
    times = request.times(before, after)
    hashes = fingerprint(before), fingerprint(after)
    if hashes[0] == hashes[1]:
        raise InputError(
            f"{before.path.name} and {after.path.name} are the same file; a change needs two "
            "dates."
        )
    gsds = [ground_gsd(image.grid) for image in images]
    if max(gsds) > ALIKE * min(gsds):
        fixed = gsds.index(max(gsds))
    else:
        fixed = hashes.index(min(hashes))
    grid = work_grid(images[fixed].grid, card.gsd_m, tolerance=card.gsd_tolerance)
    return Frames(
        images=(before, after),
        hashes=hashes,
        times=times,
        stretches=(contrast(before, None), contrast(after, None)),
        fixed=fixed,
        grid=_common(grid, images[1 - fixed], (before, after)),
    )


def _refuse_unlike(before: Image, after: Image) -> None:
    """Refuse pairs that cannot be compared at all."""
    placed = [image.grid.crs is not None for image in (before, after)]
    if placed[0] != placed[1]:
        has, lacks = (before, after) if placed[0] else (after, before)
        raise InputError(
            f"{has.path.name} has a CRS and {lacks.path.name} has none; they cannot be laid "
            "onto each other. Give both a place, or neither, with --gsd."
        )
    grey = [len(set(image.rgb)) == 1 for image in (before, after)]
    if grey[0] != grey[1]:
        plain, coloured = (before, after) if grey[0] else (after, before)
        raise InputError(
            f"{plain.path.name} is grey and {coloured.path.name} has colours; roofs would seem "
            "to come and go with them. Take two coloured pictures, or look at both in one "
            "band: --bands 1."
        )
    gsds = [(ground_gsd(image.grid), image.path.name) for image in (before, after)]
    (fine, sharper), (coarse, name) = sorted(gsds)
    if coarse > COARSEST:
        raise InputError(
            f"{name} has pixels of {coarse:.2g} m, and single buildings cannot be judged above "
            f"{COARSEST} m. For Sentinel-2 and the like use: stockade monitor."
        )
    if coarse > UNLIKE * fine:
        raise InputError(
            f"{name} has pixels of {coarse:.2g} m and {sharper} of {fine:.2g} m: too different "
            "to be compared building by building. Take pictures of like sharpness."
        )


def _common(grid: Grid, other: Image, images: Pair) -> Grid:
    """Cut a frame down to the ground that the other picture claims to show as well.

    Raises:
        InputError: they have no ground, or too little, in common.
    """
    extent = other.grid.extent
    if grid.crs is not None and extent.crs != grid.crs:
        extent = extent.to_crs(grid.crs)
    corners = [
        ~grid.affine @ (x, y)
        for x in (extent.boundingbox.left, extent.boundingbox.right)
        for y in (extent.boundingbox.bottom, extent.boundingbox.top)
    ]
    cols, rows = zip(*corners, strict=True)
    top, left = max(0, round(min(rows))), max(0, round(min(cols)))
    bottom, right = min(grid.height, round(max(rows))), min(grid.width, round(max(cols)))
    names = " and ".join(image.path.name for image in images)
    if bottom <= top or right <= left:
        raise InputError(
            f"{names} show no ground in common. Check that both are of the same place, and "
            "their CRS."
        )
    if min(bottom - top, right - left) < WINDOW[0]:
        side = WINDOW[0] * gsd_of(grid)
        raise InputError(
            f"{names} have only a strip of {(bottom - top) * gsd_of(grid):.0f} m by "
            f"{(right - left) * gsd_of(grid):.0f} m in common; a comparison needs {side:.0f} m "
            "each way."
        )
    return Grid(
        (bottom - top, right - left), grid.affine @ Affine.translation(left, top), grid.crs
    )
