"""Write a static STAC catalogue of what leaves: one collection a run, one item a layout.

    Leaving ──► data/*.parquet, chips/*.jpg ──► Catalog ── Collection of the run
                  ├─ Item a layout: outline, picture
                  ├─ Item a picture: its scores (internal)
                  └─ Item of the net (``aoi.outputs.stac_net``)

It opens from a folder, a web server or a stick: all links are relative, and nothing is fetched.

Source: STAC 1.1; extensions processing 1.1, version 1.2, raster 1.1, projection 2.0.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pystac
import shapely

from aoi.outputs.cards import rows_of
from aoi.outputs.export_tables import write_geoparquet
from aoi.outputs.kml import PIXELS, jpeg
from aoi.outputs.leaving import Leaving
from aoi.outputs.notice import DISCLAIMER
from aoi.outputs.stac_net import VERSION, NetFiles, net_item
from geo.errors import InputError
from geo.grid import Grid
from geo.vectors import LONLAT

EXTENSION = "https://stac-extensions.github.io/{}/schema.json"
PROCESSING, RASTER, PROJECTION = (
    EXTENSION.format(name)
    for name in ("processing/v1.1.0", "raster/v1.1.0", "projection/v2.0.0")
)

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRaster:
    """Scores of one picture, for readers who may have them."""

    scene_id: str
    path: Path
    grid: Grid
    heads: tuple[str, ...]


def write_stac(
    folder: Path,
    leaving: Leaving,
    *,
    rasters: tuple[ScoreRaster, ...] = (),
    net: NetFiles | None = None,
) -> list[Path]:
    """Write the catalogue with everything it names.

    Args:
        folder: of the export.
        leaving: what leaves.
        rasters: scores to go with it; only for readers who may know the exact place.
        net: the net; left out, the items name it without a file.

    Raises:
        InputError: the run has no CRS, or nothing leaves.
        OutputError: the disk is full or the folder is not ours to write.
    """
    if leaving.crs is None:
        raise InputError("A STAC item lies on the Earth, and this run is in local metres.")
    compounds = leaving.layers["compounds"].to_crs(LONLAT)
    if compounds.empty:
        raise InputError(f"Nothing leaves at the level {leaving.level}, so nothing to list.")
    catalog = pystac.Catalog(
        id=f"stockade-{leaving.run_id}", title=leaving.title, description=DISCLAIMER
    )
    items = [_item(row, leaving, folder) for row in rows_of(compounds)]
    items += [_scores(one, leaving, folder) for one in rasters]
    if net is not None:
        items.append(net_item(net, folder, at=_when(None, leaving)[0]))
    collection = _collection(leaving, compounds, items)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for path in write_geoparquet(folder / "data", leaving):
        collection.add_asset(
            path.stem,
            pystac.Asset(
                str(path), title=f"Layer {path.stem}", media_type=PARQUET, roles=["data"]
            ),
        )
    catalog.add_child(collection)
    collection.add_items(items)
    catalog.normalize_hrefs(f"{folder}/")  # without it, pystac takes "x.part" for a file
    catalog.make_all_asset_hrefs_relative()
    catalog.save(pystac.CatalogType.SELF_CONTAINED)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _collection(
    leaving: Leaving, compounds: gpd.GeoDataFrame, items: list[pystac.Item]
) -> pystac.Collection:
    times = [item.datetime for item in items if item.datetime is not None]
    software = {"stockade": str(leaving.facts.get("versions", {}).get("stockade", "unknown"))}
    collection = pystac.Collection(
        id=leaving.run_id,
        title=leaving.title,
        description=f"Layouts for review, found by one run. {DISCLAIMER}",
        extent=pystac.Extent(
            pystac.SpatialExtent([list(map(float, compounds.total_bounds))]),
            pystac.TemporalExtent([[min(times), max(times)]]),
        ),
        license="other",
        providers=[
            pystac.Provider(
                "Stockade",
                roles=[pystac.ProviderRole.PROCESSOR],
                extra_fields={
                    "processing:software": software,
                    "processing:lineage": lineage_of(leaving),
                },
            )
        ],
        stac_extensions=[PROCESSING, VERSION],
        extra_fields={"version": f"{leaving.run_id}.{leaving.decisions}"},
    )
    collection.extra_fields["stockade:level"] = str(leaving.level)
    collection.extra_fields["stockade:withheld"] = [
        {"what": one.what, "count": one.count, "why": one.why} for one in leaving.withheld
    ]
    return collection


def lineage_of(leaving: Leaving) -> str:
    """Tell in a sentence how the layouts came about."""
    model = leaving.facts.get("model", {})
    return (
        f"Pictures were judged by the net {model.get('name', 'unknown')} "
        f"{model.get('version', '')}, enclosed ground was measured and scored by "
        f"{model.get('score', 'an unnamed score')}; {leaving.decisions} entries of the "
        "decision log were laid on it."
    )


def _item(row: Mapping[str, Any], leaving: Leaving, folder: Path) -> pystac.Item:
    """Write one layout."""
    name, shape = str(row["id"]), row["geometry"]
    when, known = _when(row["observed_at"], leaving)
    item = pystac.Item(
        id=name,
        geometry=shapely.geometry.mapping(shape),
        bbox=list(shape.bounds),
        datetime=when,
        properties={
            "title": f"Layout {row['rank']}",
            "version": f"{leaving.run_id}.{leaving.decisions}",
            "processing:lineage": lineage_of(leaving),
            "stockade:exact": name in leaving.exact,
            "stockade:date_known": known,
            **{
                f"stockade:{column}": row[column]
                for column in ("score", "rank", "verdict", "kind", "corroboration", "area_ha",
                               "enclosure", "closure", "buildings", "outcome", "scene_id")
                if row[column] is not None
            },
        },
        stac_extensions=[PROCESSING, VERSION],
    )  # fmt: skip
    if row["gsd_m"] is not None:
        item.properties["gsd"] = row["gsd_m"]
    item.properties |= _rights(row["scene_id"], leaving)
    chip = leaving.chips.get(name)
    if chip is not None:
        path = folder / "chips" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(chip, pixels=PIXELS))
        item.add_asset(
            "thumbnail",
            pystac.Asset(str(path), media_type="image/jpeg", roles=["thumbnail"]),
        )
    return item


def _rights(scene_id: str | None, leaving: Leaving) -> dict[str, str]:
    """Tell under which licence the picture of a layout comes, and whom to name, if known."""
    scene = next((scene for scene in leaving.scenes if scene.id == scene_id), None)
    if scene is None:
        return {}
    told = {"licence": scene.licence, "credit": scene.credit}
    return {f"stockade:imagery_{word}": value for word, value in told.items() if value}


def _scores(raster: ScoreRaster, leaving: Leaving, folder: Path) -> pystac.Item:
    """Write the scores of one picture."""
    extent = raster.grid.extent.to_crs(LONLAT).geom
    path = folder / "rasters" / raster.path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(raster.path, path)
    scene = next((s for s in leaving.scenes if s.id == raster.scene_id), None)
    when, known = _when(scene.observed_at if scene else None, leaving)
    item = pystac.Item(
        id=f"scores-{raster.scene_id}",
        geometry=shapely.geometry.mapping(extent),
        bbox=list(extent.bounds),
        datetime=when,
        properties={
            "title": f"Scores of {raster.scene_id}",
            "stockade:date_known": known,
            "processing:lineage": lineage_of(leaving),
            **_rights(raster.scene_id, leaving),
            **_frame(raster.grid),
        },
        stac_extensions=[PROCESSING, RASTER, PROJECTION],
    )
    bands = [
        {"name": head, "data_type": "uint8", "nodata": 255, "scale": 1 / 254, "offset": 0.0}
        for head in raster.heads
    ]
    asset = pystac.Asset(
        str(path), media_type=COG, roles=["data"], extra_fields={"raster:bands": bands}
    )
    item.add_asset("scores", asset)
    return item


def _frame(grid: Grid) -> dict[str, Any]:
    affine = grid.affine
    code = grid.crs.epsg if grid.crs is not None else None
    return {
        "proj:code": f"EPSG:{code}" if code else None,
        "proj:shape": list(grid.shape),
        "proj:transform": [affine.a, affine.b, affine.c, affine.d, affine.e, affine.f],
    }


def _when(time: str | None, leaving: Leaving) -> tuple[datetime, bool]:
    """Give a time for the item; a picture without one takes the run's own, and says so."""
    text = time or str(leaving.facts.get("finished") or "1970-01-01")
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)), time is not None
