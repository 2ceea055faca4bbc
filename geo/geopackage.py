"""Write layers to one GeoPackage, so that the same layers give the same bytes.

    {layer: GeoDataFrame} ──► OGR, with a fixed hour ──► .gpkg, written beside and renamed

A frame without a CRS is in local metres, which GeoPackage knows as a flat frame nowhere on
Earth.

Source: OGC GeoPackage 1.3, which QGIS 3.22 opens without a murmur; OGR by pyogrio and Arrow.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio

from geo.errors import OutputError
from geo.vectors import OGR_ERRORS, in_brief
from geo.write import beside

logger = logging.getLogger(__name__)

STAMP = "2000-01-01T00:00:00.000Z"
"""What ``last_change`` says in every GeoPackage: the hour is the manifest's business, and the
same layers shall give the same bytes."""

UNDEFINED = "-1"
"""GeoPackage's number for a flat frame that lies nowhere on Earth: local metres."""


def write_layers(
    path: str | Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    kinds: Mapping[str, str] | None = None,
) -> Path:
    """Write layers to a GeoPackage; the same layers give the same bytes.

    Args:
        path: where to; an older file there is replaced whole.
        layers: by name, in the order to write; a frame without a CRS is in local metres.
        kinds: geometry type by layer name, such as ``Polygon``, which empty layers need to be
            told; others are looked at.

    Raises:
        OutputError: it could not be written; nothing is left under any name.
    """
    path = Path(path)
    with beside(path) as part, _fixed_hour():
        try:
            for name, frame in layers.items():
                _write_layer(part, name, frame, (kinds or {}).get(name))
        except OGR_ERRORS as error:
            raise OutputError(
                f"{path} could not be written: {in_brief(error, path)}. Is the disk full? Free "
                "some space or choose another folder."
            ) from error
    logger.info(
        "wrote %s: %s", path.name, ", ".join(f"{len(f)} {n}" for n, f in layers.items())
    )
    return path


def _write_layer(part: Path, name: str, frame: gpd.GeoDataFrame, kind: str | None) -> None:
    first = not part.exists()
    if kind is None and frame.geometry.isna().all():
        kind = "Unknown"
    with warnings.catch_warnings():  # local metres have no CRS, and are meant to
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_dataframe(
            frame,
            part,
            layer=name,
            driver="GPKG",
            append=not first,
            use_arrow=True,
            geometry_type=kind,
            promote_to_multi=bool(kind and kind.startswith("Multi")) or None,
            dataset_options={"VERSION": "1.3"} if first else {},
            layer_options={"SRID": UNDEFINED} if frame.crs is None else {},
        )


@contextmanager
def _fixed_hour() -> Iterator[None]:
    """Let OGR write no clock time, and leave forcing bytes to the disk to ``beside``."""
    wanted = {"OGR_CURRENT_DATE": STAMP, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    before = {key: pyogrio.get_gdal_config_option(key) for key in wanted}
    pyogrio.set_gdal_config_options(wanted)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
