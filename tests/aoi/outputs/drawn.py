"""A run drawn small enough to check by eye: three layouts, a village, a register, a cloud."""

from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from shapely.geometry import LineString, Point, box

from aoi.outputs.chips import Chip
from aoi.outputs.manifest import Manifest, input_of, outputs_of, write_manifest
from aoi.outputs.package import write_package
from aoi.outputs.project import write_project
from aoi.outputs.rasters import RasterLayer, score_layers
from geo.candidate import Reason
from geo.grid import Grid

HEADS = ("building", "building_edge", "wall", "yard", "ground")
SIDE, GSD = 600, 0.5
UTM = "EPSG:32648"
EAST, NORTH = 480_000.0, 1_280_000.0
HOSTILE = "<script>alert('x')</script> & \"ទីតាំង\" 电诈园区"
SEEN = datetime(2025, 11, 3, 3, 20, tzinfo=UTC)


def frame(crs=UTM):
    """The scene's grid: UTM, or local metres with y negative."""
    left, top = (EAST, NORTH) if crs else (0.0, 0.0)
    return Grid((SIDE, SIDE), Affine(GSD, 0, left, 0, -GSD, top), crs)


def place(grid, x, y, width, height):
    """A box given in metres from the scene's top-left corner, y down."""
    left, top = grid.affine.c, grid.affine.f
    return box(left + x, top - y - height, left + x + width, top - y)


PARKS = ((30, 40, 120, 90), (180, 50, 80, 70), (60, 180, 90, 80), (230, 210, 60, 60))
"""x, y, width, height in metres: park, factory, school, and one cut by the edge of a cloud."""


def blocks(grid, park):
    """Rows of long roofs inside a park."""
    x, y, width, height = park
    step = 22
    return [
        place(grid, x + 10, y + 8 + n * step, width * 0.62, 11)
        for n in range(int((height - 12) // step))
    ]


def paint(grid):
    """Draw the scene, (3, H, W) uint8."""
    rng = np.random.default_rng(7)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    fields = ((rows // 90 + cols // 130) % 3)[None] * np.array([14, 10, 8])[:, None, None]
    picture = np.array([96, 112, 72])[:, None, None] + fields
    picture = picture + rng.normal(0, 5, (1, SIDE, SIDE))

    def fill(shape, colour):
        left, bottom, right, top = shape.bounds
        c0, c1 = (round((v - grid.affine.c) / GSD) for v in (left, right))
        r0, r1 = (round((grid.affine.f - v) / GSD) for v in (top, bottom))
        noise = rng.normal(0, 3, (1, r1 - r0, c1 - c0))
        picture[:, r0:r1, c0:c1] = np.array(colour)[:, None, None] + noise

    fill(place(grid, 0, 150, 300, 7), (150, 146, 138))
    for park in PARKS:
        fill(place(grid, *park), (214, 212, 206))
        x, y, width, height = park
        fill(place(grid, x + 1, y + 1, width - 2, height - 2), (172, 158, 134))
        for shape in blocks(grid, park):
            left, bottom, right, top = shape.bounds
            fill(box(left + 1, bottom - 2, right + 2, top), (70, 66, 60))
            fill(shape, (176, 92, 70) if park is PARKS[0] else (150, 160, 176))
    return np.clip(picture, 0, 255).astype(np.uint8)


def layers(crs=UTM, name=HOSTILE):
    """Every layer of the contract, with the traits that readers trip over."""
    grid = frame(crs)
    outlines = [place(grid, *park) for park in PARKS]
    ids = [f"c-{n:010x}" for n in range(1, 5)]
    reasons = [
        (
            Reason(name="closure", text="closed on 96 % of its perimeter", weight=1.4),
            Reason(name="gates", text="one entrance", weight=0.6),
            Reason(
                name="row_parallelism", text="three long roofs in one direction", weight=0.5
            ),
            Reason(name="isolation_m", text="the next building is 22 m away", weight=-0.4),
        ),
        (
            Reason(name="closure", text="closed on 81 % of its perimeter", weight=0.5),
            Reason(name="long_block_share", text="one hall, no rows of blocks", weight=-0.6),
        ),
        (Reason(name="largest_gap_m", text="widest gap 19 m", weight=-1.1),),
        (),
    ]
    compounds = gpd.GeoDataFrame(
        {
            "id": ids,
            "rank": [1, 2, 3, 4],
            "score": [0.93, 0.61, 0.31, 0.48],
            "enclosure": [0.82, 0.55, 0.3, np.nan],
            "closure": [0.96, 0.81, 0.7, np.nan],
            "largest_gap_m": [5.0, 9.5, 19.0, np.inf],
            "gates": [1.0, 2.0, 1.0, np.nan],
            "double_perimeter": [0.4, 0.0, 0.0, np.nan],
            "cut_by_edge": [0.0, 0.0, 0.0, 1.0],
            "area_ha": [o.area / 1e4 for o in outlines],
            "buildings": [3, 2, 3, 2],
            "built_share": [0.23, 0.2, 0.25, 0.2],
            "roof_size_cv": [0.04, 0.3, 0.1, np.nan],
            "row_parallelism": [0.98, np.nan, 0.97, np.nan],
            "spacing_cv": [0.02, np.nan, 0.05, np.nan],
            "long_block_share": [1.0, 0.4, 1.0, 0.0],
            "courtyard_share": [0.0, 0.0, 0.0, 0.0],
            "isolation_m": [22.0, 22.0, 80.0, 90.0],
            "reasons": reasons,
            "cannot_tell": ["", "", "", "The picture ends inside its perimeter."],
            "outcome": ["known_seen", "new", "new", "new"] if crs else [None] * 4,
            "site_id": ["xx-drawn-park", None, None, None],
            "site_name": [name, None, None, None],
            "match_distance_m": [0.0, np.nan, np.nan, np.nan],
            "match_note": [
                "Inside the disc of 150 m in which the site is said to lie; nothing else is.",
                "No registered site within 2 km.",
                "No registered site within 2 km.",
                "No registered site within 2 km.",
            ],
            "scene_id": "drawn-2025-11-03",
            "observed_at": [SEEN] * 4,
            "gsd_m": GSD,
            "model": "stockade-net 0.1",
            "run_id": "r-20251103-drawn",
        },
        geometry=outlines,
        crs=crs,
    )
    roofs = [(ids[n], r) for n, park in enumerate(PARKS) for r in blocks(grid, park)]
    buildings = gpd.GeoDataFrame(
        {
            "id": [f"b-{n}" for n in range(len(roofs))],
            "compound_id": [owner for owner, _ in roofs],
            "score": 0.9,
            "area_m2": [shape.area for _, shape in roofs],
            "scene_id": "drawn-2025-11-03",
            "observed_at": "2025-11-03T10:20:00+07:00",
        },
        geometry=[shape for _, shape in roofs],
        crs=crs,
    )
    rims = [LineString(o.exterior.coords) for o in outlines]
    walls = gpd.GeoDataFrame(
        {"id": ["w-1", "w-2", "w-3", "w-4"], "compound_id": ids, "score": 0.8,
         "length_m": [r.length for r in rims]},
        geometry=rims, crs=crs,
    )  # fmt: skip
    yards = gpd.GeoDataFrame(
        {"id": ["y-1"], "compound_id": ids[:1], "enclosure": [0.82], "area_m2": [10_800.0]},
        geometry=[outlines[0].buffer(-2)], crs=crs,
    )  # fmt: skip
    cloud = place(grid, 250, 200, 50, 100)
    ground = place(grid, 0, 0, 300, 300)
    coverage = gpd.GeoDataFrame(
        {
            "tile_id": ["t-0", "t-1"],
            "scene_id": "drawn-2025-11-03",
            "observed_at": [SEEN, SEEN],
            "valid_share": [1.0, 0.0],
            "cloud_share": [0.0, 1.0],
            "reason": ["", "cloud"],
        },
        geometry=[ground.difference(cloud), cloud],
        crs=crs,
    )
    middle, far = outlines[0].centroid, Point(grid.affine.c + 240, grid.affine.f - 190)
    sites = gpd.GeoDataFrame(
        {
            "id": ["xx-drawn-park", "xx-drawn-house", "xx-nowhere"],
            "name": [name, "Drawn house", "Placed by no source"],
            "aliases": [["Old park", "Park No. 1"], [], None],
            "status": ["reported", "raided", "suspected"],
            "outcome": ["known_seen", "known_not_detected", "known_not_observable"],
            "precision_m": [60.0, 25.0, np.nan],
            "compound_ids": [[ids[0]], [], []],
            "sources": [["Drawn for the tests"]] * 3,
            "note": ["One layout lies in its disc.", "Its ground was seen in full.", None],
        },
        geometry=[middle.buffer(75), far.buffer(25), None],
        crs=crs,
    )
    changes = gpd.GeoDataFrame(
        {"id": ["x-1", "x-2"], "kind": ["built", "demolished"], "confidence": [0.9, 0.7],
         "last_without": ["2024-01-01", "2024-01-01"],
         "first_with": [SEEN, SEEN]},
        geometry=[place(grid, 200, 170, 20, 12), place(grid, 200, 190, 20, 12)], crs=crs,
    )  # fmt: skip
    return {
        "compounds": compounds,
        "buildings": buildings,
        "walls": walls,
        "yards": yards,
        "changes": changes,
        "sites": sites if crs else sites.iloc[:0],
        "coverage": coverage,
    }


def write_raster(path, bands, grid, *, nodata=None):
    """Write bands as a plain GeoTIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff", "count": len(bands), "height": SIDE, "width": SIDE,
        "dtype": bands.dtype, "transform": grid.affine, "nodata": nodata, "compress": "deflate",
    }  # fmt: skip
    if grid.crs is not None:
        profile["crs"] = CRS.from_user_input(str(grid.crs))
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)
    return path


def chips_of(picture, grid, compounds, *, margin=20):
    """Cut a chip around every compound."""
    answer = {}
    for name, shape in zip(compounds["id"], compounds.geometry, strict=True):
        left, bottom, right, top = shape.buffer(margin).bounds
        a = grid.affine
        c0, r0 = max(0, int((left - a.c) / GSD)), max(0, int((a.f - top) / GSD))
        c1, r1 = min(SIDE, int((right - a.c) / GSD)), min(SIDE, int((a.f - bottom) / GSD))
        cut = picture[:, r0:r1, c0:c1].copy()
        corner = Affine(GSD, 0, a.c + c0 * GSD, 0, -GSD, a.f - r0 * GSD)
        frame = Grid(cut.shape[1:], corner, grid.crs)
        answer[name] = Chip(cut, frame, "Drawn scene, 3 November 2025. Drawn by the tests.")
    return answer


def scores():
    """Scores of the five heads, (5, H, W): sharp, for they are drawn."""
    answer = np.zeros((len(HEADS), SIDE, SIDE), np.uint8)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    for park in PARKS:
        x, y, width, height = (round(v / GSD) for v in park)
        inside = (rows >= y) & (rows < y + height) & (cols >= x) & (cols < x + width)
        core = (
            (rows >= y + 3) & (rows < y + height - 3) & (cols >= x + 3) & (cols < x + width - 3)
        )
        answer[2][inside & ~core] = 230
        answer[3][core] = 200
    answer[:, -40:] = 255
    return answer


def write_run(folder: Path, crs=UTM, *, empty=False, name=HOSTILE) -> Manifest:
    """Write a whole run except the report; return its manifest."""
    grid = frame(crs)
    found = {} if empty else layers(crs, name)
    picture = write_raster(folder.parent / "drawn scene.tif", paint(grid), grid)
    cog = write_raster(folder / "rasters" / "scores.tif", scores(), grid, nodata=255)
    package = write_package(folder / "stockade.gpkg", found, crs)
    rasters = [
        *score_layers(cog, grid, HEADS),
        RasterLayer(path=picture, title=name, grid=grid),
    ]
    write_project(folder / "stockade.qgz", package, crs=crs, title=name, rasters=rasters)
    manifest = Manifest(
        run_id="r-20251103-drawn",
        command="stockade scan 'drawn scene.tif' --out run",
        started="2026-01-05T08:00:00Z",
        finished="2026-01-05T08:01:07Z",
        parameters={"gate_m": 6.0, "seed": 0},
        inputs=(
            input_of(picture, scene_id="drawn-2025-11-03", observed_at="2025-11-03T03:20:00Z",
                     gsd_m=GSD, licence="CC0-1.0", credit="Drawn by the tests"),
        ),
        outputs=outputs_of(folder),
        versions={"python": "3.11.7", "stockade": "0.1.0"},
        model={"name": "stockade-net 0.1", "card_sha256": "0" * 64, "licence": "Apache-2.0"},
        areas=({"name": "drawn place", "asked_ha": 9.0, "seen_ha": 8.5},),
        timings={"read": 1.5, "predict": 60.0},
        counts={"compounds": 0 if empty else 4},
    )  # fmt: skip
    write_manifest(folder / "manifest.json", manifest)
    return manifest
